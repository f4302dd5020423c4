"""Views: arrays that share their elements, as NumPy's do.

A view is a lens on the array that it is a part of. It is got by a view operation, and a changed part is put back by
what that operation says in its own statement. Both are anygrad's operations, so that a write through any alias is seen
by all others, and differentiated, in every mode and on every library, also on those that share no memory or cannot be
written.

Wrappers keep where they stand in a slot of their own, ``_view``, which only view operations and writes look at. An
alias holds the array that it is a part of; an array knows its living parts by weak references.
"""

from __future__ import annotations

import inspect
import itertools
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

import numpy as np

from anygrad.arrays.lenses import in_base
from anygrad.backends import backend_of
from anygrad.core.keys import is_plain
from anygrad.core.primitive import Primitive, slots
from anygrad.core.types import rank
from anygrad.ops.indexing import getitem, index_iset
from anygrad.ops.manipulation import reshape

__all__ = [
    "View",
    "assign",
    "bottom",
    "check_can_change",
    "flags_of",
    "is_ours",
    "link",
    "link_part",
    "owned",
    "parts_of",
    "read_only",
    "roots_of",
]
__all__ += ["set_shape", "view_of", "window", "write"]

_no_parts: tuple[()] = ()
"""In place of a list, until there is a part."""

SMALL = 4
"""A part of an array that is being filled has numbers of its own where it is at most one in so many."""


class View:
    """Where an array stands among those that share its elements.

    Attributes:
        base: the array that it is a part of, None for one that is whole.
        op, rest, params: the operation that gives the part, and its arguments after the base.
        parts: weak references to its own parts.
        is_filled: whether it, or what it is a part of, has been written to: it is then an array that is being filled.
        is_read_only: whether it must not be written to.
    """

    __slots__ = ("base", "is_filled", "is_read_only", "op", "params", "parts", "rest")

    def __init__(self, base: Any = None, op: Any = None, rest: tuple[Any, ...] = (), params: Any = None) -> None:
        self.base = base
        self.op = op
        self.rest = rest
        self.params = params
        self.parts: Any = _no_parts
        self.is_filled = False
        self.is_read_only = False

    def get(self, base: Any) -> Any:
        """The part of a base."""
        if self.op is getitem and not is_plain(self.params["key"]):
            return getitem(base, self.params["key"])
        return self.op.apply((base, *self.rest), self.params)

    def put(self, part: Any, base: Any) -> Any:
        """The base with a changed part."""
        put, names = _put_of(self.op)
        known = {**self.params, **dict(zip(self.op.operands[1:], self.rest)), "x": base, "x_shape": base.shape}
        if "x" in names:
            known["x"] = owned(base)
        out = put(part, *[known[name] for name in names])
        if "x" not in names and backend_of(bottom(out)).writes_in_place:
            _hold_copies(out, base)  # which lie in memory as before
        return out


def bottom(x: Any) -> Any:
    """The library's own array under all wrappers."""
    while rank(type(x)) > 0:
        x = x.data
    return x


def view_of(x: Any) -> View | None:
    """Where a wrapper stands among its aliases, None if it has none."""
    try:
        return x._view  # type: ignore[no-any-return]
    except AttributeError:
        return None


def roots_of(x: Any) -> Iterator[Any]:
    """The arrays that one is a part of, from itself to the whole."""
    while x is not None:
        yield x
        view = view_of(x)
        x = None if view is None else view.base


def parts_of(x: Any) -> list[Any]:
    """The living parts of an array."""
    view = view_of(x)
    return [] if view is None else [part for reference in view.parts if (part := reference()) is not None]


def _put_of(op: Primitive) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """How a part is put back, and what that asks for besides the part."""
    found = _puts.get(op)
    if found is None:
        assert op.put is not None  # what is for reading alone is refused before
        _, *names = inspect.signature(op.put).parameters
        found = _puts[op] = op.put, tuple(names)
    return found


_puts: dict[Primitive, tuple[Callable[..., Any], tuple[str, ...]]] = {}


# --- reading ----------------------------------------------------------------------------------------------------------


def link(op: Primitive, x: Any, out: Any, rest: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The result of a view operation, which remembers what it is a part of; as it is where NumPy would give a copy."""
    if out is x or x.is_scalar or getattr(out, "family", None) is not x.family:
        return out
    condition = op.shares
    if condition is not None and not condition(x, out, **params):
        return out
    if out.is_scalar:
        out.__class__ = out.array_type
    return link_part(op, x, out, rest, params)


slots.link = link


def link_part(op: Primitive, x: Any, out: Any, rest: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """What :func:`link` gives for a result that is known to share the operand's elements."""
    whole = getattr(x, "_view", None)
    if whole is None:
        whole = x._view = View()
    out._view = view = _new(View)  # a third less than by calling it
    view.base = x
    view.op = op
    view.rest = rest
    view.params = params
    view.parts = _no_parts
    view.is_read_only = whole.is_read_only or op.put is None
    view.is_filled = whole.is_filled
    if whole.is_filled and out.data.size * SMALL <= x.data.size:
        _hold_copies(out)
    parts = whole.parts
    if parts is _no_parts:
        parts = whole.parts = []
    parts.append(ref(out))
    if not len(parts) & 31:  # from time to time those are forgotten that are gone
        whole.parts = [reference for reference in parts if reference() is not None]
    return out


_new = object.__new__


def window(x: Any, key: Any) -> Any:
    """``x[key]`` for index arrays as a view for reading, as NumPy makes some by strides."""
    part = x[key]
    return read_only(link_part(getitem, x, part, (), {"key": key})) if rank(type(x)) > 0 else part


def read_only(x: Any) -> Any:
    """A view that must not be written to."""
    view = view_of(x)
    if view is not None:
        view.is_read_only = True
    return x


def _is_part(x: Any, out: Any, key: Any) -> bool:
    return _has_ellipsis(key) if out.is_scalar else _is_basic_key(key)  # without axes NumPy gives a number


def _is_in_order(x: Any, out: Any, shape: Any, copy: bool | None) -> bool:
    if copy:
        return False
    raw, view = x.data, getattr(x, "_view", None)
    is_whole = type(raw) is np.ndarray and not x.hides_axis and (view is None or view.base is None)
    return _can_be_viewed(raw if is_whole else _layout(x), tuple(out.shape))


getitem.shares = _is_part
reshape.shares = _is_in_order


def _is_basic_key(key: Any) -> bool:
    """Whether a key names a part that NumPy gives a view of."""
    return is_plain(key)


def _has_ellipsis(key: Any) -> bool:
    return any(part is ... for part in (key if type(key) is tuple else (key,)))


def _layout(x: Any) -> Any:
    """A NumPy array that lies in memory as that of a NumPy program would; what stands in it means nothing.

    It is the array that is held, down from the whole as far as parts share its memory, and from there what NumPy would
    make of it.
    """
    chain = list(roots_of(x))
    whole = chain.pop()
    layout, hidden = _held_in(whole)
    if layout is None or (hidden and not (layout.flags.c_contiguous or layout.flags.f_contiguous)):
        layout = np.empty(whole.shape, whole.dtype)  # which holds for libraries without strides, and for batches
    while chain:
        part = chain.pop()
        held, _ = _held_in(part)
        layout = held if held is not None and np.may_share_memory(held, layout) else _imagined(part, layout)
    return layout


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


def flags_of(x: Any) -> Any:
    """How an array lies in memory, as NumPy says it of its own."""
    return _layout(x).flags


# --- writing ----------------------------------------------------------------------------------------------------------


def check_can_change(x: Any, what: str) -> None:
    """Refuse to write to what is for reading alone, and to leaves that require a gradient."""
    view: View | None = getattr(x, "_view", None)
    if view is not None and view.is_read_only:
        raise ValueError(f"{what}: the array is read-only, as NumPy's is here; write to a copy, x = x.copy()")
    x._check_can_change(what)
    while view is not None and view.base is not None:
        view.base._check_can_change(what)
        view = view.base._view


def assign(x: Any, out: Any) -> None:
    """Give an array new contents, which all that share its elements see.

    They are put back from part to whole, and then got anew by the other parts.
    """
    x._check_can_become(out)
    view: View | None = getattr(x, "_view", None)
    if view is None:
        x._become(out)
        return
    if _is_within_a_view(view):
        write(view.base, view.params["key"], out)
        return
    changes = [(x, out)]
    while view.base is not None:
        x, out = view.base, view.put(out, view.base)
        x._check_can_become(out)
        changes.append((x, out))
        view = x._view
    for array, value in changes:
        array._become(value)
    seen = {id(array) for array, _ in changes}
    stack = [array for array, _ in changes]
    while stack:
        whole = stack.pop()
        for part in parts_of(whole):
            if id(part) not in seen:
                part._become(part._view.get(whole))
                stack.append(part)


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
    assign(x, index_iset(owned(x), value, key))
    while x is not None and backend_of(bottom(x)).writes_in_place:
        view = view_of(x)
        if view is None:
            view = x._view = View()
        view.is_filled = True
        x = view.base


def _is_there_already(x: Any, key: Any, value: Any) -> bool:
    """Whether a value is the very part that it is written to, as at the end of ``x[key] += y``."""
    view = view_of(value) if rank(type(value)) > 0 else None
    if view is None or view.base is not x or view.op.name != "getitem" or not _is_basic_key(key):
        return False
    return bool(view.params["key"] == key)


def set_shape(x: Any, shape: Any) -> None:
    """``x.shape = shape``: the same array is another view of its elements from now on.

    Raises:
        AttributeError: the elements do not lie so in memory that they could be seen in that shape.
    """
    out = reshape(x, (shape,) if isinstance(shape, int) else tuple(shape))
    if not x.is_scalar and view_of(out) is None:
        raise AttributeError(f"x.shape = {shape}: x is not contiguous; write x = x.reshape(...), which copies")
    whole = x._twin()  # which stands where x stood
    whole._view = before = view_of(x) or View()
    for part in parts_of(x):
        part._view.base = whole
    if before.base is not None:
        before.base._view.parts = [*before.base._view.parts, ref(whole)]
    x._become(out)
    x._view = view = View(whole, reshape, (), {"shape": tuple(out.shape), "copy": None})
    view.is_filled, view.is_read_only = before.is_filled, before.is_read_only
    before.parts = [reference for reference in before.parts if reference() is not out] + [ref(x)]


def owned(x: Any) -> Any:
    """An array whose elements nobody else can see, so that they may be written over: the array itself.

    They are copied where somebody can: a node of the graph, a NumPy array that shares them, or the caller.
    """
    if not _is_alone(x) and backend_of(bottom(x)).writes_in_place:
        _hold_copies(x)
    return x


def _hold_copies(x: Any, like: Any = None) -> None:
    """Hold copies of what is held, which lie in memory as what another wrapper holds, or as before."""
    for name in x._held:
        value = getattr(x, name)
        if value is not None:
            setattr(x, name, _copied(value, None if like is None else like.data))


def _copied(value: Any, like: Any) -> Any:
    """A copy of an array with all that it holds, at the same place in the graph."""
    if rank(type(value)) == 0:
        return backend_of(value).copied(value, bottom(like))
    twin = value._twin()
    _hold_copies(twin, like if rank(type(like)) > 0 else None)
    return twin


def _is_alone(x: Any) -> bool:
    """Whether what a wrapper holds is held by nobody else."""
    for name in x._held:
        holders = _holders(x, name)
        value = getattr(x, name)
        if value is None:
            continue
        if holders > ONE_HOLDER:
            return False
        if not (_is_alone(value) if rank(type(value)) > 0 else backend_of(value).owns_memory(value)):
            return False
        del value
    return CAN_COUNT


def is_ours(g: Any) -> bool:
    """Whether nobody holds an array, and all in it, but the function that asks and the one that has called that."""
    if sys.getrefcount(g) > TWO_CALLERS:
        return False
    return CAN_COUNT and (_is_alone(g) if rank(type(g)) > 0 else backend_of(g).owns_memory(g))


def _holders(x: Any, name: str) -> int:
    """How many references there are to an attribute of an object, those of this look included."""
    value = getattr(x, name)
    return sys.getrefcount(value)


class _Holder:
    __slots__ = ("value",)

    value: object


_holder = _Holder()
_holder.value = object()
ONE_HOLDER = _holders(_holder, "value")


def _counted() -> int:
    """What :func:`is_ours` counts for an array that only its callers hold."""

    def calling() -> int:
        g = object()
        return asking(g)

    def asking(g: object) -> int:
        return asked(g)

    def asked(g: object) -> int:
        return sys.getrefcount(g)

    return calling()


TWO_CALLERS = _counted()
CAN_COUNT = getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether references are counted exactly, which they are not without Python's global lock: copies are made there."""
