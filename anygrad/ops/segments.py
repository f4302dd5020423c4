"""Sums over groups of rows."""

from __future__ import annotations

from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, describe, linear
from anygrad.ops.creation import new_arange, new_zeros
from anygrad.ops.datatypes import astype
from anygrad.ops.indexing import getitem, index_iadd, take
from anygrad.ops.joining import concat
from anygrad.ops.logic import greater_equal, less, logical_and
from anygrad.ops.reductions import max
from anygrad.ops.searching import where

__all__ = ["segment_sum"]


@linear(lambda g, segment_ids: _of_segments(g, segment_ids), None)
def segment_sum(x: Array, segment_ids: Array, /, num_segments: int | None = None) -> Array:
    """The sum of the rows of each segment.

    Args:
        x: an array of at least one axis.
        segment_ids: for each row, the integer that numbers its segment, in any order. Rows whose number is negative or
            not less than ``num_segments`` are left out.
        num_segments: how many segments there are; by default one more than the largest number, which is then read, so
            that a GPU has to be waited for.

    Returns:
        An array of shape ``(num_segments, *x.shape[1:])``; zero for segments without rows.

    Raises:
        TypeError: the numbers are not integers.
        ValueError: there is not one number for each row.

    >>> ag.segment_sum(ag.Tensor([1.0, 2.0, 4.0]), ag.Tensor([0, 2, 0]))
    Tensor([5., 0., 2.])
    """
    if kind_of(segment_ids.dtype) != "i":
        raise TypeError(f"segment_ids must be integers, given {describe(segment_ids)}")
    if len(segment_ids.shape) != 1 or tuple(segment_ids.shape) != tuple(x.shape[:1]):
        raise ValueError("segment_ids must have one number for each row of x")
    if num_segments is None:
        num_segments = int(max(segment_ids)) + 1 if segment_ids.shape[0] else 0
    sums = new_zeros(x, (num_segments + 1, *x.shape[1:]))  # the last row is for those that are left out
    return getitem(index_iadd(sums, x, (_rows(segment_ids, num_segments),)), slice(0, num_segments))


def _of_segments(g: Array, segment_ids: Array) -> Array:
    """For each row that of its segment, or zeros."""
    return take(concat([g, new_zeros(g, (1, *g.shape[1:]))]), _rows(segment_ids, g.shape[0]), axis=0)


def _rows(segment_ids: Array, n: int) -> Array:
    ids = astype(segment_ids, new_arange(segment_ids, 0).dtype, copy=False)
    return where(logical_and(greater_equal(ids, 0), less(ids, n)), ids, n)
