"""Reverse mode: how an operation runs on Tensors and is recorded.

For each primitive and each type of Tensor one handler is made, the entry in the primitive's table. It unwraps the
operands, runs the operation on what they hold, wraps the result and, where some operand requires a gradient, leaves a
:class:`~anygrad.reverse.graph.Node`.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

import numpy as np

from anygrad.arrays.magnitudes import smooth_powers, table_beneath
from anygrad.arrays.recording import restrictions, threshold
from anygrad.arrays.scalar import type_without_axes
from anygrad.arrays.wrapper import leaves_to, with_list
from anygrad.core.calling import written
from anygrad.core.keys import hidden_axis, owned_key, unwrapped
from anygrad.core.kinds import kinds
from anygrad.core.primitive import Implementation, Primitive, explain
from anygrad.core.types import SCALARS, in_common, rank, ranks
from anygrad.ops.creation import copy
from anygrad.reverse.constants import hold_constant, hold_constants, kept
from anygrad.reverse.graph import Edge, Node, notice
from anygrad.reverse.magnitudes import magnitude_of
from anygrad.reverse.pullback import Pullback, pullback_of

__all__ = ["edge_of", "handler", "meta_of", "shape_and_dtype", "unwrap", "wrap"]

TensorType: TypeAlias = type[Any]
"""Tensor, or its type for the level of a transform."""

_new = object.__new__
_nothing = (None, None, None)


def handler(op: Primitive, tensor_type: TensorType) -> Implementation:
    """The implementation of a primitive for a type of Tensor: one for all types of a level."""
    if tensor_type is not tensor_type.array_type:
        return op.table[tensor_type.array_type]
    if op.kind == "none":
        return _unrecorded(op, tensor_type)
    return smooth_powers(op, _recorded(op, tensor_type), magnitude_of)


def _recorded(op: Primitive, tensor_type: TensorType) -> Implementation:
    n = len(op.operands)
    if op.kind == "elementwise" and n <= 2 and not op.defaults and None not in op.rules:
        return (_unary if n == 1 else _binary)(op, tensor_type)
    if op.variadic or op.outputs is not None:
        return _general(op, tensor_type)
    return _several(op, tensor_type)


def edge_of(tensor: Any) -> Edge | None:
    """Where a Tensor's gradient goes: to the Tensor itself, its Node, or nowhere."""
    edge = tensor._edge
    return tensor if edge is True else edge  # type: ignore[no-any-return]


def wrap(value: Any, tensor_type: TensorType, scalar_type: TensorType) -> Any:
    """A result as a constant Tensor; of several results each one."""
    if isinstance(value, tuple):
        wrapped = [wrap(v, tensor_type, scalar_type) for v in value]
        return type(value)(*wrapped) if hasattr(value, "_fields") else tuple(wrapped)
    if not hasattr(value, "shape"):
        return value
    out = _new(tensor_type if value.shape else scalar_type)
    out._array = value
    out._edge = out._meta = None
    return out


def unwrap(value: Any, tensor_type: TensorType) -> Any:
    """What a Tensor of this level holds; of a constant of another level the array; anything else as it is."""
    family = tensor_type.family
    if isinstance(value, family) and value.place is tensor_type.place:
        return value.data
    while (
        value._edge if isinstance(value, family) else getattr(value, "tangent", value)
    ) is None and value is not None:
        value = value.data
    return value


def _unrecorded(op: Primitive, tensor_type: TensorType) -> Implementation:
    scalar_type = type_without_axes(op, tensor_type)
    place = tensor_type.place
    is_binary = op.operands == ("x1", "x2")

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        elif is_binary and (leaves_to(operands[1], place.level) or isinstance(operands[0], list | tuple)):
            return with_list(op, *operands)
        raw = tuple(unwrap(x, tensor_type) for x in operands)
        params = {name: unwrap(value, tensor_type) for name, value in params.items()}
        return wrap(op.apply(raw, params), tensor_type, scalar_type)

    return run


def _general(op: Primitive, tensor_type: TensorType) -> Implementation:
    scalar_type = type_without_axes(op, tensor_type)
    pullback = pullback_of(op)
    place = tensor_type.place
    family = tensor_type.family
    is_binary = op.operands == ("x1", "x2")
    has_key = op.door is not None and "key" in op.defaults

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        elif is_binary and (leaves_to(operands[1], place.level) or isinstance(operands[0], list | tuple)):
            return with_list(op, *operands)
        raw = []
        edges: list[Edge | None] = []
        for i, x in enumerate(operands):
            is_ours = isinstance(x, family) and x.place is place
            raw.append(unwrap(x, tensor_type))
            edges.append(edge_of(x) if is_ours and pullback.differentiable(i) else None)
        out = op.apply_beneath(tuple(raw), params)
        result = wrap(out, tensor_type, scalar_type)
        if any(edge is not None for edge in edges) and threshold() <= place.level:
            own_params = {"key": owned_key(params["key"], copy)} if has_key else params
            node = _record(result, pullback, tuple(edges), (*raw, out), own_params)
            if node is not None and None in edges:
                hold_constants(node, operands)
        return result

    return run


def _record(
    result: Any, pullback: Pullback, edges: tuple[Edge | None, ...], values: tuple[Any, ...], params: dict[str, Any]
) -> Node | None:
    """Leave a Node on a result, or on each of several, with what the rules of the operands that want a gradient need.

    ``values`` are the raw operands, and the raw output last.
    """
    several = isinstance(result, tuple)
    outputs = [(i, y) for i, y in enumerate(result if several else (result,)) if kinds[y.data.dtype] in "fc"]
    if not outputs:
        return None
    keeps = _keeps(pullback, tuple(edge is not None for edge in edges))
    if pullback.op.variadic:
        keeps = (False,) * len(edges) + keeps[-1:]
    saved = tuple(kept(x) if keep else None for x, keep in zip(values, keeps))
    node = Node.of(pullback, edges, saved, params, tuple(map(shape_and_dtype, values[:-1])))
    for i, tensor in outputs:
        tensor._edge = node.output(i) if several else node
    if restrictions:
        notice(node, outputs[0][1].level)
    return node


def shape_and_dtype(x: Any) -> tuple[tuple[int, ...], Any] | None:
    """What a cotangent of an operand must look like; None for an operand that is no array."""
    return (tuple(x.shape), x.dtype) if rank(type(x)) >= 0 else None


def meta_of(tensor: Any) -> tuple[tuple[int, ...], Any]:
    """Shape and dtype of a Tensor's array; of a real one they are noted, for they take time to ask for."""
    data = tensor._array
    meta = (tuple(data.shape), data.dtype)
    if kinds[meta[1]] == "f":  # what is made of complex arrays element by element may be real
        tensor._meta = meta
    return meta


# --- the short ways ---------------------------------------------------------------------------------------------------
#
# Operations of one operand, and of a few, are the hot path of scientific code on small arrays. These do what _general
# does with fewer steps: no argument tuples, no loops, and shapes and dtypes are not asked of the arrays but known from
# how the operands were made; where all are the same, the backward pass skips un-broadcasting and casting. On a chain of
# operations on 4 numbers that halves the time. The tests hold them against _general.


def _unary(op: Primitive, tensor_type: TensorType) -> Implementation:
    pullback = pullback_of(op)
    table = table_beneath(op)
    ndarray = np.ndarray
    place = tensor_type.place
    scalar_type = tensor_type.scalar_type
    keep_x, keep_out = (bool(users) for users in pullback.saves)
    differentiable = pullback.differentiable(0)

    def run(x: Any) -> Any:
        a = x._array
        kind = type(a)
        try:
            out = table[kind](a)
        except Exception as error:
            explain(op, (a,), {}, error)
        result = _new(tensor_type if type(out) is ndarray or out.shape else scalar_type)
        result._array = out
        edge = x._edge
        if edge is None or (restrictions and threshold() > place.level) or not differentiable:
            result._edge = result._meta = None
            return result
        dtype = out.dtype
        meta = x._meta or meta_of(x)
        if x._meta is not None and dtype is meta[1]:
            shapes = None
            result._meta = meta
        else:
            shapes = (meta,)
            result._meta = None
            if kinds[dtype] not in "fc":
                result._edge = None
                return result
        if edge is True:
            edge = x
        elif type(edge) is Node:
            edge.children += 1
        result._edge = node = Node()
        node.pullback = pullback
        node.first = edge
        node.second = None
        node.children = 0
        node.saved = (a if keep_x else None, out if keep_out else None)
        node.shapes = shapes
        node.hooks = None
        if restrictions:
            notice(node, place.level)
        return result

    return run


SEVERAL = """
def run({operands}{params_in}):{given}
    kind = {kind}
{unwrapped}
    try:
        out = table[kind]({arrays}{params_out})
    except Exception as error:
        explain(op, ({arrays}), {params}, error)
    result = _new(tensor_type if out.shape else scalar_type)
    result._array = out
    result._edge = result._meta = None
    if {edges_are} None or (restrictions and threshold() > place.level) or kinds[out.dtype] not in "fc":
        return result
    keep = keeps[{wanted}]
{metas}
{counted}
    result._edge = node = Node()
    node.pullback = pullback
    node.first{and_second} = {edges}
    node.children = 0
    node.saved = ({saved}out if keep[-1] else None)
    node.params = {kept}
    node.shapes = ({shapes})
    node.hooks = None{constants}
    if restrictions:
        notice(node, place.level)
    return result
"""
CONSTANTS = """
    if {are_given}:
        hold_constants(node, ({operands}))"""
HELD = """
    params["rtol"] = unwrapped(params["rtol"])"""
AT_KEY = """
    key = params["key"]
    is_short = type(key) is int or type(key) is slice
    if not is_short and hidden_axis(key) is not None:
        return general({operands}, key=key)"""
UNWRAPPED = """
    if type(x{i}) is tensor_type or type(x{i}) is number_type:
        a{i} = x{i}._array
        edge{i} = x{i}._edge if differentiable[{i}] else None
        if type(a{i}) is not kind and (kind := in_common[kind, type(a{i})]) is None:
            return general({operands}{params_out})
    elif (type(x{i}) is kind and ranks[kind] == 0) or type(x{i}) in SCALARS:
        a{i} = x{i}
        edge{i} = None
    else:
        return general({operands}{params_out})"""
COUNTED = """
    if edge{i} is True:
        edge{i} = x{i}
    elif type(edge{i}) is Node:
        edge{i}.children += 1"""


META = """
    m{i} = x{i}._meta or meta_of(x{i}) if type(x{i}) in types else shape_and_dtype(x{i})"""


def _several(op: Primitive, tensor_type: TensorType) -> Implementation:
    """Of a fixed number of operands: a function without loops over them, which would take 2 us more."""
    pullback = pullback_of(op)
    n = len(op.operands)
    has_key = op.door is not None and "key" in op.defaults
    operands = ", ".join(f"x{i}" for i in range(n))
    params_out = ", **params" if op.defaults else ""

    def each(text: str) -> str:
        return "".join(text.format(i=i, operands=operands, params_out=params_out) for i in range(n))

    given = each(" or x{i} is a{i} and type(a{i}) is kind")
    source = SEVERAL.format(
        operands=operands,
        params_in=params_out,
        params_out=params_out.removeprefix(", "),
        params="params" if op.defaults else "{}",
        given=AT_KEY.format(operands=operands) if has_key else HELD if "rtol" in op.defaults else "",
        kept="params if is_short else {'key': owned_key(key, copy)}" if has_key else "params" if op.defaults else "{}",
        kind=each("type(x{i}._array) if type(x{i}) is tensor_type or type(x{i}) is number_type else ") + "None",
        unwrapped=each(UNWRAPPED),
        arrays=each("a{i}, "),
        edges_are=each("edge{i} is "),
        wanted=each("edge{i} is not None, "),
        counted=each(COUNTED),
        and_second=", node.second" if n == 2 else "",
        edges=each("edge{i}, "),
        metas=each(META),
        constants="" if n == 1 else CONSTANTS.format(are_given=given[4:], operands=operands),
        saved=each("None if not keep[{i}] else a{i} if m{i} is None or kinds[m{i}[1]] in 'fc' else kept(a{i}), "),
        shapes=each("m{i}, "),
    )
    names: dict[str, Any] = {
        "op": op,
        "pullback": pullback,
        "table": table_beneath(op),
        "SCALARS": SCALARS,
        "hidden_axis": hidden_axis,
        "unwrapped": unwrapped,
        "tensor_type": tensor_type,
        "scalar_type": type_without_axes(op, tensor_type),
        "number_type": tensor_type.scalar_type,
        "types": {tensor_type, tensor_type.scalar_type},
        "place": tensor_type.place,
        "general": _general(op, tensor_type),
        "differentiable": [pullback.differentiable(i) for i in range(n)],
        "keeps": {wanted: _keeps(pullback, wanted) for wanted in itertools.product((False, True), repeat=n)},
    }
    return written(source, "run", op, **globals() | names)


def _keeps(pullback: Pullback, wanted: tuple[bool, ...]) -> tuple[bool, ...]:
    """What to save, of the operands and the output, for the gradients of the wanted operands."""
    needed = [i for i, is_wanted in enumerate(wanted) if is_wanted]
    return tuple(not users.isdisjoint(needed) for users in pullback.saves)


def _binary(op: Primitive, tensor_type: TensorType) -> Implementation:
    pullback = pullback_of(op)
    table = table_beneath(op)
    ndarray = np.ndarray
    place = tensor_type.place
    scalar_type = tensor_type.scalar_type
    general = _general(op, tensor_type)
    for_1, for_2, for_both = (_keeps(pullback, w) for w in ((True, False), (False, True), (True, True)))
    saves_any = any(for_both)

    def run(x1: Any, x2: Any) -> Any:
        if type(x1) is tensor_type or type(x1) is scalar_type:
            a = x1._array
            kind: Any = type(a)
            edge1 = x1._edge
            meta = x1._meta
            if type(x2) is tensor_type or type(x2) is scalar_type:
                b = x2._array
                if type(b) is not kind and (kind := in_common[kind, type(b)]) is None:
                    return general(x1, x2)
                edge2 = x2._edge
                if meta is not x2._meta:
                    meta = None
            elif type(x2) is float or type(x2) is int:
                b = x2
                edge2 = None
            elif type(x2) is kind and ranks[kind] == 0:  # of a transform around this one: see constants.kept
                b = x2
                edge2 = meta = None
            else:
                return general(x1, x2)
        elif type(x2) is tensor_type or type(x2) is scalar_type:
            a = x1
            edge1 = None
            b = x2._array
            kind = type(b)
            edge2 = x2._edge
            if type(x1) is float or type(x1) is int:
                meta = x2._meta
            elif type(x1) is kind and ranks[kind] == 0:
                meta = None
            else:
                return general(x1, x2)
        else:
            return general(x1, x2)
        try:
            out = table[kind](a, b)
        except Exception as error:
            explain(op, (a, b), {}, error)
        result = _new(tensor_type if type(out) is ndarray or out.shape else scalar_type)
        result._array = out
        if edge1 is edge2 is None or (restrictions and threshold() > place.level):
            result._edge = result._meta = None
            return result
        if type(edge1) is Node:
            edge1.children += 1
        elif edge1 is True:
            edge1 = x1
        if type(edge2) is Node:
            edge2.children += 1
        elif edge2 is True:
            edge2 = x2
        result._edge = node = Node()
        node.pullback = pullback
        node.first = edge1
        node.second = edge2
        node.children = 0
        if saves_any:
            keep_1, keep_2, keep_out = for_2 if edge1 is None else for_1 if edge2 is None else for_both
            node.saved = (a if keep_1 else None, b if keep_2 else None, out if keep_out else None)
            if restrictions:
                notice(node, place.level)
        else:
            node.saved = _nothing
        node.hooks = None
        if meta is not None and out.dtype is meta[1]:
            node.shapes = None
            result._meta = meta
        else:
            node.shapes, result._meta = _compared(x1, x2, out, tensor_type)
            if saves_any and type(x2) is kind and keep_2:
                hold_constant(node, 1, x2)
            elif saves_any and type(x1) is kind and keep_1:
                hold_constant(node, 0, x1)
        return result

    return run


def _compared(x1: Any, x2: Any, out: Any, tensor_type: TensorType) -> tuple[Any, Any]:
    """Shapes and dtypes of two operands for a node, and of their result, if it has one's of these.

    None for the node where all are those of the result, and real; Tensors then share the tuple from now on.
    """
    meta1 = x1._meta or meta_of(x1) if tensor_type.is_of_level(x1) else shape_and_dtype(x1)
    meta2 = x2._meta or meta_of(x2) if tensor_type.is_of_level(x2) else shape_and_dtype(x2)
    dtype = out.dtype
    if kinds[dtype] == "f":
        if meta1 == meta2 and meta1[1] == dtype:  # type: ignore[index]  # one of them is a Tensor
            if tensor_type.is_of_level(x2):
                x2._meta = meta1
            return None, meta1
        for meta in (meta1, meta2):
            if meta is not None and meta[1] == dtype and meta[0] == out.shape:
                return (None if meta1 is None or meta2 is None else (meta1, meta2)), meta
    return (meta1, meta2), None
