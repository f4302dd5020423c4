"""Rounding, element by element."""

from __future__ import annotations

from anygrad.core.primitive import Array, elementwise
from anygrad.ops.creation import zeros_like


@elementwise(lambda g: zeros_like(g))
def floor(x: Array, /) -> Array:
    """Each element rounded down; the derivative is 0.

    >>> ag.floor(ag.Tensor([-0.5, 1.5]))
    Tensor([-1.,  1.])
    """


@elementwise(lambda g: zeros_like(g))
def ceil(x: Array, /) -> Array:
    """Each element rounded up; the derivative is 0.

    >>> ag.ceil(ag.Tensor([-0.5, 1.5]))
    Tensor([-0.,  2.])
    """


@elementwise(lambda g: zeros_like(g))
def trunc(x: Array, /) -> Array:
    """Each element rounded towards zero; the derivative is 0.

    >>> ag.trunc(ag.Tensor([-0.5, 1.5]))
    Tensor([-0.,  1.])
    """


@elementwise(lambda g: zeros_like(g))
def round(x: Array, /) -> Array:
    """Each element rounded to the nearest integer, halves to the even one; the derivative is 0.

    >>> ag.round(ag.Tensor([-0.5, 1.5]))
    Tensor([-0.,  2.])
    """
