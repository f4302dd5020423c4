"""The kinds of dtypes, which may be any library's own."""

from __future__ import annotations

from typing import Any, Literal

__all__ = ["is_complex", "is_inexact", "kind_of", "kinds"]

Kind = Literal["b", "i", "f", "c"]


class _Kinds(dict[Any, Kind]):
    """The kind of each library's own dtype object, by the name all libraries share."""

    def __missing__(self, native: Any) -> Kind:
        name = str(getattr(native, "name", native))  # NumPy writes other byte orders as ">f8"
        kind = next((kind for word, kind in KINDS.items() if word in name), None)
        if kind is None:
            raise TypeError(f"anygrad's arrays hold numbers and truth values, given the dtype {native}")
        self[native] = kind
        return kind


KINDS: dict[str, Kind] = {"complex": "c", "float": "f", "bool": "b", "int": "i"}
"""The kind of each word in a dtype's name."""


kinds = _Kinds()
"""The kind of each dtype: what :func:`kind_of` looks up."""


def kind_of(native: Any) -> Kind:
    """``b``, ``i``, ``f`` or ``c``: the kind of a dtype, which may be any library's own.

    Raises:
        TypeError: it is of none: of objects, texts, times or records.
    """
    return kinds[native]


def is_complex(x: Any) -> bool:
    """Whether an array is complex."""
    return kinds[x.dtype] == "c"


def is_inexact(x: Any) -> bool:
    """Whether an array is of a real or complex floating dtype, and so can carry gradients."""
    return kinds[x.dtype] in "fc"
