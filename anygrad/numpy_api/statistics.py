"""Order statistics, averages, covariances and histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

import anygrad as ag
from anygrad.arrays.wrapper import Wrapper
from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array
from anygrad.numpy_api.creation import linspace
from anygrad.numpy_api.reductions import any as any_of
from anygrad.numpy_api.registry import as_array, as_arrays, cast, dtype_of, floating, implements, of_one_dtype, promoted
from anygrad.numpy_api.sorting import searchsorted
from anygrad.ops._axes import count, kept, normalized
from anygrad.ops.keys import widened

__all__: list[str] = []

# --- quantiles --------------------------------------------------------------------------------------------------------

CONTINUOUS = {
    "linear": (1.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
    "interpolated_inverted_cdf": (0.0, 1.0),
}
"""The two parameters of the methods that interpolate, as Hyndman and Fan give them."""
STEPS = {"lower": ag.floor, "higher": ag.ceil, "nearest": ag.round, "midpoint": None}


@implements("quantile")
def quantile(a: Array, q: Array, axis: Any = None, overwrite_input: bool = False, **options: Any) -> Array:
    """The value below which a share of the elements lies; NaN where one is NaN."""
    return _quantile("quantile", a, q, axis, is_past_nan=False, **options)


@implements("nanquantile")
def nanquantile(a: Array, q: Array, axis: Any = None, overwrite_input: bool = False, **options: Any) -> Array:
    """The quantiles of the elements that are not NaN."""
    return _quantile("nanquantile", a, q, axis, is_past_nan=True, **options)


@implements("percentile")
def percentile(a: Array, q: Array, axis: Any = None, overwrite_input: bool = False, **options: Any) -> Array:
    """The quantiles at shares in percent."""
    return _quantile("percentile", a, _hundredth(q), axis, is_past_nan=False, **options)


@implements("nanpercentile")
def nanpercentile(a: Array, q: Array, axis: Any = None, overwrite_input: bool = False, **options: Any) -> Array:
    """The quantiles at shares in percent of the elements that are not NaN."""
    return _quantile("nanpercentile", a, _hundredth(q), axis, is_past_nan=True, **options)


@implements("median")
def median(a: Array, axis: Any = None, overwrite_input: bool = False, *, keepdims: bool = False) -> Array:
    """The middle element, or the mean of the two in the middle."""
    if not count(tuple(a.shape), tuple(axis) if isinstance(axis, list) else axis):  # of which no quantile is known
        return ag.mean(floating(a), axis=axis, keepdims=keepdims)
    return _quantile("median", a, 0.5, axis, is_past_nan=False, keepdims=keepdims)


@implements("nanmedian")
def nanmedian(a: Array, axis: Any = None, overwrite_input: bool = False, *, keepdims: bool = False) -> Array:
    """The median of the elements that are not NaN."""
    return _quantile("nanmedian", a, 0.5, axis, is_past_nan=True, keepdims=keepdims)


def _hundredth(q: Any) -> Any:
    """Shares for percents."""
    return q / 100.0 if hasattr(q, "dtype") or not isinstance(q, list | tuple) else [_hundredth(part) for part in q]


def _quantile(
    name: str,
    a: Array,
    q: Any,
    axis: Any,
    *,
    is_past_nan: bool,
    method: str = "linear",
    keepdims: bool = False,
    weights: Any = None,
) -> Array:
    if weights is not None or method not in (*CONTINUOUS, *STEPS):
        methods = ", ".join([*CONTINUOUS, *STEPS])
        raise TypeError(f"numpy.{name}: on anygrad's arrays weights= is not supported, and method= is one of {methods}")
    own = dtype_of(floating(a))
    a, q = of_one_dtype((floating(a), q), a)
    axes = normalized(tuple(axis) if isinstance(axis, list) else axis, len(a.shape), name)
    others = tuple(i for i in range(len(a.shape)) if i not in axes)
    lengths = (*(a.shape[i] for i in others), count(tuple(a.shape), axes))
    rows = ag.reshape(ag.permute_dims(a, (*others, *axes)), lengths)
    found = _between_places(rows, ag.reshape(q, (-1,)), is_past_nan, method)
    found = ag.moveaxis(cast(found, own) if method in ("lower", "higher", "nearest") else found, -1, 0)
    return ag.reshape(found, (*q.shape, *(kept(a.shape, axes) if keepdims else found.shape[1:])))


def _between_places(rows: Array, q: Array, is_past_nan: bool, method: str) -> Array:
    """The quantiles along the last axis, read from the sorted elements and interpolated."""
    is_nan = ag.isnan(rows)
    n: Any = rows.shape[-1]
    finest = _finest(rows)  # in the elements' own dtype one place may not be told from the next
    if is_past_nan:
        n = ag.sum(ag.astype(~is_nan, finest), axis=-1, keepdims=True)
    alpha, beta = CONTINUOUS.get(method, (1.0, 1.0))
    q = cast(q, finest)
    place = n * q + (alpha + q * (1.0 - alpha - beta)) - 1.0  # NaN are sorted to the end, and not counted
    if (step := STEPS.get(method)) is not None:
        place = step(place)
    last = ag.maximum(n - 1.0, 0.0) if is_past_nan else n - 1.0
    place = ag.clip(place, 0.0, last)
    below = ag.floor(place)
    share = cast(place - below, dtype_of(rows))
    if method == "midpoint":
        share = ag.where(share > 0, ag.full_like(share, 0.5), share)
    above = ag.clip(below + 1.0, 0.0, last)
    low, high = (_read(ag.sort(rows, axis=-1), index) for index in (below, above))
    found = _interpolated(low, high, share)
    return found if is_past_nan else ag.where(any_of(is_nan, -1, keepdims=True), ag.full_like(found, np.nan), found)


def _finest(x: Array) -> Any:
    """The longest floating dtype that there is where an array lives."""
    own = dtype_of(x)
    if own.itemsize >= 8:
        return own
    return ag.__array_namespace_info__().default_dtypes(device=x.device)["real floating"]


def _interpolated(low: Array, high: Array, share: Array) -> Array:
    """Between two elements; an infinite one does not touch what is read at the other, nor at another as large."""
    alone = (ag.isinf(low) | ag.isinf(high)) & ((share == 0) | (high == low))
    between = ag.where(alone, 0.0, high) - ag.where(alone, 0.0, low)
    return ag.where(share < 0.5, low + between * share, high - between * (1.0 - share))


def _read(ordered: Array, places: Array) -> Array:
    indices = ag.astype(places, np.int64)
    return ag.take_along_axis(ordered, ag.broadcast_to(indices, (*ordered.shape[:-1], indices.shape[-1])), axis=-1)


# --- averages and covariances -----------------------------------------------------------------------------------------


@implements("average")
def average(a: Array, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """The mean, weighted if weights are given."""
    a = floating(a)
    if weights is None:
        mean = ag.mean(a, axis=axis, keepdims=keepdims)
        total = cast(as_array(a.size / max(mean.size, 1), a), dtype_of(mean))
    else:
        a, weights = promoted((a, as_array(weights, a)))
        if tuple(weights.shape) != tuple(a.shape):
            axes = normalized(axis, len(a.shape), "average")
            if tuple(weights.shape) != tuple(a.shape[i] for i in axes):
                raise ValueError(f"numpy.average: weights of shape {weights.shape} do not fit axis {axis} of {a.shape}")
            order = sorted(range(len(axes)), key=axes.__getitem__)
            shape = tuple(a.shape[i] if i in axes else 1 for i in range(len(a.shape)))
            weights = ag.reshape(ag.permute_dims(weights, tuple(order)), shape)
        total = ag.sum(weights + ag.zeros_like(a), axis=axis, keepdims=keepdims)
        mean = ag.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, ag.broadcast_to(total, tuple(mean.shape))) if returned else mean


@implements("cov", arrays=2)
def cov(
    m: Array,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Array:
    """The covariances of the rows, or of the columns; observations may be weighted."""
    dtype = np.result_type(*(dtype_of(x) for x in (m, y) if x is not None), np.float64) if dtype is None else dtype
    x = _variables(cast(m, dtype), rowvar)
    if y is not None:
        x = ag.concat([x, _variables(cast(y, dtype), rowvar)])
    weights = None
    for given in (fweights, aweights):
        if given is not None:
            given = cast(as_array(given, x), dtype_of(ag.real(x) if is_complex(x) else x))
            weights = given if weights is None else weights * given
    correction = (0 if bias else 1) if ddof is None else ddof
    if weights is None:
        center = ag.mean(x, axis=1, keepdims=True)
        left: Any = max(float(x.shape[1] - correction), 0.0)
        weighted = x - center
    else:
        total = ag.sum(weights)
        center = ag.sum(x * weights, axis=1, keepdims=True) / total
        lost = correction if aweights is None else correction * ag.sum(weights * as_array(aweights, x)) / total
        left = ag.maximum(total - lost, 0.0)
        weighted = (x - center) * weights
    product = ag.matmul(weighted, ag.conj(ag.matrix_transpose(x - center))) / left
    return product[0, 0] if product.shape == (1, 1) else product


def _variables(x: Array, rowvar: bool) -> Array:
    if len(x.shape) > 2:
        raise ValueError(f"cov: the observations must have one axis or two, given shape {tuple(x.shape)}")
    if len(x.shape) < 2:
        return ag.reshape(x, (1, -1))
    return x if rowvar else ag.matrix_transpose(x)


@implements("corrcoef", arrays=2)
def corrcoef(x: Array, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Array:
    """The correlation coefficients of the rows, or of the columns."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.shape:
        return c / c
    spread = ag.sqrt(ag.real(ag.linalg.diagonal(c)) if is_complex(c) else ag.linalg.diagonal(c))
    c = c / spread[:, None] / spread[None, :]
    if is_complex(c):
        return ag.clip(ag.real(c), -1.0, 1.0) + 1j * ag.clip(ag.imag(c), -1.0, 1.0)
    return ag.clip(c, -1.0, 1.0)


# --- counts -----------------------------------------------------------------------------------------------------------


@implements("bincount", kind="numbers")
def bincount(x: Array, /, weights: Any = None, minlength: int = 0) -> Array:
    """How often each number occurs, or the sums of the weights of each."""
    n = max(int(ag.max(x)) + 1 if x.shape[0] else 0, minlength)
    values = ag.ones_like(widened(x)) if weights is None else cast(as_array(weights, x), np.float64)
    return ag.segment_sum(values, x, n)


@implements("histogram", kind="numbers")
def histogram(
    a: Array, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Array, Array]:
    """How many elements, or the sums of the weights of those that, fall into each bin; with the edges of the bins.

    The gradient travels to the weights and the edges; of the elements a count is a step function.
    """
    a = a if isinstance(a, Wrapper) else ag.asarray(a, device=getattr(weights, "device", None))
    a = floating(ag.reshape(a, (-1,)))
    edges = histogram_bin_edges(a, bins, range)
    n = edges.shape[0] - 1
    places = searchsorted(edges, a, "right") - 1
    places = ag.where(a == edges[-1], ag.full_like(places, n - 1), places)
    values = ag.ones_like(places) if weights is None else ag.reshape(as_array(weights, a), (-1,))
    counts = ag.segment_sum(values, ag.where((places >= 0) & (places < n), places, ag.full_like(places, n)), n)
    if density:
        counts = floating(counts)
        counts = counts / (ag.sum(counts) * ag.diff(edges))
    return counts, edges


@implements("histogram_bin_edges")
def histogram_bin_edges(a: Array, bins: Any = 10, range: Any = None, weights: Any = None) -> Array:
    """The edges of a number of bins, or given edges."""
    if isinstance(bins, str):
        raise TypeError(f"numpy.histogram: bins must be a number or edges on anygrad's arrays, given {bins!r}")
    if not isinstance(bins, int | np.integer):
        return floating(as_array(bins, a))
    low, high = (ag.min(a), ag.max(a)) if range is None else as_arrays((a, *range))[1:]
    low, high = (cast(x, dtype_of(floating(a))) for x in (low, high))
    if bool(low == high):
        low, high = low - 0.5, high + 0.5
    return linspace(low, high, int(bins) + 1)
