"""Functions given by their values at some points."""

from __future__ import annotations

import builtins
from typing import Any

from anygrad.core.kinds import is_inexact
from anygrad.core.primitive import Array, describe
from anygrad.core.types import SCALARS
from anygrad.ops.creation import full_like
from anygrad.ops.elementwise import add, clip, divide, multiply, remainder, subtract
from anygrad.ops.indexing import getitem, take
from anygrad.ops.joining import concat
from anygrad.ops.logic import greater, greater_equal, less
from anygrad.ops.manipulation import reshape
from anygrad.ops.searching import searchsorted, where
from anygrad.ops.sorting import argsort

__all__ = ["interp"]


def interp(x: Array, xp: Array, fp: Array, left: Any = None, right: Any = None, period: float | None = None) -> Array:
    """The piecewise linear function through the points ``(xp, fp)``, at ``x``.

    It is differentiable in ``x``, ``xp`` and ``fp``. In ``x`` its derivative jumps at each ``xp``: there it is the
    slope on the right, and at the last one the slope on the left; outside of them it is 0.

    Args:
        x: where to evaluate, an array of any shape, or a number.
        xp: the places of the points, an array of one axis, increasing (with a period in any order).
        fp: the values there, real or complex.
        left: the value for ``x < xp[0]``, by default ``fp[0]``.
        right: the value for ``x > xp[-1]``, by default ``fp[-1]``.
        period: of a periodic function, for which ``left`` and ``right`` are ignored.

    Raises:
        ValueError: xp and fp are not of one axis and of one length, or are empty, or the period is 0.

    >>> ag.interp(ag.Tensor([0.5, 2.0]), ag.Tensor([0.0, 1.0]), ag.Tensor([10.0, 20.0]))
    Tensor([15., 20.])
    """
    if len(xp.shape) != 1 or tuple(xp.shape) != tuple(fp.shape) or not xp.shape[0]:
        raise ValueError(
            f"interp: xp and fp must be of one axis and of one length, not 0, given {describe(xp)} and {describe(fp)}"
        )
    xp, fp = _floating(xp), _floating(fp)
    x = full_like(getitem(xp, 0), x) if type(x) in SCALARS else _floating(x)
    if period is not None:
        x, xp, fp = _unrolled(x, xp, fp, period)
        left = right = None
    flat = reshape(x, (-1,))
    values = where(less(flat, getitem(xp, 0)), getitem(fp, 0) if left is None else left, _within(flat, xp, fp))
    values = where(greater(flat, getitem(xp, -1)), getitem(fp, -1) if right is None else right, values)
    return reshape(values, tuple(x.shape))


def _floating(x: Array) -> Array:
    return x if is_inexact(x) else multiply(x, 1.0)


def _unrolled(x: Array, xp: Array, fp: Array, period: float) -> tuple[Array, Array, Array]:
    """The points of one period in order, with the last before the first and the first after the last."""
    if period == 0:
        raise ValueError("interp: period must not be 0")
    period = builtins.abs(period)
    xp = remainder(xp, period)
    order = argsort(xp)
    xp, fp = take(xp, order, axis=0), take(fp, order, axis=0)
    first, last = slice(0, 1), slice(-1, None)
    xp = concat([subtract(getitem(xp, last), period), xp, add(getitem(xp, first), period)])
    fp = concat([getitem(fp, last), fp, getitem(fp, first)])
    return remainder(x, period), xp, fp


def _within(x: Array, xp: Array, fp: Array) -> Array:
    if xp.shape[0] == 1:  # a constant, through a second point of the same value
        xp, fp = concat([xp, add(xp, 1)]), concat([fp, fp])
    upper = clip(searchsorted(xp, x, side="right"), 1, xp.shape[0] - 1)
    lower = subtract(upper, 1)
    x0, x1 = take(xp, lower, axis=0), take(xp, upper, axis=0)
    f0, f1 = take(fp, lower, axis=0), take(fp, upper, axis=0)
    slope = divide(subtract(f1, f0), subtract(x1, x0))
    at_end = greater_equal(x, x1)  # only of the last: computed from there, the value is exactly that of the point
    return add(where(at_end, f1, f0), multiply(slope, subtract(x, where(at_end, x1, x0))))
