"""Keys as callers write them: tuples, lists, ranges, arrays of other libraries; in every mode and on every library."""

from __future__ import annotations

import array
from collections import UserList

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

X = np.arange(1.0, 7.0).reshape(2, 3)


class Places:
    """What NumPy makes an index array of, and nothing else knows."""

    def __array__(self, dtype=None, copy=None):
        return np.array([1, 1], dtype=dtype)


KEYS = {
    "tuple within": (slice(None), (1, 1)),
    "tuples": ((0, 0), (1, 1)),
    "tuple alone": ((0, 0, 1),),
    "range": range(2),
    "range and list": (range(2), [0, 0]),
    "array.array": array.array("i", [1, 0, 1]),
    "UserList": UserList([1, 1]),
    "__array__": (0, Places()),
    "list of NumPy's integers": [np.int64(1), np.int8(1)],
    "list of Tensors": [ag.Tensor(1), ag.Tensor(1), 0],
    "nested list of Tensors": (0, [[ag.Tensor(2), 0], [1, ag.Tensor(2)]]),
    "list of truth values": [True, False],
    "empty list": [],
    "empty tuple": ((),),
    "nested empty list": [[]],
    "True": True,
    "False": False,
    "NumPy's True": (np.True_, 0),
    "Tensor": ag.Tensor([1, 1, 0]),
    "Tensor in a slice": slice(ag.Tensor(1), None),
}


def on_numpy(key):
    """The same key for NumPy."""
    if isinstance(key, tuple | list):
        return type(key)(map(on_numpy, key))
    return key.numpy() if isinstance(key, ag.Tensor) else key


def read(key):
    return lambda x: x[key] * x[key]


def written(key):
    def f(x, v):
        y = x * 2.0
        y[key] = v
        return y * y

    return f


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_reading_in_every_mode(key):
    np.testing.assert_array_equal(read(key)(ag.Tensor(X)).data, X[on_numpy(key)] ** 2)
    ag.testing.check_grads(read(key), (X,))
    many = np.stack([X, -2 * X])
    np.testing.assert_array_equal(ag.vmap(read(key))(many), np.stack([x[on_numpy(key)] ** 2 for x in many]))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("value", ["number", "array", "row of one"])
def test_writing_in_every_mode(key, value):
    shape = X[on_numpy(key)].shape
    values = 10.0 + np.arange(float(np.prod(shape))).reshape(shape)
    v = {"number": np.array(7.0), "array": values, "row of one": values[None]}[value]
    expected = 2.0 * X
    expected[on_numpy(key)] = v
    f = written(key)
    np.testing.assert_array_equal(f(ag.Tensor(X), v).data, expected**2)
    ag.testing.check_grads(f, (X, v))
    many = np.stack([X, -2 * X])
    for shared in (True, False):
        found = ag.vmap(f, in_axes=(0, None if shared else 0))(many, v if shared else np.stack([v, 3 * v]))
        loop = [f(ag.Tensor(x), v if shared or not i else 3 * v).data for i, x in enumerate(many)]
        np.testing.assert_array_equal(found, np.stack(loop))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_every_library_reads_and_writes_alike(device, key):
    x = ag.Tensor(X, device=device, requires_grad=True)
    expected = np.zeros_like(X)
    np.add.at(expected, on_numpy(key), 1.0)
    y = x[key]
    np.testing.assert_array_equal(y.detach().to("cpu").numpy(), X[on_numpy(key)])
    ag.sum(y).backward()
    np.testing.assert_array_equal(x.grad.to("cpu").numpy(), expected)
    added = ag.index_add(ag.Tensor(np.zeros_like(X), device=device).data, 1.0, key)
    np.testing.assert_array_equal(ag.Tensor(added).to("cpu").numpy(), expected)
    replaced = ag.index_set(ag.Tensor(np.zeros_like(X), device=device).data, 1.0, key)
    np.testing.assert_array_equal(ag.Tensor(replaced).to("cpu").numpy(), expected > 0)


def test_functions_take_lists_on_raw_arrays(device):
    x = ag.Tensor([1.0, 2.0, 3.0], device=device)
    for raw in (x, x.data):
        np.testing.assert_array_equal(ag.Tensor(ag.take(raw, [0, 0, 1])).to("cpu").numpy(), [1.0, 1.0, 2.0])
        along = ag.take_along_axis(raw, [0, 0, 1], axis=0)
        np.testing.assert_array_equal(ag.Tensor(along).to("cpu").numpy(), [1.0, 1.0, 2.0])
    np.testing.assert_array_equal(ag.grad(lambda x: ag.sum(ag.take(x, (0, 0, 1))))(np.ones(3)), [2.0, 1.0, 0.0])
    leaf = ag.Tensor([1.0, 2.0, 3.0], device=device, requires_grad=True)
    ag.sum(ag.take(leaf, [0, 0, 1])).backward()
    np.testing.assert_array_equal(leaf.grad.to("cpu").numpy(), [2.0, 1.0, 0.0])


def test_an_index_may_be_a_tensor_or_a_batch_where_the_array_is_neither():
    np.testing.assert_array_equal(ag.index_add(np.zeros(3), 1.0, ag.Tensor([0, 0, 1])), [2.0, 1.0, 0.0])
    found = ag.vmap(lambda i: ag.index_add(np.zeros(3), 1.0, i))(np.array([[0, 0], [1, 2]]))
    np.testing.assert_array_equal(found, [[2.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    found = ag.vmap(lambda i: ag.grad(lambda x: ag.sum(ag.index_set(x * x, 0.0, i)))(np.ones(3)))(np.array([0, 2]))
    np.testing.assert_array_equal(found, [[0.0, 2.0, 2.0], [2.0, 2.0, 0.0]])


def test_of_values_for_one_place_the_last_has_the_gradient():
    def f(v):
        z = np.zeros((2, 2), like=v)
        z[(0, 0), (1, 1)] = v
        return ag.sum(z)

    np.testing.assert_array_equal(ag.grad(f)(np.array([1.0, 2.0])), [0.0, 1.0])


def test_numpys_writing_functions_take_what_a_key_is():
    def f(x):
        y = np.zeros(3, like=x)
        np.add.at(y, ((0, 0, 1),), x)
        np.put(y, (2,), x[0])
        return y

    np.testing.assert_array_equal(f(ag.Tensor([1.0, 2.0, 3.0])).data, [3.0, 3.0, 1.0])
    ag.testing.check_grads(f, (np.array([1.0, 2.0, 3.0]),))


CHANGED = {
    "read": lambda x, i: x[i],
    "read in a tuple": lambda x, i: x[i,],
    "index_add": lambda x, i: ag.index_add(x, x[:2] * 2, i),
    "index_set": lambda x, i: ag.index_set(x, x[:2] * 2, i),
    "take": lambda x, i: ag.take(x, i),
    "take_along_axis": lambda x, i: ag.take_along_axis(x, i, axis=0),
}


@pytest.mark.parametrize("f", CHANGED.values(), ids=CHANGED)
def test_index_arrays_may_be_used_again(f):
    gradients = []
    for is_changed in (False, True):
        x, i = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True), np.array([0, 1])
        y = f(x, i)
        if is_changed:
            i[...] = 2
        ag.sum(y * y).backward()
        gradients.append(x.grad.data)
    np.testing.assert_array_equal(*gradients)


def test_np_add_at_keeps_no_array_of_the_callers():
    v, i = ag.Tensor([1.0, 2.0], requires_grad=True), np.array([0, 1])
    y = np.zeros(3, like=v)
    np.add.at(y, i, v * v)
    i[...] = 2
    ag.sum(y * ag.Tensor([1.0, 10.0, 100.0])).backward()
    np.testing.assert_array_equal(v.grad.data, [2.0, 40.0])


# --- arrays of other libraries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("home", ["cpu", "torch:cpu", "jax:cpu", "strict:cpu"])
@pytest.mark.parametrize("other", ["torch:cpu", "jax:cpu", "strict:cpu", "cpu"])
def test_index_arrays_of_another_library_on_the_host_count_every_place(home, other):
    index = ag.Tensor([1, 1, 0], device=require_device(other)).data
    x = ag.Tensor(X, device=require_device(home), requires_grad=True)
    ag.sum(x[:, index]).backward()
    np.testing.assert_array_equal(x.grad.to("cpu").numpy(), [[1.0, 2.0, 0.0]] * 2)


def test_an_index_array_elsewhere_is_refused_by_name():
    index = ag.Tensor([1, 1, 0], device=require_device("strict:device1")).data
    with pytest.raises(TypeError, match=r"'strict:device1'.*'cpu'.*anygrad\.asarray\(index\)\.to\('cpu'\)"):
        ag.Tensor(X)[:, index]


def test_a_series_is_an_index_array():
    pandas = pytest.importorskip("pandas")
    np.testing.assert_array_equal(
        ag.grad(lambda x: ag.sum(x[:, pandas.Series([1, 1])]))(X), [[0.0, 2.0, 0.0], [0.0, 2.0, 0.0]]
    )
    np.testing.assert_array_equal(ag.Tensor(X)[pandas.Series([False, True])].data, X[1:])


# --- the order of axes ------------------------------------------------------------------------------------------------

CUBE = np.arange(24.0).reshape(2, 3, 4)
ORDERS = {
    "integer and array split": (0, slice(None), np.array([0, 3])),
    "array and integer split": (np.array([0, 1, 1]), slice(None), 2),
    "arrays split": (np.array([0, 1, 1]), slice(None), np.array([3, 0, 3])),
    "integer and mask split": (0, slice(None), np.array([True, False, True, True])),
    "an empty ellipsis splits": (slice(None), np.array([0, 2, 1]), ..., np.array([0, 1, 3])),
    "an empty ellipsis beside": (slice(None), np.array([0, 2, 1]), np.array([0, 1, 3]), ...),
    "a new axis splits": (np.array([0, 1]), None, np.array([2, 2])),
    "0-d array": (np.array(1), slice(None), np.array([0, 3])),
}


@pytest.mark.parametrize("key", ORDERS.values(), ids=ORDERS)
def test_axes_are_in_numpys_order_on_every_library(device, key):
    x = ag.Tensor(CUBE, device=device, requires_grad=True)
    y = x[key]
    np.testing.assert_array_equal(y.detach().to("cpu").numpy(), CUBE[key])
    weights = np.arange(float(CUBE[key].size)).reshape(CUBE[key].shape)
    ag.sum(y * ag.Tensor(weights, device=device)).backward()
    expected = np.zeros_like(CUBE)
    np.add.at(expected, key, weights)
    np.testing.assert_array_equal(x.grad.to("cpu").numpy(), expected)
    written = ag.index_set(x, ag.Tensor(weights, device=device), key).detach().to("cpu").numpy()
    expected = CUBE.copy()
    expected[key] = weights
    np.testing.assert_array_equal(written, expected)


@pytest.mark.parametrize("key", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("shared", ["values", "array", "nothing"])
@pytest.mark.parametrize("dropped", [0, 1])
def test_axes_are_in_numpys_order_under_vmap(key, shared, dropped):
    def f(x, v):
        return ag.index_set(x, v, key), ag.index_add(x, v, key)

    shape = CUBE[key].shape[dropped:]
    v = np.arange(100.0, 100.0 + np.prod(shape)).reshape(shape)
    xs, vs = np.stack([CUBE, -CUBE]), np.stack([v, 2 * v])
    x_axis, v_axis = None if shared == "array" else 0, None if shared == "values" else 0
    found = ag.vmap(f, in_axes=(x_axis, v_axis))(CUBE if x_axis is None else xs, v if v_axis is None else vs)
    for i in range(2):
        expected = f(CUBE if x_axis is None else xs[i], v if v_axis is None else vs[i])
        for ours, loops in zip(found, expected):
            np.testing.assert_array_equal(ours[i], loops)
    np.testing.assert_array_equal(ag.vmap(lambda x: x[key])(xs), np.stack([x[key] for x in xs]))
    ag.testing.check_grads(lambda x, v: ag.vmap(f, in_axes=(0, None))(x, v), (xs, v), order=1)


# --- what is no key ---------------------------------------------------------------------------------------------------

NO_KEYS = {
    "float": 1.5,
    "floats": [0.5],
    "float array": np.array([0.5]),
    "float Tensor": ag.Tensor([0.5]),
    "text": "a",
    "dict": {0: 1},
    "set": {0},
    "ragged": [[0], [0, 1]],
    "object": object(),
    "complex": (0, 1j),
    "empty floats": np.zeros(0),
}


@pytest.mark.parametrize("key", NO_KEYS.values(), ids=NO_KEYS)
@pytest.mark.parametrize("device", ["cpu", "torch:cpu"])
def test_what_is_no_key_is_refused(key, device):
    x = ag.Tensor(X, device=require_device(device))
    for act in (lambda: x[key], lambda: ag.index_add(x.data, 1.0, key), lambda: ag.vmap(lambda x: x[key])(x)):
        with pytest.raises(IndexError, match=r"an index must be an integer, a slice, \.\.\., None, or an array"):
            act()


@pytest.mark.parametrize("key", [7, -8, [7], (0, 7), [True], [[True, False]], (0, 0, 0), (0, ..., ...)], ids=str)
def test_what_is_out_of_bounds_is_refused(key):
    x = ag.Tensor(X, requires_grad=True)
    for act in (lambda: x[key], lambda: ag.index_add(x, 1.0, key), lambda: ag.vmap(lambda x: x[key])(x[None])):
        with pytest.raises(IndexError):
            act()


def test_a_call_without_a_key_says_so():
    with pytest.raises(TypeError, match=r"index_add: .*'key'"):
        ag.index_add(np.zeros(3), 1.0)
