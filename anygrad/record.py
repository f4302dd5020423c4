"""Reverse mode: how an operation runs on Tensors and is recorded.

For each primitive and each type of Tensor one handler is made, the entry in the primitive's table. It unwraps the
operands, runs the operation on what they hold, wraps the result and, where some operand requires a gradient, leaves a
:class:`~anygrad.graph.Node`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from anygrad.graph import Edge, Node, mode
from anygrad.ops.creation import copy
from anygrad.ops.datatypes import kind_of
from anygrad.primitive import Implementation, Primitive, explain, scalar_results
from anygrad.pullback import Pullback, pullback_of

if TYPE_CHECKING:
    from anygrad.tensor import Tensor

__all__ = ["handler"]

_new = object.__new__


def handler(op: Primitive, tensor_type: type[Tensor]) -> Implementation:
    """The implementation of a primitive for a type of Tensor."""
    if op.kind == "none":
        return _unrecorded(op, tensor_type)
    if op.kind == "elementwise" and len(op.operands) == 1:
        return _unary(op, tensor_type)
    if op.kind == "elementwise" and len(op.operands) == 2:
        return _binary(op, tensor_type)
    return _general(op, tensor_type)


def edge_of(tensor: Tensor) -> Edge | None:
    """Where a Tensor's gradient goes: to the Tensor itself, its Node, or nowhere."""
    edge = tensor._edge
    return tensor if edge is True else edge


def wrap(value: Any, tensor_type: type[Tensor]) -> Any:
    """A result as a constant Tensor; of several results each one."""
    if isinstance(value, tuple):
        wrapped = [wrap(v, tensor_type) for v in value]
        return type(value)(*wrapped) if hasattr(value, "_fields") else tuple(wrapped)
    if not hasattr(value, "shape"):
        return value
    out = _new(tensor_type)
    out.data = scalar_results[type(value)](value) if type(value) in scalar_results else value
    out._edge = None
    return out


def unwrap(value: Any, tensor_type: type[Tensor]) -> Any:
    """What a Tensor of this level holds; anything else as it is."""
    if isinstance(value, tensor_type.family) and value.level == tensor_type.level:
        return value.data
    return value


def _plain(tensor_type: type[Tensor]) -> type[Tensor]:
    """The type of results: that of the level, whatever subclass the operands have."""
    return tensor_type.family.at_level(tensor_type.level)


def _unrecorded(op: Primitive, tensor_type: type[Tensor]) -> Implementation:
    result_type = _plain(tensor_type)

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        raw = tuple(unwrap(x, tensor_type) for x in operands)
        params = {name: unwrap(value, tensor_type) for name, value in params.items()}
        return wrap(op.apply(raw, params), result_type)

    return run


def _general(op: Primitive, tensor_type: type[Tensor]) -> Implementation:
    pullback = pullback_of(op)
    level = tensor_type.level
    result_type = _plain(tensor_type)
    family = tensor_type.family

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        raw = []
        edges: list[Edge | None] = []
        for i, x in enumerate(operands):
            if isinstance(x, family) and x.level == level:
                raw.append(x.data)
                edges.append(edge_of(x) if pullback.differentiable(i) else None)
            else:
                raw.append(x)
                edges.append(None)
        out = op.apply(tuple(raw), {**op.defaults, **params})
        result = wrap(out, result_type)
        if any(edge is not None for edge in edges) and mode.threshold <= level:
            _record(result, pullback, tuple(edges), tuple(raw), params)
        return result

    return run


def _record(
    result: Tensor, pullback: Pullback, edges: tuple[Edge | None, ...], raw: Sequence[Any], params: dict[str, Any]
) -> None:
    """Leave a Node on a result, with what the rules of the operands that want a gradient need."""
    out = result.data
    if kind_of(out.dtype) not in "fc":
        return
    needed = [i for i, edge in enumerate(edges) if edge is not None]
    keeps = [not users.isdisjoint(needed) for users in pullback.saves]
    if pullback.op.variadic:
        keeps = [False] * len(edges) + [keeps[-1]]
    node = _new(Node)
    node.pullback = pullback
    node.parents = edges
    node.saved = tuple(_kept(x) if keep else None for x, keep in zip((*raw, out), keeps))
    node.params = params
    node.shapes = tuple(
        (tuple(x.shape), x.dtype) if edge is not None else _constant_shape(x) for x, edge in zip(raw, edges)
    )
    result._edge = node


def _constant_shape(x: Any) -> tuple[tuple[int, ...], Any] | None:
    return (tuple(x.shape), x.dtype) if hasattr(x, "shape") else None


def _kept(x: Any) -> Any:
    """A value to save: index arrays and masks are copied, since callers reuse them."""
    if hasattr(x, "dtype") and kind_of(x.dtype) in "ib" and getattr(x, "shape", ()) != ():
        return copy(x)
    return x


# --- the short ways ---------------------------------------------------------------------------------------------------
#
# Elementwise operations of one and two operands are the hot path of scientific code on small arrays. These two do what
# _general does with fewer steps: no argument tuples, no loops, and one comparison of shapes and dtypes that lets the
# backward pass skip un-broadcasting, casting and conjugation. Measured on a chain of multiplications and additions of 4
# float64 elements, forward and backward: 2.3 times faster than by way of _general.


def _unary(op: Primitive, tensor_type: type[Tensor]) -> Implementation:
    pullback = pullback_of(op)
    table = op.table
    level = tensor_type.level
    result_type = _plain(tensor_type)
    keep_x, keep_out = (bool(users) for users in pullback.saves)

    def run(x: Tensor) -> Tensor:
        a = x.data
        try:
            out = table[type(a)](a)
        except Exception as error:
            explain(op, (a,), {}, error)
        if type(out) in scalar_results:
            out = scalar_results[type(out)](out)
        result = _new(result_type)
        result.data = out
        edge = x._edge
        if edge is None or mode.threshold > level:
            result._edge = None
            return result
        node = _new(Node)
        node.pullback = pullback
        node.parents = (x if edge is True else edge,)
        node.saved = (a if keep_x else None, out if keep_out else None)
        node.params = None
        dtype = a.dtype
        node.shapes = None if dtype == out.dtype and kind_of(dtype) == "f" else ((tuple(a.shape), dtype),)
        result._edge = node
        return result

    return run


def _binary(op: Primitive, tensor_type: type[Tensor]) -> Implementation:
    pullback = pullback_of(op)
    table = op.table
    level = tensor_type.level
    result_type = _plain(tensor_type)
    general = _general(op, tensor_type)
    for_1, for_2, for_both = ([not users.isdisjoint(i) for users in pullback.saves] for i in ((0,), (1,), (0, 1)))
    has_1, has_2 = pullback.differentiable(0), pullback.differentiable(1)

    def run(x1: Any, x2: Any) -> Any:
        if type(x1) is not tensor_type:
            return general(x1, x2)
        a = x1.data
        edge1 = x1._edge
        if type(x2) is tensor_type:
            b = x2.data
            edge2 = x2._edge
            is_scalar = False
        elif type(x2) is float or type(x2) is int:
            b = x2
            edge2 = None
            is_scalar = True
        else:
            return general(x1, x2)
        kind = type(a)
        try:
            out = (table[kind] if is_scalar or kind is type(b) else op.resolve((a, b)))(a, b)
        except Exception as error:
            explain(op, (a, b), {}, error)
        if type(out) is not kind and type(out) in scalar_results:
            out = scalar_results[type(out)](out)
        result = _new(result_type)
        result.data = out
        if (edge1 is None and edge2 is None) or mode.threshold > level:
            result._edge = None
            return result
        node = _new(Node)
        node.pullback = pullback
        parent1 = x1 if edge1 is True else edge1
        parent2 = x2 if edge2 is True else edge2
        node.parents = (parent1, parent2)
        keep = for_2 if parent1 is None else for_1 if parent2 is None else for_both
        node.saved = (a if keep[0] else None, b if keep[1] else None, out if keep[2] else None)
        node.params = None
        dtype = a.dtype
        if is_scalar:
            is_uniform = dtype == out.dtype
        else:
            is_uniform = a.shape == b.shape and dtype is b.dtype
        node.shapes = (
            None
            if is_uniform and kind_of(dtype) == "f"
            else ((tuple(a.shape), dtype), None if is_scalar else (tuple(b.shape), b.dtype))
        )
        result._edge = node
        return result

    return run
