"""Bessel functions and sinc, which is the spherical one of order 0."""

from __future__ import annotations

import math

from anygrad.core.primitive import Array, elementwise
from anygrad.ops.elementwise import abs, add, divide, exp, multiply, negative, sign, square, subtract
from anygrad.ops.logic import less
from anygrad.ops.searching import where
from anygrad.ops.special.gammas import refused
from anygrad.ops.trigonometry import cos, sin

NEAR = 0.1

# --- orders 0 and 1 ---------------------------------------------------------------------------------------------------


@elementwise(lambda x: negative(j1(x)))
def j0(x: Array, /) -> Array:
    """The Bessel function of the first kind of order 0 (DLMF 10.2.2).

    >>> ag.special.j0(ag.Tensor([0.0, 1.0, -1.0]))
    Tensor([1.        , 0.76519769, 0.76519769])
    """


@elementwise(lambda x, out: subtract(j0(x), _over_x(out, x, -1)))
def j1(x: Array, /) -> Array:
    """The Bessel function of the first kind of order 1 (DLMF 10.2.2).

    >>> ag.special.j1(ag.Tensor([0.0, 1.0, -1.0]))
    Tensor([ 0.        ,  0.44005059, -0.44005059])
    """


@elementwise(lambda x: negative(y1(x)))
def y0(x: Array, /) -> Array:
    """The Bessel function of the second kind of order 0 (DLMF 10.2.4): ``-inf`` at 0, NaN below.

    >>> ag.special.y0(ag.Tensor([0.0, 1.0, 2.0]))
    Tensor([      -inf, 0.08825696, 0.51037567])
    """


@elementwise(lambda x, out: subtract(y0(x), divide(out, x)))
def y1(x: Array, /) -> Array:
    """The Bessel function of the second kind of order 1 (DLMF 10.2.4): ``-inf`` at 0, NaN below.

    >>> ag.special.y1(ag.Tensor([0.0, 1.0, 2.0]))
    Tensor([       -inf, -0.78121282, -0.10703243])
    """


@elementwise(lambda x: i1(x))
def i0(x: Array, /) -> Array:
    """The modified Bessel function of the first kind of order 0 (DLMF 10.25.2).

    >>> ag.special.i0(ag.Tensor([0.0, 1.0, -1.0]))
    Tensor([1.        , 1.26606588, 1.26606588])
    """


@elementwise(lambda x, out: subtract(i0(x), _over_x(out, x, 1)))
def i1(x: Array, /) -> Array:
    """The modified Bessel function of the first kind of order 1 (DLMF 10.25.2).

    >>> ag.special.i1(ag.Tensor([0.0, 1.0, -1.0]))
    Tensor([ 0.       ,  0.5651591, -0.5651591])
    """


@elementwise(lambda x, out: subtract(i1e(x), multiply(sign(x), out)))
def i0e(x: Array, /) -> Array:
    """``exp(-abs(x)) * i0(x)``, which does not overflow; its derivative at its kink, 0, is 0.

    >>> ag.special.i0e(ag.Tensor([0.0, 1.0, 1000.0]))
    Tensor([1.        , 0.46575961, 0.01261724])
    """


@elementwise(lambda x, out: _i1e_slope(x, out))
def i1e(x: Array, /) -> Array:
    """``exp(-abs(x)) * i1(x)``, which does not overflow.

    >>> ag.special.i1e(ag.Tensor([0.0, 1.0, 1000.0]))
    Tensor([0.        , 0.20791042, 0.01261093])
    """


@elementwise(lambda x: negative(k1(x)))
def k0(x: Array, /) -> Array:
    """The modified Bessel function of the second kind of order 0 (DLMF 10.25.3): infinite at 0, NaN below.

    >>> ag.special.k0(ag.Tensor([0.0, 1.0, 2.0]))
    Tensor([       inf, 0.42102444, 0.11389387])
    """


@elementwise(lambda x, out: negative(add(k0(x), divide(out, x))))
def k1(x: Array, /) -> Array:
    """The modified Bessel function of the second kind of order 1 (DLMF 10.25.3): infinite at 0, NaN below.

    >>> ag.special.k1(ag.Tensor([0.0, 1.0, 2.0]))
    Tensor([       inf, 0.60190723, 0.13986588])
    """


@elementwise(lambda x, out: subtract(out, k1e(x)))
def k0e(x: Array, /) -> Array:
    """``exp(x) * k0(x)``, which does not underflow.

    >>> ag.special.k0e(ag.Tensor([0.0, 1.0, 1000.0]))
    Tensor([       inf, 1.14446308, 0.03962832])
    """


@elementwise(lambda x, out: subtract(subtract(out, k0e(x)), divide(out, x)))
def k1e(x: Array, /) -> Array:
    """``exp(x) * k1(x)``, which does not underflow.

    >>> ag.special.k1e(ag.Tensor([0.0, 1.0, 1000.0]))
    Tensor([       inf, 1.63615349, 0.03964813])
    """


# --- any order: the derivative in x is of the neighbouring orders (DLMF 10.6.1, 10.29.1) ------------------------------


@elementwise(refused("jv", "v"), lambda v, x: multiply(subtract(jv(_plus(v, -1), x), jv(_plus(v, 1), x)), 0.5))
def jv(v: Array, x: Array, /) -> Array:
    """The Bessel function of the first kind of real order ``v`` (DLMF 10.2.2); differentiable in ``x``.

    >>> ag.special.jv(2, ag.Tensor([0.0, 1.0, 2.0]))
    Tensor([0.        , 0.11490348, 0.35283403])
    """


@elementwise(refused("yv", "v"), lambda v, x: multiply(subtract(yv(_plus(v, -1), x), yv(_plus(v, 1), x)), 0.5))
def yv(v: Array, x: Array, /) -> Array:
    """The Bessel function of the second kind of real order ``v`` (DLMF 10.2.3); differentiable in ``x``.

    >>> ag.special.yv(2, ag.Tensor([0.0, 1.0, 2.0]))
    Tensor([       -inf, -1.65068261, -0.6174081 ])
    """


@elementwise(refused("iv", "v"), lambda v, x: multiply(add(iv(_plus(v, -1), x), iv(_plus(v, 1), x)), 0.5))
def iv(v: Array, x: Array, /) -> Array:
    """The modified Bessel function of the first kind of real order ``v`` (DLMF 10.25.2); differentiable in ``x``.

    >>> ag.special.iv(2, ag.Tensor([0.0, 1.0, 2.0]))
    Tensor([0.        , 0.13574767, 0.68894845])
    """


@elementwise(refused("kv", "v"), lambda v, x: multiply(add(kv(_plus(v, -1), x), kv(_plus(v, 1), x)), -0.5))
def kv(v: Array, x: Array, /) -> Array:
    """The modified Bessel function of the second kind of real order ``v`` (DLMF 10.27.4); differentiable in ``x``.

    >>> ag.special.kv(2, ag.Tensor([0.0, 1.0, 2.0]))
    Tensor([       inf, 1.6248389 , 0.25375975])
    """


@elementwise(refused("ive", "v"), lambda v, x, out: _ive_slope(v, x, out))
def ive(v: Array, x: Array, /) -> Array:
    """``exp(-abs(x)) * iv(v, x)``, which does not overflow; differentiable in ``x``, at 0 without the kink's slope.

    >>> ag.special.ive(2, ag.Tensor([0.0, 1.0, 1000.0]))
    Tensor([0.        , 0.04993878, 0.01259202])
    """


@elementwise(refused("kve", "v"), lambda v, x, out: _kve_slope(v, x, out))
def kve(v: Array, x: Array, /) -> Array:
    """``exp(x) * kv(v, x)``, which does not underflow; differentiable in ``x``.

    >>> ag.special.kve(2, ag.Tensor([0.0, 1.0, 1000.0]))
    Tensor([       inf, 4.41677005, 0.03970762])
    """


# --- sinc -------------------------------------------------------------------------------------------------------------


@elementwise(lambda x: _sinc_derivative(x, 1))
def sinc(x: Array, /) -> Array:
    """``sin(pi x) / (pi x)``, and 1 at 0; its derivatives of every order are exact near 0 too.

    >>> ag.special.sinc(ag.Tensor([0.0, 0.5, 1.5]))
    Tensor([ 1.        ,  0.63661977, -0.21220659])
    """
    return _sinc_derivative(x, 0)


@elementwise(lambda x, n: _sinc_derivative(x, n + 1), None)
def _sinc_derivative(x: Array, n: int, /) -> Array:
    """The ``n``-th derivative of :func:`sinc`.

    With f(z) = sin(z)/z it is pi**n times the n-th derivative of f at pi x: near 0 by the power series, elsewhere by
    differentiating z f(z) = sin(z), which gives ``z f[n] + n f[n-1] = sin[n]``. From ``n/2`` on that is stable.
    """
    z = multiply(x, math.pi)
    radius = max(1.0, n / 2)
    is_near = less(abs(z), radius)
    far = where(is_near, radius, z)
    s, c = sin(far), cos(far)
    value = divide(s, far)
    for m in range(1, n + 1):
        value = divide(subtract((s, c, negative(s), negative(c))[m % 4], multiply(value, m)), far)
    near = where(is_near, z, 0.0)
    return multiply(where(is_near, _sinc_series(near, n, radius), value), math.pi**n)


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _plus(v: Array, n: int) -> Array:
    """The order ``v + n``, where ``v`` may be a Python number."""
    return v + n if isinstance(v, int | float) else add(v, n)


def _over_x(out: Array, x: Array, parity: int) -> Array:
    """``j1(x)/x`` or ``i1(x)/x``; near 0 by the power series, so that its derivatives there are exact too."""
    is_near = less(abs(x), NEAR)
    q = multiply(square(where(is_near, x, 0.0)), parity / 4)
    series = add(divide(q, 20), 1)
    for divisor in (12, 6, 2):
        series = add(multiply(divide(q, divisor), series), 1)
    return where(is_near, multiply(series, 0.5), divide(out, where(is_near, 1.0, x)))


def _i1e_slope(x: Array, out: Array) -> Array:
    scale = exp(negative(abs(x)))
    is_near = less(abs(x), NEAR)
    ratio = where(
        is_near, multiply(scale, _over_x(out, where(is_near, x, 0.0), 1)), divide(out, where(is_near, 1.0, x))
    )
    return subtract(subtract(i0e(x), multiply(sign(x), out)), ratio)


def _ive_slope(v: Array, x: Array, out: Array) -> Array:
    return subtract(multiply(add(ive(_plus(v, -1), x), ive(_plus(v, 1), x)), 0.5), multiply(sign(x), out))


def _kve_slope(v: Array, x: Array, out: Array) -> Array:
    return subtract(out, multiply(add(kve(_plus(v, -1), x), kve(_plus(v, 1), x)), 0.5))


def _sinc_series(z: Array, n: int, radius: float) -> Array:
    """The n-th derivative of the power series of sin(z)/z, whose terms are ``(-1)**k z**(2k) / (2k + 1)!``."""
    first = (n + 1) // 2
    coefficients = []
    for k in range(first, first + 60):
        degree = 2 * k - n
        coefficients.append((-1) ** k / ((2 * k + 1) * math.factorial(degree)))
        if math.fabs(coefficients[-1]) * radius**degree < 1e-18 * math.fabs(coefficients[0]):
            break
    square_of_z = square(z)
    series = multiply(square_of_z, 0)
    for coefficient in reversed(coefficients):
        series = add(multiply(series, square_of_z), coefficient)
    return multiply(series, z) if n % 2 else series
