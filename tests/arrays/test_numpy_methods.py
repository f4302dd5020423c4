"""Attributes and methods of NumPy's arrays, and changes in place, on Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import require_device
from tests.numpy_api.samples import A, X, host, leaf

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


def test_copyto_takes_numpys_mask_on_every_device():
    y = Tensor(np.ones(3), device="strict:device1", requires_grad=True) * 1.0
    np.copyto(y, 5.0, where=np.array([True, False, True]))
    assert y.device == "strict:device1"
    np.testing.assert_array_equal(host(y), [5.0, 1.0, 5.0])
