"""Values of NumPy's functions at the ends of their ranges, and the gradients there."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag

X = np.array([1.0, 2.0, 4.0])


def same(found, wanted):
    np.testing.assert_array_equal(np.asarray(ag.asarray(found).detach().numpy()), wanted)


@pytest.mark.filterwarnings("ignore:Degrees of freedom:RuntimeWarning")
@pytest.mark.parametrize("name", ["var", "std", "nanvar", "nanstd"])
@pytest.mark.parametrize("ddof", [1, 3, 4])
def test_variances_without_degrees_of_freedom(name, ddof):
    function = getattr(np, name)
    for x in (X, X[:1]):
        with np.errstate(all="ignore"):
            value, gradient = ag.value_and_grad(lambda x: function(x, ddof=ddof))(x)
            same(value, function(x, ddof=ddof))
        if np.isfinite(value):
            assert np.all(np.isfinite(gradient))
        else:
            assert not np.any(np.isfinite(gradient))


def test_powers_of_two_that_overflow_where_the_product_does_not():
    for x, exponent in ((1e-300, 1050), (5e-324, 2000), (1e300, -1500), (3.0, -2), (3.0, 5)):
        same(np.ldexp(ag.Tensor(x), exponent), np.ldexp(x, exponent))
    tangent = ag.jvp(lambda x: np.ldexp(x, 1050), (np.array(1e-300),), (np.array(1e-300),))[1]
    same(tangent, np.ldexp(1e-300, 1050))


def test_the_fraction_of_an_infinite_number():
    x = np.array([np.inf, -np.inf, 2.75, -2.75])
    for found, wanted in zip(np.modf(ag.Tensor(x)), np.modf(x)):
        same(found, wanted)
        np.testing.assert_array_equal(np.signbit(found.numpy()), np.signbit(wanted))
    np.testing.assert_array_equal(ag.grad(lambda x: np.sum(np.modf(x)[0]))(x), [0, 0, 1, 1])


def test_weights_are_differentiated_in_a_histogram_of_plain_numbers():
    numbers = np.array([1, 2, 3])
    for bins in (2, 10, [0.0, 2.5, 4.0]):
        found, edges = np.histogram(numbers, bins, weights=ag.Tensor(X))
        wanted, wanted_edges = np.histogram(numbers, bins, weights=X)
        same(found, wanted)
        same(edges, wanted_edges)
    gradient = ag.grad(lambda w: np.histogram(numbers, 2, weights=w)[0] @ np.array([5.0, 7.0]))(X)
    np.testing.assert_array_equal(gradient, [5, 7, 7])
