"""The Fourier transforms of the array API standard, differentiable: ``anygrad.fft``.

>>> ag.fft.rfft(ag.Tensor([1.0, 0.0, -1.0, 0.0]))
Tensor([0.+0.j, 2.+0.j, 0.+0.j], dtype=complex128)
"""

from __future__ import annotations

from typing import Any

from anygrad.arrays.creation import arange
from anygrad.ops.fft import (
    fft,
    fftn,
    fftshift,
    hfft,
    ifft,
    ifftn,
    ifftshift,
    ihfft,
    irfft,
    irfftn,
    rfft,
    rfftn,
)
from anygrad.reverse.tensor import Tensor

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: str | None = None) -> Tensor:
    """The frequencies of :func:`fft` of ``n`` samples at a distance ``d``, in cycles per unit of ``d``.

    Of the default floating dtype (float64) if none is given.

    Raises:
        ValueError: ``n`` is not positive.

    >>> ag.fft.fftfreq(4)
    Tensor([ 0.  ,  0.25, -0.5 , -0.25])
    """
    _require_positive("fftfreq", n)
    numbers = arange(-(n // 2), (n + 1) // 2, dtype=_floating(dtype), device=device)
    return ifftshift(numbers * (1.0 / (n * d)))  # type: ignore[no-any-return]


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: str | None = None) -> Tensor:
    """The frequencies of :func:`rfft` of ``n`` samples; arguments as of :func:`fftfreq`.

    >>> ag.fft.rfftfreq(4)
    Tensor([0.  , 0.25, 0.5 ])
    """
    _require_positive("rfftfreq", n)
    return arange(0, n // 2 + 1, dtype=_floating(dtype), device=device) * (1.0 / (n * d))  # type: ignore[no-any-return]


def _require_positive(function: str, n: int) -> None:
    if n < 1:
        raise ValueError(f"{function}: n must be positive, given {n}")


def _floating(dtype: Any) -> Any:
    return "float64" if dtype is None else dtype
