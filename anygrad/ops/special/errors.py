"""The error function and its relatives, and the normal distribution."""

from __future__ import annotations

import math

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, elementwise
from anygrad.ops.elementwise import divide, exp, multiply, negative, reciprocal, square, subtract
from anygrad.ops.logic import greater
from anygrad.ops.searching import where

PER_ROOT_PI = 1 / math.sqrt(math.pi)
ROOT_HALF = math.sqrt(0.5)
FAR = 16.0


@elementwise(lambda x: multiply(_gaussian(x), 2 * PER_ROOT_PI))
def erf(x: Array, /) -> Array:
    """The error function, ``2/sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to ``x`` (DLMF 7.2.1).

    >>> ag.special.erf(ag.Tensor([0.0, 0.5, ag.inf]))
    Tensor([0.        , 0.52049988, 1.        ])
    """


@elementwise(lambda x: multiply(_gaussian(x), -2 * PER_ROOT_PI))
def erfc(x: Array, /) -> Array:
    """The complementary error function, ``1 - erf(x)`` without cancellation (DLMF 7.2.2).

    >>> ag.special.erfc(ag.Tensor([0.0, 0.5, 10.0]))
    Tensor([1.00000000e+00, 4.79500122e-01, 2.08848758e-45])
    """


@elementwise(lambda x, out: _erfcx_slope(x, out))
def erfcx(x: Array, /) -> Array:
    """The scaled complementary error function, ``exp(x**2) * erfc(x)``, which does not underflow (DLMF 7.2.3).

    >>> ag.special.erfcx(ag.Tensor([0.0, 0.5, 1e10]))
    Tensor([1.00000000e+00, 6.15690344e-01, 5.64189584e-11])
    """


@elementwise(lambda out: multiply(exp(square(out)), 0.5 / PER_ROOT_PI))
def erfinv(x: Array, /) -> Array:
    """The inverse of :func:`erf`: infinite, with an infinite derivative, at -1 and 1; NaN beyond (DLMF 7.17).

    >>> ag.special.erfinv(ag.Tensor([0.0, 0.5, 1.0]))
    Tensor([0.        , 0.47693628,        inf])
    """


@elementwise(lambda out: multiply(exp(square(out)), -0.5 / PER_ROOT_PI))
def erfcinv(x: Array, /) -> Array:
    """The inverse of :func:`erfc`: infinite, with an infinite derivative, at 0 and 2; NaN beyond (DLMF 7.17).

    >>> ag.special.erfcinv(ag.Tensor([0.0, 0.5, 1.5]))
    Tensor([        inf,  0.47693628, -0.47693628])
    """
    return multiply(ndtri(multiply(x, 0.5)), -ROOT_HALF)


@elementwise(lambda x: multiply(_gaussian(multiply(x, ROOT_HALF)), PER_ROOT_PI * ROOT_HALF))
def ndtr(x: Array, /) -> Array:
    """The distribution function of the standard normal distribution, ``erfc(-x / sqrt(2)) / 2``.

    >>> ag.special.ndtr(ag.Tensor([-ag.inf, 0.0, 1.0]))
    Tensor([0.        , 0.5       , 0.84134475])
    """


# The density over the distribution function by erfcx: the difference of their logarithms would lose all digits far out.
@elementwise(lambda x: divide(2 * PER_ROOT_PI * ROOT_HALF, erfcx(multiply(x, -ROOT_HALF))))
def log_ndtr(x: Array, /) -> Array:
    """The logarithm of :func:`ndtr`, exact also where that underflows.

    >>> ag.special.log_ndtr(ag.Tensor([-100.0, 0.0, 10.0]))
    Tensor([-5.00552421e+03, -6.93147181e-01, -7.61985302e-24])
    """


@elementwise(lambda out: multiply(exp(multiply(square(out), 0.5)), 1 / (PER_ROOT_PI * ROOT_HALF)))
def ndtri(x: Array, /) -> Array:
    """The inverse of :func:`ndtr`: infinite, with an infinite derivative, at 0 and 1; NaN beyond.

    >>> ag.special.ndtri(ag.Tensor([0.0, 0.5, 0.975]))
    Tensor([      -inf, 0.        , 1.95996398])
    """


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _gaussian(x: Array) -> Array:
    return exp(negative(square(x)))


def _erfcx_slope(x: Array, out: Array) -> Array:
    """``2 x erfcx(x) - 2/sqrt(pi)``; for large x by its asymptotic series (DLMF 7.12.1), as the terms would cancel."""
    direct = subtract(multiply(multiply(x, out), 2), 2 * PER_ROOT_PI)
    if is_complex(x):
        return direct
    is_far = greater(x, FAR)
    per_square = reciprocal(square(where(is_far, x, FAR)))
    series = 1.0
    for k in range(8, 0, -1):
        series = subtract(1, multiply(multiply(per_square, k + 0.5), series))
    return where(is_far, multiply(multiply(per_square, series), -PER_ROOT_PI), direct)
