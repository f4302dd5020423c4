"""checkpoint: a part of a program that is run again for its derivative.

The part runs as it would without, in every mode, and leaves its nodes in the graph; but what these would keep for the
backward pass is dropped. When the pass comes to the first of them, the function runs once more on what it was called
with, and the rules of the new nodes are used in place of those of the old.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anygrad.arrays.levels import innermost, run_again
from anygrad.arrays.recording import followed_from, threshold
from anygrad.arrays.wrapper import bottom
from anygrad.core.containers import flatten, mapped
from anygrad.core.types import rank
from anygrad.reverse.graph import Node, noticing
from anygrad.reverse.pullback import Pullback
from anygrad.reverse.tensor import Tensor
from anygrad.transforms._arguments import check_callable, name_of
from anygrad.transforms._randomness import Draws
from anygrad.transforms._rules import lending, lent


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which keeps only its arguments for the backward pass and is then evaluated once more.

    It trades time for memory: of what happens within only the graph is kept, and the arrays in it are computed again
    while its own part of the pass runs. What ``f`` uses beside its arguments is differentiated too.

    Random numbers are drawn again the same if they come from ``numpy.random``, ``random`` or PyTorch themselves, or
    from generators which are among the arguments, or are variables or attributes that ``f`` itself uses.

    Args:
        f: a function that gives the same whenever it is called with the same, of any arguments. It may not write to
            arrays of a library that are among them.

    Raises:
        RuntimeError: in the backward pass: ``f`` does or gives something else than before.

    >>> w = ag.Tensor(2.0, requires_grad=True)
    >>> ag.checkpoint(lambda x: ag.sin(ag.sin(x * w)))(0.5).backward()
    >>> w.grad
    Tensor(0.18001974)
    """
    check_callable(f, "checkpoint")

    @functools.wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        called = mapped(lambda x: lent(x) if rank(type(x)) == 0 else x, (args, kwargs))
        kept = mapped(lent, called)  # before f can write to what it is given
        draws = Draws(f, called)
        with noticing() as made, lending(name_of(f)):
            out = f(*called[0], **called[1])
        if made:
            _Part(f, kept, draws.noted(), out).takes(made)
        return out

    return checkpointed


class _Part:
    """One call of a checkpointed function: what is needed to run it again."""

    __slots__ = ("_arguments", "_draws", "_f", "_followed", "_names", "_sample", "_transform", "_twins")

    def __init__(self, f: Callable[..., Any], arguments: Any, draws: Draws, out: Any) -> None:
        self._f = f
        self._arguments = arguments
        self._draws = draws
        self._transform = innermost()
        self._followed = threshold()
        self._sample = _sample(out)
        self._names: list[str] = []
        self._twins: dict[int, Node] = {}

    def takes(self, made: Sequence[tuple[Node, int]], but: int | None = None) -> None:
        """Take from nodes what they have saved, but from those of one level."""
        self._names = [node.name for node, _ in made]
        for i, (node, level) in enumerate(made):
            if level != but:
                if not isinstance(node.pullback, _PullbackOfTwin):
                    node.pullback = _PullbackOfTwin(node.pullback)
                node.saved = (_Place(self, i, level),)

    def twin(self, index: int) -> Node:
        """The node that stands where one did in the first run, with what that had saved."""
        if index not in self._twins:
            self._twins = self._run_again(index)
        return self._twins.pop(index)

    def _run_again(self, index: int) -> dict[int, Node]:
        args, kwargs = mapped(lent, self._arguments)
        with run_again(self._transform), followed_from(self._followed):
            with self._draws.again(), noticing() as made, lending(name_of(self._f)):
                out = self._f(*args, **kwargs)
            again = _Part(self._f, self._arguments, self._draws, out)
        self._compare(again, [node.name for node, _ in made])
        level = made[index][1]  # which is another one of a transform that began within
        again.takes(made, but=level)
        return {i: node for i, (node, its_level) in enumerate(made) if its_level == level}

    def _compare(self, again: _Part, names: list[str]) -> None:
        if names != self._names:
            differs = f"the operations were {', '.join(self._names[:9])}, and are now {', '.join(names[:9])}"
        elif len(self._sample) != len(again._sample) or not all(map(_alike, self._sample, again._sample)):
            differs = "its results differ"
        else:
            return
        raise RuntimeError(
            f"checkpoint: {name_of(self._f)} is run again for the backward pass, and does not do what it did: "
            f"{differs}; an array that it uses was changed meanwhile, or it draws random numbers from a generator that "
            f"is not among its arguments, or remembers what it has computed"
        )


class _Place:
    """Where a node's saved arrays are to be had, in the slot of these, which the engine clears."""

    __slots__ = ("index", "level", "part")

    def __init__(self, part: _Part, index: int, level: int) -> None:
        self.part = part
        self.index = index
        self.level = level

    def twin(self) -> Node:
        """The node that has them."""
        return self.part.twin(self.index)


class _PullbackOfTwin(Pullback):
    """The reverse rule of a node by that of the node which is made in its place."""

    __slots__ = ()

    def __init__(self, inner: Pullback) -> None:
        if hasattr(inner, "output"):
            self.output = inner.output
        self._runs_by(inner.op, _run_twin)
        self.fresh = inner.fresh


def _run_twin(g: Any, parents: Sequence[Any], saved: tuple[Any, ...], node: Node) -> Sequence[Any]:
    (place,) = saved
    twin = place.twin()
    values: Any = twin.saved
    for c in g if isinstance(g, tuple) else (g,):
        if isinstance(c, Tensor) and c.level == place.level:  # the pass itself is recorded
            values = tuple(c.rewrap(value, edge) for value, edge in zip(values, (*node.parents, node)))
            break
    found: Sequence[Any] = twin.pullback.runs[type(g)](g, parents, values, twin)
    return found


# --- whether it gives the same ----------------------------------------------------------------------------------------

SAMPLES = 64


def _sample(out: Any) -> list[Any]:
    """A few elements of each of NumPy's arrays among some results."""
    arrays = [bottom(x) for x in flatten(out)[0]]
    return [x.flat[_places(x.size)] for x in arrays if isinstance(x, np.ndarray) and x.dtype.kind in "fc"]


@functools.lru_cache(maxsize=256)
def _places(size: int) -> Any:
    count = min(size, SAMPLES)
    return np.arange(count) * size // max(count, 1)


def _alike(x: Any, y: Any) -> bool:
    """Whether two samples are the same but for the order of additions."""
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    if x.tobytes() == y.tobytes():
        return True
    tolerance = float(np.finfo(x.dtype).eps) ** 0.5
    finite = np.abs(x[np.isfinite(x)])
    return bool(np.allclose(x, y, tolerance, tolerance * finite.max(initial=0.0), equal_nan=True))
