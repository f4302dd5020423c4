"""Perturbations of different levels, and those of numbers that have none."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag

X = np.array([0.3, -1.2, 0.7])


def derivative(f):
    return lambda x: ag.jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("inner", [derivative, ag.grad])
@pytest.mark.parametrize("outer", [derivative, ag.grad])
def test_perturbations_are_not_confused(outer, inner):
    # Siskind and Pearlmutter, "Perturbation confusion and referential transparency" (2005), equation 2.
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    assert outer(lambda x: inner(lambda y: x * y * y)(x))(3.0) == 12.0

    # Manzyuk et al., "Perturbation confusion in forward automatic differentiation of higher-order functions" (2019).
    def shifted(u):
        return lambda f: lambda x: f(x + u)

    function = outer(lambda u: inner(lambda x: shifted(u)(ag.sin)(x))(0.3))(0.4)
    np.testing.assert_allclose(function, -np.sin(0.7), rtol=1e-15)


@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan, 7, True])
def test_a_number_among_the_operands_has_no_tangent_even_if_it_is_not_finite(number):
    mask = np.array([True, False, False])
    for f in (lambda x: ag.where(mask, number, x), lambda x: ag.index_set(x, number, mask)):
        np.testing.assert_array_equal(ag.jvp(f, (X,), (np.ones(3),))[1], [0.0, 1.0, 1.0])
    attention = lambda x: ag.sum(ag.special.softmax(ag.where(mask, -np.inf, x)) ** 2)  # noqa: E731
    rest = lambda x: ag.sum(ag.special.softmax(x[1:]) ** 2)  # noqa: E731
    np.testing.assert_allclose(ag.hessian(attention)(X), ag.hessian(rest)(X), atol=1e-15)
