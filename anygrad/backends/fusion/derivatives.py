"""Which operations run as one kernel on CUDA, backward and forward.

A *plan* is made for each operation, dtypes and set of wanted gradients, the first time they occur: the kernels to
launch, and what each is given. Making one runs the operation's own rule on traces. Where that does something no kernel
is written for, the plan is None, and the operation runs step by step as on any other library.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from anygrad.backends.fusion import ADDED, Step, kernels
from anygrad.backends.fusion.kernels import Output, Rows, elementwise_source, rows_source, summed_source
from anygrad.backends.fusion.trace import Trace, TraceError, below, parameter
from anygrad.core.primitive import Array, Implementation, Primitive
from anygrad.core.types import SCALARS
from anygrad.ops._axes import normalized
from anygrad.ops.elementwise import add

__all__ = ["fused_default", "fused_pullback"]

ALONG_ROWS = {"softmax", "log_softmax", "logsumexp", "standardize", "max", "min", "var", "std"}
"""Operations in whose rules reductions and elementwise steps meet, and whose last axes may be a row each."""
ELEMENT_BY_ELEMENT = {"where"}
"""Operations that are elementwise in all but name: their operands are not of one kind."""
CARRIERS = "efdFD"
"""The dtypes, by NumPy's letters, of the cotangents that kernels are written for."""

COMMON_EXPONENTS = {*range(-8, 9), 0.5, -0.5}

LONG_ROW = 1 << 16
FEW_ROWS = 64
"""Fewer rows than this, of more elements than that, would leave most of a GPU idle."""


def fused_pullback(
    pullback: Step, g: Array, parents: Sequence[Any], saved: tuple[Any, ...], node: Any, sums: dict[Any, Any]
) -> Sequence[Any]:
    """The cotangents of an operation's operands, as few launches as possible.

    A cotangent that joins a sum which the engine has begun is added to it by the same launch; ADDED then stands in its
    place.
    """
    cotangents = None
    if pullback.follows_rules and g.dtype.char in CARRIERS and g.size:
        op = pullback.op
        if op.kind == "elementwise" or op.name in ELEMENT_BY_ELEMENT:
            cotangents = _elementwise_cotangents(pullback, g, parents, saved, node, sums)
        elif op.name in ALONG_ROWS:
            cotangents = _row_cotangent(pullback, g, saved, node)
    return pullback.run(g, parents, saved, node) if cotangents is None else cotangents


# --- elementwise operations, backward ---------------------------------------------------------------------------------

SKIP, PASS, WRITE, ADD, SUM, SAME = "skip", "pass", "write", "add", "sum", "same"
"""What happens to an operand's cotangent: nothing; it is g itself; it is written; added to the engine's sum; summed
over the axes along which the operand was broadcast; or added to that of the operand before, the same Tensor."""


class Plan(NamedTuple):
    """The launches of an operation's backward step; of several cotangents in one, ``modes`` says what each becomes."""

    modes: tuple[str, ...]
    kernel: Any
    takes: tuple[int, ...]
    sums: tuple[tuple[int, Any, tuple[int, ...]], ...]


_plans: dict[Any, Plan | None] = {}


def _elementwise_cotangents(
    pullback: Step, g: Array, parents: Sequence[Any], saved: tuple[Any, ...], node: Any, sums: dict[Any, Any]
) -> Sequence[Any] | None:
    shapes = node.shapes
    modes = tuple(_mode(pullback, i, g, parents, shapes, sums) for i in range(len(parents)))
    rules = pullback.op.rules
    if not any(mode in (WRITE, ADD) or (mode == SUM and rules[i] != 1) for i, mode in enumerate(modes)):
        return None
    metas = None if shapes is None else tuple(None if meta is None else meta[1] for meta in shapes)
    operands = tuple(_dtype_or_number(pullback.op, i, x) for i, x in enumerate(saved))
    key = (pullback.op, modes, g.dtype, operands, metas)
    try:
        plan = _plans[key]
    except KeyError:
        plan = _plans[key] = _planned(_make_plan, pullback, modes, g.dtype, operands, metas)
    return None if plan is None else _launched(plan, g, parents, saved, shapes, sums)


def _mode(pullback: Step, i: int, g: Array, parents: Sequence[Any], shapes: Any, sums: dict[Any, Any]) -> str:
    parent = parents[i]
    if parent is None or not pullback.differentiable(i):
        return SKIP
    if shapes is not None and shapes[i][0] != g.shape:
        return SUM
    if pullback.op.rules[i] == 1 and (shapes is None or shapes[i][1] == g.dtype):
        return PASS
    if any(before is parent for before in parents[:i]):
        return SAME if parents[i - 1] is parent and pullback.op.rules[i - 1] != 1 and shapes is None else WRITE
    arrived = sums.get(parent)
    return ADD if arrived is not None and arrived[1] and type(arrived[0]) is type(g) else WRITE


def _dtype_or_number(op: Primitive, i: int, x: Any) -> Any:
    """What a plan depends on: an array's dtype, or a number's type; and a number itself where the rule looks at it.

    So it does at an operand without a gradient (the order of a function), and at exponents, of which a few are common.
    """
    if type(x) not in SCALARS:
        return getattr(x, "dtype", None)
    is_looked_at = op.rules[i] is None if i < len(op.rules) else False
    return x if is_looked_at or (op.name == "pow" and x in COMMON_EXPONENTS) else type(x)


def _planned(make: Callable[..., Any], *args: Any) -> Any:
    try:
        return make(*args)
    except (TraceError, ImportError):
        return None


def _make_plan(
    pullback: Step, modes: tuple[str, ...], dtype: Any, operands: tuple[Any, ...], metas: tuple[Any, ...] | None
) -> Plan:
    op = pullback.op
    g = parameter("p0", dtype)
    saved = [_parameter(f"p{i}", x, dtype) for i, x in enumerate(operands, 1)]
    dtypes = (dtype,) * len(modes) if metas is None else metas
    shapes = [None if meta is None else ((), meta) for meta in dtypes]
    wanted = [mode in (WRITE, ADD, SUM, SAME) or None for mode in modes]
    node: Any = SimpleNamespace(shapes=shapes, params={})
    cotangents = list(pullback.run(g, wanted, tuple(saved), node))
    for i in reversed(range(len(modes))):
        if modes[i] == SAME:
            cotangents[i - 1] = add(cotangents[i - 1], cotangents[i])
    together = [i for i, mode in enumerate(modes) if mode in (WRITE, ADD)]
    outputs = [Output(cotangents[i], dtypes[i], modes[i] == ADD) for i in together]
    kernel, takes = _elementwise(f"{op.name}_backward", (g, *saved), outputs) if outputs else (None, ())
    sums = []
    for i, mode in enumerate(modes):
        if mode == SUM:
            output = Output(cotangents[i], dtypes[i])
            parameters, places = _used((g, *saved), [output])
            source = summed_source(f"{op.name}_backward", parameters, output)
            sums.append((i, kernels.summed_kernel(source), places))
    return Plan(modes, kernel, takes, tuple(sums))


def _elementwise(name: str, values: Sequence[Any], outputs: Sequence[Output]) -> tuple[Any, tuple[int, ...]]:
    """A kernel, and which of some values it takes."""
    parameters, places = _used(values, outputs)
    return kernels.elementwise_kernel(elementwise_source(name, parameters, outputs)), places


def _used(values: Sequence[Any], outputs: Sequence[Output]) -> tuple[list[Trace], tuple[int, ...]]:
    """The parameters that some outputs are made from, and their places."""
    needed = set(below(output.trace for output in outputs))
    places = tuple(i for i, value in enumerate(values) if isinstance(value, Trace) and value in needed)
    if not places:
        raise TraceError("the same number everywhere")
    return [values[i] for i in places], places


def _parameter(name: str, given: Any, dtype: Any) -> Any:
    """A saved value in the rule: an array or a number as a parameter, a small exponent as itself."""
    if given is None or type(given) in SCALARS:
        return given
    if isinstance(given, type):
        if given is complex and np.dtype(dtype).kind != "c":
            raise TraceError("a complex number beside real ones")
        return parameter(name, dtype)
    return parameter(name, given)


def _launched(
    plan: Plan, g: Array, parents: Sequence[Any], saved: tuple[Any, ...], shapes: Any, sums: dict[Any, Any]
) -> Sequence[Any]:
    values = (g, *saved)
    cotangents: list[Any] = [g if mode == PASS else ADDED if mode in (ADD, SAME) else None for mode in plan.modes]
    into = []
    for i, mode in enumerate(plan.modes):
        if mode == WRITE:
            cotangents[i] = kernels.empty(g.shape, g.dtype if shapes is None else shapes[i][1])
            into.append(cotangents[i])
        elif mode == ADD:
            into.append(sums[parents[i]][0])
    if into:
        plan.kernel(*[values[i] for i in plan.takes], *into)
    for i, kernel, places in plan.sums:
        shape = shapes[i][0]
        added = g.ndim - len(shape)
        axes = tuple(range(added)) + tuple(j + added for j, n in enumerate(shape) if n == 1 and g.shape[j + added] != 1)
        cotangents[i] = kernel(*[values[k] for k in places], axis=axes).reshape(shape)
    return cotangents


# --- operations along rows --------------------------------------------------------------------------------------------


class RowPlan(NamedTuple):
    """One launch for an operation on contiguous rows."""

    source: Rows
    dtype: Any
    shape: tuple[int, ...] | None
    """The result's, where it is not the operand's."""


def _row_cotangent(pullback: Step, g: Array, saved: tuple[Any, ...], node: Any) -> Sequence[Any] | None:
    shape, dtype = node.shapes[0]
    rows = _rows_of(shape, node.params["axis"])
    if rows is None or g.dtype.char not in "fd":
        return None
    arrays = [g, *[x for x in saved if x is not None]]
    key = (pullback.op, "backward", shape, tuple(a.dtype for a in arrays), _frozen(node.params))
    try:
        plan = _plans_along_rows[key]
    except KeyError:
        given = [None if x is None else (x.dtype, tuple(x.shape)) for x in (g, *saved)]
        plan = _plans_along_rows[key] = _planned(_plan_row_cotangent, pullback, given, shape, dtype, rows, node.params)
    return None if plan is None else (_launched_along_rows(plan, arrays, shape, rows),)


_plans_along_rows: dict[Any, RowPlan | None] = {}


def _plan_row_cotangent(
    pullback: Step, given: Sequence[Any], shape: tuple[int, ...], dtype: Any, rows: tuple[int, int], params: Any
) -> RowPlan:
    traces = _row_parameters(given, rows)
    node: Any = SimpleNamespace(shapes=[(shape, dtype)], params=params)
    (cotangent,) = pullback.run(traces[0], (True,), tuple(traces[1:]), node)
    parameters = [t for t in traces if t is not None]
    name = f"{pullback.op.name}_backward"
    return RowPlan(rows_source(name, parameters, [Output(cotangent, dtype)]), dtype, None)


def _row_parameters(given: Sequence[Any], rows: tuple[int, int]) -> list[Trace | None]:
    """Parameters of the shapes that the rule expects, each for the whole array or one number a row."""
    traces: list[Trace | None] = []
    for i, entry in enumerate(given):
        if entry is None:
            traces.append(None)
            continue
        dtype, shape = entry
        if math.prod(shape) not in (rows[0], rows[0] * rows[1]):
            raise TraceError(f"an array of shape {shape}")
        traces.append(parameter(f"p{i}", dtype, shape, is_row=math.prod(shape) == rows[0] and rows[1] != 1))
    return traces


def _rows_of(shape: tuple[int, ...], axis: Any) -> tuple[int, int] | None:
    """How many rows there are, and how long they are, where the reduced axes are the last ones; else None."""
    axes = normalized(axis, len(shape))
    if not axes or sorted(axes) != list(range(len(shape) - len(axes), len(shape))):
        return None
    columns = math.prod(shape[len(shape) - len(axes) :])
    rows = math.prod(shape[: len(shape) - len(axes)])
    if columns < 2 or not rows or (rows < FEW_ROWS and columns > LONG_ROW):
        return None
    return rows, columns


def _frozen(params: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted(params.items()))


def _launched_along_rows(
    plan: RowPlan, arrays: Sequence[Array], shape: tuple[int, ...], rows: tuple[int, int]
) -> Array:
    out = kernels.empty(shape if plan.shape is None else plan.shape, plan.dtype)
    kernels.launch_rows(plan.source, arrays, out, *rows)
    return out


# --- forward: what anygrad composes of other operations ---------------------------------------------------------------


def fused_default(op: Primitive) -> Implementation | None:
    """A default implementation as one kernel; None where it is not of a form that kernels are written for."""
    default = op.default
    if default is None or op.variadic:
        return None
    if op.kind == "elementwise":
        return functools.update_wrapper(_fused_elements(op), default)
    if op.name in ALONG_ROWS:
        return functools.update_wrapper(_fused_rows(op), default)
    return None


def _fused_elements(op: Primitive) -> Implementation:
    plans: dict[Any, Any] = {}
    default = op.default
    assert default is not None

    def run(*operands: Any) -> Any:
        key = tuple(_dtype_or_number(op, i, x) for i, x in enumerate(operands))
        if key not in plans:
            plans[key] = _planned(_plan_elements, op, key)
        if plans[key] is None:
            return default(*operands)
        kernel, takes = plans[key]
        return kernel(*[operands[i] for i in takes])

    return run


def _plan_elements(op: Primitive, given: tuple[Any, ...]) -> tuple[Any, tuple[int, ...]]:
    dtype = np.result_type(*[d for d in given if isinstance(d, np.dtype)])
    if dtype.char not in CARRIERS:
        raise TraceError(f"{op.name} of {dtype} numbers")
    operands = [_parameter(f"p{i}", d, dtype) for i, d in enumerate(given)]
    assert op.default is not None
    out = op.default(*operands)
    return _elementwise(op.name, operands, [Output(out, out.dtype)])


def _fused_rows(op: Primitive) -> Implementation:
    default = op.default
    assert default is not None
    signature = op.defaults

    def run(x: Array, **given: Any) -> Any:
        params = {**signature, **given}
        rows = _rows_of(x.shape, params["axis"]) if x.dtype.char in "fd" else None
        if rows is None:
            return default(x, **params)
        key = (op, "forward", x.shape, x.dtype, _frozen(params))
        if key not in _plans_along_rows:
            _plans_along_rows[key] = _planned(_plan_rows, op, x.shape, x.dtype, rows, params)
        plan = _plans_along_rows[key]
        return default(x, **params) if plan is None else _launched_along_rows(plan, [x], x.shape, rows)

    return run


def _plan_rows(op: Primitive, shape: tuple[int, ...], dtype: Any, rows: tuple[int, int], params: Any) -> RowPlan:
    assert op.default is not None
    x = parameter("p0", dtype, shape)
    out = op.default(x, **params)
    return RowPlan(rows_source(op.name, [x], [Output(out, out.dtype)]), out.dtype, out.shape)
