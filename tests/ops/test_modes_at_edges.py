"""At the edges of functions all nestings of the modes agree: on branches that are not taken, and on pieces of zero."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import anygrad as ag


def by_columns(derivative):
    """A matrix of second derivatives from its products with the unit vectors."""

    def columns(x):
        units = np.eye(max(x.size, 1)).reshape(-1, *x.shape)
        return np.stack([derivative(x, v) for v in units], axis=-1).reshape(x.shape * 2)

    return columns


SECOND = {
    "hessian": ag.hessian,
    "forward over reverse": lambda f: ag.jacfwd(ag.grad(f)),
    "reverse over reverse": lambda f: ag.jacrev(ag.grad(f)),
    "reverse over forward": lambda f: ag.jacrev(ag.jacfwd(f)),
    "forward over forward": lambda f: ag.jacfwd(ag.jacfwd(f)),
    "products, forward": lambda f: by_columns(lambda x, v: ag.jvp(ag.grad(f), (x,), (v,))[1]),
    "products, reverse": lambda f: by_columns(lambda x, v: ag.grad(lambda y: ag.sum(ag.grad(f)(y) * v))(x)),
    "vmap": lambda f: lambda x: ag.vmap(ag.hessian(f))(np.stack([x, x]))[1],
}

BOTH = lambda x: np.stack([1 / x, x])  # noqa: E731  of which one is infinite at 0


def dead(function):
    """A function on a branch that is not taken."""
    return lambda x: np.sum(np.where(x > 0, function(x), 0.0))


BRANCHES = {
    "sqrt": (dead(np.sqrt), 0.0, 0.0),
    "power of a negative number": (dead(lambda x: x**0.3), -0.7, 0.0),
    "quotient": (lambda x: np.where(np.abs(x) < 1e-3, x * x, 1 / x), 0.0, 2.0),
    "entropy": (dead(lambda x: x * np.log(x)), [0.0, 0.5], [[0.0, 0.0], [0.0, 2.0]]),
    "arccos": (lambda x: np.where(x < 1, np.arccos(x), 0.0), 1.0, 0.0),
    "powers of an array": (lambda x: np.sum(x ** np.arange(5)), 0.0, 2.0),
    "sinc": (lambda x: np.where(x == 0, 1.0, np.sin(x) / x), 0.0, 0.0),
    "product": (dead(lambda x: (1 / x) * np.sqrt(x)), 0.0, 0.0),
    "prod": (dead(lambda x: np.prod(BOTH(x))), 0.0, 0.0),
    "cumprod": (dead(lambda x: np.cumprod(BOTH(x))), 0.0, 0.0),
    "max": (dead(lambda x: np.max(BOTH(x))), 0.0, 0.0),
    "var": (dead(lambda x: np.var(BOTH(x))), 0.0, 0.0),
    "std": (dead(lambda x: np.std(BOTH(x))), 0.0, 0.0),
    "norm": (dead(lambda x: np.linalg.norm(BOTH(x))), 0.0, 0.0),
    "norm of order 3": (dead(lambda x: np.linalg.norm(BOTH(x), 3)), 0.0, 0.0),
    "softmax": (dead(lambda x: ag.special.softmax(BOTH(x))[0]), 0.0, 0.0),
    "log_softmax": (dead(lambda x: ag.special.log_softmax(BOTH(x))[0]), 0.0, 0.0),
    "logsumexp": (dead(lambda x: ag.special.logsumexp(BOTH(x))), 0.0, 0.0),
    "product of vectors": (dead(lambda x: BOTH(x) @ BOTH(x)), 0.0, 0.0),
    "product of matrices": (dead(lambda x: BOTH(x)[None] @ BOTH(x)[:, None]), 0.0, 0.0),
    "vector and matrix": (dead(lambda x: BOTH(x) @ np.outer(BOTH(x), BOTH(x))), 0.0, 0.0),
    "tensordot": (dead(lambda x: np.tensordot(BOTH(x)[None], BOTH(x)[:, None], 1)), 0.0, 0.0),
    "einsum": (dead(lambda x: np.einsum("i,i->", BOTH(x), BOTH(x))), 0.0, 0.0),
    "layer": (dead(lambda x: ag.special.linear(BOTH(x)[None], BOTH(x)[:, None], x[None])), 0.0, 0.0),
    "logaddexp below": (lambda x: np.logaddexp(0.0, x), -800.0, 0.0),
    "logaddexp above": (lambda x: np.logaddexp(0.0, x), 800.0, 0.0),
    "root of what is cut off": (lambda x: np.sqrt(np.maximum(x, 0.0)), -1.0, 0.0),
}


def check(found, wanted, what):
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14, err_msg=what)


@pytest.mark.parametrize("mode", SECOND)
@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_that_is_not_taken_adds_nothing_to_second_derivatives(name, mode):
    function, x, wanted = BRANCHES[name]
    with np.errstate(all="ignore"):
        check(SECOND[mode](function)(np.asarray(x)), wanted, name)


THIRD = {
    "sqrt": (dead(np.sqrt), 0.0, 0.0),
    "powers of an array": (lambda x: np.sum(x ** np.arange(5)), 0.0, 6.0),
    "quotient": (lambda x: np.where(np.abs(x) < 1e-3, x**3, 1 / x), 0.0, 6.0),
    "entropy": (lambda x: np.where(x > 0, x * np.log(x), x**3), 0.0, 6.0),
    "logaddexp": (lambda x: np.logaddexp(0.0, x), -800.0, 0.0),
    "product of vectors": (dead(lambda x: BOTH(x) @ BOTH(x)), 0.0, 0.0),
    "prod": (dead(lambda x: np.prod(BOTH(x))), 0.0, 0.0),
}


@pytest.mark.parametrize("order", list(itertools.product(["jacrev", "jacfwd"], repeat=3)), ids=" of ".join)
@pytest.mark.parametrize("name", THIRD)
def test_nor_to_third_ones(name, order):
    function, x, wanted = THIRD[name]
    outer, middle, inner = (getattr(ag, name) for name in order)
    with np.errstate(all="ignore"):
        check(outer(middle(inner(function)))(np.asarray(x)), wanted, name)


# --- where a function is constant around a point ----------------------------------------------------------------------

FLAT = {
    "floor": (lambda x: np.sqrt(x - np.floor(x)), 1.0, np.inf),
    "trunc": (lambda x: np.sqrt(x - np.trunc(x)), 1.0, np.inf),
    "round": (lambda x: np.sqrt(np.round(x)), 0.2, 0.0),
    "floor_divide": (lambda x: np.sqrt(x // 2.0), 0.5, 0.0),
    "maximum": (lambda x: np.sqrt(np.maximum(x, 0.0)), -1.0, 0.0),
    "minimum": (lambda x: np.sqrt(np.minimum(x, 0.0)), 1.0, 0.0),
    "clip": (lambda x: np.sqrt(np.clip(x, 0.0, 1.0)), -1.0, 0.0),
    "relu": (lambda x: np.sqrt(ag.special.relu(x)), -1.0, 0.0),
    "sign": (lambda x: np.sqrt(1 - np.sign(x)), 1.5, 0.0),
    "max": (lambda x: np.sqrt(np.max(x)), [0.0, -1.0], [np.inf, 0.0]),
}


@pytest.mark.parametrize("name", FLAT)
def test_an_infinite_cotangent_leaves_nothing_where_a_function_is_constant(name):
    function, x, wanted = FLAT[name]
    with np.errstate(all="ignore"):
        for derivative in (ag.grad(function), ag.jacfwd(function)):
            np.testing.assert_array_equal(derivative(np.asarray(x)), wanted)


def test_a_zero_cotangent_does_not_hide_another_that_meets_infinity():
    a, b = np.array([[np.inf, 1.0], [2.0, 3.0]]), np.array([[1.0, 4.0], [0.5, np.nan]])

    def f(b):
        return np.sum((a @ b) * np.array([[0.0, 0.0], [1.0, 1.0]]))

    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ag.grad(f)(b), [[2, 2], [3, 3]])
        every_row = ag.grad(lambda b: np.sum(a @ b))(b)
    np.testing.assert_array_equal(every_row, [[np.inf, np.inf], [4, 4]])


# --- magnitudes -------------------------------------------------------------------------------------------------------
#
# The first derivative is taken as 0 where they are 0. The second does not exist there, that of their square does.

norm = np.linalg.norm
POINT, EQUAL, UNIT = np.zeros(2), np.ones(2), np.eye(2)


def size(x):
    return np.abs(x[0] + 1j * x[1])


def hypot(x):
    return np.hypot(x[0], x[1])


SMOOTH = {
    "norm": (lambda x: norm(x) ** 2, POINT, 2 * UNIT),
    "norm of rows": (lambda x: np.sum(norm(x.reshape(2, 2), axis=1) ** 2), np.array([3.0, 4.0, 0, 0]), 2 * np.eye(4)),
    "norm of a matrix": (lambda x: norm(x.reshape(2, 1)) ** 2, POINT, 2 * UNIT),
    "fourth power": (lambda x: norm(x) ** 4, POINT, 0 * UNIT),
    "square": (lambda x: np.square(norm(x)), POINT, 2 * UNIT),
    "kernel": (lambda x: np.exp(-(norm(x - 1) ** 2) / 2), EQUAL, -UNIT),
    "hypot": (lambda x: hypot(x) ** 2, POINT, 2 * UNIT),
    "hypot of a number": (lambda x: np.hypot(x, 0.0) ** 2, np.array(0.0), 2.0),
    "real abs": (lambda x: np.abs(x) ** 2, np.array(0.0), 2.0),
    "complex abs": (lambda x: size(x) ** 2, POINT, 2 * UNIT),
    "power spectrum": (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), np.ones(4), 8 * np.eye(4)),
    "std": (lambda x: np.std(x) ** 2, EQUAL, [[0.5, -0.5], [-0.5, 0.5]]),
}

UNDETERMINED = {
    "norm": (norm, np.zeros(3)),
    "hypot": (hypot, POINT),
    "complex abs": (size, POINT),
    "std": (np.std, EQUAL),
    "nanstd": (np.nanstd, EQUAL),
    "std of some": (lambda x: np.std(x, where=np.array([True, True])), EQUAL),
    "cos": (lambda x: np.cos(norm(x)), POINT),
    "Matern kernel": (lambda x: (1 + norm(x)) * np.exp(-norm(x)), POINT),
    "product": (lambda x: norm(x) * norm(x), POINT),
}

FLAT_AROUND = {
    "real abs": lambda x: np.sum(np.abs(x)),
    "norm of order 1": lambda x: norm(x, 1),
    "norm of order inf": lambda x: norm(x, np.inf),
    "relu": lambda x: np.sum(ag.special.relu(x)),
    "maximum": lambda x: np.sum(np.maximum(x, 0.0)),
}


@pytest.mark.parametrize("mode", SECOND)
@pytest.mark.parametrize("name", SMOOTH)
def test_the_square_of_a_magnitude_is_smooth(name, mode):
    function, x, wanted = SMOOTH[name]
    check(SECOND[mode](function)(x), wanted, name)


@pytest.mark.parametrize("mode", SECOND)
@pytest.mark.parametrize("name", UNDETERMINED)
def test_the_second_derivative_of_a_magnitude_is_undetermined_at_0(name, mode):
    function, x = UNDETERMINED[name]
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(SECOND[mode](function)(x), np.full(x.shape * 2, np.nan))
        for derivative in (ag.grad(function), ag.jacfwd(function)):
            np.testing.assert_array_equal(derivative(x), np.zeros(x.shape))


@pytest.mark.parametrize("mode", SECOND)
@pytest.mark.parametrize("name", FLAT_AROUND)
def test_where_it_is_0_all_around_it_stays_0(name, mode):
    np.testing.assert_array_equal(SECOND[mode](FLAT_AROUND[name])(np.array([0.0, 1.0])), np.zeros((2, 2)))


@pytest.mark.parametrize("mode", [mode for mode in SECOND if mode != "reverse over forward"])
def test_a_magnitude_of_0_on_a_branch_that_is_not_taken_adds_nothing(mode):
    x = np.array([3.0, 4.0, 0.0, 0.0])

    def f(x):
        rows = norm(x.reshape(2, 2), axis=1)
        return np.sum(np.where(np.array([True, False]), rows**3, 0.0))

    wanted = np.zeros((4, 4))
    wanted[:2, :2] = ag.hessian(lambda x: norm(x) ** 3)(x[:2])
    with np.errstate(all="ignore"):
        check(SECOND[mode](f)(x), wanted, mode)


def test_nothing_that_is_not_finite_is_taken_as_0():
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ag.grad(norm)(np.array([np.nan, 1.0])), [np.nan, np.nan])
        np.testing.assert_array_equal(ag.grad(lambda x: np.sqrt(norm(x)))(POINT), [np.nan, np.nan])


def test_a_power_of_a_magnitude_that_was_written_to_is_one_of_what_it_is_now():
    def f(x):
        rows = norm(x.reshape(2, 2), axis=1)
        rows[0] = 5.0 * x[0]
        rows += 1.0
        return np.sum(rows**2)

    x = np.array([0.0, 0.0, 0.0, 3.0])
    np.testing.assert_array_equal(ag.grad(f)(x), [10, 0, 0, 8])
    np.testing.assert_array_equal(ag.jacfwd(f)(x), [10, 0, 0, 8])
