"""Elementwise functions of the array API standard."""

from __future__ import annotations

import cmath
import math

from anygrad.core.kinds import is_complex, kinds
from anygrad.core.primitive import Array, elementwise, linear, nondifferentiable, primitive, view
from anygrad.core.types import SCALARS
from anygrad.ops.creation import ones_like, zeros_like
from anygrad.ops.datatypes import astype
from anygrad.ops.logic import (
    equal,
    greater,
    greater_equal,
    isfinite,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    signbit,
)
from anygrad.ops.magnitudes import magnitude, nan_for_zero
from anygrad.ops.searching import where

# --- arithmetic -------------------------------------------------------------------------------------------------------


@elementwise(1, 1)
def add(x1: Array, x2: Array, /) -> Array:
    """The sum of two arrays, element by element.

    >>> ag.add(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([7., 9.])
    """


@elementwise(1, -1)
def subtract(x1: Array, x2: Array, /) -> Array:
    """The difference of two arrays, element by element.

    >>> ag.subtract(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([-1.,  1.])
    """


@elementwise("x2", "x1")
def multiply(x1: Array, x2: Array, /) -> Array:
    """The product of two arrays, element by element.

    >>> ag.multiply(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([12., 20.])
    """


@elementwise(lambda x2: reciprocal_of(x2), lambda x2, out: negative(divide(out, x2)))
def divide(x1: Array, x2: Array, /) -> Array:
    """The quotient of two arrays, element by element.

    >>> ag.divide(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([0.75, 1.25])
    """


@elementwise(lambda x1, x2: _power_rule(x1, x2), lambda x1, x2, out: _exponent_rule(x1, x2, out))
def pow(x1: Array, x2: Array, /) -> Array:
    """``x1`` to the power ``x2``, element by element.

    >>> ag.pow(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([ 81., 625.])
    """


@elementwise("x2", lambda g, x1: strong_product(g, x1))
def chain(x1: Array, x2: Array, /) -> Array:
    """A cotangent ``x1`` times a partial ``x2``, where a zero cotangent stays zero.

    Where the partial is infinite or NaN and the cotangent exactly 0, the product is 0; elsewhere it is ``x1 * x2``. A
    partial may be a mask, which lets the cotangent pass or not. Where the cotangent is 0 the partial's own derivative
    does not count either, whatever it is.
    """
    if type(x2) not in SCALARS and kinds[x2.dtype] == "b":
        return where(x2, x1, zeros_like(x1))
    product = multiply(x1, x2)
    if type(x2) in SCALARS:
        if cmath.isfinite(x2):
            return product
        masked = equal(x1, 0)
    else:
        masked = logical_and(equal(x1, 0), logical_not(isfinite(x2)))
    return where(masked, zeros_like(product), product)


@elementwise(lambda g, x2: strong_product(g, x2), lambda g, x1: strong_product(g, x1))
def strong_product(x1: Array, x2: Array, /) -> Array:
    """The product of two arrays, element by element, in which an exact 0 of either stays 0."""
    if type(x1) in SCALARS:
        x1, x2 = x2, x1
    product = multiply(x1, x2)
    if type(x2) in SCALARS:
        return chain(x1, x2) if x2 else zeros_like(product)
    return where(logical_or(equal(x1, 0), equal(x2, 0)), zeros_like(product), product)


@nondifferentiable
def may_have_zero(x: Array, /) -> bool:
    """Whether an array may have an element that is 0, as far as can be told without waiting for it."""
    return True


@nondifferentiable
def may_have_nan(x: Array, /) -> bool:
    """Whether an array may have a NaN, as far as can be told without waiting for it."""
    return True


@elementwise(-1)
def negative(x: Array, /) -> Array:
    """Minus each element.

    >>> ag.negative(ag.Tensor([-0.5, 1.5]))
    Tensor([ 0.5, -1.5])
    """


@elementwise(1)
def positive(x: Array, /) -> Array:
    """Each element as it is.

    >>> ag.positive(ag.Tensor([-0.5, 1.5]))
    Tensor([-0.5,  1.5])
    """


@magnitude(lambda x: square_of_size(x), zero="x", applies=is_complex)
@elementwise(lambda g, x: chain(g, _direction(x)))
def abs(x: Array, /) -> Array:
    """The absolute value of each element; its derivative at 0 is 0.

    >>> ag.abs(ag.Tensor([-0.5, 1.5]))
    Tensor([0.5, 1.5])
    """


@elementwise(lambda x: multiply(x, 2))
def square(x: Array, /) -> Array:
    """The square of each element.

    >>> ag.square(ag.Tensor([0.25, 0.75]))
    Tensor([0.0625, 0.5625])
    """


@elementwise(lambda out: reciprocal_of(multiply(out, 2)))
def sqrt(x: Array, /) -> Array:
    """The square root of each element.

    >>> ag.sqrt(ag.Tensor([0.25, 0.75]))
    Tensor([0.5      , 0.8660254])
    """


@elementwise(lambda out: negative(square(out)))
def reciprocal(x: Array, /) -> Array:
    """One over each element.

    >>> ag.reciprocal(ag.Tensor([0.25, 0.75]))
    Tensor([4.        , 1.33333333])
    """


@elementwise(1, lambda x1, x2: negative(floor_divide(x1, x2)))
def remainder(x1: Array, x2: Array, /) -> Array:
    """The remainder of division, with the sign of the divisor, element by element.

    >>> ag.remainder(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([3., 1.])
    """


@elementwise(lambda g: zeros_like(g), lambda g: zeros_like(g))
def floor_divide(x1: Array, x2: Array, /) -> Array:
    """The quotient rounded down; its derivative is 0.

    >>> ag.floor_divide(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([0., 1.])
    """


@elementwise(lambda g, x1, x2: _to_larger(g, x1, x2), lambda g, x1, x2: _to_larger(g, x2, x1))
def maximum(x1: Array, x2: Array, /) -> Array:
    """The larger of two elements; where they are equal each takes half of the gradient.

    >>> ag.maximum(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([4., 5.])
    """


@elementwise(lambda g, x1, x2: _to_larger(g, x2, x1), lambda g, x1, x2: _to_larger(g, x1, x2))
def minimum(x1: Array, x2: Array, /) -> Array:
    """The smaller of two elements; where they are equal each takes half of the gradient.

    >>> ag.minimum(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([3., 4.])
    """


@magnitude(lambda x1, x2: _square_of_hypot(x1, x2))
@elementwise(lambda g, x1, out: _along(g, x1, out), lambda g, x2, out: _along(g, x2, out))
def hypot(x1: Array, x2: Array, /) -> Array:
    """``sqrt(x1**2 + x2**2)``, element by element, without overflow; its derivative at (0, 0) is 0.

    >>> ag.hypot(ag.Tensor([3.0, 5.0]), ag.Tensor([-4.0, 12.0]))
    Tensor([ 5., 13.])
    """


@elementwise(lambda x1, out: _same_sign(x1, out), lambda g: zeros_like(g))
def copysign(x1: Array, x2: Array, /) -> Array:
    """The magnitude of ``x1`` with the sign of ``x2``, element by element.

    >>> ag.copysign(ag.Tensor([3.0, 5.0]), ag.Tensor([-4.0, 12.0]))
    Tensor([-3.,  5.])
    """


@elementwise(
    lambda x, min, max, out: _inside(x, min, max, out),
    lambda x, min, max, out: _below(x, min, max, out),
    lambda x, min, max, out: _above(x, min, max, out),
)
def _clip(x: Array, min: Array, max: Array, /) -> Array:
    """The primitive behind :func:`clip`; a bound may be None."""


def clip(x: Array, /, min: Array = None, max: Array = None) -> Array:
    """Each element, or the bound that it lies beyond; on a bound the gradient passes to ``x``.

    >>> ag.clip(ag.Tensor([-2.0, 0.5, 3.0]), 0.0, 1.0)
    Tensor([0. , 0.5, 1. ])
    """
    return positive(x) if min is None and max is None else _clip(x, min, max)


# --- exponentials and logarithms --------------------------------------------------------------------------------------


@elementwise("out")
def exp(x: Array, /) -> Array:
    """E to the power of each element.

    >>> ag.exp(ag.Tensor([0.25, 0.75]))
    Tensor([1.28402542, 2.11700002])
    """


@elementwise(lambda x: exp(x))
def expm1(x: Array, /) -> Array:
    """``exp(x) - 1``, exact for small ``x``.

    >>> ag.expm1(ag.Tensor([0.25, 0.75]))
    Tensor([0.28402542, 1.11700002])
    """


@elementwise(lambda x: reciprocal_of(x))
def log(x: Array, /) -> Array:
    """The natural logarithm of each element.

    >>> ag.log(ag.Tensor([0.25, 0.75]))
    Tensor([-1.38629436, -0.28768207])
    """


@elementwise(lambda x: reciprocal_of(add(x, 1)))
def log1p(x: Array, /) -> Array:
    """``log(1 + x)``, exact for small ``x``.

    >>> ag.log1p(ag.Tensor([0.25, 0.75]))
    Tensor([0.22314355, 0.55961579])
    """


@elementwise(lambda x: reciprocal_of(multiply(x, math.log(2))))
def log2(x: Array, /) -> Array:
    """The logarithm of each element to base 2.

    >>> ag.log2(ag.Tensor([0.25, 0.75]))
    Tensor([-2.       , -0.4150375])
    """


@elementwise(lambda x: reciprocal_of(multiply(x, math.log(10))))
def log10(x: Array, /) -> Array:
    """The logarithm of each element to base 10.

    >>> ag.log10(ag.Tensor([0.25, 0.75]))
    Tensor([-0.60205999, -0.12493874])
    """


# --- complex numbers --------------------------------------------------------------------------------------------------


@linear(lambda g: conj(g))
def conj(x: Array, /) -> Array:
    """The complex conjugate of each element.

    >>> ag.conj(ag.Tensor([1 + 2j]))
    Tensor([1.-2.j], dtype=complex128)
    """


@linear(lambda g: real(g), lambda g: imag(g))
def from_parts(x1: Array, x2: Array, /) -> Array:
    """Complex numbers of their real and imaginary parts."""
    return add(x1, multiply(x2, 1j))


@view(lambda part, x: from_parts(part, imag(x)))
@linear(lambda g: g)
def real(x: Array, /) -> Array:
    """The real part of each element.

    >>> ag.real(ag.Tensor([1 + 2j]))
    Tensor([1.])
    """


@view(lambda part, x: from_parts(real(x), part))
@linear(lambda g: multiply(g, 1j))
def imag(x: Array, /) -> Array:
    """The imaginary part of each element.

    >>> ag.imag(ag.Tensor([1 + 2j]))
    Tensor([2.])
    """


@primitive(lambda g, x, out: _sign_rule(g, x, out), jvp=(lambda t, x, out: _sign_rule(t, x, out),))  # self-adjoint
def sign(x: Array, /) -> Array:
    """``x / |x|``, and 0 at 0; its derivative is 0 for real ``x``, and 0 at 0.

    >>> ag.sign(ag.Tensor([-0.5, 1.5]))
    Tensor([-1.,  1.])
    """


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def reciprocal_of(x: Array) -> Array:
    """``1 / x``, also of a Python number: an operand that an array was combined with."""
    if type(x) in SCALARS:
        return 1 / x if x else math.copysign(math.inf, x.real)
    return divide(1, x)


def square_of(x: Array) -> Array:
    """``x * x``, also of a Python number."""
    return x * x if type(x) in SCALARS else square(x)


def _power_rule(x1: Array, x2: Array) -> Array:
    if type(x2) in SCALARS:
        return multiply(x1, 2) if x2 == 2 else zeros_like(x1) if x2 == 0 else multiply(pow(x1, x2 - 1), x2)
    return chain(x2, pow(x1, subtract(x2, 1)))  # 0 at 0**0, where x2 is 0 and the power infinite


def _exponent_rule(x1: Array, x2: Array, out: Array) -> Array:
    if type(x1) in SCALARS:
        logarithm = _logarithm(x1, is_complex(out))
        if x1:
            return multiply(out, logarithm)
    else:
        logarithm = log(astype(x1, out.dtype) if is_complex(out) else x1)
    grown = multiply(out, logarithm)
    return where(equal(out, 0), zeros_like(grown), grown)  # the limit of 0**x2 log 0 is 0


def _logarithm(x: complex, among_complex: bool) -> complex:
    """The logarithm of a Python number, beside real numbers or complex ones."""
    if not x:
        return -math.inf
    if among_complex:
        return cmath.log(x)
    return math.log(x.real) if x.real > 0 else math.nan


def _to_larger(g: Array, a: Array, b: Array) -> Array:
    """What of a cotangent goes to the larger of two; where the other one is larger nothing, be it infinite."""
    return chain(where(equal(a, b), multiply(g, 0.5), g), greater_equal(a, b))


def _along(g: Array, x: Array, size: Array) -> Array:
    return chain(g, divide(x, nan_for_zero(size)))


def _direction(x: Array) -> Array:
    if not is_complex(x):
        return sign(x)
    return multiply(conj(x), reciprocal(nan_for_zero(abs(x))))  # dL = Re(w dz) with w = conj(z) / |z|


def square_of_size(x: Array) -> Array:
    """``|x|**2``, smooth also where ``x`` is complex."""
    return add(square(real(x)), square(imag(x))) if is_complex(x) else square(x)


def _square_of_hypot(x1: Array, x2: Array) -> Array:
    if x1 is None or x2 is None:
        return square(x2 if x1 is None else x1)
    return add(*(x * x if type(x) in SCALARS else square(x) for x in (x1, x2)))


def _same_sign(x1: Array, out: Array) -> Array:
    return where(equal(signbit(x1), signbit(out)), ones_like(out), negative(ones_like(out)))


def _inside(x: Array, min: Array, max: Array, out: Array) -> Array:
    return equal(x, out)


def _below(x: Array, min: Array, max: Array, out: Array) -> Array:
    below = less(x, min)
    return below if max is None else logical_and(below, less_equal(min, max))


def _above(x: Array, min: Array, max: Array, out: Array) -> Array:
    above = greater(x, max)
    return above if min is None else logical_or(above, less(max, min))


def _sign_rule(g: Array, x: Array, out: Array) -> Array:
    if not is_complex(x):
        return zeros_like(out)
    across = subtract(g, multiply(out, real(multiply(conj(out), g))))
    size = abs(x)
    at_zero = equal(size, 0)
    return where(at_zero, zeros_like(across), divide(across, where(at_zero, ones_like(size), size)))
