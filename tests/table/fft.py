"""The table of operations: Fourier transforms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import anygrad as ag
from tests.table.base import Draw, Operation, S, Sample, Samples

NORMS = ("backward", "ortho", "forward")
REAL = {"strict": "complex floating-point"}
TWICE = {"torch": "unique", "jax": "repeated axes"}


def spectrum(m: Draw, *shape: int) -> Any:
    """Complex numbers in the precision of the samples."""
    return m(*shape, dtype=np.result_type(m.dtype, np.complex64))


# --- along one axis ---------------------------------------------------------------------------------------------------


def one_axis(m: Draw, make: Any, *, least: int = 1) -> Iterator[Sample]:
    """Every normalisation; odd and even lengths, cropped, padded and just right; along every axis."""
    for norm in NORMS:
        yield S(make(5), norm=norm)
        yield S(make(4), n=6, norm=norm)
        yield S(make(6), n=5, norm=norm)
        yield S(make(5), n=4, norm=norm)
    for n in (1, 2, 3, 7, 8):
        yield S(make(5), n=n)
    yield S(make(least))
    yield S(make(2, 4), axis=-1)
    yield S(make(4, 3).T, axis=0, n=5)
    yield S(make(2, 5, 2), axis=1, n=3, norm="ortho")
    yield S(make(3, 2, 2), axis=-3)
    yield S(make(9)[::-2])


def of_any_numbers(m: Draw) -> Iterator[Sample]:
    for sample in one_axis(m, m):
        yield sample if m.dtype.kind == "c" else sample.refused_by(**REAL)


def of_reals(m: Draw) -> Iterator[Sample]:
    yield from one_axis(m, m)


def of_spectra(m: Draw) -> Iterator[Sample]:
    yield from one_axis(m, lambda *shape: spectrum(m, *shape), least=2)


# --- along several axes -----------------------------------------------------------------------------------------------


def several_axes(m: Draw, make: Any, refused: dict[str, str]) -> Iterator[Sample]:
    for norm in NORMS:
        yield S(make(2, 3), norm=norm).refused_by(**refused)
        yield S(make(3, 4), s=(4, 3), axes=(0, 1), norm=norm).refused_by(**refused)
    yield S(make(2, 3, 4), axes=(0, 2)).refused_by(**refused)
    yield S(make(2, 3, 4), axes=(-1, 0)).refused_by(**refused)
    yield S(make(3, 2, 2), axes=(0,), s=(5,)).refused_by(**refused)
    yield S(make(3, 2, 3).T, axes=(2, 0), s=(2, 4), norm="ortho").refused_by(**refused)
    yield S(make(2, 2, 3)).refused_by(**refused)
    yield S(make(5)).refused_by(**refused)
    yield S(make(2, 4), axes=(-1, -1)).refused_by(**refused, **TWICE)
    yield S(make(3, 4), axes=(1, 0, 1), s=(3, 2, 6), norm="forward").refused_by(**refused, **TWICE)


def grids(m: Draw) -> Iterator[Sample]:
    yield from several_axes(m, m, {} if m.dtype.kind == "c" else REAL)


def real_grids(m: Draw) -> Iterator[Sample]:
    yield from several_axes(m, m, {})


def spectra_of_grids(m: Draw) -> Iterator[Sample]:
    yield from several_axes(m, lambda *shape: spectrum(m, *shape), {})


# --- the order of frequencies -----------------------------------------------------------------------------------------


def shifted(m: Draw) -> Iterator[Sample]:
    yield S(m(5))
    yield S(m(4))
    yield S(m(2, 3))
    yield S(m(3, 4, 2), axes=1)
    yield S(m(3, 5).T, axes=(0, -1))
    yield S(m(2, 3), axes=[1])
    yield S(m(0, 3))
    yield S(m.integers(5))


def transform(name: str, samples: Samples, *, is_complex: bool = False) -> Operation:
    return Operation(name, getattr(ag.fft, name), getattr(np.fft, name), samples, is_complex=is_complex)


OPERATIONS = [
    transform("fft", of_any_numbers, is_complex=True),
    transform("ifft", of_any_numbers, is_complex=True),
    transform("rfft", of_reals),
    transform("irfft", of_spectra),
    transform("hfft", of_spectra),
    transform("ihfft", of_reals),
    transform("fftn", grids, is_complex=True),
    transform("ifftn", grids, is_complex=True),
    transform("rfftn", real_grids),
    transform("irfftn", spectra_of_grids),
    transform("fftshift", shifted, is_complex=True),
    transform("ifftshift", shifted, is_complex=True),
]
