"""The table of operations: reductions, linear algebra and indexing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.ops import indexing, reductions
from anygrad.ops.creation import copy
from anygrad.ops.linalg.products import strong_matmul
from tests.table.base import Draw, Operation, S, Sample, distinct
from tests.table.elementwise import simple

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
    yield S(m(0, 3), axis=-1)
    yield S(m(4), correction=1)
    yield S(m(2, 3), axis=0, correction=0.5)
    yield S(m(2, 3), axis=(0, 1), correction=1, keepdims=True)


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
    Operation("std", ag.std, std_reference, spread, distinct),
    Operation("std_beneath", ag.std.beneath, std_reference, spread, distinct),
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
    Operation(
        "strong_products",
        reductions._strong_products,
        lambda x: np.cumprod(x, axis=-1),
        lambda m: (S(m(2, 3)), S(m(3, 2).T), S(m(0, 3)), S(np.array([1.5, 0.0, 2.0, 0.0]).astype(m.dtype))),
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
    Operation("strong_matmul", strong_matmul, np.matmul, matrices, is_complex=True, is_analytic=True),
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


def index_iset(x: Any, values: Any, key: Any) -> Any:
    return indexing.index_iset(copy(x), values, key)


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
    Operation("index_iset", index_iset, set_reference, written, is_complex=True, is_analytic=True),
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

OPERATIONS = [*REDUCTIONS, *LINALG, *INDEXING]
