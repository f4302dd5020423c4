"""The gamma function and its logarithm's derivatives, beta functions, and the incomplete ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral
from typing import NoReturn

from anygrad.core.kinds import kinds
from anygrad.core.primitive import Array, elementwise
from anygrad.ops.creation import new_zeros
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import add, divide, exp, multiply, negative, subtract
from anygrad.ops.special.logarithms import xlog1py, xlogy


def refused(function: str, operand: str) -> Callable[[], NoReturn]:
    """The partial derivative in an operand in which a function is not differentiated: an error that says so."""

    def partial() -> NoReturn:
        raise NotImplementedError(
            f"{function} has no derivative in {operand!r}, as it has no closed form; give a number or a detached array"
        )

    return partial


# --- the gamma function -----------------------------------------------------------------------------------------------


@elementwise(lambda x, out: multiply(out, digamma(x)))
def gamma(x: Array, /) -> Array:
    """The gamma function (DLMF 5.2.1), of negative numbers too; its poles are at 0, -1, -2, ...

    >>> ag.special.gamma(ag.Tensor([0.5, 5.0, -1.5]))
    Tensor([ 1.77245385, 24.        ,  2.3632718 ])
    """


@elementwise(lambda x: digamma(x))
def gammaln(x: Array, /) -> Array:
    """The logarithm of the absolute value of the gamma function; infinite at its poles 0, -1, -2, ...

    >>> ag.special.gammaln(ag.Tensor([0.5, 5.0, 1e10]))
    Tensor([5.72364943e-01, 3.17805383e+00, 2.20258509e+11])
    """


@elementwise(lambda x: zeta(2.0, x))
def digamma(x: Array, /) -> Array:
    """The derivative of :func:`gammaln`, also called psi (DLMF 5.2.2).

    >>> ag.special.digamma(ag.Tensor([0.5, 1.0, 10.0]))
    Tensor([-1.96351003, -0.57721566,  2.25175259])
    """


def polygamma(n: int, x: Array, /) -> Array:
    """The ``n``-th derivative of :func:`digamma`, for an integer ``n >= 0`` (DLMF 5.15.2).

    Raises:
        ValueError: ``n`` is no integer, or negative.

    >>> ag.special.polygamma(1, ag.Tensor([0.5, 1.0, 10.0]))
    Tensor([4.9348022 , 1.64493407, 0.10516634])
    """
    if not isinstance(n, Integral) or n < 0:
        raise ValueError(f"polygamma: n must be an integer, 0 or more, given {n!r}")
    if n == 0:
        return digamma(x)
    factorial = math.gamma(n + 1) if n <= 170 else math.inf
    return multiply(zeta(float(n + 1), x), factorial if n % 2 else -factorial)


@elementwise(refused("zeta", "x"), lambda x, q: multiply(zeta(_shifted(x, 1), q), negative(_array(x, q))))
def zeta(x: Array, q: Array, /) -> Array:
    """The Hurwitz zeta function, the sum of ``(k + q)**-x`` over k = 0, 1, ... (DLMF 25.11.1); differentiable in ``q``.

    >>> ag.special.zeta(2.0, ag.Tensor([1.0, 2.0]))
    Tensor([1.64493407, 0.64493407])
    """


# --- beta functions ---------------------------------------------------------------------------------------------------


@elementwise(
    lambda a, b, out: multiply(out, subtract(digamma(a), digamma(add(a, b)))),
    lambda a, b, out: multiply(out, subtract(digamma(b), digamma(add(a, b)))),
)
def beta(a: Array, b: Array, /) -> Array:
    """The beta function, ``gamma(a) gamma(b) / gamma(a + b)`` (DLMF 5.12.1).

    >>> ag.special.beta(ag.Tensor([0.5, 2.0]), ag.Tensor([0.5, 3.0]))
    Tensor([3.14159265, 0.08333333])
    """


@elementwise(
    lambda a, b: subtract(digamma(a), digamma(add(a, b))),
    lambda a, b: subtract(digamma(b), digamma(add(a, b))),
)
def betaln(a: Array, b: Array, /) -> Array:
    """The logarithm of the absolute value of :func:`beta`.

    >>> ag.special.betaln(ag.Tensor([0.5, 2.0]), ag.Tensor([0.5, 3.0]))
    Tensor([ 1.14472989, -2.48490665])
    """


# --- incomplete functions ---------------------------------------------------------------------------------------------


@elementwise(refused("gammainc", "a"), lambda a, x: _gamma_density(a, x))
def gammainc(a: Array, x: Array, /) -> Array:
    """The regularised lower incomplete gamma function P(a, x) (DLMF 8.2.4); differentiable in ``x``.

    >>> ag.special.gammainc(2.0, ag.Tensor([0.0, 1.0, ag.inf]))
    Tensor([0.        , 0.26424112, 1.        ])
    """


@elementwise(refused("gammaincc", "a"), lambda a, x: negative(_gamma_density(a, x)))
def gammaincc(a: Array, x: Array, /) -> Array:
    """The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x) (DLMF 8.2.4); differentiable in ``x``.

    >>> ag.special.gammaincc(2.0, ag.Tensor([0.0, 1.0, 50.0]))
    Tensor([1.00000000e+00, 7.35758882e-01, 9.83662422e-21])
    """


@elementwise(refused("betainc", "a"), refused("betainc", "b"), lambda a, b, x: _beta_density(a, b, x))
def betainc(a: Array, b: Array, x: Array, /) -> Array:
    """The regularised incomplete beta function I_x(a, b), for x in [0, 1] (DLMF 8.17.2); differentiable in ``x``.

    >>> ag.special.betainc(2.0, 3.0, ag.Tensor([0.0, 0.5, 1.0]))
    Tensor([0.    , 0.6875, 1.    ])
    """


def fdtr(dfn: Array, dfd: Array, x: Array, /) -> Array:
    """The F distribution function for ``dfn`` and ``dfd`` degrees of freedom, at ``x >= 0``; differentiable in ``x``.

    >>> ag.special.fdtr(2.0, 3.0, ag.Tensor([0.0, 1.0, 9.0]))
    Tensor([0.        , 0.535242  , 0.94600508])
    """
    dfn, dfd = _array(dfn, x), _array(dfd, x)
    scaled = multiply(dfn, x)
    return betainc(divide(dfn, 2), divide(dfd, 2), divide(scaled, add(dfd, scaled)))


def fdtrc(dfn: Array, dfd: Array, x: Array, /) -> Array:
    """The upper tail of the F distribution, ``1 - fdtr(dfn, dfd, x)``, exact where it is small.

    >>> ag.special.fdtrc(2.0, 3.0, ag.Tensor([0.0, 1.0, 9.0]))
    Tensor([1.        , 0.464758  , 0.05399492])
    """
    dfn, dfd = _array(dfn, x), _array(dfd, x)
    return betainc(divide(dfd, 2), divide(dfn, 2), divide(dfd, add(dfd, multiply(dfn, x))))


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _shifted(x: Array, n: int) -> Array:
    return x + n if isinstance(x, int | float | complex) else add(x, n)


def _array(value: Array, model: Array) -> Array:
    """An operand that is a Python number, or an array of integers, as one of the other's floating dtype."""
    if isinstance(value, int | float):
        return add(new_zeros(model, ()), value)
    return value if kinds[value.dtype] == "f" else astype(value, model.dtype)


def _gamma_density(a: Array, x: Array) -> Array:
    """``x**(a-1) exp(-x) / gamma(a)`` by its logarithm, so that nothing overflows."""
    a = _array(a, x)
    return exp(subtract(subtract(xlogy(subtract(a, 1), x), x), gammaln(a)))


def _beta_density(a: Array, b: Array, x: Array) -> Array:
    """``x**(a-1) (1-x)**(b-1) / beta(a, b)`` by its logarithm."""
    a, b = _array(a, x), _array(b, x)
    powers = add(xlogy(subtract(a, 1), x), xlog1py(subtract(b, 1), negative(x)))
    return exp(subtract(powers, betaln(a, b)))
