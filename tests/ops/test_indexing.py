"""Reading and writing by keys, and their gradients, on every library."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backend_of
from anygrad.ops.indexing import index_add, index_set

MATRIX = np.arange(1.0, 13.0).reshape(3, 4)


def raw(values, device):
    return ag.Tensor(values, device=device).data


def on_host(tensor):
    return tensor.detach().to("cpu").numpy()


INDEX = np.array([2, 0, -1, 0])
KEYS = {
    "integer": 1,
    "negative": -1,
    "integers": (2, -1),
    "slice": slice(1, None),
    "step": (slice(None, None, 2), slice(3, None, -1)),
    "out of bounds": slice(1, 100),
    "empty": slice(2, 1),
    "ellipsis": (..., 1),
    "new axes": (None, slice(None), None, 0),
    "all new": (..., None),
    "indices": INDEX,
    "indices of two axes": np.array([[0, 2], [-1, 0]]),
    "pairs": (INDEX, np.array([0, 3, 3, 3])),
    "broadcast": (np.array([[0], [2]]), np.array([1, 1, -1])),
    "after a slice": (slice(None), np.array([3, 3, 0])),
    "before a slice": (INDEX, slice(None, None, -1)),
    "with an integer": (1, INDEX),
    "split by a new axis": (INDEX, None, np.array([0, 1, 2, 3])),
    "0-d": (np.array(1), slice(None)),
    "short integers": INDEX.astype(np.int8),
    "no indices": np.zeros(0, dtype=np.int64),
    "mask": MATRIX % 3 > 1,
    "mask of rows": np.array([True, False, True]),
    "mask of columns": (slice(None), np.array([True, False, False, True])),
    "mask and integer": (np.array([True, False, True]), 1),
    "mask of none": np.zeros((3, 4), dtype=bool),
}


def key_on(key, device):
    if isinstance(key, tuple):
        return tuple(key_on(part, device) for part in key)
    return ag.Tensor(key, device=device) if isinstance(key, np.ndarray) else key


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_reading_and_its_gradient(device, key, dtype):
    values = MATRIX.astype(dtype) * (1 if dtype == "float64" else 1 - 2j)
    x = ag.Tensor(values, device=device, requires_grad=True)
    y = x[key_on(key, device)]
    np.testing.assert_array_equal(on_host(y), values[key])
    g = np.arange(1, values[key].size + 1).reshape(values[key].shape) * (1 if dtype == "float64" else 2 + 1j)
    y.backward(ag.Tensor(g, device=device))
    expected = np.zeros_like(values)
    np.add.at(expected, key, g)
    np.testing.assert_allclose(on_host(x.grad), expected, rtol=1e-15)
    assert x.grad.device == device


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_writing_and_its_gradient(device, key):
    shape = MATRIX[key].shape
    new = np.arange(100.0, 100.0 + int(np.prod(shape))).reshape(shape)
    x = ag.Tensor(MATRIX, device=device, requires_grad=True)
    values = ag.Tensor(new, device=device, requires_grad=True)
    y = x * 1
    y[key_on(key, device)] = values
    expected = MATRIX.copy()
    expected[key] = new
    np.testing.assert_array_equal(on_host(y), expected)
    ag.sum(y * y).backward()
    survivors = np.where(np.isin(expected, new), 0, 2 * expected) if new.size else 2 * expected
    np.testing.assert_array_equal(on_host(x.grad), survivors)
    np.testing.assert_array_equal(on_host(values.grad), np.where(np.isin(new, expected), 2 * new, 0))


def test_a_number_is_written_everywhere(device):
    for key in (1, INDEX, MATRIX > 5):
        x = ag.Tensor(MATRIX, device=device)
        x[key_on(key, device)] = 7
        expected = MATRIX.copy()
        expected[key] = 7
        np.testing.assert_array_equal(on_host(x), expected)


def test_of_several_values_for_one_place_the_last_is_written(device):
    n = 5000
    key = raw(np.zeros(n, dtype=np.int64), device)
    out = index_set(raw(np.zeros(2), device), raw(np.arange(1.0, n + 1), device), key)
    np.testing.assert_array_equal(backend_of(out).to_numpy(out), [n, 0])


def test_of_several_values_for_one_place_all_are_added_without_spoiling_others(device):
    rng = np.random.default_rng(0)
    key, values = rng.integers(-7, 7, 500), rng.normal(size=500) * 10.0 ** rng.integers(-8, 8, 500)
    values[key % 7 == 3] = np.nan
    x = np.zeros(7)
    out = index_add(raw(x, device), raw(values, device), raw(key, device))
    np.add.at(x, key, values)
    np.testing.assert_allclose(backend_of(out).to_numpy(out), x, rtol=1e-12)


WRONG_KEYS = [3, -4, np.array([0, 3]), np.array([-4]), (0, 0, 0), (..., 0, ...)]


@pytest.mark.parametrize("key", WRONG_KEYS, ids=str)
def test_a_wrong_index_is_refused_and_nothing_else_is_spoilt(device, key):
    if device == "jax:cpu" and not isinstance(key, tuple):
        pytest.skip("JAX clamps what is out of bounds")
    if device == "cuda" and isinstance(key, np.ndarray):
        pytest.skip("CuPy wraps what is out of bounds around: an error would have to wait for the device")
    if isinstance(key, tuple) and key[0] is ... and device == "torch:cpu":
        pytest.skip("the library gives this index a meaning")
    x = ag.Tensor(MATRIX, device=device, requires_grad=True)
    y = x * 2
    with pytest.raises(IndexError, match="getitem"):
        y[key_on(key, device)]
    ag.sum(y).backward()
    np.testing.assert_array_equal(on_host(x.grad), np.full((3, 4), 2.0))


def test_numpy_index_arrays_work_on_every_library(device):
    x = ag.Tensor(MATRIX, device=device, requires_grad=True)
    ag.sum(x[np.array([0, 0])]).backward()
    np.testing.assert_array_equal(on_host(x.grad)[:, 0], [2, 0, 0])


def test_take_without_an_axis_reads_the_flattened_array_and_so_does_its_gradient():
    x = ag.Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    taken = ag.take(x, np.array([4, 4, 1]))
    assert taken.tolist() == [4.0, 4.0, 1.0]
    taken.backward()
    assert x.grad.tolist() == [[0.0, 1.0, 0.0], [0.0, 2.0, 0.0]]
