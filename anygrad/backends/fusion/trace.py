"""Trace: what was done with an array, instead of the doing.

A rule written in anygrad's operations is called with traces, and gives back traces: a graph of scalar operations. In
it there are two kinds of things: *full* ones, of the shape of the arrays that the rule is for, and *rows*, what is left
of these after a reduction along their last axes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable
from typing import Any

import numpy as np

from anygrad.backends.fusion.routines import Routine, Weak, cast, routine
from anygrad.core.primitive import Implementation, Primitive
from anygrad.core.types import SCALARS, register_type
from anygrad.ops import elementwise, logic
from anygrad.ops._axes import kept, normalized

__all__ = ["Trace", "TraceError", "below", "parameter"]

Shape = tuple[int, ...]
Dtype = np.dtype[Any]

REDUCTIONS = ("sum", "mean", "max", "min")


class TraceError(TypeError):
    """A rule does something that no kernel is written for; it is run step by step instead."""


class Trace:
    """A number of a kernel: one of its parameters, a constant, or what an operation made of others.

    Attributes:
        inputs: the traces it was made from; none for a parameter or a constant.
        routine: the C++ of the operation that made it; None for a parameter, a constant or a reduction.
        reduction: ``sum``, ``mean``, ``max`` or ``min`` along the last axes, or None.
        value: of a constant, the Python number; of a parameter, its name.
        dtype: a NumPy dtype.
        shape: as the rule sees it.
        is_row: whether it is one number for each row rather than for each element.
    """

    __slots__ = ("dtype", "inputs", "is_row", "reduction", "routine", "shape", "value")

    def __init__(
        self,
        dtype: Any,
        shape: Shape,
        *,
        inputs: tuple[Trace, ...] = (),
        routine: Routine | None = None,
        reduction: str | None = None,
        value: Any = None,
        is_row: bool = False,
    ) -> None:
        self.dtype: Dtype = np.dtype(dtype)
        self.shape = shape
        self.inputs = inputs
        self.routine = routine
        self.reduction = reduction
        self.value = value
        self.is_row = is_row

    @property
    def ndim(self) -> int:
        """The number of axes, as the rule sees it."""
        return len(self.shape)


def parameter(name: str, dtype: Any, shape: Shape = (), *, is_row: bool = False) -> Trace:
    """A parameter of a kernel."""
    return Trace(dtype, shape, value=name, is_row=is_row)


def constant(value: complex, dtype: Any, like: Trace) -> Trace:
    """A number that a rule names, the same for each element."""
    return Trace(dtype, like.shape, value=value, is_row=like.is_row)


def below(roots: Iterable[Trace], known: Container[Trace] = ()) -> list[Trace]:
    """Everything that some traces were made from, and these, each after what it was made from; not what is known."""
    order: dict[Trace, None] = {}
    for root in roots:
        stack = [] if root in order or root in known else [(root, iter(root.inputs))]
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                order.setdefault(node)
            elif following not in order and following not in known:
                stack.append((following, iter(following.inputs)))
    return list(order)


# --- the operations on traces -----------------------------------------------------------------------------------------


def _implementation(op: Primitive, array_type: type) -> Implementation:
    """How an operation is traced: by its meaning, by CuPy's code for it, or by its default in other operations."""
    special = _SPECIAL.get(op.name)
    if special is not None:
        return special

    def run(*operands: Any, **params: Any) -> Trace:
        if not params:
            found = routine(op, tuple(_dtype_or_weak(x) for x in operands))
            if found is not None:
                return _elementwise(found, operands)
        if op.default is None:
            raise TraceError(f"{op.name} has no code for one element")
        result: Trace = op.default(*operands, **params)
        return result

    return run


def _dtype_or_weak(x: Any) -> Dtype | Weak:
    if isinstance(x, Trace):
        return x.dtype
    if type(x) in SCALARS:
        return type(x)
    raise TraceError(f"{type(x).__name__} is no part of a kernel")


def _elementwise(made_by: Routine, operands: tuple[Any, ...]) -> Trace:
    traces = [x for x in operands if isinstance(x, Trace)]
    widest = next((x for x in traces if not x.is_row), traces[0])
    inputs = tuple(
        x if isinstance(x, Trace) else constant(x, dtype, widest) for x, dtype in zip(operands, made_by.inputs)
    )
    shape = np.broadcast_shapes(*(x.shape for x in traces))
    return Trace(made_by.output, shape, inputs=inputs, routine=made_by, is_row=widest.is_row)


def _astype(x: Trace, dtype: Any, copy: bool = True) -> Trace:
    dtype = np.dtype(dtype)
    return x if x.dtype == dtype else _elementwise(cast(x.dtype, dtype), (x,))


def _filled(value: float) -> Callable[..., Trace]:
    def like(x: Trace, dtype: Any = None, device: Any = None) -> Trace:
        return constant(value, x.dtype if dtype is None else dtype, x)

    return like


def _new_zeros(x: Trace, shape: Shape) -> Trace:
    if shape != ():
        raise TraceError("a new array of a shape")
    return constant(0, x.dtype, x)


def _reshape(x: Trace, shape: Shape, copy: bool | None = None) -> Trace:
    if math.prod(shape) != math.prod(x.shape) or not x.is_row:
        raise TraceError("the elements in another order")
    same = _elementwise(cast(x.dtype, x.dtype), (x,))
    same.shape = shape
    return same


def _reduced(name: str) -> Callable[..., Trace]:
    def reduction(x: Trace, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Trace:
        axes = normalized(axis, x.ndim)
        if x.is_row or x.dtype.char not in "fd" or dtype is not None:
            raise TraceError(f"{name} of {x.dtype} numbers")
        if sorted(axes) != list(range(x.ndim - len(axes), x.ndim)):
            raise TraceError("a reduction of axes that are not the last ones")
        shape = kept(x.shape, axis) if keepdims else x.shape[: x.ndim - len(axes)]
        return Trace(x.dtype, shape, inputs=(x,), reduction=name, is_row=True)

    return reduction


def _part(name: str) -> Callable[[Trace], Trace]:
    def part(x: Trace) -> Trace:
        if x.dtype.kind != "c":
            if name == "imag":
                raise TraceError("the imaginary part of real numbers")
            return x
        dtype = x.dtype.type(0).real.dtype
        return _elementwise(Routine((x.dtype,), dtype, f"out0 = in0.{name}()"), (x,))

    return part


def _sign(x: Trace) -> Trace:
    if x.dtype.kind != "c":
        found = routine(elementwise.sign, (x.dtype,))
        assert found is not None
        return _elementwise(found, (x,))
    size = elementwise.abs(x)
    at_zero = logic.equal(size, 0)
    unit: Trace = elementwise.divide(x, _where(at_zero, 1.0, size))
    return unit


def _may_have_zero(x: Trace) -> bool:
    return True


def _where(condition: Trace, x1: Any, x2: Any) -> Trace:
    branches = [x for x in (x1, x2) if isinstance(x, Trace)]
    dtype = np.result_type(*(x.dtype if isinstance(x, Trace) else x for x in (x1, x2))) if branches else None
    if dtype is None:
        raise TraceError("a choice between two numbers without a dtype")
    inputs = (np.dtype(bool), dtype, dtype)
    branch = [_astype(x, dtype) if isinstance(x, Trace) else x for x in (x1, x2)]
    return _elementwise(Routine(inputs, dtype, "out0 = in0 ? in1 : in2"), (_astype(condition, bool), *branch))


_SPECIAL: dict[str, Implementation] = {
    "astype": _astype,
    "zeros_like": _filled(0),
    "ones_like": _filled(1),
    "new_zeros": _new_zeros,
    "reshape": _reshape,
    "real": _part("real"),
    "imag": _part("imag"),
    "sign": _sign,
    "may_have_zero": _may_have_zero,
    "where": _where,
    **{name: _reduced(name) for name in REDUCTIONS},
}

register_type(Trace, _implementation, lambda trace: "kernel")
