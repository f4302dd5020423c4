"""The trigonometric and hyperbolic functions of the array API standard, and their inverses; angles are in radians."""

from __future__ import annotations

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, elementwise
from anygrad.ops.creation import ones_like
from anygrad.ops.elementwise import (
    abs,
    add,
    copysign,
    divide,
    exp,
    hypot,
    imag,
    multiply,
    negative,
    reciprocal_of,
    sqrt,
    square,
    subtract,
)
from anygrad.ops.logic import greater
from anygrad.ops.searching import where


@elementwise(lambda x: cos(x))
def sin(x: Array, /) -> Array:
    """The sine of each element, an angle in radians.

    >>> ag.sin(ag.Tensor([0.25, 0.75]))
    Tensor([0.24740396, 0.68163876])
    """


@elementwise(lambda x: negative(sin(x)))
def cos(x: Array, /) -> Array:
    """The cosine of each element, an angle in radians.

    >>> ag.cos(ag.Tensor([0.25, 0.75]))
    Tensor([0.96891242, 0.73168887])
    """


@elementwise(lambda out: add(square(out), 1))
def tan(x: Array, /) -> Array:
    """The tangent of each element, an angle in radians.

    >>> ag.tan(ag.Tensor([0.25, 0.75]))
    Tensor([0.25534192, 0.93159646])
    """


@elementwise(lambda x: reciprocal_of(_sqrt_1_minus_square(x)))
def asin(x: Array, /) -> Array:
    """The angle in radians, in [-pi/2, pi/2], whose sine is each element.

    >>> ag.asin(ag.Tensor([0.25, 0.75]))
    Tensor([0.25268026, 0.84806208])
    """


@elementwise(lambda x: negative(reciprocal_of(_sqrt_1_minus_square(x))))
def acos(x: Array, /) -> Array:
    """The angle in radians, in [0, pi], whose cosine is each element.

    >>> ag.acos(ag.Tensor([0.25, 0.75]))
    Tensor([1.31811607, 0.72273425])
    """


@elementwise(lambda x: reciprocal_of(add(square(x), 1)))
def atan(x: Array, /) -> Array:
    """The angle in radians, in [-pi/2, pi/2], whose tangent is each element.

    >>> ag.atan(ag.Tensor([0.25, 0.75]))
    Tensor([0.24497866, 0.64350111])
    """


@elementwise(lambda x1, x2: _per_square(x2, x1, x2), lambda x1, x2: negative(_per_square(x1, x1, x2)))
def atan2(x1: Array, x2: Array, /) -> Array:
    """The angle in radians, in [-pi, pi], of the point with ordinate ``x1`` and abscissa ``x2``.

    >>> ag.atan2(ag.Tensor([3.0, 5.0]), ag.Tensor([-4.0, 12.0]))
    Tensor([2.49809154, 0.39479112])
    """


@elementwise(lambda x: cosh(x))
def sinh(x: Array, /) -> Array:
    """The hyperbolic sine of each element.

    >>> ag.sinh(ag.Tensor([0.25, 0.75]))
    Tensor([0.25261232, 0.82231673])
    """


@elementwise(lambda x: sinh(x))
def cosh(x: Array, /) -> Array:
    """The hyperbolic cosine of each element.

    >>> ag.cosh(ag.Tensor([0.25, 0.75]))
    Tensor([1.0314131 , 1.29468328])
    """


@elementwise(lambda x, out: _tanh_slope(x, out))
def tanh(x: Array, /) -> Array:
    """The hyperbolic tangent of each element.

    >>> ag.tanh(ag.Tensor([0.25, 0.75]))
    Tensor([0.24491866, 0.63514895])
    """


@elementwise(lambda x: reciprocal_of(sqrt(add(square(x), 1)) if is_complex(x) else hypot(x, 1)))
def asinh(x: Array, /) -> Array:
    """The inverse hyperbolic sine of each element.

    >>> ag.asinh(ag.Tensor([0.25, 0.75]))
    Tensor([0.24746646, 0.69314718])
    """


@elementwise(lambda x: reciprocal_of(multiply(sqrt(subtract(x, 1)), sqrt(add(x, 1)))))
def acosh(x: Array, /) -> Array:
    """The inverse hyperbolic cosine of each element.

    >>> ag.acosh(ag.Tensor([1.0, 2.0]))
    Tensor([0.       , 1.3169579])
    """


@elementwise(lambda x: reciprocal_of(subtract(1, square(x))))
def atanh(x: Array, /) -> Array:
    """The inverse hyperbolic tangent of each element.

    >>> ag.atanh(ag.Tensor([0.25, 0.75]))
    Tensor([0.25541281, 0.97295507])
    """


@elementwise(None, lambda out: multiply(out, -2))
def _tanh_slope(x: Array, out: Array, /) -> Array:
    """``1 - out**2`` for the hyperbolic tangent of ``x``, from ``x`` where that would lose digits."""
    slope = subtract(1, square(out))
    if is_complex(out):
        return slope
    small = exp(multiply(abs(x), -2))
    return where(greater(slope, FLAT), slope, divide(multiply(small, 4), square(add(small, 1))))


FLAT = 1 / 64
"""A slope up to which the difference that gives it has lost digits that matter."""


def _per_square(x: Array, x1: Array, x2: Array) -> Array:
    """``x / (x1**2 + x2**2)``, where the squares may overflow."""
    size = hypot(x1, x2)
    return divide(divide(x, size), size)


def _sqrt_1_minus_square(x: Array) -> Array:
    if not is_complex(x):
        return sqrt(multiply(subtract(1, x), add(x, 1)))
    root = multiply(sqrt(subtract(x, 1)), sqrt(add(x, 1)))
    side = imag(x)  # of the branch cut; in 1 - x the sign of a zero would be lost
    return multiply(root, multiply(copysign(ones_like(side), side), -1j))
