"""Arrays made longer at their ends."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from anygrad.core.primitive import Array
from anygrad.ops._axes import normalized
from anygrad.ops.creation import full_like, new_zeros
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import concat
from anygrad.ops.manipulation import broadcast_to, flip, reshape

__all__ = ["pad"]

Mode = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
Pair = tuple[Any, Any]
Widths = int | Sequence[int] | Sequence[Sequence[int]] | Mapping[int, int | Sequence[int]]


def pad(x: Array, pad_width: Widths, mode: Mode = "constant", constant_values: Any = 0) -> Array:
    """The array with elements added before and after those along each axis.

    Args:
        x: the array.
        pad_width: how many: a pair (before, after) for each axis, one pair for all axes, one number for both ends of
            all axes, or a dict from axes to these; its other axes stay as they are.
        mode: what is added: ``"constant"`` a value, ``"edge"`` the outermost element, ``"reflect"`` the array
            mirrored at its outermost element, ``"symmetric"`` mirrored with that element repeated, ``"wrap"`` the
            array over again.
        constant_values: the value: one number, a pair, or a pair for each axis, as ``pad_width``.

    Raises:
        ValueError: a width is negative or fits no axis, the mode is unknown, or there is nothing to repeat along an
            axis that is to grow.

    >>> ag.pad(ag.Tensor([1, 2, 3]), (1, 2))
    Tensor([0, 1, 2, 3, 0, 0])
    >>> ag.pad(ag.Tensor([1, 2, 3]), (2, 1), mode="reflect")
    Tensor([3, 2, 1, 2, 3, 2])
    """
    shape = tuple(x.shape)
    widths = _pairs(pad_width, len(shape), "pad_width")
    if any(n < 0 for pair in widths for n in pair):
        raise ValueError(f"pad: pad_width must not be negative, given {pad_width!r}")
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"pad: mode must be 'constant', 'edge', 'reflect', 'symmetric' or 'wrap', given {mode!r}")
    values = _pairs(constant_values, len(shape), "constant_values")
    if not any(n for pair in widths for n in pair):
        return reshape(x, shape, copy=True)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            x = concat(_parts(x, axis, before, after, mode, values[axis]), axis=axis)
    return x


def _pairs(value: Any, ndim: int, name: str) -> list[Pair]:
    """What is given for each end of each axis, in any of the forms that NumPy takes."""
    if isinstance(value, Mapping):
        found: list[Pair] = [(0, 0)] * ndim
        for axis, width in value.items():
            found[normalized(axis, ndim, "pad")[0]] = _pairs(width, 1, name)[0]
        return found
    if not isinstance(value, list | tuple):
        return [(_scalar(value, name),) * 2] * ndim
    if not any(isinstance(part, list | tuple) for part in value):
        return [_pair(value, value, name)] * ndim
    pairs = [_pair(part if isinstance(part, list | tuple) else (part,), value, name) for part in value]
    if len(pairs) not in (1, ndim):
        raise ValueError(f"pad: {name} must have a pair for each of {ndim} axes, or one for all, given {value!r}")
    return pairs * ndim if len(pairs) == 1 else pairs


def _pair(part: Sequence[Any], value: Any, name: str) -> Pair:
    if len(part) not in (1, 2):
        raise ValueError(f"pad: {name} must be a number, a pair, or a pair for each axis, given {value!r}")
    return _scalar(part[0], name), _scalar(part[-1], name)


def _scalar(value: Any, name: str) -> Any:
    return operator.index(value) if name == "pad_width" else value


# --- what is added ----------------------------------------------------------------------------------------------------


def _parts(x: Array, axis: int, before: int, after: int, mode: Mode, values: Pair) -> list[Array]:
    if mode == "constant":
        return _constants(x, axis, before, after, values)
    if not x.shape[axis]:
        raise ValueError(f"pad: mode {mode!r} has nothing to repeat along axis {axis}, which has length 0")
    if mode == "edge" or x.shape[axis] == 1:
        return _edges(x, axis, before, after)
    return list(_tiles(x, axis, before, after, mode))


def _constants(x: Array, axis: int, before: int, after: int, values: Pair) -> list[Array]:
    def block(length: int, value: Any) -> Array:
        zeros = new_zeros(x, (*x.shape[:axis], length, *x.shape[axis + 1 :]))
        return full_like(zeros, value) if value != 0 else zeros

    return [block(before, values[0]), x, block(after, values[1])]


def _edges(x: Array, axis: int, before: int, after: int) -> list[Array]:
    def outermost(part: slice, length: int) -> Array:
        edge = getitem(x, (slice(None),) * axis + (part,))
        return broadcast_to(edge, (*x.shape[:axis], length, *x.shape[axis + 1 :]))

    return [outermost(slice(0, 1), before), x, outermost(slice(-1, None), after)]


def _tiles(x: Array, axis: int, before: int, after: int, mode: Mode) -> Iterator[Array]:
    """The slices that the padded array consists of: it runs over copies of the array, for a mirror every other flipped.

    Mirrored at its outermost element the array gives n - 1 elements to each copy: the copy has its first, not its last.
    """
    n = x.shape[axis]
    period = n - 1 if mode == "reflect" else n
    for tile in range(-before // period, -(-(n + after) // period)):
        start = max(-before - tile * period, 0)
        stop = min(n + after - tile * period, period)
        is_flipped = tile % 2 == 1 and mode != "wrap"
        part = slice(n - stop, n - start) if is_flipped else slice(start, stop)
        piece = getitem(x, (slice(None),) * axis + (part,))
        yield flip(piece, axis=axis) if is_flipped else piece
