"""Magnitudes: functions like ``|x|``, whose first derivative at 0 is taken as 0, and whose second does not exist there.

Only the value of the derivative is taken as 0. What it is made of, ``x / |x|``, stays NaN at 0, and so a second
derivative is NaN there if something depends on it: where a cotangent or a tangent that is not 0 meets it. The square of
a magnitude is smooth, and has derivatives of its own.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, TypeVar

from anygrad.core.primitive import Array, Elementwise, Primitive, elementwise, primitive
from anygrad.core.rules import parameters_of
from anygrad.ops._axes import kept
from anygrad.ops.creation import copy, zeros_like
from anygrad.ops.logic import equal, isfinite, logical_and
from anygrad.ops.manipulation import reshape
from anygrad.ops.searching import where

__all__ = ["magnitude", "nan_for_zero", "valued"]

P = TypeVar("P", bound=Primitive)


def magnitude(
    square: Callable[..., Array | None], *, zero: str = "out", applies: Callable[[Array], bool] = lambda x: True
) -> Callable[[P], P]:
    """Declare that an operation's derivative is taken as 0 where its result is 0.

    Its rules are written as if it were not so, those of an elementwise operation as products with ``g``. They stay as
    they are in what runs in its place on arrays that are differentiated further: see
    :attr:`~anygrad.core.primitive.Primitive.beneath`.

    Args:
        square: the square of the result as a smooth function of the operands and parameters; None where it is not. An
            operand that is not differentiated may be None.
        zero: the operand that is 0 where the result is, or ``out`` itself.
        applies: for which arrays in its place it holds.
    """

    def declare(op: P) -> P:
        op.beneath = _as_declared(op)
        op.squared = square
        forward = op.forward_rules or op.rules  # those of an elementwise operation do for both
        op.rules = tuple(_taken_as_zero(rule, zero, applies, settled) for rule in op.rules)
        op.forward_rules = tuple(_taken_as_zero(rule, zero, applies, settled_tangent) for rule in forward)
        return op

    return declare


def _as_declared(op: P) -> P:
    def function(*operands: Any, **params: Any) -> Any:
        return op.apply(operands, params)

    function.__name__, function.__module__ = f"{op.name}_beneath", op.__module__
    function.__doc__ = f"What runs in place of {op.name} beneath an array that is differentiated further."
    function.__signature__ = op.__signature__  # type: ignore[attr-defined]
    return (
        type(op)(function, op.rules) if isinstance(op, Elementwise) else type(op)(function, op.rules, op.forward_rules)
    )


def _taken_as_zero(rule: Any, zero: str, applies: Callable[[Array], bool], settle: Primitive) -> Any:
    """A rule that gives 0 where a result is 0."""
    names = parameters_of(rule)
    slots = names if zero in names else (*names, zero)
    axis = names.index("axis") if "axis" in names else None

    def settled_rule(g: Array, *values: Any) -> Array:
        found, size = rule(g, *values[: len(names)]), values[slots.index(zero)]
        if not applies(size):
            return found
        if found.shape != size.shape and axis is not None:  # the cotangent of what a reduction is of
            shape = kept(tuple(found.shape), values[axis])
            size, g = reshape(size, shape), reshape(g, shape)
        return settle(found, size, g if g.shape == size.shape else size)

    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("g", *slots)]
    settled_rule.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return settled_rule


# --- values that are taken for others ---------------------------------------------------------------------------------


@elementwise(1)
def nan_for_zero(x: Array, /) -> Array:
    """NaN in place of 0, which makes NaN of what is divided by it, and of the derivatives, without a warning."""
    return where(equal(x, 0), math.nan, x)


@elementwise(1, None, None)
def settled(x1: Array, x2: Array, x3: Array, /) -> Array:
    """``x1``, and 0 where ``x2`` is 0 and ``x3`` finite; its derivative is that of ``x1`` everywhere."""
    return where(logical_and(equal(x2, 0), isfinite(x3)), zeros_like(x1), x1)


@primitive(lambda g, x2: where(equal(x2, 0), math.nan, g), None, None, jvp=(lambda t: t, None, None))
def settled_tangent(x1: Array, x2: Array, x3: Array, /) -> Array:
    """The same of a tangent. As it is 0, no cotangent tells whether something depends on it, and it gets NaN back."""
    return where(logical_and(equal(x2, 0), isfinite(x3)), zeros_like(x1), x1)


@elementwise(1, None)
def valued(x1: Array, x2: Array, /) -> Array:
    """The values of ``x2`` with the derivative of ``x1``."""
    return copy(x2)
