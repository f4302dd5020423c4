"""Special values that libraries give otherwise than the standard, mended in the standard's own functions.

They look at no element on the host, so they are as fit for a GPU as for a graph that is not computed yet. NumPy's
look first whether there is anything to mend, and are in its own file.
"""

from __future__ import annotations

import math

from anygrad.backends import Backend
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array

__all__ = ["mend_special_values"]


def mend_special_values(backend: Backend) -> None:
    """Implement on a backend the operations whose special values its library gets from Python or from C."""

    @backend.implement("floor_divide")
    def floor_divide(x1: Array, x2: Array) -> Array:
        xp = backend.namespace
        out = xp.floor_divide(x1, x2)
        if kind_of(out.dtype) != "f":
            return out
        # Python pairs // with %: inf // 2 is NaN and 1 // -inf is -1. The standard wants floor(x1 / x2).
        for x in (x1, x2):
            if hasattr(x, "shape") or math.isinf(x):
                infinite = xp.isinf(x) if hasattr(x, "shape") else xp.ones_like(out, dtype=xp.bool)
                out = xp.where(infinite, xp.divide(x1, x2), out)
        return out

    @backend.implement("expm1")
    def expm1(x: Array) -> Array:
        xp = backend.namespace
        out = xp.expm1(x)
        if kind_of(out.dtype) != "c":
            return out
        ordinary = xp.logical_and(xp.isfinite(x), x != 0)
        return xp.where(ordinary, out, xp.exp(x) - 1)  # exp has the special values of the C standard

    @backend.implement("tanh")
    def tanh(x: Array) -> Array:
        xp = backend.namespace
        out = xp.tanh(x)
        if kind_of(out.dtype) != "c":
            return out
        # The formula's imaginary part has the sign of sin(2 y), also where the limit is 0 from neither side.
        real, imaginary = xp.real(x), xp.imag(x)
        zero = xp.copysign(xp.zeros_like(imaginary), imaginary)
        limit = xp.copysign(xp.ones_like(real), real) + 1j * zero
        return xp.where(xp.logical_and(xp.isinf(real), xp.isfinite(imaginary)), limit, out)
