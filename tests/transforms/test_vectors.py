"""Containers as vectors: ravel_pytree and its inverse."""

import numpy as np
import pytest

import anygrad as ag


def test_raveled_containers_come_back_with_their_shapes_and_dtypes():
    value = {"w": np.arange(6.0).reshape(2, 3), "b": [np.float32([7.0]), 8.0], "none": None, "empty": np.ones((0, 2))}
    vector, unravel = ag.ravel_pytree(value)
    np.testing.assert_array_equal(vector, [7.0, 8.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    again = unravel(vector + 1)
    np.testing.assert_array_equal(again["w"], value["w"] + 1)
    assert again["b"][0].dtype == np.float32
    assert again["b"][1].shape == ()
    assert again["none"] is None
    assert again["empty"].shape == (0, 2)


def test_both_directions_of_raveling_are_differentiable():
    def f(p):
        return ag.sum(p["w"] ** 3) * p["b"]

    p = {"w": np.array([1.0, 2.0]), "b": np.array(0.5)}
    vector, unravel = ag.ravel_pytree(p)
    of_vector = lambda v: f(unravel(v))  # noqa: E731
    np.testing.assert_allclose(ag.grad(of_vector)(vector), ag.ravel_pytree(ag.grad(f)(p))[0])
    np.testing.assert_allclose(ag.grad(lambda p: ag.sum(ag.ravel_pytree(p)[0] ** 2))(p)["w"], 2 * p["w"])
    np.testing.assert_allclose(ag.hessian(of_vector)(vector)[0, 1], 3.0)
    np.testing.assert_allclose(ag.vmap(of_vector)(ag.stack([vector, 2 * vector])), [4.5, 72.0])


def test_the_elements_of_a_dict_stand_in_the_order_of_its_keys():
    _, unravel = ag.ravel_pytree({"w": 2.0, "b": 3.0})
    vector, _ = ag.ravel_pytree({"b": 3.0, "w": 2.0})
    assert unravel(vector) == {"w": 2.0, "b": 3.0}
    mixed, back = ag.ravel_pytree({1: 2.0, "a": 3.0})  # of keys without an order
    assert back(mixed) == {1: 2.0, "a": 3.0}


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: ag.ravel_pytree({"n": [3]}), TypeError, r"value\['n'\]\[0\] must be floating, given the integer 3"),
        (lambda: ag.ravel_pytree({"a": object()}), TypeError, r"value\['a'\] must be an array, a Tensor or a float"),
        (lambda: ag.ravel_pytree([]), ValueError, r"value must hold an array, given \[\]"),
        (lambda: ag.ravel_pytree([1.0])[1](np.ones(3)), ValueError, r"must have 1 elements, given float64\(3,\)"),
    ],
)
def test_raveling_what_cannot_be(act, error, message):
    with pytest.raises(error, match=message):
        act()
