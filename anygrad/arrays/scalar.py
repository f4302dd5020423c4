"""Results without axes, which are numbers as NumPy's scalars are; and the operators that change an array in place."""

from __future__ import annotations

import numbers
import sys
from typing import Any

from anygrad.arrays.asking import is_at_of_array_api_extra
from anygrad.core.kinds import kind_of

__all__ = ["IN_PLACE", "Scalar", "scalar_type_of", "type_without_axes"]

IN_PLACE = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
}
IN_PLACE |= {"and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>"}
"""The operators that have a form in place, by their methods' names, and how they are written."""


class _NoLength:
    """In place of ``__len__``: there is none, for ``hasattr`` as for ``len``."""

    def __get__(self, x: Any, owner: type) -> Any:
        raise _NoLengthError("a result without axes is a number, as NumPy's is, and has no length")


class _NoLengthError(AttributeError, TypeError):
    pass


class Scalar:
    """What a result without axes is besides a wrapper: a number, as NumPy's scalars are.

    ``x += y`` makes a new one, which may have axes and another dtype, and other names for the old one keep it. Arrays
    without axes that are made as such, and views without axes, are no scalars.
    """

    __slots__ = ()

    is_scalar = True
    __iter__ = None
    __len__ = _NoLength()

    def __hash__(self: Any) -> int:
        # One without a derivative finds what is filed under its value.
        is_exact = not self._carries and kind_of(self.data.dtype) in "bi"
        return hash(self._number()) if is_exact else object.__hash__(self)

    def __setitem__(self: Any, key: Any, value: Any) -> None:
        if not is_at_of_array_api_extra(sys._getframe(1)):
            raise TypeError(
                "x[key] = value: a result without axes is a number, as NumPy's is, and does not change; give x a new "
                "value, or make an array without axes with np.array(x, like=x)"
            )
        self.__class__ = self.array_type
        self[key] = value


numbers.Number.register(Scalar)

for _name in IN_PLACE:
    setattr(
        Scalar, f"__i{_name}__", lambda self, other: NotImplemented
    )  # so that Python goes on to the operator itself


ARRAYS = {"where", "zeros_like", "ones_like", "empty_like", "full_like", "broadcast_to"}
"""The operations that give arrays also where there are no axes, as NumPy's do."""


def type_without_axes(op: Any, wrapper: type[Any]) -> type[Any]:
    """The type of an operation's results without axes, for operands of a wrapper's type."""
    found: type[Any] = wrapper if op.name in ARRAYS else wrapper.scalar_type
    return found


def scalar_type_of(wrapper: type[Any]) -> type[Any]:
    """The type of results without axes that belongs to a wrapper's type."""
    namespace = {"__slots__": (), "__module__": wrapper.__module__, "array_type": wrapper}
    return type(wrapper.__name__, (Scalar, wrapper), namespace)
