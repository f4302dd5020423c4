"""Discrete Fourier transforms: the fft extension of the standard.

Every transform is linear, and its derivative is its adjoint, again a transform: that of the inverse direction with the
normalisation of the other side. What crops or pads on the way in pads or crops on the way back. A transform between
real and complex numbers stores half of a Hermitian spectrum, so the frequencies that stand for two count twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from anygrad.core.primitive import Array, linear
from anygrad.ops._axes import Shape, normalized
from anygrad.ops.creation import new_arange, new_zeros
from anygrad.ops.elementwise import multiply
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import concat
from anygrad.ops.logic import greater, less, logical_and
from anygrad.ops.manipulation import reshape, roll
from anygrad.ops.searching import where

__all__ = [
    "fft",
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
    "rfftn",
]

Norm = Literal["backward", "ortho", "forward"]
Numbers = Sequence[int] | None
Adjoint = Callable[[Array, Shape, int | None, int, Norm], Array]

OPPOSITE: dict[Norm, Norm] = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The normalisation of the adjoint, which runs in the other direction with the same factor."""


# --- along one axis ---------------------------------------------------------------------------------------------------


@linear(lambda g, x_shape, n, axis, norm: _fft_adjoint(g, x_shape, n, axis, norm))
def fft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Array:
    """The discrete Fourier transform along an axis, which is cropped or padded with zeros to length ``n`` first.

    ``norm`` says which direction is divided by the length: ``"backward"`` the inverse, ``"forward"`` this one, and
    ``"ortho"`` both, by its square root.

    >>> ag.fft.fft(ag.Tensor([1.0, 2.0, 3.0, 4.0]))
    Tensor([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j], dtype=complex128)
    """


@linear(lambda g, x_shape, n, axis, norm: _ifft_adjoint(g, x_shape, n, axis, norm))
def ifft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Array:
    """The inverse of :func:`fft`, with the same arguments.

    >>> ag.fft.ifft(ag.Tensor([4.0, 0.0, 0.0, 0.0]))
    Tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j], dtype=complex128)
    """


@linear(lambda g, x_shape, n, axis, norm: _rfft_adjoint(g, x_shape, n, axis, norm))
def rfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Array:
    """The first ``n // 2 + 1`` frequencies of the transform of real numbers; the others are their conjugates.

    Arguments as of :func:`fft`.

    >>> ag.fft.rfft(ag.Tensor([1.0, 2.0, 3.0, 4.0]))
    Tensor([10.+0.j, -2.+2.j, -2.+0.j], dtype=complex128)
    """


@linear(lambda g, x_shape, n, axis, norm: _irfft_adjoint(g, x_shape, n, axis, norm))
def irfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Array:
    """The inverse of :func:`rfft`: ``n`` real numbers, by default ``2 * (m - 1)`` for ``m`` frequencies.

    The imaginary part of the zero frequency counts for nothing, nor does that of the last one if ``n`` is even.

    >>> ag.fft.irfft(ag.Tensor([10 + 0j, -2 + 2j, -2 + 0j]))
    Tensor([1., 2., 3., 4.])
    """


@linear(lambda g, x_shape, n, axis, norm: _hfft_adjoint(g, x_shape, n, axis, norm))
def hfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Array:
    """The real transform of a signal with Hermitian symmetry, given by its first half; arguments as of :func:`irfft`.

    >>> ag.fft.hfft(ag.Tensor([1 + 0j, 2 - 1j, 3 + 0j]))
    Tensor([ 8., -4.,  0.,  0.])
    """


@linear(lambda g, x_shape, n, axis, norm: _ihfft_adjoint(g, x_shape, n, axis, norm))
def ihfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Array:
    """The inverse of :func:`hfft`, with arguments as of :func:`rfft`.

    >>> ag.fft.ihfft(ag.Tensor([4.0, 0.0, 0.0, 0.0]))
    Tensor([1.-0.j, 1.-0.j, 1.-0.j], dtype=complex128)
    """


# --- along several axes -----------------------------------------------------------------------------------------------


@linear(lambda g, x_shape, s, axes, norm: _fftn_adjoint(g, x_shape, s, axes, norm))
def fftn(x: Array, /, *, s: Numbers = None, axes: Numbers = None, norm: Norm = "backward") -> Array:
    """The discrete Fourier transform along several axes, cropped or padded to the lengths ``s``; by default all axes.

    ``norm`` is as of :func:`fft`.

    >>> ag.fft.fftn(ag.Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([[10.+0.j, -2.+0.j],
            [-4.+0.j,  0.+0.j]], dtype=complex128)
    """


@linear(lambda g, x_shape, s, axes, norm: _ifftn_adjoint(g, x_shape, s, axes, norm))
def ifftn(x: Array, /, *, s: Numbers = None, axes: Numbers = None, norm: Norm = "backward") -> Array:
    """The inverse of :func:`fftn`, with the same arguments.

    >>> ag.fft.ifftn(ag.Tensor([[4.0, 0.0], [0.0, 0.0]]))
    Tensor([[1.+0.j, 1.+0.j],
            [1.+0.j, 1.+0.j]], dtype=complex128)
    """


@linear(lambda g, x_shape, s, axes, norm: _rfftn_adjoint(g, x_shape, s, axes, norm))
def rfftn(x: Array, /, *, s: Numbers = None, axes: Numbers = None, norm: Norm = "backward") -> Array:
    """The transform of real numbers along several axes: :func:`rfft` along the last, :func:`fft` along the rest.

    >>> ag.fft.rfftn(ag.Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([[10.+0.j, -2.+0.j],
            [-4.+0.j,  0.+0.j]], dtype=complex128)
    """


@linear(lambda g, x_shape, s, axes, norm: _irfftn_adjoint(g, x_shape, s, axes, norm))
def irfftn(x: Array, /, *, s: Numbers = None, axes: Numbers = None, norm: Norm = "backward") -> Array:
    """The inverse of :func:`rfftn`; ``s`` holds the lengths of the real result.

    >>> ag.fft.irfftn(ag.Tensor([[10 + 0j, -2 + 0j], [-4 + 0j, 0j]]))
    Tensor([[1., 2.],
            [3., 4.]])
    """


# --- the order of frequencies -----------------------------------------------------------------------------------------


def fftshift(x: Array, /, *, axes: int | Sequence[int] | None = None) -> Array:
    """The elements with the zero frequency moved from the front to the middle, along all axes or the given ones.

    >>> ag.fft.fftshift(ag.Tensor([0, 1, 2, -2, -1]))
    Tensor([-2, -1,  0,  1,  2])
    """
    along = _shifted_axes(x, axes, "fftshift")
    return roll(x, tuple(x.shape[a] // 2 for a in along), axis=along)


def ifftshift(x: Array, /, *, axes: int | Sequence[int] | None = None) -> Array:
    """The inverse of :func:`fftshift`.

    >>> ag.fft.ifftshift(ag.Tensor([-2, -1, 0, 1, 2]))
    Tensor([ 0,  1,  2, -2, -1])
    """
    along = _shifted_axes(x, axes, "ifftshift")
    return roll(x, tuple(-(x.shape[a] // 2) for a in along), axis=along)


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _shifted_axes(x: Array, axes: int | Sequence[int] | None, function: str) -> tuple[int, ...]:
    return normalized(tuple(axes) if isinstance(axes, Sequence) else axes, len(x.shape), function)


def _resized(x: Array, axis: int, shape: Shape) -> Array:
    """The array cropped or padded with zeros at its end, along one axis, to the length it has in a shape."""
    length, wanted = x.shape[axis], shape[axis]
    if length > wanted:
        return getitem(x, (slice(None),) * (axis % len(shape)) + (slice(0, wanted),))
    if length == wanted:
        return x
    added = tuple(wanted - length if i == axis % len(shape) else n for i, n in enumerate(x.shape))
    return concat([x, new_zeros(x, added)], axis=axis)


def _paired_times(x: Array, factor: float, axis: int, n: int) -> Array:
    """Half a spectrum, with a factor on the frequencies that stand for their conjugates too.

    All do but the zero frequency and, of an even number ``n``, the last.
    """
    axis %= len(x.shape)
    k = new_arange(x, x.shape[axis])
    is_paired = logical_and(greater(k, 0), less(k, (n + 1) // 2))
    return where(reshape(is_paired, (-1, *(1,) * (len(x.shape) - axis - 1))), multiply(x, factor), x)


def _fft_adjoint(g: Array, shape: Shape, n: int | None, axis: int, norm: Norm) -> Array:
    return _resized(ifft(g, axis=axis, norm=OPPOSITE[norm]), axis, shape)


def _ifft_adjoint(g: Array, shape: Shape, n: int | None, axis: int, norm: Norm) -> Array:
    return _resized(fft(g, axis=axis, norm=OPPOSITE[norm]), axis, shape)


def _rfft_adjoint(g: Array, shape: Shape, n: int | None, axis: int, norm: Norm) -> Array:
    n = shape[axis] if n is None else n
    return _resized(irfft(_paired_times(g, 0.5, axis, n), n=n, axis=axis, norm=OPPOSITE[norm]), axis, shape)


def _irfft_adjoint(g: Array, shape: Shape, n: int | None, axis: int, norm: Norm) -> Array:
    spectrum = rfft(g, axis=axis, norm=OPPOSITE[norm])
    return _resized(_paired_times(spectrum, 2.0, axis, g.shape[axis]), axis, shape)


def _hfft_adjoint(g: Array, shape: Shape, n: int | None, axis: int, norm: Norm) -> Array:
    signal = ihfft(g, axis=axis, norm=OPPOSITE[norm])
    return _resized(_paired_times(signal, 2.0, axis, g.shape[axis]), axis, shape)


def _ihfft_adjoint(g: Array, shape: Shape, n: int | None, axis: int, norm: Norm) -> Array:
    n = shape[axis] if n is None else n
    return _resized(hfft(_paired_times(g, 0.5, axis, n), n=n, axis=axis, norm=OPPOSITE[norm]), axis, shape)


# Along several axes the adjoint is one transform too, except where an axis comes twice: the lengths between the two
# passes are known only step by step.


def _plan(shape: Shape, s: Numbers, axes: Numbers) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of a transform, none of them negative, and the length along each."""
    if axes is None:
        axes = range(len(shape)) if s is None else range(len(shape) - len(s), len(shape))
    axes = normalized(tuple(axes), len(shape))
    return axes, tuple(shape[a] if n == -1 else n for a, n in zip(axes, s or (-1,) * len(axes)))


def _fftn_adjoint(g: Array, shape: Shape, s: Numbers, axes: Numbers, norm: Norm) -> Array:
    axes, lengths = _plan(shape, s, axes)
    if len(set(axes)) < len(axes):
        return _step_by_step(g, shape, [(_fft_adjoint, n, a) for a, n in zip(axes[::-1], lengths[::-1])], norm)
    return _all_resized(ifftn(g, axes=axes, norm=OPPOSITE[norm]), axes, shape)


def _ifftn_adjoint(g: Array, shape: Shape, s: Numbers, axes: Numbers, norm: Norm) -> Array:
    axes, lengths = _plan(shape, s, axes)
    if len(set(axes)) < len(axes):
        return _step_by_step(g, shape, [(_ifft_adjoint, n, a) for a, n in zip(axes[::-1], lengths[::-1])], norm)
    return _all_resized(fftn(g, axes=axes, norm=OPPOSITE[norm]), axes, shape)


def _rfftn_adjoint(g: Array, shape: Shape, s: Numbers, axes: Numbers, norm: Norm) -> Array:
    axes, lengths = _plan(shape, s, axes)
    if len(set(axes)) < len(axes):
        rest = [(_fft_adjoint, n, a) for a, n in zip(axes[-2::-1], lengths[-2::-1])]
        return _step_by_step(g, shape, [(_rfft_adjoint, lengths[-1], axes[-1]), *rest], norm)
    halved = _paired_times(g, 0.5, axes[-1], lengths[-1])
    return _all_resized(irfftn(halved, s=lengths, axes=axes, norm=OPPOSITE[norm]), axes, shape)


def _irfftn_adjoint(g: Array, shape: Shape, s: Numbers, axes: Numbers, norm: Norm) -> Array:
    axes, lengths = _plan(shape, s, axes)
    if len(set(axes)) < len(axes):
        steps = [(_ifft_adjoint, n, a) for a, n in zip(axes[:-1], lengths[:-1])]
        return _step_by_step(g, shape, [*steps, (_irfft_adjoint, g.shape[axes[-1]], axes[-1])], norm)
    spectrum = rfftn(g, axes=axes, norm=OPPOSITE[norm])
    return _all_resized(_paired_times(spectrum, 2.0, axes[-1], g.shape[axes[-1]]), axes, shape)


def _all_resized(x: Array, axes: Sequence[int], shape: Shape) -> Array:
    for axis in axes:
        x = _resized(x, axis, shape)
    return x


def _step_by_step(g: Array, shape: Shape, steps: Sequence[tuple[Adjoint, int, int]], norm: Norm) -> Array:
    """The adjoint of transforms along one axis after another, each given by its adjoint, length and axis."""
    shapes = [shape]
    for adjoint, n, axis in steps:
        length = n // 2 + 1 if adjoint is _rfft_adjoint else n
        shapes.append((*shapes[-1][:axis], length, *shapes[-1][axis + 1 :]))
    for (adjoint, n, axis), before in zip(reversed(steps), reversed(shapes[:-1])):
        g = adjoint(g, before, n, axis, norm)
    return g
