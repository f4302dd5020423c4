"""Special values, where NumPy's are not those of the array API standard."""

from __future__ import annotations

import math

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("x1", "x2", "wanted"),
    [
        (INF, 2.0, INF),
        (INF, -2.0, -INF),
        (-INF, 2.0, -INF),
        (-INF, -2.0, INF),
        (1.0, -INF, -0.0),
        (-1.0, INF, -0.0),
        (1.0, INF, 0.0),
        (-1.0, -INF, 0.0),
        (INF, INF, NAN),
        (7.0, -2.0, -4.0),
        (1.0, 0.1, 9.0),  # floor of the exact quotient of the two, not of the rounded one
    ],
)
def test_floor_divide(x1, x2, wanted):
    with np.errstate(all="ignore"):
        results = [
            ag.floor_divide(np.asarray([x1]), np.asarray([x2])),
            ag.floor_divide(np.asarray([x1, 3.0]), x2),
            ag.floor_divide(x1, np.asarray([[x2]])),
            ag.Tensor([x1]) // ag.Tensor([x2]),
            x1 // ag.Tensor([x2]),
        ]
        x = ag.Tensor([x1])
        x //= x2
    for result in (*results, x):
        first = np.asarray(result).ravel()[0]
        np.testing.assert_equal(first, wanted)
        assert math.isnan(wanted) or np.signbit(first) == np.signbit(wanted)


@pytest.mark.parametrize(
    ("name", "x", "wanted"),
    [
        ("expm1", complex(-0.0, 0.0), 0j),
        ("expm1", complex(INF, 0.0), complex(INF, 0.0)),
        ("expm1", complex(-INF, INF), -1 + 0j),
        ("expm1", complex(INF, INF), complex(INF, NAN)),
        ("expm1", complex(-INF, NAN), -1 + 0j),
        ("expm1", complex(INF, NAN), complex(INF, NAN)),
        ("expm1", complex(NAN, 0.0), complex(NAN, 0.0)),
        ("expm1", complex(0.0, NAN), complex(NAN, NAN)),
        ("expm1", 1e-9 + 0j, math.expm1(1e-9) + 0j),
        ("tanh", complex(INF, 2.0), 1 + 0j),
        ("tanh", complex(-INF, 2.0), -1 + 0j),
        ("tanh", complex(INF, -2.0), complex(1.0, -0.0)),
        ("tanh", complex(INF, INF), 1 + 0j),
        ("tanh", complex(0.5, 0.0), math.tanh(0.5) + 0j),
        ("sign", complex(NAN, 1.0), complex(NAN, NAN)),
        ("sign", complex(-0.0, 0.0), 0j),
        ("sign", -4j, -1j),
    ],
)
def test_complex_functions(name, x, wanted):
    with np.errstate(all="ignore"):
        for result in (getattr(ag, name)(np.asarray([x])), getattr(ag, name)(ag.Tensor([1.0, x]))[1]):
            np.testing.assert_equal(np.asarray(result).ravel()[0], wanted)


@pytest.mark.parametrize("name", ["strict:cpu", "torch:cpu", "jax:cpu"])
def test_other_libraries_special_values(name):
    device = require_device(name)
    x = ag.Tensor([INF, 1.0, -1.0, 7.0], device=device, requires_grad=True)
    z = ag.Tensor([complex(INF, 2.0), complex(-0.0, 0.0), 1e-9 + 0j], device=device)
    with np.errstate(all="ignore"):
        y = x // ag.Tensor([2.0, -INF, INF, -2.0], device=device)
        by_number = ag.Tensor([1.0, -1.0], device=device) // -INF
        tanh, expm1 = ag.tanh(z[:2]), ag.expm1(z[1:])
    np.testing.assert_equal(y.detach().numpy(), [INF, -0.0, -0.0, -4.0])
    np.testing.assert_equal(by_number.numpy(), [-0.0, 0.0])
    np.testing.assert_equal(tanh.numpy(), [1, -0.0])
    np.testing.assert_equal(expm1.numpy(), [0, math.expm1(1e-9)])
    y.backward()
    assert x.grad.tolist() == [0.0] * 4
