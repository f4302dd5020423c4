"""Sorting and sets."""

from __future__ import annotations

from typing import Any

from anygrad.core.primitive import Array, nondifferentiable
from anygrad.ops.creation import new_arange, new_zeros
from anygrad.ops.indexing import index_set, take, take_along_axis
from anygrad.ops.manipulation import reshape


@nondifferentiable
def argsort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The indices that would sort an array along an axis.

    >>> ag.argsort(ag.Tensor([3.0, 1.0, 2.0]))
    Tensor([1, 2, 0])
    """


def sort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The elements in order along an axis.

    >>> ag.sort(ag.Tensor([3.0, 1.0, 2.0]))
    Tensor([1., 2., 3.])
    """
    return take_along_axis(x, argsort(x, axis=axis, descending=descending, stable=stable), axis=axis)


@nondifferentiable
def isin(x1: Array, x2: Array, /, *, invert: bool = False) -> Array:
    """Whether each element of ``x1`` equals some element of ``x2``, or none if inverted.

    >>> ag.isin(ag.Tensor([1, 2, 3]), ag.Tensor([3, 1]))
    Tensor([ True, False,  True])
    """


# The values are read again where they were found, which gives them a gradient; of equal elements one gets it.


@nondifferentiable
def _unique_inverse(x: Array, /) -> Any:
    """The library's own function."""


@nondifferentiable
def _unique_all(x: Array, /) -> Any:
    """The library's own function."""


def unique_values(x: Array, /) -> Array:
    """The distinct elements of an array; of equal ones one gets the gradient.

    >>> ag.unique_values(ag.Tensor([2, 1, 2]))
    Tensor([1, 2])
    """
    return unique_inverse(x)[0]


@nondifferentiable
def _unique_counts(x: Array, /) -> Any:
    """The library's own function."""


def unique_counts(x: Array, /) -> Any:
    """The distinct elements and how often each occurs.

    >>> ag.unique_counts(ag.Tensor([2, 1, 2])).values
    Tensor([1, 2])
    """
    found = _unique_counts(x)
    return found._replace(values=unique_values(x))


def unique_inverse(x: Array, /) -> Any:
    """The distinct elements and, for each element of the array, the index of its value among them.

    >>> ag.unique_inverse(ag.Tensor([2, 1, 2])).values
    Tensor([1, 2])
    """
    found = _unique_inverse(x)
    return found._replace(values=_read_again(x, found.inverse_indices, found.values))


def unique_all(x: Array, /) -> Any:
    """The distinct elements, their first indices, the inverse and the counts.

    >>> ag.unique_all(ag.Tensor([2, 1, 2])).values
    Tensor([1, 2])
    """
    found = _unique_all(x)
    return found._replace(values=take(reshape(x, (-1,)), found.indices, axis=0))


def _read_again(x: Array, inverse: Array, values: Array) -> Array:
    """The distinct values, each read from an element that has it."""
    flat = reshape(x, (-1,))
    places = new_zeros(inverse, tuple(values.shape))
    places = index_set(places, new_arange(inverse, flat.shape[0]), reshape(inverse, (-1,)))
    return take(flat, places, axis=0)
