"""Arguments and results of transforms: containers, choices by position and name, auxiliary results."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import pytest

import anygrad as ag

rng = np.random.default_rng(0)
A, B, X = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=3)


class Pair(NamedTuple):
    a: Any
    b: Any


@dataclasses.dataclass
class Layer:
    w: Any
    b: Any


PARAMETERS = {"layers": [Layer(A, B), Pair(np.ones(2), (np.ones(1), None))], "scale": 2.0}


def of_parameters(p, x):
    first, second = p["layers"]
    return ag.sum(ag.tanh(first.w @ x + first.b)) * p["scale"] * ag.sum(second.a) * second.b[0][0]


def test_gradients_have_the_structure_of_the_argument():
    g = ag.grad(of_parameters)(PARAMETERS, X)
    assert g.keys() == PARAMETERS.keys()
    assert isinstance(g["layers"], list)
    assert isinstance(g["layers"][0], Layer)
    assert isinstance(g["layers"][1], Pair)
    assert g["layers"][1].b[1] is None
    for got, given in ((g["layers"][0].w, A), (g["layers"][1].b[0], np.ones(1)), (g["scale"], np.array(2.0))):
        assert got.shape == given.shape
    value, tangent = ag.jvp(lambda p: of_parameters(p, X), (PARAMETERS,), (g,))
    squares = sum(float(np.sum(x * x)) for x in (g["layers"][0].w, g["layers"][0].b, g["layers"][1].a))
    squares += float(np.sum(g["layers"][1].b[0] ** 2) + g["scale"] ** 2)
    np.testing.assert_allclose(tangent, squares, rtol=1e-12)
    np.testing.assert_allclose(value, of_parameters(PARAMETERS, X))


def test_arguments_are_chosen_by_position_and_by_name():
    def f(x, y, *, z):
        return x * y * z

    assert ag.grad(f)(2.0, 3.0, z=4.0) == 12.0
    assert ag.grad(f, 1)(2.0, 3.0, z=4.0) == 8.0
    assert ag.grad(f, (0, -1))(2.0, 3.0, z=4.0) == (12.0, 8.0)
    assert ag.grad(f, argnames="z")(2.0, 3.0, z=4.0) == 6.0
    assert ag.grad(f, argnames=["z"])(2.0, 3.0, z=4.0) == {"z": 6.0}
    assert ag.grad(f, (0, 1), "z")(2.0, 3.0, z=4.0) == ((12.0, 8.0), 6.0)


def test_auxiliary_results_are_handed_back_without_wrappers():
    def f(x):
        y = x * x
        return ag.sum(y), {"squares": y, "name": "f"}

    g, aux = ag.grad(f, has_aux=True)(X)
    np.testing.assert_allclose(g, 2 * X)
    assert type(aux["squares"]) is np.ndarray
    assert aux["name"] == "f"
    (value, aux), g = ag.value_and_grad(f, has_aux=True)(X)
    assert value == np.sum(X * X)
    assert ag.hessian(f, has_aux=True)(X)[0].shape == (3, 3)
    assert ag.jacrev(f, has_aux=True)(X)[1]["name"] == "f"
    assert type(ag.jvp(f, (X,), (X,), has_aux=True)[2]["squares"]) is np.ndarray
    assert type(ag.vjp(f, X, has_aux=True)[2]["squares"]) is np.ndarray


def test_jacobians_and_hessians_of_containers_are_containers_of_containers():
    def f(p):
        return {"u": p["a"] * p["b"], "v": ag.sum(p["a"])}

    p = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    for jacobian in (ag.jacrev, ag.jacfwd):
        found = jacobian(f)(p)
        np.testing.assert_array_equal(found["u"]["a"], np.diag(p["b"]))
        np.testing.assert_array_equal(found["v"]["a"], np.ones(2))
        np.testing.assert_array_equal(found["v"]["b"], np.zeros(2))
    second = ag.hessian(lambda p: ag.sum(p["a"] ** 2 * p["b"]))(p)
    np.testing.assert_array_equal(second["a"]["b"], np.diag(2 * p["a"]))
    np.testing.assert_array_equal(second["b"]["b"], np.zeros((2, 2)))


@pytest.mark.parametrize("argnums", [(0, 0), (1, -1), [0, -2]])
@pytest.mark.parametrize("transform", [ag.grad, ag.value_and_grad, ag.jacfwd, ag.jacrev, ag.jacobian, ag.hessian])
def test_an_argument_named_twice_is_refused(transform, argnums):
    with pytest.raises(ValueError, match="argnums names an argument twice"):
        transform(lambda x, y: x * y, argnums)(2.0, 3.0)
    with pytest.raises(ValueError, match="argnames names an argument twice"):
        ag.grad(lambda x: x, argnames=["x", "x"])(x=2.0)


def test_an_array_under_a_transform_is_not_wrapped_anew():
    for transform in (ag.grad, ag.jacfwd):
        with pytest.raises(TypeError, match="under a transform; use it as it is"):
            transform(lambda x: ag.Tensor(x) * x)(2.0)
        assert transform(lambda x: ag.asarray(x) * x)(2.0) == 4.0
