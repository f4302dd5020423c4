"""The operators and methods of a Tensor, and the standard's protocol."""

import numpy as np
import pytest

from anygrad import Tensor
from tests.conftest import leaf

# --- operators --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a // b,
        lambda a, b: a % b,
        lambda a, b: a**b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: a == b,
        lambda a, b: a != b,
    ],
)
def test_operators_with_numbers_and_arrays_on_either_side(f):
    array = np.array([1.0, 2.0, 3.0])
    x = Tensor(array)
    for other in (2.0, 2, array[::-1].copy(), np.float64(2.0)):
        for got, wanted in ((f(x, other), f(array, other)), (f(other, x), f(other, array))):
            assert isinstance(got, Tensor)
            np.testing.assert_array_equal(got.data, wanted)


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a & b,
        lambda a, b: a | b,
        lambda a, b: a ^ b,
        lambda a, b: a << b,
        lambda a, b: a >> b,
        lambda a, b: ~a + b,
    ],
)
def test_bit_operators(f):
    a, b = np.array([1, 5, 12]), np.array([3, 1, 2])
    np.testing.assert_array_equal(f(Tensor(a), Tensor(b)).data, f(a, b))
    np.testing.assert_array_equal(f(Tensor(a), 1).data, f(a, 1))


def test_matmul_and_unary_operators():
    a = np.arange(6.0).reshape(2, 3)
    x = Tensor(a)
    np.testing.assert_array_equal((x @ a.T).data, a @ a.T)
    np.testing.assert_array_equal((a.T @ x).data, a.T @ a)
    np.testing.assert_array_equal((-x).data, -a)
    np.testing.assert_array_equal((+x).data, a)
    np.testing.assert_array_equal(abs(-x).data, a)


def test_methods_agree_with_the_functions():
    a = np.arange(6.0).reshape(2, 3)
    x = Tensor(a)
    for name in ("sum", "mean", "prod", "max", "min", "std", "var"):
        np.testing.assert_allclose(getattr(x, name)(axis=1).data, getattr(a, name)(axis=1))
        np.testing.assert_allclose(getattr(x, name)(0, keepdims=True).data, getattr(a, name)(0, keepdims=True))
    assert x.reshape(3, 2).shape == x.reshape((3, -1)).shape == (3, 2)


# --- the standard's protocol ------------------------------------------------------------------------------------------


def test_array_api_code_runs_on_tensors():
    def logsumexp(x):
        xp = x.__array_namespace__()
        top = xp.max(x, axis=-1, keepdims=True)
        return xp.squeeze(top, axis=-1) + xp.log(xp.sum(xp.exp(x - top), axis=-1))

    x = leaf(1.0, 2.0, 3.0)
    logsumexp(x).backward()
    e = np.exp([1.0, 2.0, 3.0])
    np.testing.assert_allclose(x.grad.data, e / e.sum())
