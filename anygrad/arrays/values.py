"""The values of an array, for what computes without it: NumPy arrays, numbers, lists and text."""

from __future__ import annotations

import math
import sys
from typing import Any, ClassVar

import numpy as np

from anygrad.arrays.asking import formats_text, makes_masked, takes_objects
from anygrad.arrays.levels import Place
from anygrad.arrays.mixin import ArrayMixin
from anygrad.arrays.ownership import bottom
from anygrad.backends import backend_of
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array
from anygrad.core.types import ENDED, rank
from anygrad.ops.indexing import getitem

__all__ = ["Values", "hidden_axes"]

AS_AN_ARRAY = (
    "in a list write np.array([...], like=x) or np.stack([...]), to assign it into an array make that with "
    "np.zeros(shape, like=x), and for a.dot(x) write np.dot(a, x)"
)
WITHOUT_A_MASK = "for masked arrays, numpy.ma, write np.where(mask, 0.0, x)"


def hidden_axes(x: Any) -> int:
    """How many axes the wrappers of an array hide."""
    count = 0
    while rank(type(x)) > 0:
        count += x.hides_axis
        x = x.data
    return count


class Values(ArrayMixin):
    """What a wrapper gives of the values at its bottom, and when it refuses: where a derivative would be lost."""

    __slots__ = ()

    place: ClassVar[Place]
    data: Array

    @property
    def _carries(self) -> bool:
        """Whether a derivative travels with it, at its level or at one below."""
        return isinstance(self.data, Values) and self.data._carries

    def _check_can_leave(self, what: str) -> None:
        """Refuse to become a number silently, where that would lose a derivative: code may go on to compute with it."""
        if isinstance(self.data, Values):
            self.data._check_can_leave(what)

    def _check_can_be_read(self, what: str) -> None:
        """Refuse what asks for plain values, within a transform: all that a function computes with counts there."""
        if self.place.level and self.place.rank != ENDED:
            self._check_can_leave(what)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self._carries:
            frame = sys._getframe(1)
            if takes_objects(dtype, frame):
                return self._of_objects()
            remedy = WITHOUT_A_MASK if makes_masked(frame) else AS_AN_ARRAY
            raise RuntimeError(
                f"{self._described} does not become a NumPy array by itself, which would lose the derivative; "
                f"{remedy}{self._remedy}"
            )
        return np.asarray(self._on_host(), dtype=dtype, copy=copy)

    def _of_objects(self) -> Any:
        """A NumPy array of the elements, each an array of no axes with its derivative."""
        out = np.empty(self.shape, dtype=object)
        for index in np.ndindex(*self.shape):
            out[index] = getitem(self, index) if index else self
        return out

    _described: ClassVar[str]
    _remedy: ClassVar[str] = ""

    def _on_host(self) -> Any:
        """The values as a NumPy array."""
        raw = bottom(self)
        return backend_of(raw).to_numpy(raw)

    def item(self, *index: Any) -> Any:
        """The single element, or that at an index, as a Python number: ``x.item(2)`` of the flattened array.

        Raises:
            ValueError: there is not exactly one element, and no index.
            RuntimeError: within a transform, a derivative would be lost.
        """
        self._check_can_be_read("item()")
        return self._on_host().item(*index) if index else self._number()

    def _number(self) -> Any:
        if self.size != 1:
            raise ValueError(f"item: the {type(self).__name__} must have one element, given shape {self.shape}")
        return self._on_host().reshape(()).item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers.

        Raises:
            RuntimeError: within a transform, a derivative would be lost.
        """
        self._check_can_be_read("tolist()")
        return self._on_host().tolist()

    def tobytes(self, order: Any = "C") -> bytes:
        """The bytes of the values, as they lie in a NumPy array.

        Raises:
            RuntimeError: within a transform, a derivative would be lost.
        """
        self._check_can_be_read("tobytes()")
        return bytes(self._on_host().tobytes(order))

    def __float__(self) -> float:
        if self._carries and not formats_text(sys._getframe(1)):
            self._check_can_leave("float()")
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __complex__(self) -> complex:
        self._check_can_leave("complex()")
        return complex(self._number())

    # Steps, whose derivative is 0, so that nothing is lost.

    def __round__(self, ndigits: int | None = None) -> Any:
        return round(self._number()) if ndigits is None else self.round(ndigits)

    def __floor__(self) -> Any:
        return math.floor(self._number())

    def __ceil__(self) -> Any:
        return math.ceil(self._number())

    def __trunc__(self) -> Any:
        return math.trunc(self._number())

    def __index__(self) -> int:
        if kind_of(self.dtype) != "i":
            raise TypeError(f"only an integer {type(self).__name__} can be an index, given {self.dtype}")
        return int(self._number())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"the truth of a {type(self).__name__} of shape {self.shape} is ambiguous; use anygrad.any or all"
            )
        return bool(self._number())

    def __format__(self, spec: str) -> str:
        return format(self._number(), spec) if spec and not hidden_axes(self) else repr(self)
