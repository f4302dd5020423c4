"""The operators that change an array in place, ``x += y``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anygrad.arrays.creation import constant
from anygrad.arrays.writes import assign, become, check_can_change
from anygrad.core.primitive import Primitive
from anygrad.core.types import SCALARS, rank
from anygrad.ops.datatypes import astype

__all__ = ["in_place"]


def in_place(symbol: str, op: Primitive) -> Callable[[Any, Any], Any]:
    """The method behind ``x += y``: the array is replaced by the result's, the graph keeps the old one."""
    table = op.table
    statement = f"x {symbol}= y"

    def method(self: Any, other: Any) -> Any:
        kind = type(self)
        if type(other) is not kind and type(other) not in SCALARS and rank(type(other)) < 0:
            if not isinstance(other, list | tuple):
                return NotImplemented
            other = constant(other, self.device)
        view = getattr(self, "_view", None)
        if view is None:
            self._check_can_change(statement)
        else:
            check_can_change(self, statement)
        out = table[kind](self, other)
        if type(out) is not kind:
            out = op(self, other) if out is NotImplemented else out  # it may be that of a transform nested deeper
            out = _cast_back(self, out, symbol)
        elif not _is_alike(out.data, self.data):
            out = _cast_back(self, out, symbol)
        if view is None and type(out) is kind:
            become(self, out)
        else:
            assign(self, out)
        return self

    return method


def _is_alike(x: Any, y: Any) -> bool:
    return bool(x.shape == y.shape and x.dtype == y.dtype)


def _cast_back(x: Any, out: Any, symbol: str) -> Any:
    """The result of an operation in place in the dtype of the array that it goes into.

    Raises:
        ValueError: it has another shape.
        TypeError: it is of another kind of dtype.
    """
    remedy = f"write x = x {symbol} y"
    if out.shape != x.shape:
        raise ValueError(f"x {symbol}= y: the result has shape {out.shape} and x has {x.shape}; {remedy}")
    if out.dtype == x.dtype:
        return out
    if not np.can_cast(out.dtype, x.dtype, "same_kind"):
        raise TypeError(f"x {symbol}= y: the result is {out.dtype} and x is {x.dtype}; {remedy}")
    return astype(out, x.dtype)
