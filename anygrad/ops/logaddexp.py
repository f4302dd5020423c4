"""The logarithm of the sum of two exponentials, and the share of each in it."""

from __future__ import annotations

from anygrad.core.primitive import Array, elementwise
from anygrad.ops.elementwise import abs, add, divide, exp, multiply, negative, subtract
from anygrad.ops.logic import greater_equal
from anygrad.ops.searching import where


@elementwise(lambda x1, x2: _share_of_two(x1, x2), lambda x1, x2: _share_of_two(x2, x1))
def logaddexp(x1: Array, x2: Array, /) -> Array:
    """``log(exp(x1) + exp(x2))``, element by element, without overflow.

    >>> ag.logaddexp(ag.Tensor([3.0, 5.0]), ag.Tensor([-4.0, 12.0]))
    Tensor([ 3.00091147, 12.00091147])
    """


@elementwise(
    lambda x1, x2, out: multiply(out, _share_of_two(x2, x1)),
    lambda x1, x2, out: negative(multiply(out, _share_of_two(x2, x1))),
)
def _share_of_two(x1: Array, x2: Array, /) -> Array:
    """``exp(x1) / (exp(x1) + exp(x2))``, element by element, without overflow."""
    difference = subtract(x1, x2)
    small = exp(negative(abs(difference)))
    return divide(where(greater_equal(difference, 0), 1.0, small), add(small, 1))
