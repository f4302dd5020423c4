"""What a node keeps, and what becomes of the caller's own arrays among it until the backward pass.

A program may go on to write to a constant, as in ``total += x * s; s += 1``. A few numbers are copied. Of more a sample
is taken, which the pass compares: where they have been changed, it is refused.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from anygrad.backends import backend_of
from anygrad.core.kinds import kinds
from anygrad.core.primitive import Array, describe
from anygrad.core.types import rank, scalar_results
from anygrad.ops.creation import copy
from anygrad.reverse.graph import Node
from anygrad.reverse.pullback import Pullback

__all__ = ["hold_constant", "hold_constants", "kept"]


def kept(x: Any) -> Any:
    """A value to save: index arrays and masks are copied, which callers reuse; NumPy's integers become Python's.

    An array of a transform around this one is held as it is now: it may be written to.
    """
    if rank(type(x)) > 0:
        return x._twin()
    if hasattr(x, "dtype") and kinds[x.dtype] in "ib":
        if getattr(x, "shape", ()) != ():
            return copy(x)
        if type(x) in scalar_results and kinds[x.dtype] == "i":  # which rules may meet beside arrays of any library
            return x.item()
    return x


def hold_constants(node: Node, operands: Sequence[Any]) -> None:
    """Let what a node has saved of its operands as they were given be copies, or be looked at again."""
    saved: Any = node.saved
    for i, x in enumerate(operands):
        if x is not None and saved[i] is x:
            hold_constant(node, i, x)


def hold_constant(node: Node, i: int, x: Array) -> None:
    """:func:`hold_constants` of one operand."""
    if rank(type(x)) != 0 or type(x) in scalar_results:  # which nobody writes to
        return
    saved: Any = node.saved
    own, mark = backend_of(x).kept(x)
    if mark is None:
        node.saved = (*saved[:i], own, *saved[i + 1 :])
    elif type(node.pullback) is _WatchingPullback:
        node.saved = (*saved[:-1], (*saved[-1], (i, mark)))
    else:
        node.pullback = _watching(node.pullback)
        node.saved = (*saved, ((i, mark),))


class _WatchingPullback(Pullback):
    """A pullback that first looks at constants, of which the last slot of what is saved has the marks."""

    __slots__ = ()

    def __init__(self, inner: Pullback) -> None:
        names = (*inner.op.operands, "out")

        def run(g: Array, parents: Sequence[Any], saved: tuple[Any, ...], node: Any) -> Sequence[Any]:
            for i, mark in node.saved[-1]:
                x = node.saved[i]
                if backend_of(x).mark(x) != mark:
                    raise RuntimeError(
                        f"{inner.op.name} was given {describe(x)} as {names[i]}, which was changed in place since, and "
                        f"its derivative needs what was in it; write x = x + y in place of x += y, or give the "
                        f"operation a copy"
                    )
            return inner.runs[type(g)](g, parents, saved[: len(names)], node)

        if hasattr(inner, "output"):
            self.output = inner.output
        self._runs_by(inner.op, run)
        self.saves = inner.saves
        self.fresh = inner.fresh


_watching = functools.cache(_WatchingPullback)
