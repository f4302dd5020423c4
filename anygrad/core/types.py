"""Array types: whose arrays they are, and which of several arrays in one call handles it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "ENDED",
    "SCALARS",
    "device_of",
    "find_entry",
    "in_common",
    "library_types",
    "on_new_type",
    "outlived",
    "rank",
    "ranks",
    "refused",
    "register_finder",
    "register_type",
    "same_library",
    "scalar_results",
]

Maker: TypeAlias = Callable[[Any, type], Callable[..., Any]]
DeviceOf: TypeAlias = Callable[[Any], str]

SCALARS = (bool, int, float, complex)

ENDED = sys.maxsize
"""The rank of a wrapper's type whose transform has ended: above all others, so that it is noticed."""

scalar_results: dict[type, Callable[[Any], Any]] = {}
"""For types that a library returns in place of a 0-d array (NumPy's scalars): how to make them one."""


class _InCommon(dict[tuple[type, type], "type | None"]):
    """For two types of arrays the one whose implementation takes both: of an array and a number the array's.

    None for those of two libraries, and for wrappers.
    """

    def __missing__(self, types: tuple[type, type]) -> type | None:
        first, second = types
        is_mixed = first in scalar_results or second in scalar_results
        is_common = is_mixed and ranks[first] == ranks[second] == 0 and same_library(first, second)
        self[types] = found = None if not is_common else second if first in scalar_results else first
        return found


in_common = _InCommon()

refused: dict[str, str] = {}
"""Classes derived from a library's arrays that mean something else, by module and name: what to write instead."""


class _Entry(NamedTuple):
    maker: Maker
    device_of: DeviceOf


_makers: dict[type, _Entry] = {}
on_new_type: list[Callable[[], None]] = []
"""What to call when a type has been registered."""

_finders: list[Callable[[type], bool]] = []


def register_type(array_type: type, maker: Maker, device_of: DeviceOf) -> None:
    """Let ``maker(primitive, type)`` supply the implementation of each primitive for arrays of a type.

    ``device_of(array)`` names an array's device. A library's own arrays have rank 0; a wrapper's type has a ``place``
    that knows its ``rank``: among the operands of one call the highest rank handles it.
    """
    _makers[array_type] = _Entry(maker, device_of)
    ranks.clear()
    for forget in on_new_type:
        forget()


def register_finder(finder: Callable[[type], bool]) -> None:
    """Add a function that is asked about an unknown type, may register it, and says whether it did."""
    _finders.append(finder)


def device_of(array: Any) -> str:
    """The name of the device an array lives on.

    Raises:
        TypeError: it is no array of a known library.
    """
    entry = find_entry(type(array))
    if entry is None:
        raise TypeError(f"device_of: {type(array).__qualname__} is not an array of a registered library")
    return entry.device_of(array)


def library_types(array_type: type) -> frozenset[type]:
    """The types of arrays that belong to one library with a type: with NumPy's arrays come its scalars."""
    return frozenset({array_type, *(other for other in _makers if same_library(array_type, other))})


def find_entry(array_type: type) -> _Entry | None:
    """What was registered for a type, or for one that it derives from.

    Raises:
        TypeError: it means something else by an operation than that one does.
    """
    for base in array_type.__mro__:
        if (reason := refused.get(f"{base.__module__.partition('.')[0]}.{base.__qualname__}")) is not None:
            raise TypeError(f"{base.__module__}.{base.__qualname__}: {reason}")
        if base in _makers:
            return _makers[base]
    if any(finder(array_type) for finder in _finders):
        return find_entry(array_type)
    return None


def same_library(t: type, other: type) -> bool:
    """Whether arrays of two types belong to one library."""
    entry, other_entry = find_entry(t), find_entry(other)
    return entry is not None and other_entry is not None and entry.maker == other_entry.maker


class Ranks(dict[type, int]):
    """The rank of each type seen: -1 for what is no array (scalars, shapes, None)."""

    def __missing__(self, array_type: type) -> int:
        known = array_type not in SCALARS and find_entry(array_type) is not None
        place = getattr(array_type, "place", None)
        self[array_type] = found = -1 if not known else 0 if place is None else place.rank
        return found


def outlived(array_type: type) -> RuntimeError:
    """What to raise where an array is used whose transform has ended."""
    return RuntimeError(
        f"a {array_type.__name__} is used whose transform has ended: it was kept outside of the function that was "
        f"transformed, in a cache, an attribute or a global; return it from the function (with has_aux=True), or "
        f"compute it anew in each call"
    )


ranks = Ranks()
"""What :func:`rank` looks up."""


def rank(array_type: type) -> int:
    """The rank of an array type: 0 for a library's own arrays, more for a wrapper, -1 for what is no array."""
    return ranks[array_type]
