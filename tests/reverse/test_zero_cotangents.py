"""A zero cotangent stays zero, whatever the partial derivative."""

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import leaf, require_device


def test_a_zero_cotangent_stays_zero_where_a_partial_is_not_finite():
    x = leaf(0.0, 4.0, -1.0)
    with np.errstate(invalid="ignore"):
        y = ag.where(x > 0, ag.sqrt(x), 0.0)
    y.backward()
    assert x.grad.data.tolist() == [0.0, 0.25, 0.0]


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64, ag.complex64, ag.complex128])
@pytest.mark.parametrize(
    "shape", [(5,), (20_000,), (200, 100)]
)  # a dot product looks for NaN in a few, a minimum in many
def test_a_zero_cotangent_stays_zero_among_few_and_many(shape, dtype):
    values = np.full(shape, 4.0, dtype)
    values.T[-1] = 0.0
    x = Tensor(values.T, requires_grad=True)
    ag.where(ag.abs(x) > 0, ag.sqrt(x), 0.0).backward()
    np.testing.assert_array_equal(x.grad.data, np.where(values.T == 0, 0.0, 0.25))


def test_second_derivatives_are_right_beside_masked_points():
    x = leaf(0.0, 4.0)
    ag.where(x > 0, ag.sqrt(x), 0.0).backward(create_graph=True)
    first = x.grad
    x.zero_grad()
    first.backward()
    assert x.grad.data.tolist() == [0.0, -0.25 * 4.0**-1.5]


def test_an_infinite_derivative_with_a_cotangent_is_infinite():
    x = leaf(0.0)
    ag.sqrt(x).backward()
    assert x.grad.item() == np.inf


@pytest.mark.parametrize("n", [3, 50])  # looked at as a list, and by a dot product
def test_products_with_infinities_are_masked(n):
    values = np.ones(n)
    values[0] = np.inf
    x = Tensor(values, requires_grad=True)
    mask = Tensor(values < 2)
    ag.where(mask, x * x, 0.0).backward()
    assert x.grad.data.tolist() == [0.0] + [2.0] * (n - 1)


@pytest.mark.parametrize("device", ["cpu", "strict:cpu", "torch:cpu", "jax:cpu"])
def test_a_mask_stops_a_cotangent_that_is_not_finite(device):
    x = Tensor([-1.0, 2.0], device=require_device(device), requires_grad=True)
    ag.special.relu(x).backward(Tensor([np.inf, np.inf], device=device))
    assert x.grad.tolist() == [0.0, np.inf]
