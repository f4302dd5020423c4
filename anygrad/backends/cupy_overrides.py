"""Operations that CuPy, or array-api-compat over it, has otherwise than the standard, or stops the host for.

CuPy counts the elements of a mask on the host before it reads or writes through one, so nothing here indexes with one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anygrad.backends.cupy import cupy as backend
from anygrad.core.primitive import Array

Numbers = Sequence[int] | None

# --- elementwise ------------------------------------------------------------------------------------------------------


@backend.implement("sign")
def _sign(x: Array) -> Array:
    import cupy

    return cupy.sign(x)


@backend.implement("clip")
def _clip(x: Array, min: Array, max: Array) -> Array:
    import cupy

    # Bounds beyond an integer dtype, as 300 is for uint8, are no bounds; CuPy would refuse them.
    whole = cupy.iinfo(x.dtype) if x.dtype.kind in "iu" else None
    if min is not None and not (type(min) is int and whole and min <= whole.min):
        x = cupy.maximum(x, _of_dtype(min, x))
    if max is not None and not (type(max) is int and whole and max >= whole.max):
        x = cupy.minimum(x, _of_dtype(max, x))
    return x


def _of_dtype(bound: Any, x: Array) -> Any:
    return bound.astype(x.dtype, copy=False) if hasattr(bound, "dtype") else x.dtype.type(bound)


@backend.implement("remainder")
def _remainder(x1: Array, x2: Array) -> Array:
    import cupy

    if cupy.result_type(x1, x2).kind != "f":
        return cupy.remainder(x1, x2)
    # CuPy's x1 - floor(x1 / x2) * x2 loses the digits of large quotients, and the signs of 0.
    out = cupy.fmod(x1, x2)
    out = cupy.where((out != 0) & ((out < 0) != (x2 < 0)), out + x2, out)
    return cupy.where(out == 0, cupy.copysign(out, x2), out)


# --- linear algebra ---------------------------------------------------------------------------------------------------


@backend.implement("cholesky")
def _cholesky(x: Array) -> Array:
    import cupy

    factor = cupy.linalg.cholesky(x)
    # cuSOLVER stops at a pivot that is not positive, and what it leaves is no factor; CuPy says nothing of it.
    pivots = cupy.diagonal(factor, axis1=-2, axis2=-1).real
    is_positive = (pivots > 0).all(axis=-1)[..., None, None]
    return cupy.where(is_positive, factor, cupy.asarray(np.nan, dtype=factor.dtype))


@backend.implement("solve")
def _solve(x1: Array, x2: Array) -> Array:
    import cupy

    if x2.ndim > 1:  # CuPy's takes stacks of the same shape alone
        stack = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        x1 = cupy.broadcast_to(x1, (*stack, *x1.shape[-2:]))
        x2 = cupy.broadcast_to(x2, (*stack, *x2.shape[-2:]))
    return cupy.linalg.solve(x1, x2)


@backend.implement("pinv")
def _pinv(x: Array, rtol: Any = None) -> Array:
    import cupy

    if 0 in x.shape:
        return cupy.empty((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)
    if rtol is None:
        rtol = max(x.shape[-2:]) * np.finfo(x.dtype).eps
    u, s, vh = cupy.linalg.svd(x, full_matrices=False)
    least = cupy.asarray(rtol)[..., None] * s[..., :1]  # they come in descending order
    inverses = cupy.where(s > least, 1 / s, 0).astype(s.dtype, copy=False)
    return (vh.swapaxes(-2, -1).conj() * inverses[..., None, :]) @ u.swapaxes(-2, -1).conj()


# --- Fourier transforms along an axis that comes twice ----------------------------------------------------------------


def _several(name: str, last: str, others: str, last_is_first: bool) -> None:
    """Make a transform along several axes one along each in turn, where cuFFT's plan of all would take each once."""

    def run(x: Array, s: Numbers = None, axes: Numbers = None, norm: str = "backward") -> Array:
        fft = backend.namespace.fft
        if axes is None or len({a % x.ndim for a in axes}) == len(axes):
            whole: Callable[..., Array] = getattr(fft, name)
            return whole(x, s=s, axes=axes, norm=norm)
        lengths = [x.shape[a] if n == -1 else n for n, a in zip(s or (-1,) * len(axes), axes)]
        if s is None and last == "irfft":
            lengths[-1] = 2 * (lengths[-1] - 1)
        steps = [(others, n, a) for n, a in zip(lengths, axes)]
        steps[-1] = (last, lengths[-1], axes[-1])
        for function, n, axis in steps[::-1] if last_is_first else steps:
            x = getattr(fft, function)(x, n=n, axis=axis, norm=norm)
        return x

    backend.implement(name)(run)


_several("fftn", "fft", "fft", last_is_first=True)
_several("ifftn", "ifft", "ifft", last_is_first=True)
_several("rfftn", "rfft", "fft", last_is_first=True)
_several("irfftn", "irfft", "ifft", last_is_first=False)
