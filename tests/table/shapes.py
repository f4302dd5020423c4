"""The table of operations: the shape and the order of arrays, and sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import anygrad as ag
from tests.table.base import Draw, Operation, S, Sample, Samples, distinct
from tests.table.elementwise import simple

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


def expand_reference(x: Any, axis: Any) -> Any:
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
        case((2, 3), 0),
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


def members(m: Draw) -> Iterator[Sample]:
    values = m(6)
    integers_alone = {"strict": "Only integer dtypes"}
    yield S(values, values[1:4]).refused_by(**integers_alone)
    yield S(values.reshape(2, 3), values[::2], invert=True).refused_by(**integers_alone)
    yield S(m(), m(2, 2)).refused_by(**integers_alone)
    yield S(m.integers(3, 2), m.integers(4))
    yield S(m.integers(3), 2)
    yield S(m.integers(2), m.integers(0))


def no_two_alike(m: Draw) -> Iterator[Sample]:
    """Equal elements have no derivative; tests of their own look at those."""
    yield S(m(5))
    yield S(m(2, 3))
    yield S(m.integers(6, low=0, high=3))
    yield S(m.integers(2, 2, low=0, high=2))


def indices_of_nonzero(m: Draw) -> Iterator[Sample]:
    yield S(np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]]).astype(m.dtype))
    yield S(m.bools(4))
    yield S(m.integers(0))


NO_UNIQUE_ALL = {"torch": "not yet implemented"}

ORDER = [
    Operation("sort", ag.sort, sort_reference, with_equal_ones, distinct),
    Operation("argsort", ag.argsort, argsort_reference, with_equal_ones, distinct, is_differentiable=False),
    simple("argmax", extremes, distinct, is_differentiable=False),
    simple("argmin", extremes, distinct, is_differentiable=False),
    simple("isin", members, is_differentiable=False),
    simple("searchsorted", searched, is_differentiable=False),
    simple("nonzero", indices_of_nonzero, is_differentiable=False),
    Operation("unique_values", lambda x: ag.sort(ag.unique_values(x)), np.unique, no_two_alike, distinct),
    Operation("unique_counts", lambda x: ag.unique_counts(x)[0], np.unique, no_two_alike, distinct),
    Operation("unique_inverse", lambda x: ag.unique_inverse(x)[0], np.unique, no_two_alike, distinct),
    Operation("unique_all", lambda x: ag.unique_all(x)[0], np.unique, no_two_alike, distinct, refused=NO_UNIQUE_ALL),
]

OPERATIONS = [*SHAPES, *ORDER]
