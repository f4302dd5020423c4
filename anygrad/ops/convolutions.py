"""Convolutions: of signals as in NumPy, and of batches of images with learned kernels as in neural networks."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any, Literal

from anygrad.core.primitive import Array, bilinear, describe
from anygrad.ops.creation import new_zeros
from anygrad.ops.elementwise import add
from anygrad.ops.indexing import getitem, index_iadd
from anygrad.ops.joining import concat
from anygrad.ops.linalg._matrices import conjugate
from anygrad.ops.linalg.products import matmul
from anygrad.ops.manipulation import flip, matrix_transpose, moveaxis, permute_dims, reshape
from anygrad.ops.reductions import sum

__all__ = ["conv", "conv_input", "conv_kernel", "convolve", "correlate"]

Numbers = tuple[int, ...]
Padding = int | Sequence[int | tuple[int, int]] | Literal["same", "valid"]
Overlap = Literal["full", "same", "valid"]

# --- of images --------------------------------------------------------------------------------------------------------


def conv(
    x: Array,
    w: Array,
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Array:
    """The convolution of neural networks, over any number of spatial axes: products of windows with kernels, summed.

    As there, kernels are not flipped: ``out[b, o, i] = sum(x[b, c, i * stride + k * dilation] * w[o, c, k])`` over the
    channels c and the places k of the kernel.

    Args:
        x: of shape ``(batch, in_channels, *spatial)``.
        w: the kernels, of shape ``(out_channels, in_channels / groups, *kernel)``, with as many axes as ``x``.
        stride: the step from window to window: one number, or one for each spatial axis.
        padding: zeros around the spatial axes: a number, a number or a pair (before, after) for each axis, ``"valid"``
            for none, or ``"same"`` for so many that the result has ``ceil(length / stride)`` places along each axis.
        dilation: the distance between the elements of x that neighbours in a kernel meet, as ``stride``.
        groups: into how many parts the channels are divided, each with kernels of its own.

    Returns:
        An array of shape ``(batch, out_channels, *places)``.

    Raises:
        ValueError: the shapes do not fit each other or the arguments, or a kernel is larger than the padded array.

    >>> ag.conv(ag.Tensor([[[1.0, 2.0, 4.0, 8.0]]]), ag.Tensor([[[1.0, -1.0]]]))
    Tensor([[[-1., -2., -4.]]])
    """
    shape, kernel = tuple(x.shape), tuple(w.shape)
    if len(shape) < 3 or len(kernel) != len(shape):
        raise ValueError(
            "conv: x must have the axes (batch, channels, *spatial), and w as many; "
            f"given x={describe(x)} and w={describe(w)}"
        )
    spatial = len(shape) - 2
    strides = _each("stride", stride, spatial)
    dilations = _each("dilation", dilation, spatial)
    if groups < 1 or kernel[0] % groups or shape[1] != kernel[1] * groups:
        raise ValueError(
            f"conv: {shape[1]} channels in and {kernel[0]} out, in groups={groups}, need w of shape "
            f"(out_channels, in_channels / groups, *kernel), given {kernel}"
        )
    reach = tuple((k - 1) * d + 1 for k, d in zip(kernel[2:], dilations))
    widths = _widths(padding, shape[2:], reach, strides)
    for axis, (n, (before, after), k) in enumerate(zip(shape[2:], widths, reach)):
        if k > n + before + after:
            raise ValueError(
                f"conv: along spatial axis {axis} the kernel reaches over {k} of {n + before + after} places"
            )
    return _conv(_framed(x, widths), w, stride=strides, dilation=dilations, groups=groups)


def _each(name: str, value: int | Sequence[int], spatial: int) -> Numbers:
    numbers = (value,) * spatial if isinstance(value, int | Integral) else tuple(value)
    numbers = tuple(map(operator.index, numbers))
    if len(numbers) != spatial or any(n < 1 for n in numbers):
        raise ValueError(f"conv: {name} must be a positive number, or one for each of {spatial} axes, given {value!r}")
    return numbers


def _widths(padding: Padding, lengths: Numbers, reach: Numbers, strides: Numbers) -> list[tuple[int, int]]:
    """The zeros before and after each spatial axis."""
    if padding == "valid":
        padding = 0
    if padding == "same":
        totals = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(lengths, reach, strides)]
        return [(total // 2, total - total // 2) for total in totals]
    given = [padding] * len(lengths) if isinstance(padding, int | Integral) else list(padding)
    pairs = [(p, p) if isinstance(p, int | Integral) else tuple(p) for p in given]
    fits = len(pairs) == len(lengths) and all(len(pair) == 2 and min(pair) >= 0 for pair in pairs)
    if isinstance(padding, str) or not fits:
        raise ValueError(
            f"conv: padding must be 'same', 'valid', a number, or for each of {len(lengths)} spatial axes a "
            f"number or a pair, none of them negative; given {padding!r}"
        )
    return [(before, after) for before, after in pairs]


def _framed(x: Array, widths: Sequence[tuple[int, int]]) -> Array:
    """The array with zeros around its last axes."""
    if not any(map(any, widths)):
        return x
    kept, lengths = x.shape[: -len(widths)], x.shape[-len(widths) :]
    padded = (before + n + after for n, (before, after) in zip(lengths, widths))
    middle = tuple(slice(before, before + n) for n, (before, _) in zip(lengths, widths))
    return index_iadd(new_zeros(x, (*kept, *padded)), x, (..., *middle))


# The number sum(y * conv(x, w)) is linear in x, in w and in y. Its derivative in each is an operation on the other two,
# whose rules are again the other two of these three: so they are all that any order of derivatives needs.


@bilinear(
    lambda g, w, x_shape, stride, dilation, groups: conv_input(
        g, conjugate(w), lengths=x_shape[2:], stride=stride, dilation=dilation, groups=groups
    ),
    lambda g, x, w_shape, stride, dilation, groups: conv_kernel(
        conjugate(x), g, lengths=w_shape[2:], stride=stride, dilation=dilation, groups=groups
    ),
)
def _conv(x: Array, w: Array, /, *, stride: Numbers, dilation: Numbers, groups: int) -> Array:
    """The convolution without padding."""
    plan = _Plan(x.shape, w.shape, stride, dilation, groups)
    if parts := plan.parts_of_batch():
        options = {"stride": stride, "dilation": dilation, "groups": groups}
        return concat([_conv(getitem(x, part), w, **options) for part in parts])
    x, w = plan.split_channels(x), plan.flattened_kernel(w)
    total = None
    for portion in plan.portions():
        part = matmul(getitem(w, (..., plan.columns(portion))), plan.windows(x, portion))
        total = part if total is None else add(total, part)
    return reshape(total, (plan.batch, w.shape[0] * w.shape[1], *plan.places))


@bilinear(
    lambda g, w, stride, dilation, groups: _conv(g, conjugate(w), stride=stride, dilation=dilation, groups=groups),
    lambda g, y, w_shape, stride, dilation, groups: conv_kernel(
        g, conjugate(y), lengths=w_shape[2:], stride=stride, dilation=dilation, groups=groups
    ),
)
def conv_input(y: Array, w: Array, /, *, lengths: Numbers, stride: Numbers, dilation: Numbers, groups: int) -> Array:
    """The derivative of ``sum(y * conv(x, w))`` in x, of given spatial lengths: windows added where they came from."""
    plan = _Plan((y.shape[0], w.shape[1] * groups, *lengths), w.shape, stride, dilation, groups)
    if parts := plan.parts_of_batch():
        options = {"lengths": lengths, "stride": stride, "dilation": dilation, "groups": groups}
        return concat([conv_input(getitem(y, part), w, **options) for part in parts])
    y = plan.flattened_places(y)
    w = matrix_transpose(plan.flattened_kernel(w))
    x = None
    for portion in plan.portions():
        windows = matmul(getitem(w, (..., plan.columns(portion), slice(None))), y)
        windows = reshape(windows, (plan.batch, groups, len(portion), plan.channels, *plan.places))
        if x is None:
            x = new_zeros(windows, (plan.batch, groups, plan.channels, *lengths))
        for i, offset in enumerate(portion):
            x = index_iadd(x, getitem(windows, (slice(None), slice(None), i)), plan.key(offset))
    return reshape(x, (plan.batch, groups * plan.channels, *lengths))


@bilinear(
    lambda g, y, x_shape, stride, dilation, groups: conv_input(
        conjugate(y), g, lengths=x_shape[2:], stride=stride, dilation=dilation, groups=groups
    ),
    lambda g, x, stride, dilation, groups: _conv(conjugate(x), g, stride=stride, dilation=dilation, groups=groups),
)
def conv_kernel(x: Array, y: Array, /, *, lengths: Numbers, stride: Numbers, dilation: Numbers, groups: int) -> Array:
    """The derivative of ``sum(y * conv(x, w))`` in w, of given spatial lengths."""
    plan = _Plan(x.shape, (y.shape[1], x.shape[1] // groups, *lengths), stride, dilation, groups)
    if parts := plan.parts_of_batch():
        options = {"lengths": lengths, "stride": stride, "dilation": dilation, "groups": groups}
        return functools.reduce(add, (conv_kernel(getitem(x, part), getitem(y, part), **options) for part in parts))
    x, y = plan.split_channels(x), plan.flattened_places(y)
    out_channels, places = y.shape[2:]
    products = []
    for portion in plan.portions():
        windows = plan.windows(x, portion)
        if out_channels <= places:  # of the ways to sum over the batch the one with the smaller temporary
            products.append(sum(matmul(y, matrix_transpose(windows)), axis=0))
        else:
            joined = reshape(permute_dims(windows, (1, 0, 3, 2)), (groups, plan.batch * places, windows.shape[2]))
            rows = reshape(permute_dims(y, (1, 2, 0, 3)), (groups, out_channels, plan.batch * places))
            products.append(matmul(rows, joined))
    flat = concat(products, axis=-1) if len(products) > 1 else products[0]
    w = reshape(flat, (groups * out_channels, *lengths, plan.channels))
    return moveaxis(w, -1, 1)


PORTION = 1 << 22
"""So many numbers are laid out as columns at a time, 32 MB in double precision; of one offset in one image, all.

More cost memory, and time too: on NumPy a layer of 64 channels and a batch of 16 images took a third longer at once.
"""


class _Plan:
    """The arithmetic of a convolution: a matrix product for each group, of kernels with windows laid out as columns.

    An offset is a place within the kernel. The windows' elements at one offset are a slice of x with steps; so the
    columns, offset by offset and channel by channel within each, are slices put together.
    """

    def __init__(
        self, x_shape: Sequence[int], w_shape: Sequence[int], stride: Numbers, dilation: Numbers, groups: int
    ) -> None:
        self.batch, self.channels, self.groups = x_shape[0], w_shape[1], groups
        self.kernel = tuple(w_shape[2:])
        self.stride, self.dilation = stride, dilation
        sizes = zip(x_shape[2:], self.kernel, stride, dilation)
        self.places = tuple((n - (k - 1) * d - 1) // s + 1 for n, k, s, d in sizes)

        self.size_of_offset = groups * self.channels * math.prod(self.places)

    def parts_of_batch(self) -> list[slice]:
        """Slices of the batch whose windows fit into a portion, if all of them do not."""
        step = max(1, PORTION // max(1, self.size_of_offset * math.prod(self.kernel)))
        return [slice(start, start + step) for start in range(0, self.batch, step)] if step < self.batch else []

    def portions(self) -> Iterator[list[Numbers]]:
        """The offsets, in lists whose windows fit into a portion."""
        offsets = list(itertools.product(*map(range, self.kernel)))
        step = max(1, PORTION // max(1, self.batch * self.size_of_offset))
        for start in range(0, len(offsets), step):
            yield offsets[start : start + step]

    def columns(self, portion: list[Numbers]) -> slice:
        """Where a portion stands in a flattened kernel."""
        first = 0
        for index, length in zip(portion[0], self.kernel):
            first = first * length + index
        return slice(first * self.channels, (first + len(portion)) * self.channels)

    def key(self, offset: Numbers) -> tuple[Any, ...]:
        """Where in x the windows' elements at an offset are."""
        starts = (i * d for i, d in zip(offset, self.dilation))
        return (..., *(slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip(starts, self.places, self.stride)))

    def windows(self, x: Array, portion: list[Numbers]) -> Array:
        """The windows at some offsets, of shape ``(batch, groups, offsets * channels, places)``."""
        slices = [getitem(x, self.key(offset)) for offset in portion]
        joined = concat(slices, axis=2) if len(slices) > 1 else slices[0]
        rows = len(portion) * self.channels
        return reshape(joined, (self.batch, self.groups, rows, math.prod(self.places)))

    def split_channels(self, x: Array) -> Array:
        return reshape(x, (self.batch, self.groups, self.channels, *x.shape[2:]))

    def flattened_places(self, y: Array) -> Array:
        return reshape(y, (self.batch, self.groups, y.shape[1] // self.groups, math.prod(self.places)))

    def flattened_kernel(self, w: Array) -> Array:
        """The kernels as rows, of shape ``(groups, out_channels / groups, offsets * channels)``."""
        rows = self.channels * math.prod(self.kernel)
        return reshape(moveaxis(w, 1, -1), (self.groups, w.shape[0] // self.groups, rows))


# --- of signals -------------------------------------------------------------------------------------------------------


def convolve(a: Array, v: Array, mode: Overlap = "full") -> Array:
    """The convolution of two signals: ``out[k] = sum(a[k - j] * v[j])`` over j.

    Args:
        a: an array of one axis.
        v: another.
        mode: ``"full"`` gives every k at which the two overlap, ``"valid"`` those at which they overlap completely, and
            ``"same"`` as many from the middle as the longer one has.

    Raises:
        ValueError: an array is empty or has not one axis, or the mode is unknown.

    >>> ag.convolve(ag.Tensor([1.0, 2.0, 3.0]), ag.Tensor([1.0, -1.0]))
    Tensor([ 1.,  1.,  1., -3.])
    """
    _check_signals("convolve", a, v, mode)
    shorter = min(a.shape[0], v.shape[0])
    return _overlapping(a, v, mode, (shorter - 1) // 2)


def correlate(a: Array, v: Array, mode: Overlap = "valid") -> Array:
    """The correlation of two signals: ``out[k] = sum(a[n + k] * conj(v[n]))`` over n; arguments as of :func:`convolve`.

    >>> ag.correlate(ag.Tensor([1.0, 2.0, 3.0]), ag.Tensor([1.0, -1.0]))
    Tensor([-1., -1.])
    """
    _check_signals("correlate", a, v, mode)
    start = (v.shape[0] - 1) // 2 if a.shape[0] >= v.shape[0] else a.shape[0] // 2
    return _overlapping(a, flip(conjugate(v)), mode, start)


def _check_signals(function: str, a: Array, v: Array, mode: str) -> None:
    for name, x in (("a", a), ("v", v)):
        if len(x.shape) != 1 or not x.shape[0]:
            raise ValueError(f"{function}: {name} must have one axis and not be empty, given {describe(x)}")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{function}: mode must be 'full', 'same' or 'valid', given {mode!r}")


def _overlapping(a: Array, v: Array, mode: Overlap, start: int) -> Array:
    if a.shape[0] < v.shape[0]:
        a, v = v, a
    out = _convolve(a, v, mode="valid" if mode == "valid" else "full")
    return getitem(out, slice(start, start + a.shape[0])) if mode == "same" else out


@bilinear(
    lambda g, x2, mode: _convolve(g, flip(conjugate(x2)), mode="full" if mode == "valid" else "valid"),
    lambda g, x1, mode: (
        _convolve(flip(conjugate(x1)), g, mode="valid")
        if mode == "valid"
        else _convolve(g, flip(conjugate(x1)), mode="valid")
    ),
)
def _convolve(x1: Array, x2: Array, /, *, mode: Literal["full", "valid"]) -> Array:
    """The convolution of two signals; for ``"valid"`` the first must not be the shorter."""
    if mode == "full":
        n = min(x1.shape[0], x2.shape[0])
        x1, x2 = (x1, x2) if x2.shape[0] == n else (x2, x1)
        x1 = _framed(x1, [(n - 1, n - 1)])
    signal, kernel = reshape(x1, (1, 1, -1)), reshape(flip(x2), (1, 1, -1))
    return reshape(_conv(signal, kernel, stride=(1,), dilation=(1,), groups=1), (-1,))
