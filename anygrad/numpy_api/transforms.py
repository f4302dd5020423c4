"""``numpy.fft``."""

from __future__ import annotations

from typing import Any

import anygrad as ag
from anygrad.core.primitive import Array
from anygrad.numpy_api.registry import dtype_of, floating, implements

__all__: list[str] = []


def _along_one(name: str) -> None:
    function = getattr(ag.fft, name)
    is_of_complex = name in ("fft", "ifft", "irfft", "hfft")

    def transform(a: Array, n: int | None = None, axis: int = -1, norm: Any = None) -> Array:
        a = _complex(a) if is_of_complex else floating(a)
        return function(a, n=n, axis=axis, norm=norm or "backward")

    transform.__name__ = name
    implements(f"fft.{name}")(transform)


def _along_many(name: str, of: str, axes: Any) -> None:
    function = getattr(ag.fft, of)
    default = axes
    is_of_complex = of in ("fftn", "ifftn", "irfftn")

    def transform(a: Array, s: Any = None, axes: Any = default, norm: Any = None) -> Array:
        a = _complex(a) if is_of_complex else floating(a)
        if axes is None:
            axes = range(-len(a.shape if s is None else s), 0)
        lengths = None if s is None else tuple(a.shape[i] if n == -1 else n for n, i in zip(s, axes))
        return function(a, s=lengths, axes=tuple(axes), norm=norm or "backward")

    transform.__name__ = name
    implements(f"fft.{name}")(transform)


def _complex(a: Array) -> Array:
    """An array as a complex one, which not every library takes a real one for."""
    dtype = dtype_of(floating(a))
    return a if dtype.kind == "c" else ag.astype(a, "complex64" if dtype.itemsize == 4 else "complex128")


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    _along_one(_name)
for _name in ("fft", "ifft", "rfft", "irfft"):
    _along_many(f"{_name}n", f"{_name}n", None)
    _along_many(f"{_name}2", f"{_name}n", (-2, -1))


@implements("fft.fftshift")
def fftshift(x: Array, axes: Any = None) -> Array:
    """The zero frequency in the middle."""
    return ag.fft.fftshift(x, axes=axes)


@implements("fft.ifftshift")
def ifftshift(x: Array, axes: Any = None) -> Array:
    """The zero frequency in front again."""
    return ag.fft.ifftshift(x, axes=axes)
