"""Products with logarithms that are 0 where the factor is, and the entropies made of them."""

from __future__ import annotations

import math

from anygrad.core.primitive import Array, elementwise
from anygrad.core.types import SCALARS
from anygrad.ops.creation import new_zeros, zeros_like
from anygrad.ops.elementwise import (
    abs,
    add,
    chain,
    divide,
    log,
    log1p,
    multiply,
    negative,
    reciprocal_of,
    subtract,
)
from anygrad.ops.logic import equal, greater, greater_equal, isnan, less, logical_and, logical_or
from anygrad.ops.searching import where


@elementwise(lambda x, y: _log_of(y), lambda x, y: _per(x, y))
def xlogy(x: Array, y: Array, /) -> Array:
    """``x * log(y)``, and 0 where ``x`` is 0, unless ``y`` is NaN.

    >>> ag.special.xlogy(ag.Tensor([0.0, 2.0]), ag.Tensor([0.0, 3.0]))
    Tensor([0.        , 2.19722458])
    """
    x, y = _arrays(x, y)
    is_zero = _vanishes(x, y)
    return where(is_zero, 0.0, multiply(x, log(where(is_zero, 1.0, y))))


@elementwise(lambda x, y: _log_of(y, 1), lambda x, y: _per(x, add(y, 1)))
def xlog1py(x: Array, y: Array, /) -> Array:
    """``x * log(1 + y)``, and 0 where ``x`` is 0, unless ``y`` is NaN; exact for small ``y``.

    >>> ag.special.xlog1py(ag.Tensor([0.0, 2.0]), ag.Tensor([-1.0, 3.0]))
    Tensor([0.        , 2.77258872])
    """
    x, y = _arrays(x, y)
    is_zero = _vanishes(x, y)
    return where(is_zero, 0.0, multiply(x, log1p(where(is_zero, 0.0, y))))


@elementwise(lambda x: subtract(-1, log(x)))
def entr(x: Array, /) -> Array:
    """``-x * log(x)``, the terms of an entropy: 0 at 0, with an infinite derivative, and ``-inf`` below.

    >>> ag.special.entr(ag.Tensor([0.0, 0.5, 1.0]))
    Tensor([ 0.        ,  0.34657359, -0.        ])
    """
    inside = greater(x, 0)
    value = negative(multiply(x, log(where(inside, x, 1.0))))
    return where(less(x, 0), -math.inf, value)


@elementwise(lambda x, y: add(log(divide(x, y)), 1), lambda x, y: negative(_per(x, y)))
def rel_entr(x: Array, y: Array, /) -> Array:
    """``x * log(x / y)``, the terms of a relative entropy: 0 where ``x`` is 0 and ``y >= 0``, else infinite.

    >>> ag.special.rel_entr(ag.Tensor([0.0, 0.5]), ag.Tensor([0.5, 0.25]))
    Tensor([0.        , 0.34657359])
    """
    return _relative(*_arrays(x, y))


@elementwise(lambda x, y: log(divide(x, y)), lambda x, y: subtract(1, _per(x, y)))
def kl_div(x: Array, y: Array, /) -> Array:
    """``x * log(x / y) - x + y``, never negative: ``y`` where ``x`` is 0 and ``y >= 0``; infinite outside the domain.

    >>> ag.special.kl_div(ag.Tensor([0.0, 0.5]), ag.Tensor([0.5, 0.25]))
    Tensor([0.5       , 0.09657359])
    """
    x, y = _arrays(x, y)
    relative = _relative(x, y)
    return where(equal(relative, math.inf), relative, add(relative, subtract(y, x)))


# --- pieces of the above ----------------------------------------------------------------------------------------------


def _arrays(x: Array, y: Array) -> tuple[Array, Array]:
    """Both operands as arrays, where one of them is a Python number."""
    if type(x) in SCALARS:
        return add(new_zeros(y, ()), x), y
    return x, add(new_zeros(x, ()), y) if type(y) in SCALARS else y


def _vanishes(x: Array, y: Array) -> Array:
    """Where a product with ``x`` is 0, whatever a function of ``y`` may be there."""
    return logical_and(equal(x, 0), equal(y, y))


def _relative(x: Array, y: Array) -> Array:
    """``x log(x / y)`` on its domain; near 1 the logarithm of the quotient would lose what the quotient has rounded."""
    inside = logical_and(greater(x, 0), greater(y, 0))
    p, q = where(inside, x, 1.0), where(inside, y, 1.0)
    difference = subtract(p, q)
    is_near = less(abs(difference), multiply(q, 0.5))
    near = log1p(divide(where(is_near, difference, 0.0), q))
    value = multiply(p, where(is_near, near, subtract(log(p), log(q))))
    at_edge = where(logical_and(equal(x, 0), greater_equal(y, 0)), zeros_like(value), math.inf)
    value = where(inside, value, at_edge)
    return where(logical_or(isnan(x), isnan(y)), math.nan, value)


def _log_of(y: Array, shift: int = 0) -> Array:
    """``log(y)`` or ``log(1 + y)``, also of a Python number."""
    if type(y) not in SCALARS:
        return log1p(y) if shift else log(y)
    if y + shift <= 0:
        return -math.inf if y + shift == 0 else math.nan
    return math.log1p(y) if shift else math.log(y)


def _per(x: Array, y: Array) -> Array:
    """``x / y``, and 0 where ``x`` is 0."""
    x, y = _arrays(x, y)
    return chain(x, reciprocal_of(y))
