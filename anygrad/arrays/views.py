"""Views: arrays that share their elements, as NumPy's do.

A view is a lens on the array that it is a part of. It is got by a view operation, and a changed part is put back by
what that operation says in its own statement. Both are anygrad's operations, so that a write through any alias is seen
by all others, and differentiated, in every mode and on every library, also on those that share no memory or cannot be
written.

Wrappers keep where they stand in a slot of their own, ``_view``, which only view operations and writes look at. An
alias holds the array that it is a part of; an array knows its living parts by weak references.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import ref

from anygrad.arrays.ownership import hold_copies
from anygrad.core.keys import is_plain
from anygrad.core.primitive import Primitive, slots
from anygrad.core.types import rank
from anygrad.ops.indexing import getitem

__all__ = [
    "View",
    "hold_little",
    "is_part",
    "link",
    "link_part",
    "parts_of",
    "read_only",
    "roots_of",
    "view_of",
    "window",
]

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
        has_leaf: whether one of its parts, or of these, has been made a leaf that requires a gradient.
        layout: of one that is whole a NumPy array that lies in memory as NumPy's would, where what is held does not.
        last: what was read of it last, until it is written to; see :func:`anygrad.reverse.indexing.read_again`.
    """

    __slots__ = ("base", "has_leaf", "is_filled", "is_read_only", "last", "layout", "op", "params", "parts", "rest")

    def __init__(self, base: Any = None, op: Any = None, rest: tuple[Any, ...] = (), params: Any = None) -> None:
        self.base = base
        self.op = op
        self.rest = rest
        self.params = params
        self.parts: Any = _no_parts
        self.is_filled = False
        self.is_read_only = False
        self.has_leaf = False
        self.last: Any = None
        self.layout: Any = None

    def get(self, base: Any) -> Any:
        """The part of a base."""
        if self.op is getitem and not is_plain(self.params["key"]):
            return getitem(base, self.params["key"])
        return self.op.apply((base, *self.rest), self.params)


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


def is_part(x: Any) -> bool:
    """Whether an array is a part of another."""
    view = view_of(x)
    return view is not None and view.base is not None


def parts_of(x: Any) -> list[Any]:
    """The living parts of an array."""
    view = view_of(x)
    return [] if view is None else [part for reference in view.parts if (part := reference()) is not None]


def mark_leaf(x: Any) -> None:
    """Let what an array is a part of know that it is a leaf from now on, which no write may reach."""
    for whole in roots_of(x):
        if (view := view_of(whole)) is not None:
            view.has_leaf = True


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


def link_part(
    op: Primitive, x: Any, out: Any, rest: tuple[Any, ...], params: dict[str, Any], *, is_little: bool = False
) -> Any:
    """What :func:`link` gives for a result that is known to share the operand's elements.

    With ``is_little`` it is small, and has numbers of its own already.
    """
    whole = getattr(x, "_view", None)
    if whole is None:
        whole = x._view = View()
    out._view = view = _new(View)  # a third less than by calling it
    view.base = x
    view.op = op
    view.rest = rest
    view.params = params
    view.parts = _no_parts
    view.last = view.layout = None
    view.is_read_only = whole.is_read_only or op.put is None
    view.is_filled = whole.is_filled
    if whole.is_filled and not is_little:
        hold_little(out, x)
    parts = whole.parts
    if parts is _no_parts:
        parts = whole.parts = []
    parts.append(ref(out))
    n = len(parts)
    if n >= 32 and not n & (n - 1):  # those that are gone are forgotten whenever there are twice as many
        whole.parts = [reference for reference in parts if reference() is not None]
    return out


_new = object.__new__


def hold_little(part: Any, whole: Any) -> None:
    """Give a small part of an array that is being filled numbers of its own, so that it does not keep all of it."""
    if whole._view.is_filled and part.data.size * SMALL <= whole.data.size:
        hold_copies(part)


def window(x: Any, key: Any) -> Any:
    """``x[key]`` for index arrays as a view for reading, as NumPy makes some by strides."""
    part = x[key]
    return read_only(link_part(getitem, x, part, (), {"key": key})) if rank(type(x)) > 0 else part


def read_only(x: Any) -> Any:
    """A view that must not be written to."""
    if view_of(x) is None:
        x._view = View()
    x._view.is_read_only = True
    return x


def _is_part(x: Any, out: Any, key: Any) -> bool:
    return _has_ellipsis(key) if out.is_scalar else is_plain(key)  # without axes NumPy gives a number


getitem.shares = _is_part


def _has_ellipsis(key: Any) -> bool:
    return any(part is ... for part in (key if type(key) is tuple else (key,)))
