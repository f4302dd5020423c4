"""Changing an array's dtype."""

from __future__ import annotations

from typing import Any

from anygrad.core.kinds import kinds
from anygrad.core.primitive import Array, linear
from anygrad.core.types import scalar_results

__all__ = ["astype", "promoted", "wide"]


@linear(lambda g: g)  # the engine casts every cotangent to its operand's dtype
def astype(x: Array, dtype: Any, /, *, copy: bool = True) -> Array:
    """Convert an array to another dtype.

    >>> ag.astype(ag.Tensor([1.5]), ag.int64)
    Tensor([1])
    """


class _Wide(dict[Any, Any]):
    """The dtype to count and to add up in: single precision for half, which ends at 65504, else the floating dtype."""

    def __missing__(self, dtype: Any) -> Any:
        self[dtype] = wider = "float32" if "16" in str(dtype) else dtype
        return wider


wide = _Wide()


def promoted(value: Any, dtype: Any) -> Any:
    """A saved array in the precision of the result: a partial of a float32 operand beside a float64 one is float64."""
    is_number = type(value) in scalar_results or not hasattr(value, "dtype")
    if is_number or value.dtype == dtype or kinds[value.dtype] != kinds[dtype]:
        return value
    return astype(value, dtype)
