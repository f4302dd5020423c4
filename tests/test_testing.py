"""anygrad.testing: the check of gradients."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

X, Y = np.array([0.3, 0.4]), np.array([1.0, 2.0])


@pytest.mark.parametrize("device", ["cpu", "strict:device1", "torch:cpu"])
def test_right_gradients_pass(device):
    require_device(device)
    x, y = (ag.Tensor(v, device=device) for v in (X, Y))
    ag.testing.check_grads(lambda x, p: {"a": ag.sin(x) * p["y"], "b": ag.matmul(x, p["y"])}, (x, {"y": y}), order=3)


def test_right_gradients_pass_for_complex_and_single_precision():
    ag.testing.check_grads(lambda x: ag.fft.fft(x * x), (X + 1j * Y,))
    ag.testing.check_grads(ag.sin, (X.astype(np.float32),))


def test_a_wrong_gradient_is_reported_with_its_place():
    @ag.custom_vjp
    def f(p):
        return p["x"] ** 2

    f.defvjp(lambda p: (f(p), p["x"]), lambda x, g: ({"x": g * 2 * x * np.array([1.0, 1.1])},))
    with pytest.raises(
        AssertionError, match=r"rev derivative of f in argument 0\['x'\], entry \(1,\).*differ by.*1 of 2.*step 0.001"
    ):
        ag.testing.check_grads(f, ({"x": Y},), modes=("rev",), order=1)

    @ag.custom_vjp
    def h(x):
        return x**3

    h.defvjp(lambda x: (h(x), x), lambda x, g: (g * 3 * ag.stop_gradient(x) * x,))  # right once, wrong twice
    ag.testing.check_grads(h, (Y,), order=1)
    with pytest.raises(AssertionError, match="derivative of the gradient of h in argument 0"):
        ag.testing.check_grads(h, (Y,), order=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 0}, "order must be at least 1, given 0"),
        ({"modes": ("rev", "back")}, "'fwd' and 'rev', given 'back'"),
    ],
)
def test_wrong_options_of_the_check(options, message):
    with pytest.raises(ValueError, match=message):
        ag.testing.check_grads(ag.sin, (X,), **options)
