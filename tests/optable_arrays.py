"""The table of operations: reductions, linear algebra, indexing, and the order and shape of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.ops import indexing
from anygrad.ops.creation import copy
from tests.optable_base import Draw, Operation, S, Sample, Samples, distinct
from tests.optable_elementwise import simple

# --- reductions -------------------------------------------------------------------------------------------------------


def reduced(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3))
    yield S(m())
    yield S(m(2, 3), axis=0)
    yield S(m(2, 3), axis=-1, keepdims=True)
    yield S(m(2, 3, 2), axis=(0, 2))
    yield S(m(2, 3, 2), axis=(-1, 0), keepdims=True)
    yield S(m(3, 2).T, axis=-2)
    yield S(m(6)[::-2])
    yield S(m(0, 3), axis=-1)


def summed(m: Draw) -> Iterator[Sample]:
    yield from reduced(m)
    yield S(m(2, 2), axis=())
    yield S(m(0, 3))
    yield S(m(0, 3), axis=0)
    yield S(m(3), dtype="complex128")
    yield S(m.integers(2, 3), axis=0)
    yield S(m.integers(3))


def products(m: Draw) -> Iterator[Sample]:
    yield from summed(m)
    for row in ([0.0, 2.0, 3.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]):
        yield S(np.array(row).astype(m.dtype))
    yield S(np.array([[0.0, 2.0, 3.0], [1.5, 0.5, -1.0], [0.0, 4.0, 0.0]]).astype(m.dtype), axis=-1)


def chosen(m: Draw) -> Iterator[Sample]:
    yield from reduced(m)
    yield S(m.integers(2, 3), axis=0)


def spread(m: Draw) -> Iterator[Sample]:
    yield from (sample for sample in reduced(m) if sample.args[0].size > 1)
    yield S(m(0, 3), axis=-1).refused_by(torch="degrees of freedom")
    yield S(m(4), correction=1)
    yield S(m(2, 3), axis=0, correction=0.5)
    yield S(m(2, 3), axis=(0, 1), correction=1, keepdims=True)


def deviations(m: Draw) -> Iterator[Sample]:
    for sample in spread(m):
        is_whole = float(sample.kwargs.get("correction", 0)).is_integer()
        yield sample if is_whole else sample.refused_by(torch="float correction")


def var_reference(x: Any, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)


def std_reference(x: Any, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    return np.std(x, axis=axis, ddof=correction, keepdims=keepdims)


def of_bools(m: Draw) -> Iterator[Sample]:
    yield S(m.bools(2, 3))
    yield S(m.bools())
    yield S(m.bools(2, 3, 2), axis=(0, -1), keepdims=True)
    yield S(m.bools(0, 3), axis=0)
    yield S(m.bools(3, 2).T, axis=1)


def counted(m: Draw) -> Iterator[Sample]:
    yield S(m.integers(2, 3, low=-1, high=2))
    yield S(m.integers(2, 3, low=-1, high=2), axis=-1, keepdims=True)
    yield S(m.bools(2, 3, 2), axis=(0, 2))
    yield S(m(0, 3), axis=0)


def cumulative(m: Draw) -> Iterator[Sample]:
    yield S(m(4))
    yield S(m(4), include_initial=True)
    yield S(m(2, 3), axis=0)
    yield S(m(2, 3, 2), axis=-2, include_initial=True)
    yield S(m(3, 2).T, axis=-1)
    yield S(m(6)[::-2])
    yield S(m(0, 3), axis=1)
    yield S(m(0, 3), axis=0, include_initial=True)
    yield S(m.integers(2, 3), axis=1)


def cumulative_products(m: Draw) -> Iterator[Sample]:
    yield from cumulative(m)
    for row in ([0.0, 2.0, 3.0, 4.0], [1.5, 0.0, 2.0, 0.0, 3.0], [0.0, 0.0]):
        yield S(np.array(row).astype(m.dtype), include_initial=len(row) == 4)
    yield S(np.array([[0.0, 2.0], [1.5, 0.0]]).astype(m.dtype), axis=0)


def cumulative_reference(function: Any, initial: int) -> Callable[..., Any]:
    def reference(x: Any, axis: Any = None, include_initial: bool = False) -> Any:
        axis = 0 if axis is None else axis
        first = np.full_like(
            x[tuple(slice(0, 1) if i == axis % x.ndim else slice(None) for i in range(x.ndim))], initial
        )
        if x.shape[axis] == 0:
            first = np.full([1 if i == axis % x.ndim else n for i, n in enumerate(x.shape)], initial, x.dtype)
        out = function(x, axis=axis)
        return np.concatenate([first, out], axis=axis) if include_initial else out

    return reference


def differences(m: Draw) -> Iterator[Sample]:
    yield S(m(4))
    yield S(m(2, 4), n=2)
    yield S(m(3, 2), axis=0)
    yield S(m(2, 3).T, axis=-2, prepend=m(1, 2))
    yield S(m(3), prepend=m(1), append=m(2))
    yield S(m(3), n=0)
    yield S(m(2), n=3)
    yield S(m.integers(2, 3))


def diff_reference(x: Any, **options: Any) -> Any:
    return np.diff(x, **options)


REDUCTIONS = [
    simple("sum", summed, is_complex=True, is_analytic=True),
    simple("mean", reduced, is_complex=True, is_analytic=True),
    simple("prod", products, is_complex=True, is_analytic=True),
    simple("max", chosen, distinct),
    simple("min", chosen, distinct),
    Operation("var", ag.var, var_reference, spread, distinct),
    Operation("std", ag.std, std_reference, deviations, distinct),
    simple("all", of_bools, is_differentiable=False),
    simple("any", of_bools, is_differentiable=False),
    simple("count_nonzero", counted, is_differentiable=False),
    Operation(
        "cumulative_sum",
        ag.cumulative_sum,
        cumulative_reference(np.cumsum, 0),
        cumulative,
        is_complex=True,
        is_analytic=True,
    ),
    Operation(
        "cumulative_prod",
        ag.cumulative_prod,
        cumulative_reference(np.cumprod, 1),
        cumulative_products,
        is_complex=True,
        is_analytic=True,
    ),
    Operation("diff", ag.diff, diff_reference, differences, is_complex=True, is_analytic=True),
]

# --- linear algebra ---------------------------------------------------------------------------------------------------


def matrices(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), m(3, 2))
    yield S(m(3), m(3))
    yield S(m(3), m(3, 2))
    yield S(m(2, 3), m(3))
    yield S(m(2, 2, 3), m(2, 3, 1))
    yield S(m(2, 1, 2, 2), m(3, 2, 1))
    yield S(m(2), m(3, 2, 1))
    yield S(m(3, 1, 2), m(2))
    yield S(m(3, 2).T, m(2, 3).T)
    yield S(m(2, 3), m.other(3))
    yield S(m(0, 3), m(3, 2))
    yield S(m(2, 0), m(0, 3))
    yield S(m.integers(2, 3), m.integers(3, 2))


def dots(m: Draw) -> Iterator[Sample]:
    yield S(m(3), m(3))
    yield S(m(2, 3), m(3))
    yield S(m(2, 3), m(2, 3), axis=-1)
    yield S(m(3, 2), m(3, 2), axis=-2)
    yield S(m(2, 1, 3), m(2, 3))
    yield S(m(3, 2).T, m.other(3))
    yield S(m(2, 0), m(2, 0))


def contractions(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), m(2, 3))
    yield S(m(2, 3), m(3, 2), axes=1)
    yield S(m(2), m(3), axes=0)
    yield S(m(2, 3, 2), m(2, 3, 2), axes=((0, 1), (2, 1)))
    yield S(m(2, 3, 2), m(2, 2, 3), axes=((2, 1), (0, 2)))
    yield S(m(2, 3, 2), m(2, 2, 3), axes=((-2, 0), (-1, 1)))
    yield S(m(2, 3), m(3, 2), axes=((0, 1), (1, 0)))
    yield S(m(3, 2).T, m(2, 3).T, axes=((1,), (0,)))
    yield S(m(), m(2), axes=0)
    yield S(m(2, 0), m(0, 3), axes=1)
    yield S(m(2, 3), m.other(3), axes=1)
    yield S(m.integers(2, 3), m.integers(3), axes=1)


LINALG = [
    simple("matmul", matrices, is_complex=True, is_analytic=True),
    simple("vecdot", dots, is_complex=True),
    simple("tensordot", contractions, is_complex=True, is_analytic=True),
]

# --- reading and writing parts ----------------------------------------------------------------------------------------

KEYS: list[Any] = [
    1,
    -1,
    (1, 2),
    slice(None),
    slice(1, None),
    slice(None, None, -1),
    slice(-1, 0, -2),
    (slice(None), slice(None, None, 2)),
    (slice(0, 0), 1),
    ...,
    (..., 0),
    (0, ...),
    None,
    (slice(None), None, 1),
    (None, 1, ..., None),
    np.array([0, 2, -1]),
    np.array([[0, 1], [1, 0]]),
    (np.array([0, 1, 0]), np.array([1, -1, 1])),
    (np.array([[0], [2]]), np.array([1, 3, 1])),
    (slice(1, None), np.array([0, 0, 1])),
    (np.array([2, 0]), slice(None, None, -2)),
    (1, np.array([3, 3])),
    (None, np.array([1, 1]), slice(2)),
    (np.array([1, 0]), None, np.array([2, 2])),
    (..., np.array([], dtype=np.int64)),
    np.array(1),
    np.array([True, False, True]),
    np.array([False, False, False]),
    np.arange(12).reshape(3, 4) % 3 == 0,
    (slice(None), np.array([True, False, True, True])),
    (np.array([True, False, True]), 1),
    (np.array([True, False, True]), np.array([0, 3])),
]
"""What may stand between the brackets of an array of shape (3, 4)."""


def read(m: Draw) -> Iterator[Sample]:
    for key in KEYS:
        yield S(m(3, 4), key=key)
    yield S(m(4, 3).T, key=(np.array([0, 0]), slice(1, 3)))
    yield S(m(6)[::-2], key=np.array([2, 2]))
    yield S(m(), key=())
    yield S(m(), key=None)
    yield S(m(0, 3), key=(slice(None), 1))
    yield S(m(2, 2, 3), key=(np.array([0, 1]), slice(None), np.array([2, 2])))
    yield S(m.integers(3, 4), key=(np.array([0, 0]), 1))


def written(m: Draw) -> Iterator[Sample]:
    x = np.zeros((3, 4))
    for i, key in enumerate(KEYS):
        shape = x[key].shape
        # Values of the shape written to, and those that broadcast to it, in turn
        values = (m(*shape), m(), m(*shape[-1:]), m(*(1 for _ in shape)))[i % 4]
        yield S(m(3, 4), values, key=key)
    yield S(m(3, 4), 1.5, key=(slice(1, None), 0))
    yield S(m(3, 4), 2, key=np.array([0, 0]))
    yield S(m(4, 3).T, m(2, 4), key=np.array([1, 1]))
    yield S(m(), m(), key=())
    yield S(m(0, 3), m(3), key=slice(None))
    yield S(m(5), m(5), key=np.array([1, 1, 3, 1, -2]))
    yield S(m.integers(3, 4), m.integers(2), key=(np.array([0, 1]), 1))


def set_reference(x: Any, values: Any, key: Any) -> Any:
    out = np.array(x)
    out[key] = values
    return out


def add_reference(x: Any, values: Any, key: Any) -> Any:
    out = np.array(x)
    np.add.at(out, key, values)
    return out


def index_iadd(x: Any, values: Any, key: Any) -> Any:
    return indexing.index_iadd(copy(x), values, key)


def taken(m: Draw) -> Iterator[Sample]:
    yield S(m(4), np.array([0, 2, -1, 2]))
    yield S(m(2, 3), np.array([1, 1, 0]), axis=1)
    yield S(m(2, 3), np.array([-1, 0, -1]), axis=-2)
    yield S(m(3, 2).T, np.array([2, 0]), axis=-1)
    yield S(m(2, 3), np.array([], dtype=np.int64), axis=0)
    yield S(m(0, 3), np.array([1, 1]), axis=1)
    yield S(m.integers(4), np.array([1, 1]))


def taken_along(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), np.array([[0, 2, -1, 0], [1, 1, 1, 2]]), axis=1)
    yield S(m(2, 3), np.array([[0, 1, -1]]), axis=0)
    yield S(m(4), np.array([0, 0, -1]))
    yield S(m(3, 2).T, np.array([[2, 0], [0, 0]]), axis=-1)
    yield S(m(2, 3, 2), np.array([[[0, 1], [1, 1]], [[-1, 2], [0, 0]]]), axis=-2)
    yield S(m(1, 3), np.array([[0, 2], [1, 1]]), axis=1)
    yield S(m(2, 3), np.array([[0], [2]]), axis=1)
    yield S(m.integers(2, 3), np.array([[0], [2]]))


INDEXING = [
    Operation("getitem", indexing.getitem, lambda x, key: x[key], read, is_complex=True, is_analytic=True),
    Operation("index_set", ag.index_set, set_reference, written, is_complex=True, is_analytic=True),
    Operation("index_add", ag.index_add, add_reference, written, is_complex=True, is_analytic=True),
    Operation("index_iadd", index_iadd, add_reference, written, is_complex=True, is_analytic=True),
    simple("take", taken, is_complex=True, is_analytic=True),
    Operation(
        "take_along_axis",
        ag.take_along_axis,
        lambda x, indices, axis=-1: np.take_along_axis(x, indices, axis),
        taken_along,
        is_complex=True,
        is_analytic=True,
    ),
]

# --- shape and order --------------------------------------------------------------------------------------------------


def table(*rows: tuple[tuple[int, ...], tuple[Any, ...], dict[str, Any]]) -> Samples:
    """Samples of one array: its shape, and the arguments that follow it."""

    def samples(m: Draw) -> Iterator[Sample]:
        for shape, args, kwargs in rows:
            yield S(m(*shape), *args, **kwargs)
            if len(shape) > 1:
                yield S(m(*shape[::-1]).T, *args, **kwargs)
        yield S(m.integers(*rows[0][0]), *rows[0][1], **rows[0][2])

    return samples


def case(shape: tuple[int, ...], *args: Any, **kwargs: Any) -> tuple[tuple[int, ...], tuple[Any, ...], dict[str, Any]]:
    return shape, args, kwargs


def permuted(name: str, *rows: Any, reference: Any = None) -> Operation:
    """An operation on one array that moves its elements."""
    return Operation(
        name, getattr(ag, name), reference or getattr(np, name), table(*rows), is_complex=True, is_analytic=True
    )


def expand_reference(x: Any, axis: Any = 0) -> Any:
    return np.expand_dims(x, axis)


def squeeze_reference(x: Any, axis: Any) -> Any:
    return np.squeeze(x, axis)


def repeat_samples(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), 2)
    yield S(m(2, 3), 2, axis=-1)
    yield S(m(3, 2).T, 3, axis=0)
    yield S(m(3), np.array([2, 0, 1]))
    yield S(m(2, 3), np.array([1, 0, 3]), axis=1)
    yield S(m(2, 3), np.array([0, 2]), axis=-2)
    yield S(m(2, 2), np.array([0, 2, 1, 3]))
    yield S(m(2), 0)
    yield S(m(), 3)
    yield S(m(0, 3), 2, axis=1)
    yield S(m.integers(2, 3), 2, axis=0)


def repeat_reference(x: Any, repeats: Any, axis: Any = None) -> Any:
    return np.repeat(x, repeats, axis)


def joined(m: Draw) -> Iterator[Sample]:
    yield S([m(2, 3), m(1, 3)])
    yield S([m(2, 3), m(2, 1), m(2, 2)], axis=1)
    yield S([m(2, 1, 2), m(2, 3, 2)], axis=-2)
    yield S([m(2, 3), m(2), m()], axis=None)
    yield S([m(3, 2).T, m(6)[::-2].reshape(1, 3)])
    yield S([m(3), m.other(2)])
    yield S([m(3)])
    yield S([m(0, 3), m(2, 3)])
    yield S((m(2), m(3)))
    yield S([m.integers(2), m.integers(3)])


def stacked(m: Draw) -> Iterator[Sample]:
    yield S([m(2, 3), m(2, 3)])
    yield S([m(2, 3), m(2, 3), m(2, 3)], axis=1)
    yield S([m(3, 2).T, m(2, 3)], axis=-1)
    yield S([m(), m()])
    yield S([m(2), m.other(2)], axis=-1)
    yield S([m(0, 3)])
    yield S([m.integers(2), m.integers(2)])


def several(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 1), m(3))
    yield S(m(), m(2), m(3, 1))
    yield S(m(2, 3))
    yield S(m(0, 3), m(1))


def vectors(m: Draw) -> Iterator[Sample]:
    yield S(m(2), m(3))
    yield S(m(2), m(3), indexing="ij")
    yield S(m(2), m(1), m(3))
    yield S(m(3))
    yield S(m(2), m.other(2), m(2), indexing="ij")
    yield S(m(0), m(2))


SHAPES = [
    permuted(
        "reshape",
        case((2, 3), (3, 2)),
        case((2, 3), (-1,)),
        case((2, 3), (3, 2), copy=True),
        case((), (1, 1)),
        case((1,), ()),
        case((0, 3), (3, 0)),
    ),
    permuted("permute_dims", case((2, 3), (1, 0)), case((2, 1, 3), (2, 0, 1)), case((), ()), case((0, 2), (1, 0))),
    Operation(
        "permute_dims by negative axes",
        ag.permute_dims,
        np.permute_dims,
        table(case((2, 1, 3), (-1, 0, 1))),
        refused={"jax": "permutation"},
    ),
    permuted(
        "expand_dims",
        case((2, 3)),
        case((2, 3), axis=-1),
        case((), axis=0),
        case((2,), axis=(0, -1)),
        case((0,), axis=1),
        reference=expand_reference,
    ),
    permuted(
        "squeeze",
        case((1, 3), 0),
        case((1, 3, 1), (0, -1)),
        case((1, 0), axis=0),
        case((1,), -1),
        reference=squeeze_reference,
    ),
    permuted(
        "broadcast_to",
        case((3,), (2, 3)),
        case((2, 1), (2, 3)),
        case((), (2, 2)),
        case((1, 3), (0, 3)),
        case((2,), (2,)),
    ),
    permuted("moveaxis", case((2, 3), 0, -1), case((2, 1, 3), (0, 2), (1, 0)), case((2, 1, 3), -1, 0)),
    permuted("flip", case((2, 3)), case((2, 3), axis=0), case((2, 1, 3), axis=(0, -1)), case((0, 3), axis=1), case(())),
    permuted(
        "roll",
        case((2, 3), 1),
        case((2, 3), -1, axis=1),
        case((2, 3), (1, -2), axis=(0, -1)),
        case((4,), 6),
        case((0, 3), 1, axis=1),
    ),
    permuted(
        "tile",
        case((2, 3), (2, 1)),
        case((2, 3), (2,)),
        case((3,), (2, 3)),
        case((2, 1), (1, 2, 2)),
        case((), (2,)),
        case((2,), ()),
        case((2,), (0,)),
        case((0, 2), (2, 2)),
    ),
    permuted("matrix_transpose", case((2, 3)), case((2, 3, 1)), case((0, 3))),
    Operation("repeat", ag.repeat, repeat_reference, repeat_samples, is_complex=True, is_analytic=True),
    simple("concat", joined, is_complex=True, is_analytic=True),
    simple("stack", stacked, is_complex=True, is_analytic=True),
    permuted(
        "unstack",
        case((2, 3)),
        case((2, 3), axis=-1),
        case((2, 1, 3), axis=1),
        case((3,)),
        reference=lambda x, axis=0: list(np.moveaxis(x, axis, 0)),
    ),
    simple("broadcast_arrays", several, is_complex=True, is_analytic=True),
    Operation(
        "meshgrid",
        ag.meshgrid,
        lambda *arrays, indexing="xy": np.meshgrid(*arrays, indexing=indexing),
        vectors,
        is_complex=True,
        is_analytic=True,
    ),
]

# --- order and sets ---------------------------------------------------------------------------------------------------


def ordered(m: Draw) -> Iterator[Sample]:
    yield S(m(4))
    yield S(m(2, 3), axis=0)
    yield S(m(3, 2).T, descending=True)
    yield S(m(2, 3, 2), axis=-2, descending=True)
    yield S(m(6)[::-2], stable=False)
    yield S(m(0, 3))


def sort_reference(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    index = argsort_reference(x, axis, descending)
    return np.take_along_axis(x, index, axis)


def argsort_reference(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    return np.argsort(-x if descending else x, axis=axis, stable=True)


def with_equal_ones(m: Draw) -> Iterator[Sample]:
    yield from ordered(m)
    yield S(m.integers(2, 6, low=0, high=3))
    yield S(m.integers(2, 6, low=0, high=3), descending=True)


def extremes(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3))
    yield S(m(2, 3), axis=-1)
    yield S(m(3, 2).T, axis=0, keepdims=True)
    yield S(np.array([1.0, 3.0, 3.0, 1.0]).astype(m.dtype))
    yield S(m.integers(4))


def searched(m: Draw) -> Iterator[Sample]:
    line = np.array([0.0, 1.0, 1.0, 3.0]).astype(m.dtype)
    yield S(line, np.array([[-1.0, 1.0], [2.0, 4.0]]).astype(m.dtype))
    yield S(line, np.array([1.0, 0.0, 3.0]).astype(m.dtype), side="right")
    yield S(line[::-1].copy(), line, sorter=np.array([3, 2, 1, 0]))
    yield S(np.array([1, 2, 4]), np.array([2, 2, 0]))


def with_repeats(m: Draw) -> Iterator[Sample]:
    yield S(np.array([3.0, 1.0, 3.0, 2.0, 1.0]).astype(m.dtype))
    yield S(np.array([[3.0, 1.0], [1.0, 3.0]]).astype(m.dtype))
    yield S(m.integers(6, low=0, high=3))


def indices_of_nonzero(m: Draw) -> Iterator[Sample]:
    yield S(np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]]).astype(m.dtype))
    yield S(m.bools(4))
    yield S(m.integers(0))


ORDER = [
    Operation("sort", ag.sort, sort_reference, with_equal_ones, distinct),
    Operation("argsort", ag.argsort, argsort_reference, with_equal_ones, distinct, is_differentiable=False),
    simple("argmax", extremes, distinct, is_differentiable=False),
    simple("argmin", extremes, distinct, is_differentiable=False),
    simple("searchsorted", searched, is_differentiable=False),
    simple("nonzero", indices_of_nonzero, is_differentiable=False),
    Operation(
        "unique_values", lambda x: ag.sort(ag.unique_values(x)), np.unique, with_repeats, is_differentiable=False
    ),
    simple("unique_counts", with_repeats, is_differentiable=False),
    simple("unique_inverse", with_repeats, is_differentiable=False),
    simple("unique_all", with_repeats, is_differentiable=False, refused={"torch": "not yet implemented"}),
]

OPERATIONS = [*REDUCTIONS, *LINALG, *INDEXING, *SHAPES, *ORDER]
