"""What a function with a derivative of its own is to the transforms.

Such a function is one operation to every transform. On Tensors it leaves one node, on Duals it pushes tangents
forward, and under vmap it becomes the same kind of function of whole batches. Of the two derivatives the one that is
not given is the transpose of the other, which is linear.

Under a transform the functions of a user's get Tensors, whatever travels with these: there a method, a view and a write
mean the same in every mode. They are constants of a level of their own, so that nothing is recorded twice.
"""

from __future__ import annotations

import abc
import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from anygrad.arrays.levels import next_level
from anygrad.arrays.ownership import bottom
from anygrad.arrays.recording import restrictions, threshold
from anygrad.batch.batch import Batch
from anygrad.core.containers import Structure, emptied, flatten, mapped, matching, unflatten
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
from anygrad.transforms._saved import join, opened, split
from anygrad.transforms.mapping import vmap
from anygrad.transforms.reverse import pull_through

Arrays = Sequence[Any]


class Rules(abc.ABC):
    """What a function of arrays is to the transforms.

    Attributes:
        name: what messages call it.
        function: whose rules they are, in whichever call, and for batches as for members.
    """

    name: str
    function: Any

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


def apply(rules: Rules, arrays: list[Any], is_wrapped: bool = False) -> Any:
    """Run a function with rules of its own on arrays, of which some may be wrappers, or were.

    Raises:
        TypeError: it uses an array that a derivative travels with, and that is not among its arguments.
    """
    outermost = max(arrays, key=lambda x: rank(type(x)), default=None)
    if isinstance(outermost, Tensor):
        return _on_tensors(rules, arrays, type(outermost))
    if isinstance(outermost, Dual):
        return _on_duals(rules, arrays, type(outermost))
    if isinstance(outermost, Batch):
        return _on_batches(rules, arrays, type(outermost))
    out = on_constants(lambda *xs: rules.run(xs), *arrays) if is_wrapped else rules.run(arrays)
    _check_closed(rules, out, arrays)
    return mapped(_as_array, out)


def on_constants(f: Callable[..., Any], *values: Any) -> Any:
    """What a function gives for containers of arrays, which are to it constants of a level of their own."""
    with next_level(Tensor) as tensor_type:
        out = f(*mapped(lambda x: as_constant(x, tensor_type), values))
        return without(out, tensor_type)


def as_constant(x: Any, tensor_type: type[Tensor]) -> Any:
    """An array as a constant Tensor."""
    return tensor_type.rewrap(_as_array(x), None) if rank(type(x)) >= 0 else x


def without(value: Any, tensor_type: type[Tensor]) -> Any:
    """Containers with the arrays that constants of a level hold in place of these, and of all constants the arrays."""

    def settled(x: Any) -> Any:
        x = x.data if tensor_type.is_of_level(x) and x._edge is None else x
        return x if travelling(x) else bottom(x)

    return mapped(settled, value)


def _as_array(x: Any) -> Any:
    return scalar_results[type(x)](x) if type(x) in scalar_results else x


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
        note = f"{name}: its arguments are lent; write to a copy, x = x.copy()"
        if "read-only" in str(error) and note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        raise


def is_inexact(x: Any) -> bool:
    """Whether it is an array that can carry a derivative."""
    return rank(type(x)) >= 0 and kind_of(x.dtype) in "fc"


def _check_closed(rules: Rules, results: Any, inputs: Any) -> None:
    """Refuse results with which travels what does not come from the arrays that went in."""
    own: set[type] = set()
    for x in inputs:
        own |= travelling(x)
    for x in flatten(results)[0]:
        for kind in travelling(x) - own:
            described = "a Tensor" if issubclass(kind, Tensor) else kind._described  # type: ignore[attr-defined]
            raise TypeError(
                f"{rules.name} uses {described} that is not among its arguments, and would lose its derivative, of "
                f"which the rule says nothing; pass it in"
            )


def travelling(x: Any) -> set[type]:
    """The types of the wrappers of an array that a derivative, or an axis, travels with."""
    found: set[type] = set()
    while rank(type(x)) > 0:
        tangent = x.tangent if isinstance(x, Dual) else None
        if isinstance(x, Batch) or tangent is not None or getattr(x, "_edge", None) is not None:
            found |= {type(x).array_type} | travelling(tangent)
        x = x.data
    return found


def _on_tensors(rules: Rules, arrays: list[Any], kind: type[Tensor]) -> Any:
    tensor_type = kind.array_type
    is_ours = [isinstance(x, Tensor) and x.place is kind.place for x in arrays]
    edges = tuple(edge_of(x) if ours else None for x, ours in zip(arrays, is_ours))
    raw = [unwrap(x, tensor_type) for x in arrays]
    if all(edge is None for edge in edges) or threshold() > kind.place.level:
        return mapped(lambda y: as_constant(y, tensor_type), apply(rules, raw, True))
    if (rules.function, kind.place.level) in _transposed.now:  # its own rule calls it, on what is linear
        return rules.run(arrays)
    out, saved = rules.run_and_save(raw)
    _check_closed(rules, out, raw)
    leaves, _, structure = flatten(out)
    pullback = FunctionPullback(rules, structure, leaves, tensor_type)
    node = Node.of(pullback, edges, (*raw, _Held(saved)), shapes=tuple(map(shape_and_dtype, raw)))
    if restrictions:
        notice(node, kind.place.level)
    results = []
    for i, leaf in enumerate(leaves):
        result = as_constant(leaf, tensor_type)
        if is_inexact(leaf):
            result._edge = node.output(i)
        results.append(result)
    return unflatten(structure, results)


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
                None if meta is None else astype(new_zeros(some, meta[0]), meta[1]) if c is None else c
                for c, meta in zip(g, metas)
            ]
            is_recorded = isinstance(some, Tensor) and some.place is tensor_type.place
            residuals = rules.run_and_save(inputs)[1] if is_recorded else held.value
            cotangents = rules.pull(residuals, unflatten(structure, full))
            _check_closed(rules, cotangents, [*inputs, *full])
            if is_recorded:
                cotangents = [c if isinstance(c, Tensor) else as_constant(c, tensor_type) for c in cotangents]
            shaped = [
                _shaped(c, x, f"{rules.name}: the cotangent of argument {i}")
                for i, (c, x) in enumerate(zip(cotangents, inputs))
            ]
            return [None if p is None else c for c, p in zip(shaped, parents)]

        structure = emptied(structure)
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


def _on_duals(rules: Rules, arrays: list[Any], kind: type[Dual]) -> Any:
    kind = kind.array_type
    is_ours = [kind.is_of_level(x) for x in arrays]
    primals = [x.data if ours else x for x, ours in zip(arrays, is_ours)]
    tangents = [x.tangent if ours else None for x, ours in zip(arrays, is_ours)]
    if all(t is None for t in tangents) or threshold() > kind.place.level:
        return mapped(lambda y: kind(y, None) if rank(type(y)) >= 0 else y, apply(rules, primals, True))
    filled = [zeros_like(x) if t is None and is_inexact(x) else t for x, t in zip(primals, tangents)]
    out, tangent = rules.push(primals, filled)
    _check_closed(rules, (out, tangent), [*primals, *filled])
    leaves, _, structure = flatten(out)
    moved = matching(tangent, structure, "the tangent", "the output")
    return unflatten(
        structure, [kind(y, t if is_inexact(y) else None) if rank(type(y)) >= 0 else y for y, t in zip(leaves, moved)]
    )


def _on_batches(rules: Rules, arrays: list[Any], kind: type[Batch]) -> Any:
    kind = kind.array_type
    axes = [0 if kind.is_of_level(x) else None for x in arrays]
    whole = [x.data if axis == 0 else x for x, axis in zip(arrays, axes)]
    return mapped(lambda y: kind(y) if rank(type(y)) >= 0 else y, apply(rules.mapped(axes), whole, True))


# --- the two ways to give a derivative --------------------------------------------------------------------------------


class ReverseRules(Rules):
    """A function given with its pullback."""

    def __init__(
        self, function: Any, name: str, f: Callable[..., Any], fwd: Callable[..., Any], bwd: Callable[..., Any]
    ) -> None:
        self.function = function
        self.name = name
        self.f = f
        self.fwd = fwd
        self.bwd = bwd

    def run(self, arrays: Arrays) -> Any:
        return self.f(*arrays)

    def run_and_save(self, arrays: Arrays) -> tuple[Any, Any]:
        def opening(*xs: Any) -> tuple[Any, Any]:
            out, saved = self.fwd(*xs)
            return out, opened(saved)

        out, saved = on_constants(opening, *arrays)
        return out, saved

    def pull(self, saved: Any, cotangent: Any) -> list[Any]:
        return list(on_constants(self.bwd, opened(saved), cotangent))

    def push(self, arrays: Arrays, tangents: Arrays) -> tuple[Any, Any]:
        out, saved = self.run_and_save(arrays)
        which = [i for i, t in enumerate(tangents) if t is not None]

        def pulled(cotangent: Any) -> list[Any]:
            found = self.pull(saved, cotangent)
            return [zeros_like(arrays[i]) if found[i] is None else found[i] for i in which]

        return out, transposed(pulled, out, [tangents[i] for i in which])

    def mapped(self, axes: Sequence[int | None]) -> Rules:
        def fwd(*arrays: Any) -> tuple[Any, Any]:
            size = next(x.shape[0] for x, axis in zip(arrays, axes) if axis == 0)
            with next_level(Batch) as batch_type:
                out, saved = self.fwd(*[batch_type(x) if axis == 0 else x for x, axis in zip(arrays, axes)])
                whole = mapped(lambda y: _whole(y, batch_type, size), out)
                return whole, (split(saved, batch_type, f"{self.name}: what fwd saves"), size)

        def bwd(saved: Any, cotangent: Any) -> list[Any]:
            parts, size = saved
            with next_level(Batch) as batch_type:
                found = self.bwd(join(parts, batch_type), mapped(batch_type, cotangent))
                whole = [None if c is None else _whole(c, batch_type, size) for c in found]
            return [c if c is None or axis == 0 else sum(c, axis=0) for c, axis in zip(whole, axes)]

        return ReverseRules(self.function, self.name, vmap(self.f, tuple(axes)), fwd, bwd)


def _whole(x: Any, batch_type: type[Batch], size: int) -> Any:
    """The array of all members; of one that is the same for all a broadcast one."""
    if batch_type.is_of_level(x):
        return x.data
    return broadcast_to(x, (size, *x.shape)) if rank(type(x)) >= 0 else x


class _Transposed(threading.local):
    """Per thread: the functions whose forward rules are being recorded, and at which level, to be transposed."""

    def __init__(self) -> None:
        self.now: list[tuple[Any, int]] = []


_transposed = _Transposed()


class ForwardRules(Rules):
    """A function given with its derivative in a direction."""

    def __init__(
        self, function: Any, name: str, f: Callable[..., Any], rule: Callable[..., Any], by_loop: bool = False
    ) -> None:
        self.function = function
        self.name = name
        self.f = f
        self.rule = rule
        self.by_loop = by_loop

    def run(self, arrays: Arrays) -> Any:
        return self.f(*arrays)

    def run_and_save(self, arrays: Arrays) -> tuple[Any, Any]:
        which = [i for i, x in enumerate(arrays) if is_inexact(x)]
        tangents: list[Any] = [None] * len(arrays)
        with next_level(Tensor) as tensor_type:
            for i in which:
                tangents[i] = tensor_type.rewrap(zeros_like(arrays[i]), True)
            tensor_type.place.inputs = inputs = [tangents[i] for i in which]
            _transposed.now.append((self.function, tensor_type.place.level))
            try:
                out, tangent = self.rule(tuple(as_constant(x, tensor_type) for x in arrays), tuple(tangents))
            finally:
                _transposed.now.pop()
            leaves, _, structure = flatten(tangent)
            pull = pull_through(leaves, inputs, tensor_type)
            return without(out, tensor_type), (pull, structure, which, len(arrays))

    def pull(self, saved: Any, cotangent: Any) -> list[Any]:
        pull, structure, which, count = saved
        found: list[Any] = [None] * count
        for i, c in zip(which, pull(matching(cotangent, structure, "the cotangent", "the output"))):
            found[i] = c
        return found

    def push(self, arrays: Arrays, tangents: Arrays) -> tuple[Any, Any]:
        out, tangent = on_constants(self.rule, tuple(arrays), tuple(tangents))
        return out, tangent

    def mapped(self, axes: Sequence[int | None]) -> Rules:
        in_axes = tuple(axes)
        f = looped(self.f, in_axes) if self.by_loop else vmap(self.f, in_axes)
        return ForwardRules(self.function, self.name, f, vmap(self.rule, (in_axes, in_axes)), self.by_loop)


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
        inputs = [tensor_type.rewrap(zeros_like(x), True) if is_inexact(x) else None for x in leaves]
        tensor_type.place.inputs = followed = [x for x in inputs if x is not None]
        results = linear(unflatten(structure, inputs))
        pull = pull_through(results, followed, tensor_type)
    found = iter(pull(values))
    return unflatten(structure, [None if x is None else next(found) for x in inputs])
