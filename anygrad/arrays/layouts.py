"""How arrays lie in memory, on which it depends what is a view and in which order elements are read.

A program means what it means on NumPy, also where what is held lies otherwise: on libraries without strides, under
``vmap``, after a copy that was made for a write. Then a NumPy array with nothing in it says how NumPy's would lie.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from anygrad.arrays.views import View, roots_of, view_of
from anygrad.core.types import rank
from anygrad.ops.manipulation import reshape

__all__ = ["in_order", "is_in_order", "keep_layout", "layout_of"]


def layout_of(x: Any) -> Any:
    """A NumPy array that lies in memory as that of a NumPy program would; what stands in it means nothing.

    It is the array that is held, down from the whole as far as parts share its memory, and from there what NumPy would
    make of it.
    """
    chain = list(roots_of(x))
    whole = chain.pop()
    view = view_of(whole)
    layout, hidden = _held_in(whole)
    if view is not None and view.layout is not None:
        layout = view.layout
    elif layout is None or (hidden and not _is_dense(layout)):
        layout = np.empty(whole.shape, whole.dtype)  # which holds for libraries without strides, and for batches
    while chain:
        part = chain.pop()
        held, _ = _held_in(part)
        layout = held if held is not None and np.may_share_memory(held, layout) else _imagined(part, layout)
    return layout


def keep_layout(x: Any, before: Any) -> None:
    """Remember how an array lay before it came to hold something else in its place, if that lies otherwise."""
    layout = layout_of(x)
    if layout.strides == before.strides or (layout.flags.c_contiguous and before.flags.c_contiguous):
        return
    if view_of(x) is None:
        x._view = View()
    x._view.layout = _blank(before)


def in_order(x: Any, order: str | None, like: Any = None) -> Any:
    """An array that has just been made, laid out in memory as NumPy's would be.

    Args:
        x: the array.
        order: "C", "F", or "A" and "K", which say as another array lies.
        like: that array; without one these are "C".
    """
    if len(x.shape) < 2 or order in ("C", None) or (order != "F" and like is None) or x.is_scalar:
        return x
    layout: Any = None if order == "F" else layout_of(like)
    if order == "F" or (order == "A" and layout.flags.f_contiguous and not layout.flags.c_contiguous):
        keep_layout(x, np.empty(x.shape, x.dtype, order="F"))
    elif order == "K" and layout.shape == x.shape:
        keep_layout(x, np.empty_like(layout, dtype=x.dtype))
    return x


def is_in_order(x: Any, order: str | None) -> bool:
    """Whether an array lies in an order already."""
    if order in ("K", "A", None):
        return True
    flags = layout_of(x).flags
    return bool(flags.f_contiguous if order == "F" else flags.c_contiguous)


def _blank(layout: Any) -> Any:
    """An array that lies in memory as another, with memory of its own that nobody looks at."""
    back = sum((n - 1) * -stride for n, stride in zip(layout.shape, layout.strides) if stride < 0)
    ahead = sum((n - 1) * stride for n, stride in zip(layout.shape, layout.strides) if stride > 0)
    memory = np.empty(back + ahead + layout.itemsize, np.uint8)
    return np.ndarray(layout.shape, layout.dtype, memory, back, layout.strides)


def _is_dense(layout: Any) -> bool:
    """Whether the elements fill their memory, with the axes in some order."""
    steps = layout.strides
    return bool(layout.transpose(sorted(range(layout.ndim), key=lambda i: -steps[i])).flags.c_contiguous)


def _held_in(x: Any) -> tuple[Any, int]:
    """The NumPy array of one member, and the number of axes that are hidden; None where it is another library's."""
    hidden = 0
    while rank(type(x)) > 0:
        hidden += x.hides_axis
        x = x.data
    return (x[(0,) * hidden] if hidden else x) if isinstance(x, np.ndarray) and x.size else None, hidden


def _imagined(part: Any, layout: Any) -> Any:
    """How a part lies in memory, after the layout of what it is a part of."""
    if part._view.op.name == "broadcast_to":  # which may make small arrays in full
        return np.broadcast_to(layout, part.shape)
    if part._view.op.name == "reshape" and not _can_be_viewed(layout, part.shape):
        return np.empty(part.shape, part.dtype)
    return part._view.get(layout)


def _can_be_viewed(x: Any, shape: tuple[int, ...]) -> bool:
    """Whether an array can have another shape without a copy.

    The lengths are gone through from left to right, in the smallest groups of axes that have as many elements before
    and after. A group of several axes can be taken for one if each is as long as the step of the one before it.
    """
    if x.flags.c_contiguous or not x.size:
        return True
    steps = [(n, stride) for n, stride in zip(x.shape, x.strides) if n != 1]
    lengths = [n for n in shape if n != 1]
    while steps:
        group, wanted = [steps.pop(0)], lengths.pop(0)
        while (given := math.prod(n for n, _ in group)) != wanted:
            if given < wanted:
                group.append(steps.pop(0))
            else:
                wanted *= lengths.pop(0)
        if any(stride != n * step for (_, stride), (n, step) in itertools.pairwise(group)):
            return False
    return True


def _is_in_order(x: Any, out: Any, shape: Any, copy: bool | None) -> bool:
    if copy:
        return False
    raw, view = x.data, view_of(x)
    is_as_held = view is None or (view.base is None and view.layout is None)
    is_plain = type(raw) is np.ndarray and not x.hides_axis and is_as_held
    return _can_be_viewed(raw if is_plain else layout_of(x), tuple(out.shape))


reshape.shares = _is_in_order
