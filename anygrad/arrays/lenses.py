"""Writes through views that pick parts and reorder axes, as writes into what they are parts of.

``y.T[0] = v`` is ``y[:, 0] = v``, and ``y[i][j] = v`` is ``y[i, j] = v``: so it costs what it writes, where putting a
changed part back would cost the part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anygrad.core.keys import expanded, is_plain, parts_of
from anygrad.core.types import rank
from anygrad.ops._axes import normalized
from anygrad.ops.manipulation import permute_dims, reshape

__all__ = ["are_apart", "in_base"]

Parts = tuple[Any, ...]
ALL = slice(None)


def in_base(x: Any, view: Any, key: Any, value: Any) -> tuple[Any, Any, Any] | None:
    """The array, the key and the value of a write that does the same one array nearer to the whole.

    None where the view is of another kind, or the key has index arrays in it.
    """
    if not is_plain(key):
        return None
    shape = tuple(view.base.shape)
    parts = expanded(key, x.shape)
    if view.op.name in PICKING:
        picked = PICKING[view.op.name](view.params, shape)
        composed = _composed(expanded(picked, shape), shape, parts) if is_plain(picked) else None
    elif view.op.name in REORDERING:
        composed, value = _reordered(REORDERING[view.op.name](view, len(shape)), parts, value)
    else:
        return None
    if composed is None:
        return None
    if all(type(part) is int for part in composed) and (not parts or ... in parts_of(key)):
        composed = (*composed, ...)  # an array without axes, to which values with axes of length 1 can be written
    return view.base, composed, value


def are_apart(first: Any, second: Any, shape: tuple[int, ...]) -> bool:
    """Whether two plain keys name no element in common, as far as one axis shows it: other rows, or other columns."""
    for a, b, n in zip(parts_of(first), parts_of(second), shape):
        if type(a) is int and type(b) is int:
            if (a - b) % n:
                return True
        elif a is None or a is ... or b is None or b is ...:
            return False
        else:
            (least, most), (other_least, other_most) = _bounds(a, n), _bounds(b, n)
            if most < other_least or other_most < least:
                return True
    return False


def _bounds(part: Any, n: int) -> tuple[int, int]:
    """The first and the last place that an integer or a slice names; of none the last comes first."""
    chosen = range(*part.indices(n)) if type(part) is slice else range(part % n, part % n + 1)
    return (min(chosen[0], chosen[-1]), max(chosen[0], chosen[-1])) if chosen else (n, -1)


def _flipped(params: dict[str, Any], shape: tuple[int, ...]) -> Parts:
    axes = normalized(params["axis"], len(shape))
    return tuple(slice(None, None, -1) if i in axes else ALL for i in range(len(shape)))


def _squeezed(params: dict[str, Any], shape: tuple[int, ...]) -> Parts:
    axes = normalized(params["axis"], len(shape))
    return tuple(0 if i in axes else ALL for i in range(len(shape)))


def _expanded(params: dict[str, Any], shape: tuple[int, ...]) -> Parts:
    axis = params["axis"]
    axes = normalized(axis, len(shape) + (len(axis) if isinstance(axis, tuple) else 1))
    return tuple(None if i in axes else ALL for i in range(len(shape) + len(axes)))


PICKING: dict[str, Callable[[dict[str, Any], tuple[int, ...]], Any]] = {
    "getitem": lambda params, shape: params["key"],
    "flip": _flipped,
    "squeeze": _squeezed,
    "expand_dims": _expanded,
}
"""View operations that are a key, with what that is."""


def _composed(first: Parts, shape: tuple[int, ...], second: Parts) -> Parts | None:
    """The key of ``x[first][second]``; None where ``second`` picks nothing of a new axis."""
    composed: list[Any] = []
    later = list(second)
    axis = 0
    for part in first:
        if type(part) is int:
            composed.append(part)
            axis += 1
            continue
        while later[0] is None:
            composed.append(later.pop(0))
        chosen = range(1) if part is None else range(*part.indices(shape[axis]))
        axis += part is not None
        chosen = chosen[later[0]]
        if type(later.pop(0)) is int:
            composed += [] if part is None else [chosen]
        elif part is None and len(chosen) != 1:
            return None
        else:
            composed.append(None if part is None else _slice_of(chosen))
    return (*composed, *later)


def _slice_of(chosen: range) -> slice:
    return slice(chosen.start, chosen.stop if chosen.stop >= 0 else None, chosen.step) if len(chosen) else slice(0, 0)


def _moved(view: Any, ndim: int) -> list[int]:
    source, destination = (normalized(axes, ndim) for axes in view.rest)
    order = [i for i in range(ndim) if i not in source]
    for place, axis in sorted(zip(destination, source)):
        order.insert(place, axis)
    return order


REORDERING: dict[str, Callable[[Any, int], Any]] = {
    "permute_dims": lambda view, ndim: [axis % ndim for axis in view.params["axes"]],
    "matrix_transpose": lambda view, ndim: [*range(ndim - 2), ndim - 1, ndim - 2],
    "moveaxis": _moved,
}
"""View operations that reorder axes: which axis of the base each axis of the part is."""


def _reordered(order: list[int], parts: Parts, value: Any) -> tuple[Parts | None, Any]:
    """The key in the base, None if there is none, and the value with its axes as those of the base."""
    if None in parts:
        return None, value
    key = [ALL] * len(order)
    for axis, part in zip(order, parts):
        key[axis] = part
    kept = [axis for axis, part in zip(order, parts) if type(part) is not int]
    if kept == sorted(kept) or rank(type(value)) < 0 or not value.shape:
        return tuple(key), value
    missing = len(kept) - len(value.shape)
    if missing < 0:
        return None, value
    value = reshape(value, (1,) * missing + tuple(value.shape)) if missing else value
    return tuple(key), permute_dims(value, tuple(kept.index(axis) for axis in sorted(kept)))
