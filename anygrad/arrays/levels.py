"""Arrays from outside a transform that were written to inside it, and what they are when it has ended.

What is written under a transform takes over that transform's level, as in ``y[0] = z`` of a y made outside and a z that
is followed. When the transform ends, y holds the value without what the transform followed: the array that its wrapper
of that level holds, which is again of the levels outside.
"""

from __future__ import annotations

import threading
from typing import Any, TypeAlias
from weakref import ref

from anygrad.core.types import rank

__all__ = ["deepened", "enter", "leave"]

Entered: TypeAlias = "list[tuple[ref[Any], Any]]"
"""Arrays, and what they were before."""


class _Deepened(threading.local):
    """Per thread: the arrays that have become of a deeper level in the innermost transform, and what they were."""

    arrays: Entered | None = None


_innermost = _Deepened()


def deepened(x: Any) -> None:
    """Remember an array that is about to become of a deeper level."""
    if _innermost.arrays is not None:
        _innermost.arrays.append((ref(x), type(x)))


def enter() -> Entered | None:
    """Begin to remember for a transform; what was remembered for the one around it is given back at its end."""
    outer = _innermost.arrays
    _innermost.arrays = []
    return outer


def leave(level: int, outer: Entered | None) -> None:
    """Bring back what has become of a transform's level meanwhile."""
    entered, _innermost.arrays = _innermost.arrays, outer
    for reference, before in entered or ():
        x = reference()
        if x is None or x.hides_axis:  # of a batch there is no one value
            continue
        if x.level == level and before.level < level:
            _surface(x, before)
        if outer is not None and x.level > before.level:
            outer.append((reference, before))


def _surface(x: Any, before: Any) -> None:
    held = x.data
    if rank(type(held)) <= before.level:
        x.__class__ = before.array_type
        held = x._holding(held)
    if held.family is x.family:
        x._surface(held._twin())
        if (view := getattr(x, "_view", None)) is not None:
            view.last = None
