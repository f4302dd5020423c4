"""Who holds an array: whether it may be written over, or is to be copied first.

Python counts references exactly, at no cost to those who do not ask. Where it does not, without its global lock, nobody
is known to be alone, and copies are made.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from anygrad.backends import backend_of
from anygrad.core.types import rank

__all__ = ["CAN_COUNT", "bottom", "hold_copies", "is_alone", "is_ours"]


def bottom(x: Any) -> Any:
    """The library's own array under all wrappers."""
    while rank(type(x)) > 0:
        x = x.data
    return x


def hold_copies(x: Any) -> None:
    """Hold copies of what is held."""
    for name in x._held:
        value = getattr(x, name)
        if value is not None:
            setattr(x, name, _copied(value))


def _copied(value: Any) -> Any:
    """A copy of an array with all that it holds, at the same place in the graph."""
    if rank(type(value)) == 0:
        return backend_of(value).copied(value)
    twin = value._twin()
    hold_copies(twin)
    return twin


def is_alone(x: Any, parts: Sequence[Any] = ()) -> bool:
    """Whether nobody else holds what a wrapper does, but for some parts of it, which are got anew after a write."""
    for name in x._held:
        holders = _holders(x, name)
        value = getattr(x, name)
        if value is None:
            continue
        own = [
            part for part in parts if _holders(part, name) == ONE_HOLDER and type(getattr(part, name)) is type(value)
        ]
        if rank(type(value)) > 0:
            found = holders == ONE_HOLDER and is_alone(value, [getattr(part, name) for part in own])
        else:
            views = sum(getattr(getattr(part, name), "base", None) is value for part in own)
            found = holders - views == ONE_HOLDER and backend_of(value).owns_memory(value)
        if not found:
            return False
        del value
    return CAN_COUNT


def is_ours(g: Any) -> bool:
    """Whether nobody holds an array, and all in it, but the function that asks and the one that has called that."""
    if sys.getrefcount(g) > TWO_CALLERS:
        return False
    return CAN_COUNT and (is_alone(g) if rank(type(g)) > 0 else backend_of(g).owns_memory(g))


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
