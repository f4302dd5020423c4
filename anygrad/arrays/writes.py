"""Writes, which all arrays that share the elements see.

A changed part is put back by what the view operation says of itself, up to the whole, and the other parts are got anew.
The elements are written over where nobody else can see them, and copied first where somebody can.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from weakref import ref

from anygrad.arrays.layouts import keep_layout, layout_of
from anygrad.arrays.lenses import are_apart, in_base
from anygrad.arrays.ownership import bottom, hold_copies, is_alone
from anygrad.arrays.views import View, hold_little, is_part, parts_of, roots_of, view_of
from anygrad.backends import backend_of
from anygrad.core.keys import is_plain
from anygrad.core.primitive import Primitive
from anygrad.core.types import rank
from anygrad.ops.indexing import getitem, index_iset
from anygrad.ops.manipulation import reshape

__all__ = ["assign", "become", "check_can_change", "owned", "set_shape", "write"]


def check_can_change(x: Any, what: str) -> None:
    """Refuse to write to what is for reading alone, and to leaves that require a gradient."""
    view: View | None = getattr(x, "_view", None)
    if view is not None and view.is_read_only:
        raise ValueError(f"{what}: the array is read-only, as NumPy's is here; write to a copy, x = x.copy()")
    x._check_can_change(what)
    while view is not None and view.base is not None:
        x = view.base
        x._check_can_change(what)
        view = x._view
    if view is not None and view.has_leaf:
        _check_parts(x, what)


def _check_parts(x: Any, what: str) -> None:
    for part in parts_of(x):
        part._check_can_change(what)
        _check_parts(part, what)


def assign(x: Any, out: Any, key: Any = None) -> None:
    """Give an array new contents, which all that share its elements see.

    They are put back from part to whole, and then got anew by the other parts, but for those of which is known, from
    the key that was written to, that they are as they were.
    """
    x._check_can_become(out)
    view: View | None = getattr(x, "_view", None)
    if view is None:
        become(x, out)
        return
    if _is_within_a_view(view):
        write(view.base, view.params["key"], out)
        return
    _mark_filled(x)
    apart = _apart_from(key, x)
    if view.op is getitem:
        apart |= _apart_from(view.params["key"], view.base)
    changes = [(x, out)]
    while view.base is not None:
        x, out = view.base, _put_back(view, out, view.base)
        x._check_can_become(out)
        changes.append((x, out))
        view = x._view
    for array, value in changes:
        become(array, value)
        array._view.last = None
    seen = apart | {id(array) for array, _ in changes}
    stack = [array for array, _ in changes]
    while stack:
        whole = stack.pop()
        for part in parts_of(whole):
            if id(part) not in seen:
                part._become(part._view.get(whole))
                part._view.last = None
                hold_little(part, whole)
                stack.append(part)


def become(x: Any, out: Any) -> None:
    """Take over a result, which NumPy would have written into the array as it lies in memory."""
    before = layout_of(x) if _strides(x) != _strides(out) and not is_part(x) else None
    x._become(out)
    if before is not None:
        keep_layout(x, before)


def _strides(x: Any) -> Any:
    return getattr(bottom(x), "strides", None)


def _apart_from(key: Any, x: Any) -> set[int]:
    """The parts of an array, by their identities, that have nothing of what is at a key."""
    if key is None or not is_plain(key):
        return set()
    shape = tuple(x.shape)
    views = [(part._view, part) for part in parts_of(x)]
    picked = [(view.params["key"], part) for view, part in views if view.op is getitem]
    if type(key) is int and key >= 0:  # other rows, for short
        rows = {id(part) for other, part in picked if type(other) is int and other >= 0 and other != key}
        picked = [(other, part) for other, part in picked if type(other) is not int or other < 0]
    else:
        rows = set()
    return rows | {id(part) for other, part in picked if is_plain(other) and are_apart(other, key, shape)}


def _is_within_a_view(view: View) -> bool:
    """Whether an array is ``y[key]`` of a view y, into whose base it is written at once."""
    its_base = view_of(view.base) if view.op is getitem else None
    return its_base is not None and its_base.base is not None


def write(x: Any, key: Any, value: Any) -> None:
    """``x[key] = value``, for a key and a value that are sorted out already."""
    if _is_there_already(x, key, value):
        return
    view = view_of(x)
    while view is not None and view.base is not None:
        nearer = in_base(x, view, key, value)
        if nearer is None:
            break
        x, key, value = nearer
        view = view_of(x)
    if rank(type(value)) > rank(type(x)):
        x._check_can_become(value)  # rather before anything has changed
    _mark_filled(x)
    assign(x, index_iset(owned(x), value, key), key if is_plain(key) else None)


def _mark_filled(x: Any) -> None:
    """Remember of an array, and of those that it is a part of, that they are being filled."""
    for array in list(roots_of(x)) if backend_of(bottom(x)).writes_in_place else ():
        if view_of(array) is None:
            array._view = View()
        array._view.is_filled = True


def _is_there_already(x: Any, key: Any, value: Any) -> bool:
    """Whether a value is the very part that it is written to, as at the end of ``x[key] += y``."""
    view = view_of(value) if rank(type(value)) > 0 else None
    if view is None or view.base is not x or view.op.name != "getitem" or not is_plain(key):
        return False
    return bool(view.params["key"] == key)


def set_shape(x: Any, shape: Any) -> None:
    """``x.shape = shape``: the same array is another view of its elements from now on.

    Raises:
        AttributeError: the elements do not lie so in memory that they could be seen in that shape, or it is a number.
        RuntimeError: it is a leaf that requires a gradient, which has the leaf's shape.
    """
    if x.is_scalar:
        raise AttributeError(
            f"x.shape = {shape}: a result without axes is a number, as NumPy's is; write x = x.reshape({shape})"
        )
    x._check_can_change("x.shape = shape")
    out = reshape(x, (shape,) if isinstance(shape, int) else tuple(shape))
    if view_of(out) is None:
        raise AttributeError(f"x.shape = {shape}: x is not contiguous; write x = x.reshape(...), which copies")
    whole = x._twin()  # which stands where x stood
    whole._view = before = view_of(x) or View()
    for part in parts_of(x):
        part._view.base = whole
    if before.base is not None:
        siblings = [reference for reference in before.base._view.parts if reference() is not x]
        before.base._view.parts = [*siblings, ref(whole)]
    x._become(out)
    x._view = view = View(whole, reshape, (), {"shape": tuple(out.shape), "copy": None})
    view.is_filled, view.is_read_only = before.is_filled, before.is_read_only
    before.parts = [reference for reference in before.parts if reference() is not out] + [ref(x)]


def _put_back(view: View, part: Any, base: Any) -> Any:
    """A base with a changed part."""
    put, names = _put_of(view.op)
    known = {**view.params, **dict(zip(view.op.operands[1:], view.rest)), "x": base, "x_shape": base.shape}
    if "x" in names:
        known["x"] = owned(base)
    return put(part, *[known[name] for name in names])


def _put_of(op: Primitive) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """How a part is put back, and what that asks for besides the part."""
    found = _puts.get(op)
    if found is None:
        assert op.put is not None  # what is for reading alone is refused before
        _, *names = inspect.signature(op.put).parameters
        found = _puts[op] = op.put, tuple(names)
    return found


_puts: dict[Primitive, tuple[Callable[..., Any], tuple[str, ...]]] = {}


def owned(x: Any) -> Any:
    """An array whose elements nobody else can see, so that they may be written over: the array itself.

    They are copied where somebody can: a node of the graph, a NumPy array that shares them, or the caller.
    """
    if not is_alone(x) and backend_of(bottom(x)).writes_in_place and not is_alone(x, _parts_below(x)):
        before = None if is_part(x) else layout_of(x)
        hold_copies(x)
        if before is not None:
            keep_layout(x, before)
    return x


def _parts_below(x: Any) -> list[Any]:
    """The living parts of an array, and theirs."""
    found = parts_of(x)
    for part in found:
        found += parts_of(part)
    return found
