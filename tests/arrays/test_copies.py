"""Copies and pickles of Tensors."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.numpy_api.samples import X, host, leaf


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


@pytest.mark.parametrize("statement", ["x += y", "x -= y", "x *= y", "x /= y", "x **= y", "x @= y", "x[0] = y[1]"])
def test_a_tensor_of_a_users_own_class_changes_in_place(statement):
    x = same = Parameter(np.eye(2) * 3.0)
    x.name = "weights"
    plain = {"x": np.eye(2) * 3.0, "y": np.ones((2, 2))}
    names = {"x": x, "y": leaf(plain["y"])}
    exec(statement, names)
    exec(statement, plain)
    assert names["x"] is same
    assert (type(same), same.name) == (Parameter, "weights")
    np.testing.assert_array_equal(same.detach().numpy(), plain["x"])
    ag.sum(same * same).backward()
    assert names["y"].grad is not None


def test_a_parameter_of_a_users_own_class_takes_a_step():
    x = Parameter([1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        x -= 0.5
        x[0] = 4.0
    assert (type(x), x.is_leaf, x.requires_grad) == (Parameter, True, True)
    ag.sum(x * x).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [8.0, 3.0])


@pytest.mark.parametrize("transform", [ag.grad, ag.jacfwd])
def test_a_tensor_of_a_users_own_class_takes_no_array_of_a_transform(transform):
    def f(x):
        parameter = Parameter(X)
        parameter += x
        return ag.sum(parameter)

    with pytest.raises(TypeError, match=r"a Parameter cannot hold what is computed under a transform, a (Tensor|Dual)"):
        transform(f)(X)


def test_results_are_not_pickled_behind_the_graphs_back():
    with pytest.raises(RuntimeError, match=r"result of 'multiply'.*pickle\.dumps\(x\.detach\(\)\)"):
        pickle.dumps(leaf(X) * 2)
    with pytest.raises(RuntimeError, match="belongs to a transform"):
        ag.grad(lambda x: np.sum(pickle.dumps(x) and x))(X)
    assert not copy.deepcopy((leaf(X) * 2).detach()).requires_grad


def test_a_shallow_copy_is_a_numpys_copy_and_keeps_the_gradient():
    x = leaf(X)
    twin = copy.copy(x)
    assert twin.data is not x.data
    twin.sum().backward()
    np.testing.assert_array_equal(host(x.grad), [1, 1, 1])
