"""Methods, assignment and copies of anygrad's arrays as of NumPy's, and other libraries that call NumPy."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import require_device
from tests.numpy_api.test_numpy_arrays import A, X, host, leaf

# --- attributes and methods of NumPy's arrays -------------------------------------------------------------------------

METHODS: dict[str, Any] = {
    "all": lambda x: (x > 0).all(1),
    "any": lambda x: (x > 0).any(axis=0, keepdims=True),
    "argmax": lambda x: x.argmax(0),
    "argmin": lambda x: x.argmin(),
    "argpartition": lambda x: x.argpartition(1, axis=1)[:, 1],
    "argsort": lambda x: x.argsort(0),
    "astype": lambda x: x.astype("float32"),
    "choose": lambda x: (x > 0).astype(int).choose([x, -x]),
    "clip": lambda x: x.clip(-1, 1),
    "clip by name": lambda x: x.clip(min=0.0),
    "compress": lambda x: x.compress([True, False, True], axis=1),
    "conj": lambda x: (x + 1j * x).conj(),
    "conjugate": lambda x: x.conjugate(),
    "copy": lambda x: x.copy(),
    "cumprod": lambda x: x.cumprod(),
    "cumsum": lambda x: x.cumsum(1),
    "diagonal": lambda x: x.diagonal(1),
    "dot": lambda x: x.dot(x.T),
    "dtype of a sum": lambda x: (x > 0).sum(dtype=float),
    "flat": lambda x: np.stack(list(x.flat)) if not isinstance(x, np.ndarray) else x.ravel(),
    "flat item": lambda x: x.flat[3],
    "flat slice": lambda x: x.flat[1:4],
    "flatten": lambda x: x.flatten(),
    "flatten by columns": lambda x: x.flatten("F"),
    "imag": lambda x: (x + 2j * x).imag,
    "itemsize": lambda x: x.itemsize,
    "iteration": lambda x: [row * 2 for row in x],
    "len": len,
    "max": lambda x: x.max(1),
    "mean": lambda x: x.mean(0),
    "min": lambda x: x.min(axis=(0, 1), keepdims=True),
    "nbytes": lambda x: x.nbytes,
    "ndim": lambda x: x.ndim,
    "nonzero": lambda x: (x > 0).nonzero(),
    "prod": lambda x: x.prod(0),
    "ravel": lambda x: x.ravel(),
    "real": lambda x: (x + 1j * x).real,
    "repeat": lambda x: x.repeat(2, axis=0),
    "reshape": lambda x: x.reshape(3, 2),
    "round": lambda x: x.round(1),
    "searchsorted": lambda x: x[0].searchsorted([0.1, 5.0]),
    "size": lambda x: x.size,
    "squeeze": lambda x: x[:, None].squeeze(1),
    "std": lambda x: x.std(1, ddof=1),
    "sum": lambda x: x.sum(0),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "T": lambda x: x.T,
    "take": lambda x: x.take([0, 4]),
    "trace": lambda x: x.trace(1),
    "transpose": lambda x: x.transpose(1, 0),
    "var": lambda x: x.var(axis=0, ddof=1),
    "list of indices": lambda x: x[[1, 0, 1]],
    "lists of indices": lambda x: x[[0, 1], [2, 0]],
    "list as a mask": lambda x: x[[True, False]],
    "nested list": lambda x: x[:, [[0, 1], [2, 2]]],
    "empty list": lambda x: x[[]],
}


@pytest.mark.parametrize("name", list(METHODS))
@pytest.mark.parametrize("device", ["cpu", "strict:device1"])
def test_methods_and_attributes_are_numpys(name, device):
    found, expected = METHODS[name](leaf(A, require_device(device))), METHODS[name](A)
    pairs = zip(found, expected) if isinstance(expected, tuple | list) else [(found, expected)]
    for ours, numpys in pairs:
        assert np.shape(host(ours)) == np.shape(numpys)
        assert np.result_type(host(ours)) == np.result_type(numpys)
        np.testing.assert_allclose(host(ours), numpys)


@pytest.mark.parametrize("name", ["sum", "mean", "cumsum", "dot", "flatten", "take", "std", "flat slice", "T"])
def test_methods_run_under_every_transform(name):
    def f(x):
        return np.sum(METHODS[name](x) ** 2)

    ag.testing.check_grads(f, (A,))
    np.testing.assert_allclose(ag.vmap(f)(np.stack([A, 2 * A])), [f(A), f(2 * A)])


def _sorted(x):
    x.sort(axis=0)


def _partitioned(x):
    x.partition(1)
    x[:, [0, 2]] = 0


def _filled(x):
    x.fill(7)


def _put(x):
    x.put([0, -1], [5.0, 6.0])


def _flat(x):
    x.flat[[1, 2]] = [8.0, 9.0]
    x.flat[0] = -1


def _masked(x):
    x[x < 0] = 0
    x[[0]] = [[1, 2, 3]]


IN_PLACE: dict[str, Any] = {
    "sort": _sorted,
    "partition": _partitioned,
    "fill": _filled,
    "put": _put,
    "flat": _flat,
    "mask": _masked,
    "np.copyto": lambda x: np.copyto(x, [1.0, 2.0, 3.0]),
    "np.copyto where": lambda x: np.copyto(x, 4.0, where=x > 0),
    "np.put": lambda x: np.put(x, [7, 1], 3.0, mode="wrap"),
    "np.put_along_axis": lambda x: np.put_along_axis(x, np.argmax(x, axis=1, keepdims=True), 99.0, axis=1),
    "np.put_along_axis flat": lambda x: np.put_along_axis(x, np.array([1, 3]), 99.0, axis=None),
    "np.fill_diagonal": lambda x: np.fill_diagonal(x, [1.5, 2.5]),
    "np.add.at": lambda x: np.add.at(x, ([0, 0], [1, 1]), [1.0, 2.0]),
    "np.subtract.at": lambda x: np.subtract.at(x, [0, 0], 1.0),
}


@pytest.mark.parametrize("name", list(IN_PLACE))
def test_changes_in_place_are_numpys(name):
    found, expected = Tensor(A.copy()), A.copy()
    assert IN_PLACE[name](found) is None
    IN_PLACE[name](expected)
    np.testing.assert_array_equal(host(found), expected)


@pytest.mark.parametrize("name", list(IN_PLACE))
def test_changes_in_place_keep_the_gradient(name):
    def f(x):
        y = x * 1.0
        IN_PLACE[name](y)
        return np.sum(y**2 * np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))

    ag.testing.check_grads(f, (A,))


@pytest.mark.parametrize("name", list(IN_PLACE))
def test_changes_in_place_of_a_leaf_are_refused(name):
    with pytest.raises(RuntimeError, match="on a leaf that requires a gradient"):
        IN_PLACE[name](leaf(A))


def test_an_assignment_of_what_a_transform_computes_needs_an_array_of_its_own():
    held = ag.zeros(3)

    def f(x):
        held[0] = x[0]
        return np.sum(held)

    with pytest.raises(TypeError, match=r"np\.zeros\(shape, like=x\)"):
        ag.jvp(f, (X,), (X,))


# --- copies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_leaves_and_constants_are_copied_with_their_gradients(again, requires_grad):
    x = Tensor(X.copy(), requires_grad=requires_grad)
    if requires_grad:
        (x * x).sum().backward()
    twin = again(x)
    assert (twin.requires_grad, twin.is_leaf, twin.dtype) == (requires_grad, True, x.dtype)
    assert not np.shares_memory(twin.data, x.data)
    np.testing.assert_array_equal(host(twin), X)
    if requires_grad:
        np.testing.assert_array_equal(host(twin.grad), 2 * X)
        assert twin.grad is not x.grad
    else:
        assert twin.grad is None


def test_a_leaf_that_is_held_twice_is_copied_once():
    x = leaf(X)
    twins = copy.deepcopy({"a": x, "b": [x]})
    assert twins["a"] is twins["b"][0]
    assert twins["a"] is not x


class Parameter(Tensor):
    """A Tensor of a user's own, with an attribute."""

    name = ""


def test_a_tensor_of_a_users_own_class_is_copied_as_one():
    x = Parameter(X, requires_grad=True)
    x.name = "weights"
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert (type(twin), twin.name, twin.requires_grad) == (Parameter, "weights", True)


@pytest.mark.parametrize("again", [copy.deepcopy, pickle.dumps])
def test_results_are_not_copied_behind_the_graphs_back(again):
    with pytest.raises(RuntimeError, match=r"result of 'multiply'.*copy\.deepcopy\(x\.detach\(\)\)"):
        again(leaf(X) * 2)
    with pytest.raises(RuntimeError, match="belongs to a transform"):
        ag.grad(lambda x: np.sum(again(x) and x))(X)
    assert not copy.deepcopy((leaf(X) * 2).detach()).requires_grad


def test_a_shallow_copy_is_a_numpys_copy_and_keeps_the_gradient():
    x = leaf(X)
    twin = copy.copy(x)
    assert twin.data is not x.data
    twin.sum().backward()
    np.testing.assert_array_equal(host(x.grad), [1, 1, 1])


# --- other libraries --------------------------------------------------------------------------------------------------


def test_scipys_ufuncs_go_to_the_special_functions_by_name():
    special = pytest.importorskip("scipy.special")
    shared = [name for name in ag.special.__all__ if isinstance(getattr(special, name, None), np.ufunc)]
    assert shared
    for name in shared:
        function = getattr(special, name)
        arrays = [np.array([0.3, 0.6]) + i for i in range(function.nin)]
        np.testing.assert_allclose(host(function(*map(Tensor, arrays))), function(*arrays), rtol=1e-12)


def test_scipys_ufuncs_keep_the_gradient_where_scipy_has_not_been_told_of_the_standard():
    pytest.importorskip("scipy")
    code = """
import numpy as np, scipy.special, anygrad as ag
assert isinstance(scipy.special.erf, np.ufunc)
x = np.array([0.2, 0.9])
gradient = ag.grad(lambda x: np.sum(scipy.special.erf(x) * scipy.special.gammaln(x)))(x)
def f(x): return np.sum(scipy.special.erf(x) * scipy.special.gammaln(x))
steps = [(f(x + e) - f(x - e)) / 2e-6 for e in 1e-6 * np.eye(2)]
np.testing.assert_allclose(gradient, steps, rtol=1e-6)
try:
    scipy.special.airy(ag.Tensor(x))
except TypeError as refusal:
    assert "'airy' is not supported" in str(refusal)
else:
    raise AssertionError
"""
    environment = {name: value for name, value in os.environ.items() if name != "SCIPY_ARRAY_API"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


XARRAY: dict[str, Any] = {
    "arithmetic": lambda d: (d + 1) * d / 2 - d**2,
    "ufunc": np.sin,
    "reductions": lambda d: d.sum("a") + d.mean("a") * d.std("a") + d.max("a") - d.prod("a"),
    "median": lambda d: d.median("b"),
    "cumulative": lambda d: d.cumsum("b") * d.cumprod("a"),
    "selection": lambda d: d.sel(b=20) + d.isel(b=0),
    "where": lambda d: d.where(d > 0, 0.0),
    "alignment": lambda d: d - d.sum("b"),
    "differences": lambda d: d.diff("b"),
    "dot": lambda d: d.dot(d, dim="b"),
    "quantile": lambda d: d.quantile(0.3),
    "groups": lambda d: d.groupby("b").sum(),
    "integral": lambda d: d.integrate("b"),
}


@pytest.mark.parametrize("name", list(XARRAY))
@pytest.mark.filterwarnings("ignore")
def test_xarrays_arithmetic_and_reductions_keep_the_gradient(name):
    xarray = pytest.importorskip("xarray")

    def f(x):
        labelled = XARRAY[name](xarray.DataArray(x, dims=("a", "b"), coords={"b": [10, 20, 30]}))
        return np.sum(labelled.data**2)

    x = leaf(A)
    f(x).backward()
    steps = np.array([(f(A + e) - f(A - e)) / 2e-6 for e in 1e-6 * np.eye(6).reshape(6, 2, 3)])
    np.testing.assert_allclose(host(x.grad), steps.reshape(2, 3), rtol=1e-5, atol=1e-7)
