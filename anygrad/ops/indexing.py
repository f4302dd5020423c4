"""Reading and writing parts of an array.

A key is what NumPy takes between brackets: integers, slices, ``...``, None, integer arrays, boolean masks, what NumPy
makes arrays of, and tuples of these. A call brings its key to a normal form before anything else (``ops/keys.py``), so
that in what backends, rules and batches get, arrays are raw arrays of the library of the array that is indexed.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from anygrad.core.keys import is_plain, parts_of
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, linear, view
from anygrad.core.types import ranks
from anygrad.ops.creation import new_arange, new_zeros, zeros_like
from anygrad.ops.logic import equal
from anygrad.ops.manipulation import reshape
from anygrad.ops.searching import where

__all__ = [
    "Scatter",
    "getitem",
    "index_add",
    "index_iadd",
    "index_iset",
    "index_set",
    "take",
    "take_along_axis",
    "written_last",
]

Key = Any


class Scatter(NamedTuple):
    """The cotangent of an indexing operation, not yet spread over the array that was indexed.

    It stands for zeros of a shape with values added at a key. The engine adds the values where they belong, so that k
    reads of one row each cost k rows and not k arrays. Values that are whole already, and nobody else's, are added up
    in place.
    """

    values: Array
    key: Key
    shape: tuple[int, ...]
    is_whole: bool = False

    @property
    def dtype(self) -> Any:
        """The dtype of the values."""
        return self.values.dtype

    def dense(self) -> Array:
        """The cotangent as an array of its own."""
        if self.is_whole:
            return self.values
        return index_iadd(new_zeros(self.values, self.shape), self.values, self.key)

    def added_to(self, array: Array, *, in_place: bool) -> Array:
        """The sum of an array and this cotangent; the array itself may be changed if ``in_place``."""
        values, key, _, _ = self
        add = index_iadd if in_place else index_add
        if is_plain(key) and ranks[type(array)] == ranks[type(values)] == 0:  # as it was when it was read
            return add.table[type(array)](array, values, key=key)
        return add(array, values, key)


@view(lambda part, x, key: index_iset(x, part, key))
@linear(lambda g, key, x_shape: Scatter(g, key, x_shape))
def getitem(x: Array, /, key: Key) -> Array:
    """``x[key]``."""


@linear(
    lambda g, key: index_set(g, 0, key),
    lambda g, key: written_last(g, key),
)
def index_set(x: Array, values: Array, /, key: Key) -> Array:
    """A copy of ``x`` with ``values`` at ``key``; of several values for one place the last counts.

    >>> ag.index_set(ag.Tensor([1.0, 2.0]), 5.0, 0)
    Tensor([5., 2.])
    """


@linear(
    lambda g, key: index_set(g, 0, key),
    lambda g, key: written_last(g, key),
)
def index_iset(x: Array, values: Array, /, key: Key) -> Array:
    """The result of :func:`index_set`, for which ``x`` itself may be changed: only for arrays one owns."""
    return index_set(x, values, key)


@linear(lambda g: g, lambda g, key: getitem(g, key))
def index_add(x: Array, values: Array, /, key: Key) -> Array:
    """A copy of ``x`` with ``values`` added at ``key``; several values for one place are all added.

    >>> ag.index_add(ag.Tensor([1.0, 2.0]), 5.0, 0)
    Tensor([6., 2.])
    """


@linear(lambda g: g, lambda g, key: getitem(g, key))
def index_iadd(x: Array, values: Array, /, key: Key) -> Array:
    """The result of :func:`index_add`, for which ``x`` itself may be changed: only for arrays one owns."""
    return index_add(x, values, key)


@linear(lambda g, indices, axis, x_shape: _put_back(g, indices, axis, x_shape))
def take(x: Array, indices: Array, /, *, axis: int | None = None) -> Array:
    """The elements at some indices along an axis.

    >>> ag.take(ag.Tensor([10, 20, 30]), ag.Tensor([2, 0]))
    Tensor([30, 10])
    """


@linear(lambda g, indices, axis, x_shape: Scatter(g, each_along(indices, axis, x_shape), x_shape))
def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
    """The elements at indices of their own for each line along an axis.

    >>> ag.take_along_axis(ag.Tensor([[1, 2], [3, 4]]), ag.Tensor([[1], [0]]), axis=1)
    Tensor([[2],
            [3]])
    """


def _put_back(g: Array, indices: Array, axis: int | None, shape: tuple[int, ...]) -> Any:
    if axis is None and len(shape) != 1:  # NumPy and CuPy then read from the flattened array
        return reshape(Scatter(g, (indices,), (math.prod(shape),)).dense(), shape)
    return Scatter(g, (slice(None),) * ((axis or 0) % len(shape)) + (indices,), shape)


def each_along(indices: Array, axis: int, shape: tuple[int, ...]) -> Key:
    """The key that reads what :func:`take_along_axis` does; but for the axis the two shapes broadcast."""
    ndim = len(shape)
    key = []
    for i, (of_indices, of_x) in enumerate(zip(indices.shape, shape)):
        if i == axis % ndim:
            key.append(indices)
            continue
        n = of_x if of_indices == 1 else of_indices
        places = new_arange(indices, n)
        key.append(reshape(zeros_like(places) if of_x == 1 else places, (1,) * i + (n,) + (1,) * (ndim - i - 1)))
    return tuple(key)


def has_integer_array(key: Key) -> bool:
    """Whether a key may name a place twice: it has an array of integers in it."""
    return any(getattr(part, "shape", ()) != () and kind_of(part.dtype) == "i" for part in parts_of(key))


def written_last(g: Array, key: Key) -> Array:
    """The cotangent of values that were written at a key: of several for one place the last was."""
    read = getitem(g, key)
    if not has_integer_array(key):
        return read
    order = reshape(new_arange(read, _size(read)), tuple(read.shape))
    writer = getitem(index_set(reshape(zeros_like(new_arange(read, _size(g))), tuple(g.shape)), order, key), key)
    return where(equal(writer, order), read, zeros_like(read))


def _size(x: Array) -> int:
    size = 1
    for n in x.shape:
        size *= n
    return size
