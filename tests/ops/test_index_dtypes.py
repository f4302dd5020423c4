"""Indices of short integers, and values and arrays of dtypes that do not go together."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

SHORT = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.uint64]
ROWS = 300
"""More than the shortest integers count, in rows of which a position is beyond the next longer ones."""


def places(dtype, negative=False) -> np.ndarray:
    at = np.array([90, 3, 90, 120], dtype)
    return -at if negative and np.dtype(dtype).kind == "i" else at


WIDTH = 600


def table(*shape: int) -> np.ndarray:
    return np.arange(float(np.prod(shape))).reshape(shape)


@pytest.mark.parametrize("dtype", SHORT)
@pytest.mark.parametrize("home", ["cpu", "torch:cpu", "jax:cpu", "strict:cpu"])
def test_gradients_go_to_the_rows_that_short_integers_name(dtype, home):
    device = require_device(home)
    at = places(dtype)
    try:
        index = ag.asarray(at, device=device).data
    except TypeError:
        pytest.skip("the library has no such integers")
    x = ag.Tensor(np.ones((ROWS, 4), np.float32), device=device, requires_grad=True)
    expected = np.zeros((ROWS, 4))
    np.add.at(expected, at, 1.0)
    for read in (lambda: x[index], lambda: ag.take(x, index, axis=0), lambda: x[:, ...][index, :]):
        x.zero_grad()
        ag.sum(read()).backward()
        np.testing.assert_array_equal(x.grad.to("cpu").numpy(), expected)
    summed = ag.index_add(ag.zeros((ROWS, 4), device=device), 1.0, index)
    np.testing.assert_array_equal(summed.to("cpu").numpy(), expected)


@pytest.mark.parametrize("dtype", SHORT)
@pytest.mark.parametrize("negative", [False, True])
def test_every_function_of_places_counts_beyond_short_integers(dtype, negative):
    at, x = places(dtype, negative), np.arange(float(ROWS))
    long = at.astype(np.int64)
    programs = {
        "take": lambda x, i: np.take(x, i),
        "take wrapped": lambda x, i: np.take(x, i, mode="wrap"),
        "take clipped": lambda x, i: np.take(x, i, mode="clip"),
        "along": lambda x, i: np.take_along_axis(x, i, axis=0),
        "put": lambda x, i: _written(x, lambda y: np.put(y, i, 5.0)),
        "put along": lambda x, i: _written(x, lambda y: np.put_along_axis(y, i, 5.0, axis=0)),
        "add at": lambda x, i: _written(x, lambda y: np.add.at(y, i, 5.0)),
        "set": lambda x, i: _written(x, lambda y: y.__setitem__(i, 5.0)),
    }
    for name, f in programs.items():
        expected = f(x.copy(), long)
        np.testing.assert_array_equal(f(ag.Tensor(x), at).numpy(), expected, err_msg=name)
        gradient = ag.grad(lambda v, f=f: ag.sum(f(v * 1.0, at)))(x)
        wanted = ag.grad(lambda v, f=f: ag.sum(f(v * 1.0, long)))(x)
        np.testing.assert_array_equal(gradient, wanted, err_msg=name)


def _written(x, write):
    write(x)
    return x


@pytest.mark.parametrize("dtype", SHORT)
def test_members_of_a_batch_have_rows_beyond_short_integers(dtype):
    x, at = table(4, ROWS), np.stack([places(dtype) - i for i in range(4)]).astype(dtype)
    expected = np.take_along_axis(x, at.astype(np.int64), axis=1)
    for read in (lambda v, i: ag.take(v, i, axis=0), lambda v, i: v[i], lambda v, i: ag.take_along_axis(v, i, axis=0)):
        np.testing.assert_array_equal(ag.vmap(read)(x, at), expected)
    sums = ag.vmap(lambda v, i: ag.segment_sum(v, i, 130))(x[:, :4], at)
    for row, values, ids in zip(sums, x, at):
        np.testing.assert_array_equal(row, np.bincount(ids.astype(np.int64), values[:4], 130))


@pytest.mark.parametrize("dtype", SHORT)
def test_counts_and_flat_places_do_not_wrap(dtype):
    zeros = np.zeros(1000, dtype)
    np.testing.assert_array_equal(np.bincount(ag.Tensor(zeros)), [1000])
    i, j = np.array([19, 7], dtype), np.array([3, 14], dtype)
    found = np.ravel_multi_index((ag.Tensor(i), ag.Tensor(j)), (20, 15))
    np.testing.assert_array_equal(found, np.ravel_multi_index((i.astype(int), j.astype(int)), (20, 15)))
    found = np.unravel_index(ag.Tensor(np.array([100, 3], dtype)), (ROWS, 4))
    np.testing.assert_array_equal(found, [[25, 0], [0, 3]])


def test_classes_numbered_by_bytes_may_be_many():
    scores = np.linspace(-1.0, 1.0, 2 * ROWS).reshape(2, ROWS)
    labels = np.array([200, 3], np.uint8)
    found, wanted = (
        ag.grad(lambda s, i=i: ag.sum(ag.special.cross_entropy(s, i)))(scores) for i in (labels, labels.astype(int))
    )
    np.testing.assert_array_equal(found, wanted)


# --- indices that broadcast -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 2), (3, 1), (1, 1), (3, 2)])
@pytest.mark.parametrize("rows", [1, 3])
def test_indices_along_an_axis_broadcast_with_the_array(shape, rows):
    x = table(rows, 4)
    at = (np.arange(np.prod(shape)) % 4).reshape(shape)
    f = lambda v: ag.take_along_axis(v, at, axis=1)  # noqa: E731
    np.testing.assert_array_equal(f(ag.Tensor(x)).numpy(), np.take_along_axis(x, at, axis=1))
    ag.testing.check_grads(lambda v: f(v) * f(v), (x,), order=2)


# --- byte orders ------------------------------------------------------------------------------------------------------

SWAPPED = np.dtype(np.float64).newbyteorder()


def test_arrays_of_another_byte_order_carry_gradients():
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(ag.grad(lambda v: ag.sum(v.astype(SWAPPED) * v))(x), 2 * x)
    np.testing.assert_array_equal(ag.grad(lambda v: ag.sum(v * v))(x.astype(SWAPPED)), 2 * x)
    value, tangent = ag.jvp(lambda v: v.astype(SWAPPED) * 3.0, (x,), (x,))
    np.testing.assert_array_equal((value, tangent), (3 * x, 3 * x))
    np.testing.assert_array_equal(ag.vmap(ag.grad(lambda v: v * v))(x.astype(SWAPPED)), 2 * x)
    np.testing.assert_array_equal(ag.hessian(lambda v: ag.sum(v**3))(x.astype(SWAPPED)), np.diag(6 * x))

    def filled(v):
        y = np.zeros(2, SWAPPED, like=v)
        y[0], y[1] = v[1], v[0] * v[0]
        return np.sum(y)

    np.testing.assert_array_equal(ag.grad(filled)(x), [2.0, 1.0])
    leaf = ag.Tensor(x.astype(SWAPPED), requires_grad=True)
    ag.sum(ag.exp(leaf)).backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), np.exp(x))
    assert leaf.grad.dtype == leaf.dtype
    z = (x + 1j).astype(np.dtype(np.complex128).newbyteorder())
    np.testing.assert_allclose(ag.grad(lambda v: ag.sum(ag.abs(v) ** 2))(z), 2 * z)


def test_indices_of_another_byte_order_are_indices():
    at = np.array([1, 1, 0], np.dtype(np.int32).newbyteorder())
    np.testing.assert_array_equal(ag.grad(lambda v: ag.sum(v[at]))(np.ones(3)), [1.0, 2.0, 0.0])


@pytest.mark.parametrize("home", ["torch:cpu", "jax:cpu", "strict:cpu"])
def test_arrays_of_another_byte_order_go_to_other_libraries_and_come_back(home):
    device = require_device(home)
    x = np.array([1.0, 2.0], np.dtype(np.float32).newbyteorder())
    np.testing.assert_array_equal(ag.asarray(x, device=device).to("cpu").numpy(), x)
    gradient = ag.grad(lambda v: ag.sum(v.to(device) ** 2).to("cpu"))(x)
    gradient = ag.grad(lambda v: ag.sum(v.to(device) ** 2))(x)
    np.testing.assert_array_equal(gradient, 2 * x)
    assert isinstance(gradient, np.ndarray)
    y = ag.Tensor([1.0, 2.0], device=device)
    at = np.array([1, 0], np.dtype(np.int32).newbyteorder())
    np.testing.assert_array_equal(y[at].to("cpu").numpy(), [2.0, 1.0])


# --- complex values in real arrays ------------------------------------------------------------------------------------

COMPLEX = np.array([1j, 2.0])
WRITES = {
    "element": lambda x, z: x.__setitem__(0, z[0]),
    "slice": lambda x, z: x.__setitem__(slice(None), z),
    "all": lambda x, z: x.__setitem__(..., z),
    "array": lambda x, z: x.__setitem__([0, 1], z),
    "mask": lambda x, z: x.__setitem__([True, True], z),
    "view": lambda x, z: x.reshape((2, 1))[0].__setitem__(0, z[0]),
    "in place": lambda x, z: x.__iadd__(z),
    "add at": lambda x, z: np.add.at(x, [0, 1], z),
    "put": lambda x, z: np.put(x, [0, 1], z),
    "index_set": lambda x, z: ag.index_set(x, z, slice(None)),
    "index_set of an array": lambda x, z: ag.index_set(x, z, np.array([0, 1])),
    "index_add": lambda x, z: ag.index_add(x, z, np.array([0, 1])),
    "number": lambda x, z: x.__setitem__(0, 1j),
    "NumPy's number": lambda x, z: x.__setitem__(0, np.complex128(1j)),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("home", ["cpu", "torch:cpu", "jax:cpu", "strict:cpu"])
@pytest.mark.parametrize("kind", ["constant", "gradient", "batch"])
def test_complex_values_are_not_written_into_a_real_array(write, home, kind):
    device = require_device(home)
    x, z = ag.Tensor(np.zeros(2), device=device), ag.Tensor(COMPLEX, device=device, requires_grad=kind == "gradient")
    run = ag.vmap(lambda y: write(y * 1.0, z)) if kind == "batch" else lambda y: write(y[0] * 1.0, z)
    with pytest.raises(TypeError):
        run(ag.stack([x, x]))
