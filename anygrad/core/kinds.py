"""The kinds of dtypes, which may be any library's own."""

from __future__ import annotations

from typing import Any, Literal

__all__ = ["is_complex", "is_inexact", "kind_of", "kinds"]

Kind = Literal["b", "i", "f", "c"]


class _Kinds(dict[Any, Kind]):
    """The kind of each library's own dtype object, by the name all libraries share."""

    def __missing__(self, native: Any) -> Kind:
        name = str(getattr(native, "name", native))  # NumPy writes other byte orders as ">f8"
        kind: Kind = "c" if "complex" in name else "f" if "float" in name else "b" if "bool" in name else "i"
        self[native] = kind
        return kind


kinds = _Kinds()
"""The kind of each dtype: what :func:`kind_of` looks up."""


def kind_of(native: Any) -> Kind:
    """``b``, ``i``, ``f`` or ``c``: the kind of a dtype, which may be any library's own."""
    return kinds[native]


def is_complex(x: Any) -> bool:
    """Whether an array is complex."""
    return kinds[x.dtype] == "c"


def is_inexact(x: Any) -> bool:
    """Whether an array is of a real or complex floating dtype, and so can carry gradients."""
    return kinds[x.dtype] in "fc"
