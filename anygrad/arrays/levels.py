"""Levels: which transform an array belongs to; and what becomes of arrays when a transform ends.

Transforms are numbered as they begin, also in other threads, so that one which runs within another has the greater
number wherever it was started. The types of wrappers are few, for operations have an implementation for each: a
transform has one while it runs, and then another transform may have it.

What is written under a transform takes over that transform's level, as in ``y[0] = z`` of a y made outside and a z that
is followed. When the transform ends, y holds the value without what the transform followed: the array that its wrapper
of that level holds, which is again of the levels outside.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeAlias
from weakref import ref

from anygrad.core.types import ENDED, rank, ranks

__all__ = ["Place", "Transform", "current_level", "deepened", "innermost", "next_level", "next_number", "run_again"]

next_number = itertools.count(1).__next__
"""A number above those of all transforms that have begun."""


class Place:
    """Which transform a wrapper's type belongs to.

    Attributes:
        level: the number of the transform, of the last one where that has ended; 0 of the types that belong to none.
        rank: among several types the one of the highest rank handles an operation.
        inputs: what the transform follows, Tensors that are leaves until it ends.
    """

    __slots__ = ("inputs", "level", "rank")

    def __init__(self) -> None:
        self.level = 0
        self.rank = 1
        self.inputs: Sequence[Any] = ()


class Transform:
    """One transform, which has a type of a family of wrappers for as long as somebody remembers it.

    Attributes:
        level: its number.
        around: the transform that it is nested in, in this thread or task.
    """

    __slots__ = ("_runs", "_type", "around", "level")

    def __init__(self, family: Any, around: Transform | None) -> None:
        try:
            self._type = family.free_types.pop()
        except IndexError:
            self._type = family.new_type()
        self._runs = 0
        self.level = self._type.place.level = next_number()
        self.around = around

    def __enter__(self) -> Any:
        self._runs += 1
        self._set(self.level + 1, True)
        return self._type

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._runs -= 1
        if not self._runs:
            self._set(ENDED, None)

    def _set(self, its_rank: int, edge: bool | None) -> None:
        place = self._type.place
        place.rank = ranks[self._type] = ranks[self._type.scalar_type] = its_rank
        for x in place.inputs:
            x._edge = edge

    def __del__(self) -> None:
        self._type.place.inputs = ()
        self._type.free_types.append(self._type)


_innermost: ContextVar[Transform | None] = ContextVar("innermost", default=None)
innermost = _innermost.get
"""The innermost transform that runs in this thread or task."""


def current_level() -> int:
    """The level of the innermost transform that runs in this thread or task, 0 without one."""
    transform = innermost()
    return 0 if transform is None else transform.level


class next_level:
    """A type of a family of wrappers for a transform, which is nested in all that run already."""

    __slots__ = ("_before", "_outer", "_transform")

    def __init__(self, family: Any) -> None:
        self._transform = Transform(family, innermost())

    def __enter__(self) -> Any:
        self._before = _innermost.set(self._transform)
        self._outer = _enter()
        return self._transform.__enter__()

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        try:
            _leave(self._transform.level, self._outer)
        finally:
            self._transform.__exit__(kind, error, traceback)
            _innermost.reset(self._before)


@contextlib.contextmanager
def run_again(transform: Transform | None) -> Iterator[None]:
    """Let a transform run once more that has ended, with those around it."""
    before = _innermost.set(transform)
    try:
        with contextlib.ExitStack() as stack:
            while transform is not None:
                stack.enter_context(transform)
                transform = transform.around
            yield
    finally:
        _innermost.reset(before)


# --- arrays from outside that are written to inside -------------------------------------------------------------------

Entered: TypeAlias = "list[tuple[ref[Any], Any]]"
"""Arrays, and what they were before."""


class _Deepened(threading.local):
    """Per thread: the arrays that have become of a deeper level in the innermost transform, and what they were."""

    arrays: Entered | None = None


_deepened = _Deepened()


def deepened(x: Any) -> None:
    """Remember an array that is about to become of a deeper level."""
    if _deepened.arrays is not None:
        _deepened.arrays.append((ref(x), type(x)))


def _enter() -> Entered | None:
    """Begin to remember for a transform; what was remembered for the one around it is given back at its end."""
    outer = _deepened.arrays
    _deepened.arrays = []
    return outer


def _leave(level: int, outer: Entered | None) -> None:
    """Bring back what has become of a transform's level meanwhile."""
    entered, _deepened.arrays = _deepened.arrays, outer
    for reference, before in entered or ():
        x = reference()
        if x is None or x.hides_axis:  # of a batch there is no one value
            continue
        if x.level == level and before.place.level < level:
            _surface(x, before)
        if outer is not None and x.level > before.place.level:
            outer.append((reference, before))


def _surface(x: Any, before: Any) -> None:
    held = x.data
    if rank(type(held)) <= before.place.level:
        x.__class__ = before.array_type
        held = x._holding(held)
    if held.family is x.family:
        x._surface(held._twin())
        if (view := getattr(x, "_view", None)) is not None:
            view.last = None
