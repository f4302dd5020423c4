"""Elementwise functions without a derivative: comparison, logic, bits."""

from __future__ import annotations

from anygrad.core.primitive import Array, nondifferentiable


@nondifferentiable
def equal(x1: Array, x2: Array, /) -> Array:
    """Whether two elements are equal.

    >>> ag.equal(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([False, False])
    """


@nondifferentiable
def not_equal(x1: Array, x2: Array, /) -> Array:
    """Whether two elements differ.

    >>> ag.not_equal(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([ True,  True])
    """


@nondifferentiable
def less(x1: Array, x2: Array, /) -> Array:
    """Whether ``x1 < x2``, element by element.

    >>> ag.less(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([ True, False])
    """


@nondifferentiable
def less_equal(x1: Array, x2: Array, /) -> Array:
    """Whether ``x1 <= x2``, element by element.

    >>> ag.less_equal(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([ True, False])
    """


@nondifferentiable
def greater(x1: Array, x2: Array, /) -> Array:
    """Whether ``x1 > x2``, element by element.

    >>> ag.greater(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([False,  True])
    """


@nondifferentiable
def greater_equal(x1: Array, x2: Array, /) -> Array:
    """Whether ``x1 >= x2``, element by element.

    >>> ag.greater_equal(ag.Tensor([3.0, 5.0]), 4.0)
    Tensor([False,  True])
    """


@nondifferentiable
def isfinite(x: Array, /) -> Array:
    """Whether each element is neither infinite nor NaN.

    >>> ag.isfinite(ag.Tensor([1.0, ag.inf, ag.nan]))
    Tensor([ True, False, False])
    """


@nondifferentiable
def isinf(x: Array, /) -> Array:
    """Whether each element is infinite.

    >>> ag.isinf(ag.Tensor([1.0, ag.inf, ag.nan]))
    Tensor([False,  True, False])
    """


@nondifferentiable
def isnan(x: Array, /) -> Array:
    """Whether each element is NaN.

    >>> ag.isnan(ag.Tensor([1.0, ag.inf, ag.nan]))
    Tensor([False, False,  True])
    """


@nondifferentiable
def signbit(x: Array, /) -> Array:
    """Whether the sign bit of each element is set, that of -0.0 included.

    >>> ag.signbit(ag.Tensor([-0.5, 1.5]))
    Tensor([ True, False])
    """


@nondifferentiable
def nextafter(x1: Array, x2: Array, /) -> Array:
    """The next representable number after ``x1`` in the direction of ``x2``, element by element.

    >>> ag.nextafter(ag.Tensor([3.0, 5.0]), ag.Tensor([-4.0, 12.0]))
    Tensor([3., 5.])
    """


@nondifferentiable
def logical_and(x1: Array, x2: Array, /) -> Array:
    """Whether both elements are true.

    >>> ag.logical_and(ag.Tensor([True, True]), ag.Tensor([True, False]))
    Tensor([ True, False])
    """


@nondifferentiable
def logical_or(x1: Array, x2: Array, /) -> Array:
    """Whether either element is true.

    >>> ag.logical_or(ag.Tensor([True, True]), ag.Tensor([True, False]))
    Tensor([ True,  True])
    """


@nondifferentiable
def logical_xor(x1: Array, x2: Array, /) -> Array:
    """Whether exactly one of two elements is true.

    >>> ag.logical_xor(ag.Tensor([True, True]), ag.Tensor([True, False]))
    Tensor([False,  True])
    """


@nondifferentiable
def logical_not(x: Array, /) -> Array:
    """Whether each element is false.

    >>> ag.logical_not(ag.Tensor([True, False]))
    Tensor([False,  True])
    """


@nondifferentiable
def bitwise_and(x1: Array, x2: Array, /) -> Array:
    """The bitwise AND of two elements.

    >>> ag.bitwise_and(ag.Tensor([6, 12]), 2)
    Tensor([2, 0])
    """


@nondifferentiable
def bitwise_or(x1: Array, x2: Array, /) -> Array:
    """The bitwise OR of two elements.

    >>> ag.bitwise_or(ag.Tensor([6, 12]), 2)
    Tensor([ 6, 14])
    """


@nondifferentiable
def bitwise_xor(x1: Array, x2: Array, /) -> Array:
    """The bitwise XOR of two elements.

    >>> ag.bitwise_xor(ag.Tensor([6, 12]), 2)
    Tensor([ 4, 14])
    """


@nondifferentiable
def bitwise_invert(x: Array, /) -> Array:
    """Each element with its bits inverted.

    >>> ag.bitwise_invert(ag.Tensor([0, 5]))
    Tensor([-1, -6])
    """


@nondifferentiable
def bitwise_left_shift(x1: Array, x2: Array, /) -> Array:
    """The bits of ``x1`` shifted left by ``x2`` places.

    >>> ag.bitwise_left_shift(ag.Tensor([6, 12]), 2)
    Tensor([24, 48])
    """


@nondifferentiable
def bitwise_right_shift(x1: Array, x2: Array, /) -> Array:
    """The bits of ``x1`` shifted right by ``x2`` places.

    >>> ag.bitwise_right_shift(ag.Tensor([6, 12]), 2)
    Tensor([1, 3])
    """
