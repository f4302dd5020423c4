"""Changing an array's dtype, and asking about it."""

from __future__ import annotations

from typing import Any, Literal

from anygrad.primitive import Array, linear

__all__ = ["astype", "is_complex", "is_inexact", "kind_of", "kinds"]

Kind = Literal["b", "i", "f", "c"]


class _Kinds(dict[Any, Kind]):
    """The kind of each library's own dtype object, by the name all libraries share."""

    def __missing__(self, native: Any) -> Kind:
        name = str(native)
        kind: Kind = "c" if "complex" in name else "f" if "float" in name else "b" if "bool" in name else "i"
        self[native] = kind
        return kind


kinds = _Kinds()
"""The kind of each dtype: what :func:`kind_of` looks up."""


def kind_of(native: Any) -> Kind:
    """``b``, ``i``, ``f`` or ``c``: the kind of a dtype, which may be any library's own."""
    return kinds[native]


def is_complex(x: Array) -> bool:
    """Whether an array is complex."""
    return kinds[x.dtype] == "c"


def is_inexact(x: Array) -> bool:
    """Whether an array is of a real or complex floating dtype, and so can carry gradients."""
    return kinds[x.dtype] in "fc"


@linear(lambda g: g)  # the engine casts every cotangent to its operand's dtype
def astype(x: Array, dtype: Any, /, *, copy: bool = True) -> Array:
    """Convert an array to another dtype.

    >>> ag.astype(ag.Tensor([1.5]), ag.int64)
    Tensor([1])
    """
