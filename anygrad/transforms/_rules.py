"""What a function with a derivative of its own is to the transforms.

Such a function is one operation to every transform. On Tensors it leaves one node, on Duals it pushes tangents
forward, and under vmap it becomes the same kind of function of whole batches. Of the two derivatives the one that is
not given is the transpose of the other, which is linear.
"""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from anygrad.arrays.levels import next_level
from anygrad.arrays.recording import restrictions, threshold
from anygrad.batch.batch import Batch
from anygrad.core.containers import Structure, flatten, mapped, matching, unflatten
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import describe
from anygrad.core.types import rank, scalar_results
from anygrad.forward.dual import Dual
from anygrad.ops.creation import new_zeros, zeros_like
from anygrad.ops.datatypes import astype
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import stack
from anygrad.ops.manipulation import broadcast_to
from anygrad.ops.reductions import sum
from anygrad.reverse.graph import Node, notice
from anygrad.reverse.pullback import OutputPullback, Pullback, match
from anygrad.reverse.record import edge_of, shape_and_dtype, unwrap
from anygrad.reverse.tensor import Tensor
from anygrad.transforms.mapping import vmap
from anygrad.transforms.reverse import pull_through, vjp

Arrays = Sequence[Any]


class Rules(abc.ABC):
    """What a function of arrays is to the transforms; ``name`` is what messages call it."""

    name: str

    @abc.abstractmethod
    def run(self, arrays: Arrays) -> Any:
        """The function's value."""

    @abc.abstractmethod
    def run_and_save(self, arrays: Arrays) -> tuple[Any, Any]:
        """The value, and what the pullback needs besides."""

    @abc.abstractmethod
    def pull(self, saved: Any, cotangent: Any) -> list[Any]:
        """The cotangents of the arrays, None for zero."""

    @abc.abstractmethod
    def push(self, arrays: Arrays, tangents: Arrays) -> tuple[Any, Any]:
        """The value, and its tangent."""

    @abc.abstractmethod
    def mapped(self, axes: Sequence[int | None]) -> Rules:
        """The same for whole batches."""


# --- how the wrappers run one -----------------------------------------------------------------------------------------


def apply(rules: Rules, arrays: list[Any]) -> Any:
    """Run a function with rules of its own on arrays, of which some may be wrappers.

    Raises:
        ValueError: it writes to an array that is lent to it.
    """
    with lending(rules.name):
        return _apply(rules, arrays)


def _apply(rules: Rules, arrays: list[Any]) -> Any:
    outermost = max(arrays, key=lambda x: rank(type(x)), default=None)
    if isinstance(outermost, Tensor):
        return _on_tensors(rules, arrays, type(outermost))
    if isinstance(outermost, Dual):
        return _on_duals(rules, arrays, type(outermost))
    if isinstance(outermost, Batch):
        return _on_batches(rules, arrays, type(outermost))
    return mapped(lambda y: scalar_results[type(y)](y) if type(y) in scalar_results else y, rules.run(arrays))


def lent(x: Any) -> Any:
    """An array as it is handed to a function of a user's, which may write to it without the owner's seeing that.

    It refuses that if it is NumPy's own, whose memory others hold; a wrapper gets a copy as soon as it is written to.
    """
    if isinstance(x, np.ndarray):
        x = x.view()
        x.flags.writeable = False
        return x
    return x._twin() if rank(type(x)) > 0 else x


@contextlib.contextmanager
def lending(name: str) -> Iterator[None]:
    """Say of an error about an array that cannot be written to what to write."""
    try:
        yield
    except ValueError as error:
        note = f"{name}: its arguments, and what its rules are given, are lent; write to a copy, x = x.copy()"
        if "read-only" in str(error) and note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        raise


def is_inexact(x: Any) -> bool:
    """Whether it is an array that can carry a derivative."""
    return rank(type(x)) >= 0 and kind_of(x.dtype) in "fc"


def _on_tensors(rules: Rules, arrays: list[Any], kind: type[Tensor]) -> Any:
    tensor_type = kind.array_type
    is_ours = [isinstance(x, Tensor) and x.place is kind.place for x in arrays]
    edges = tuple(edge_of(x) if ours else None for x, ours in zip(arrays, is_ours))
    raw = [unwrap(x, tensor_type) for x in arrays]
    if all(edge is None for edge in edges) or threshold() > kind.place.level:
        return mapped(lambda y: _constant(y, tensor_type), apply(rules, [lent(x) for x in raw]))
    out, saved = rules.run_and_save([lent(x) for x in raw])
    leaves, _, structure = flatten(out)
    for leaf in leaves:
        if isinstance(leaf, Tensor) and leaf.place is kind.place:
            raise TypeError(
                f"{rules.name} uses a Tensor that is not among its arguments, and would lose its gradient; pass it in"
            )
    pullback = FunctionPullback(rules, structure, leaves, tensor_type)
    node = Node.of(pullback, edges, (*raw, _Held(saved)), shapes=tuple(map(shape_and_dtype, raw)))
    if restrictions:
        notice(node, kind.place.level)
    results = []
    for i, leaf in enumerate(leaves):
        result = _constant(leaf, tensor_type)
        if is_inexact(leaf):
            result._edge = node.output(i)
        results.append(result)
    return unflatten(structure, results)


def _constant(x: Any, tensor_type: type[Tensor]) -> Any:
    return tensor_type.rewrap(x, None) if rank(type(x)) >= 0 else x


class _Held:
    """What a pullback needs, in a slot of its node that the engine clears."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class FunctionPullback(Pullback):
    """The reverse rule of one call of a function with rules of its own."""

    __slots__ = ()

    def __init__(self, rules: Rules, structure: Structure, outputs: list[Any], tensor_type: type[Tensor]) -> None:
        metas = [shape_and_dtype(y) if is_inexact(y) else None for y in outputs]

        def run(g: Any, parents: Sequence[Any], saved: tuple[Any, ...], node: Node) -> Sequence[Any]:
            *inputs, held = saved
            some = next(c for c in g if c is not None)
            full = [
                None if meta is None else astype(new_zeros(some, meta[0]), meta[1]) if c is None else lent(c)
                for c, meta in zip(g, metas)
            ]
            residuals = held.value
            if isinstance(some, Tensor) and some.place is tensor_type.place:  # the pass itself is recorded
                _, residuals = rules.run_and_save([lent(x) for x in inputs])
            with lending(rules.name):
                cotangents = rules.pull(residuals, unflatten(structure, full))
            shaped = [
                _shaped(c, x, f"{rules.name}: the cotangent of argument {i}")
                for i, (c, x) in enumerate(zip(cotangents, inputs))
            ]
            return [None if p is None else c for c, p in zip(shaped, parents)]

        self._runs_by(SimpleNamespace(name=rules.name), run)
        self.output = OutputPullback(self.op, len(outputs))


def _shaped(c: Any, x: Any, what: str) -> Any:
    """A cotangent of an array's dtype, zeros for None.

    Raises:
        ValueError: it has another shape.
    """
    if c is None:
        return zeros_like(x)
    if tuple(c.shape) != tuple(x.shape):
        raise ValueError(f"{what} must have its shape {tuple(x.shape)}, given {describe(c)}; sum what was broadcast")
    return match(c, (tuple(x.shape), x.dtype))


def _zero_if_none(c: Any, x: Any) -> Any:
    return zeros_like(x) if c is None else c


def _on_duals(rules: Rules, arrays: list[Any], kind: type[Dual]) -> Any:
    is_ours = [type(x) is kind for x in arrays]
    primals = [lent(x.data if ours else x) for x, ours in zip(arrays, is_ours)]
    tangents = [lent(x.tangent) if ours else None for x, ours in zip(arrays, is_ours)]
    if all(t is None for t in tangents) or threshold() > kind.place.level:
        return mapped(lambda y: kind(y, None) if rank(type(y)) >= 0 else y, apply(rules, primals))
    filled = [zeros_like(x) if t is None and is_inexact(x) else t for x, t in zip(primals, tangents)]
    out, tangent = rules.push(primals, filled)
    leaves, _, structure = flatten(out)
    moved = matching(tangent, structure, "the tangent", "the output")
    return unflatten(
        structure, [kind(y, t if is_inexact(y) else None) if rank(type(y)) >= 0 else y for y, t in zip(leaves, moved)]
    )


def _on_batches(rules: Rules, arrays: list[Any], kind: type[Batch]) -> Any:
    axes = [0 if type(x) is kind else None for x in arrays]
    whole = [lent(x.data if axis == 0 else x) for x, axis in zip(arrays, axes)]
    return mapped(kind, apply(rules.mapped(axes), whole))


# --- the two ways to give a derivative --------------------------------------------------------------------------------


class ReverseRules(Rules):
    """A function given with its pullback."""

    def __init__(self, name: str, f: Callable[..., Any], fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        self.name = name
        self.f = f
        self.fwd = fwd
        self.bwd = bwd

    def run(self, arrays: Arrays) -> Any:
        return self.f(*arrays)

    def run_and_save(self, arrays: Arrays) -> tuple[Any, Any]:
        out, saved = self.fwd(*arrays)
        return out, saved

    def pull(self, saved: Any, cotangent: Any) -> list[Any]:
        return list(self.bwd(saved, cotangent))

    def push(self, arrays: Arrays, tangents: Arrays) -> tuple[Any, Any]:
        out, saved = self.fwd(*arrays)
        which = [i for i, t in enumerate(tangents) if t is not None]

        def pulled(cotangent: Any) -> list[Any]:
            found = self.pull(saved, cotangent)
            return [_zero_if_none(found[i], arrays[i]) for i in which]

        return out, transposed(pulled, out, [tangents[i] for i in which])

    def mapped(self, axes: Sequence[int | None]) -> Rules:
        def fwd(*arrays: Any) -> tuple[Any, Any]:
            size = next(x.shape[0] for x, axis in zip(arrays, axes) if axis == 0)
            with next_level(Batch) as batch_type:
                out, saved = self.fwd(*[batch_type(x) if axis == 0 else x for x, axis in zip(arrays, axes)])
                return mapped(lambda y: _whole(y, batch_type, size), out), _Split(saved, batch_type, size)

        def bwd(split: _Split, cotangent: Any) -> list[Any]:
            with next_level(Batch) as batch_type:
                found = self.bwd(split.joined(batch_type), mapped(batch_type, cotangent))
                whole = [None if c is None else _whole(c, batch_type, split.size) for c in found]
            return [c if c is None or axis == 0 else sum(c, axis=0) for c, axis in zip(whole, axes)]

        return ReverseRules(self.name, vmap(self.f, tuple(axes)), fwd, bwd)


class _Split:
    """What a forward half saved for a batch: the arrays of members as whole arrays, and the rest as it is."""

    def __init__(self, saved: Any, batch_type: type[Batch], size: int) -> None:
        leaves, _, self._structure = flatten(saved)
        self._is_batched = [batch_type.is_of_level(x) for x in leaves]
        self._leaves = [x.data if batched else x for x, batched in zip(leaves, self._is_batched)]
        self.size = size

    def joined(self, batch_type: type[Batch]) -> Any:
        """What was saved, for the members of another level."""
        leaves = [batch_type(x) if batched else x for x, batched in zip(self._leaves, self._is_batched)]
        return unflatten(self._structure, leaves)


def _whole(x: Any, batch_type: type[Batch], size: int) -> Any:
    """The array of all members; of one that is the same for all a broadcast one."""
    if batch_type.is_of_level(x):
        return x.data
    return broadcast_to(x, (size, *x.shape)) if rank(type(x)) >= 0 else x


class ForwardRules(Rules):
    """A function given with its derivative in a direction."""

    def __init__(self, name: str, f: Callable[..., Any], rule: Callable[..., Any], by_loop: bool = False) -> None:
        self.name = name
        self.f = f
        self.rule = rule
        self.by_loop = by_loop

    def run(self, arrays: Arrays) -> Any:
        return self.f(*arrays)

    def run_and_save(self, arrays: Arrays) -> tuple[Any, Any]:
        which = [i for i, x in enumerate(arrays) if is_inexact(x)]
        out: list[Any] = []

        def pushed(*tangents: Any) -> Any:
            filled: list[Any] = [None] * len(arrays)
            for i, t in zip(which, tangents):
                filled[i] = t
            value, tangent = self.push(arrays, filled)
            out.append(value)
            return tangent

        _, pullback = vjp(pushed, *[zeros_like(arrays[i]) for i in which])
        return out[0], (pullback, which, len(arrays))

    def pull(self, saved: Any, cotangent: Any) -> list[Any]:
        pullback, which, count = saved
        found: list[Any] = [None] * count
        for i, c in zip(which, pullback(cotangent)):
            found[i] = c
        return found

    def push(self, arrays: Arrays, tangents: Arrays) -> tuple[Any, Any]:
        out, tangent = self.rule(tuple(arrays), tuple(tangents))
        return out, tangent

    def mapped(self, axes: Sequence[int | None]) -> Rules:
        in_axes = tuple(axes)
        f = looped(self.f, in_axes) if self.by_loop else vmap(self.f, in_axes)
        return ForwardRules(self.name, f, vmap(self.rule, (in_axes, in_axes)), self.by_loop)


def looped(f: Callable[..., Any], axes: Sequence[int | None]) -> Callable[..., Any]:
    """A function of batches that calls one of members for each of them: for code that takes no Batch."""

    def run(*arrays: Any) -> Any:
        size = next(x.shape[0] for x, axis in zip(arrays, axes) if axis == 0)
        results = [f(*[x if axis is None else getitem(x, i) for x, axis in zip(arrays, axes)]) for i in range(size)]
        return mapped(lambda *ys: stack(list(ys)), results[0], *results[1:])

    return run


def transposed(linear: Callable[[Any], list[Any]], example: Any, values: list[Any]) -> Any:
    """The transpose of a linear function of containers like an example, applied to values of its results."""
    leaves, _, structure = flatten(example)
    with next_level(Tensor) as tensor_type:
        tensor_type.place.inputs = inputs = [tensor_type.rewrap(zeros_like(x), True) for x in leaves]
        results = linear(unflatten(structure, inputs))
        pull = pull_through(results, inputs, tensor_type)
    return unflatten(structure, pull(values))
