"""What a mask reads that differs between the members of a batch: values whose number no shape can tell."""

from __future__ import annotations

from typing import Any

import numpy as np

from anygrad.arrays.wrapper import bottom
from anygrad.backends import backend_of
from anygrad.core.keys import hidden_axis
from anygrad.ops.creation import ones_like
from anygrad.ops.indexing import getitem
from anygrad.ops.keys import masked_part
from anygrad.ops.searching import where

__all__ = ["Selection"]


class Selection(np.lib.mixins.NDArrayOperatorsMixin):
    """``x[mask]`` between a read and a write, as in ``x[mask] *= 2``: all elements, of which the mask's are meant.

    Operators and NumPy's ufuncs compute with it element by element; then it is assigned at the same mask. Anything else
    is refused.

    Attributes:
        hiding_mask: the mask.
    """

    __slots__ = ("_part", "hiding_mask")

    def __init__(self, part: Any, mask: Any) -> None:
        self._part = part
        self.hiding_mask = mask

    @classmethod
    def read(cls, x: Any, key: Any) -> Selection:
        """``x[key]``, where a mask in the key differs between members."""
        key_of_all, mask, _ = masked_part(x, key)
        part = getitem(x, key_of_all)
        # Ones elsewhere, so that functions and their derivatives are finite there.
        return cls(where(mask, part, ones_like(part)), hidden_axis(key))

    def at(self, key: Any) -> Any:
        """The elements from which those are taken that the mask of a key names."""
        if not _are_equal(self.hiding_mask, hidden_axis(key)):
            _refuse("at another mask")
        return self._part

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        kwargs.pop("out", None)  # which operators in place name, whose result is assigned all the same
        if method != "__call__" or kwargs:
            _refuse(f"by np.{ufunc.__name__}.{method}")
        if any(isinstance(x, Selection) and not _are_equal(x.hiding_mask, self.hiding_mask) for x in inputs):
            _refuse("beside those of another mask")
        if any(len(getattr(x, "shape", ())) for x in inputs if not isinstance(x, Selection)):
            _refuse("beside an array, of which nothing says how it lines up")
        values = [x._part if isinstance(x, Selection) else x for x in inputs]
        with backend_of(bottom(self._part)).quiet():  # of elements that are not meant
            return Selection(ufunc(*values), self.hiding_mask)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        _refuse("as an array")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("shape", "dtype", "data"):
            raise AttributeError(name)
        _refuse(f"for .{name}")

    def __bool__(self) -> bool:
        return bool(_refuse("as a truth value"))

    def __len__(self) -> int:
        return int(_refuse("for their number"))

    def __iter__(self) -> Any:
        _refuse("one by one")

    def __getitem__(self, key: Any) -> Any:
        _refuse("at an index")


def _are_equal(mask: Any, other: Any) -> bool:
    mask, other = bottom(mask), bottom(other)
    return mask is other or (mask.shape == other.shape and bool((mask == other).all()))


def _refuse(how: str) -> Any:
    raise TypeError(
        f"the values at a mask that differs between the members of a batch are of different numbers, and cannot be "
        f"used {how}; write where(mask, x, 0)"
    )
