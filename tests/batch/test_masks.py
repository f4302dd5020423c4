"""Masks that differ between the members of a batch: what is assigned there is a where."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag

X = np.array([[[1.0, -2.0, 3.0], [-4.0, 5.0, 6.0]], [[-1.0, 2.0, 7.0], [4.0, -5.0, -6.0]]])


def changed(change):
    def f(x):
        y = x * 1.0
        change(y, x)
        return y

    return f


def times(y, x):
    y[x > 1.5] *= 3.0


def number(y, x):
    y[x > 1.5] = 0.0


def of_each(y, x):
    y[x > 1.5] = x[0, 0]


def rows(y, x):
    y[x[:, 0] > 0] = x[0]


def rows_of_one(y, x):
    y[x[:, 0] > 0] = x[:1] * 2.0


def columns(y, x):
    y[:, x[0] > 0] += 2.0


def columns_of_one(y, x):
    y[:, x[0] > 0] = x[:, :1]


def with_integer(y, x):
    y[1, x[0] > 0] = 5.0


def square_roots(y, x):
    y[x > 0] = np.sqrt(y[x > 0]) + y[x > 0]


def added(y, x):
    np.add.at(y, x > 1.5, x[0, 0])


def short(y, x):
    y[x > 1.5] = 2


CHANGES = [times, number, of_each, rows, rows_of_one, columns, columns_of_one, with_integer, square_roots, added, short]


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_writing_at_a_mask_of_each_member(change):
    f = changed(change)
    expected = np.stack([f(x) for x in X])
    np.testing.assert_allclose(ag.vmap(f)(X), expected)
    ag.testing.check_grads(ag.vmap(f), (X,))
    gradients = ag.vmap(ag.grad(lambda x: ag.sum(f(x) ** 2)))(X)
    np.testing.assert_allclose(gradients, np.stack([ag.grad(lambda x: ag.sum(f(x) ** 2))(x) for x in X]))
    hessians = ag.vmap(ag.hessian(lambda x: ag.sum(f(x) ** 3)))(X)
    np.testing.assert_allclose(hessians, np.stack([ag.hessian(lambda x: ag.sum(f(x) ** 3))(x) for x in X]))


def test_the_dtype_stays_that_of_the_array():
    def f(k):
        y = ag.zeros_like(k) + k
        y[k > 1] = 2.5
        return y

    np.testing.assert_array_equal(ag.vmap(f)(np.array([[1, 5], [7, 0]])), [[1, 2], [2, 0]])


REFUSED = {
    "values for each true place": lambda x: ag.index_set(x, ag.ones((4,)), x > 1),
    "a sum": lambda x: np.sum(x[x > 1.5]),
    "a method": lambda x: x[x > 1.5].sum(),
    "an array beside": lambda x: x[x > 1.5] * np.ones(3),
    "another mask": lambda x: ag.index_set(x, x[x > 1.5], x > 2),
    "the number": lambda x: len(x[x > 1.5]),
    "the result": lambda x: x[x > 1.5],
    "an index array beside": lambda x: ag.index_set(x, 0.0, (x[:, 0] > 1, [0, 1])),
}


@pytest.mark.parametrize("f", REFUSED.values(), ids=REFUSED)
def test_what_depends_on_the_number_of_places_is_refused(f):
    with pytest.raises(TypeError, match=r"write where\(mask, "):
        ag.vmap(f)(X)
