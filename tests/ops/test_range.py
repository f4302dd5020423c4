"""Derivatives keep their digits where functions saturate, and their range where squares and counts overflow."""

from __future__ import annotations

import math

import numpy as np
import pytest

import anygrad as ag

FIRST = {"reverse": ag.grad, "forward": ag.jacfwd}
SECOND = {
    f"{a.__name__} of {b.__name__}": lambda f, a=a, b=b: a(b(f))
    for a in (ag.jacrev, ag.jacfwd)
    for b in (ag.jacrev, ag.jacfwd)
}


def sech2(x):
    return 4 * math.exp(-2 * abs(x)) / (1 + math.exp(-2 * abs(x))) ** 2


FAR_OUT = {
    "expm1": (np.expm1, -40.0, math.exp(-40), math.exp(-40)),
    "expit above": (ag.special.expit, 38.0, math.exp(-38), -math.exp(-38)),
    "expit below": (ag.special.expit, -38.0, math.exp(-38), math.exp(-38)),
    "tanh": (np.tanh, 20.0, sech2(20), -2 * sech2(20)),
    "tanh below": (np.tanh, -20.0, sech2(20), 2 * sech2(20)),
    "softplus": (ag.special.softplus, 40.0, 1.0, math.exp(-40)),
    "log_expit": (ag.special.log_expit, -40.0, 1.0, -math.exp(-40)),
    "silu": (ag.special.silu, 40.0, 1.0, -38 * math.exp(-40)),
    "logaddexp": (lambda x: np.logaddexp(0.0, x), 40.0, 1.0, math.exp(-40)),
    "arcsinh": (np.arcsinh, 1e200, 1e-200, 0.0),
    "arcsinh below": (np.arcsinh, -1e200, 1e-200, 0.0),
    "arctan2": (lambda x: np.arctan2(x, 1e200), 1e200, 0.5e-200, 0.0),
    "arctan2 of small numbers": (lambda x: np.arctan2(x, 1e-170), 1e-170, 0.5e170, None),
}


@pytest.mark.parametrize("name", FAR_OUT)
def test_derivatives_far_out(name):
    f, x, first, second = FAR_OUT[name]
    with np.errstate(all="ignore"):
        for mode, derivative in FIRST.items():
            np.testing.assert_allclose(derivative(f)(x), first, rtol=1e-12, err_msg=mode)
        for mode, derivative in SECOND.items() if second is not None else ():
            np.testing.assert_allclose(derivative(f)(x), second, rtol=1e-11, err_msg=mode)


def test_the_slope_of_tanh_in_single_precision():
    for x in (-9.01, -6.0, 5.0):
        np.testing.assert_allclose(ag.grad(np.tanh)(np.float32(x)), sech2(np.float32(x)), rtol=1e-6)


def test_infinite_slopes_come_in_both_modes():
    with np.errstate(all="ignore"):
        for derivative in FIRST.values():
            assert derivative(np.arccos)(1.0) == -np.inf
            assert derivative(np.arcsin)(1.0) == np.inf
            assert derivative(np.log)(0.0) == np.inf


# --- products ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        ([1e200, 0.0, 0.0, 1e200, 1e200], [0.0, 0.0, 0.0, 0.0, 0.0]),
        ([0.0, 1e200, 1e200, 3.0], [np.inf, 0.0, 0.0, 0.0]),
        ([1e200, 1e200, 0.0, 3.0], [0.0, 0.0, np.inf, 0.0]),
        ([0.0, np.inf, 2.0], [np.inf, 0.0, np.nan]),
    ],
)
def test_no_overflow_beside_a_zero_makes_a_nan(x, wanted):
    x = np.array(x)
    with np.errstate(all="ignore"):
        for derivative in FIRST.values():
            np.testing.assert_array_equal(derivative(np.prod)(x), wanted)
            np.testing.assert_array_equal(derivative(lambda x: np.cumprod(x)[-1])(x), wanted)


# --- more elements than half precision can count ----------------------------------------------------------------------

MANY = 70_000


def test_means_of_many_numbers_in_half_precision():
    x = np.ones(MANY, np.float16)
    share = np.float16(1 / MANY)
    np.testing.assert_array_equal(ag.grad(np.mean)(x), np.full(MANY, share))
    np.testing.assert_array_equal(ag.grad(lambda x: np.mean(x**2))(x), np.full(MANY, 2 * share))
    steps = np.linspace(0, 1, MANY).astype(np.float16)
    wanted = 2 * (steps.astype(np.float64) - 0.5) / MANY
    np.testing.assert_allclose(ag.grad(np.var)(steps), wanted, atol=1e-7)


@pytest.mark.parametrize("name", ["nanmean", "nanvar", "nanstd"])
def test_many_numbers_that_are_no_nan_in_half_precision(name):
    x = np.linspace(0, 1, MANY).astype(np.float16)
    value, gradient = ag.value_and_grad(getattr(np, name))(x)
    assert value.dtype == gradient.dtype == np.float16
    np.testing.assert_allclose(value, getattr(np, name)(x.astype(np.float64)), rtol=2e-3)
    assert np.any(gradient != 0)


def test_ties_of_many_numbers_in_half_precision():
    x = np.ones(MANY, np.float16)
    for extreme in (np.max, np.min, lambda x: np.linalg.norm(x, np.inf)):
        np.testing.assert_array_equal(ag.grad(extreme)(x), np.full(MANY, np.float16(1 / MANY)))
        assert ag.jvp(extreme, (x,), (x,))[1] == 1


def test_exponentials_of_many_numbers_in_half_precision():
    x = np.zeros(2**17, np.float16)
    for found, wanted in (
        (ag.special.log_softmax(x)[0], -17 * math.log(2)),
        (ag.special.logsumexp(x), 17 * math.log(2)),
        (ag.special.softmax(x)[0], 2.0**-17),
        (ag.grad(ag.special.logsumexp)(x)[0], 2.0**-17),
    ):
        assert found.dtype == np.float16
        np.testing.assert_allclose(found, wanted, rtol=2e-3)


@pytest.mark.parametrize("quantile", [np.median, lambda x: np.quantile(x, 0.5), lambda x: np.percentile(x, 50)])
def test_places_are_not_counted_in_the_dtype_of_the_numbers(quantile):
    for n in (5_003, MANY + 1):
        x = np.linspace(0, 1, n).astype(np.float16)
        value, gradient = ag.value_and_grad(quantile)(x)
        assert (value, value.dtype) == (quantile(x), np.float16)
        assert np.flatnonzero(gradient).tolist() == [(n - 1) // 2]


def test_infinite_elements_do_not_touch_a_median_beside_them():
    for x, wanted in (([np.inf] * 3, [0, 1, 0]), ([1.0, 2.0, np.inf], [0, 1, 0]), ([-np.inf, 1.0, 2.0, np.inf], None)):
        value, gradient = ag.value_and_grad(np.median)(np.array(x))
        assert value == np.median(x)
        np.testing.assert_array_equal(gradient, [0, 0.5, 0.5, 0] if wanted is None else wanted)


# --- complex powers ---------------------------------------------------------------------------------------------------


def test_powers_of_complex_numbers():
    x = np.array([1.5, 2.0])
    for f, derivative in (
        (lambda x: x ** (1 + 2j), (1 + 2j) * x ** (2j)),
        (lambda x: (1 + 2j) ** x, np.log(1 + 2j) * (1 + 2j) ** x),
    ):
        np.testing.assert_allclose(ag.grad(lambda x, f=f: np.sum(np.real(f(x))))(x), derivative.real, rtol=1e-12)
        np.testing.assert_allclose(ag.jvp(f, (x,), (np.ones(2),))[1], derivative, rtol=1e-12)


@pytest.mark.parametrize("base", [-2.0, np.array(-2.0), np.array([-2.0])])
def test_a_complex_power_of_a_negative_number(base):
    e = 0.3 + 0.2j
    derivative = complex(np.log(-2 + 0j) * np.exp(e * np.log(-2 + 0j)))
    got = ag.grad(lambda e: np.sum(np.real(ag.pow(base, e))))(np.array(e))
    np.testing.assert_allclose(got, np.conj(derivative), rtol=1e-12)
    np.testing.assert_allclose(ag.jvp(lambda e: ag.pow(base, e), (np.array(e),), (np.array(1 + 0j),))[1], derivative)
