"""What NumPy refuses by value, and its functions that write."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag

REFUSED = {
    "nanargmax": (lambda x: np.nanargmax(x * np.nan), "NaN throughout"),
    "nanargmin of a row": (lambda x: np.nanargmin(np.stack([x, x * np.nan]), axis=1), "NaN throughout"),
    "unravel_index": (lambda x: np.unravel_index(np.asarray([50], like=x), (3, 4)), "out of bounds"),
    "unravel_index of a negative": (lambda x: np.unravel_index(np.asarray([-1], like=x), (3, 4)), "out of bounds"),
    "ravel_multi_index": (lambda x: np.ravel_multi_index(np.asarray([[3], [0]], like=x), (3, 4)), "out of bounds"),
    "ravel_multi_index of a negative": (
        lambda x: np.ravel_multi_index(np.asarray([[-1], [0]], like=x), (3, 4)),
        "out of bounds",
    ),
    "choose": (lambda x: np.choose(np.asarray([-1], like=x), [x, x]), "out of bounds"),
    "digitize": (lambda x: np.digitize(x, [0.0, 2.0, 1.0]), "increase throughout, or decrease"),
    "fill_diagonal of a vector": (lambda x: np.fill_diagonal(x * 1.0, 0.0), "must be a matrix"),
    "fill_diagonal of a box": (lambda x: np.fill_diagonal(np.zeros((2, 2, 3), like=x), 0.0), "axes of one length"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_numpy_refuses_by_value_is_refused(name):
    call, message = REFUSED[name]
    x = np.array([0.5, 1.5])
    with pytest.raises(ValueError):  # noqa: PT011  of whatever NumPy says
        call(x)
    with pytest.raises(ValueError, match=message):
        call(ag.Tensor(x))


def test_places_of_members_are_looked_at_together():
    ag.vmap(lambda i: np.choose(i, [np.zeros(2, like=i), np.ones(2, like=i)]))(np.array([[0, 1], [1, 1]]))
    with pytest.raises(ValueError, match="out of bounds"):
        ag.vmap(lambda i: np.choose(i, [np.zeros(2, like=i), np.ones(2, like=i)]))(np.array([[0, 1], [1, -1]]))


FILLED = {
    "list": ((3, 3), [7.0, 8.0, 9.0]),
    "shorter list": ((3, 3), [7.0, 8.0]),
    "longer list": ((2, 2), [7.0, 8.0, 9.0]),
    "number": ((2, 3), 7.0),
    "tall": ((5, 3), [7.0, 8.0]),
    "wide": ((2, 3), [7.0, 8.0]),
    "cube": ((2, 2, 2), [7.0, 8.0]),
    "matrix": ((3, 3), [[7.0, 8.0], [9.0, 1.0]]),
}


@pytest.mark.parametrize("case", FILLED.values(), ids=FILLED)
def test_a_diagonal_is_filled_as_numpy_fills_it(case):
    shape, values = case
    expected, found = np.ones(shape), ag.Tensor(np.ones(shape))
    np.fill_diagonal(expected, values)
    np.fill_diagonal(found, values)
    np.testing.assert_array_equal(found.numpy(), expected)

    def f(x, v):
        y = x * 1.0
        np.fill_diagonal(y, v)
        return y * y

    ag.testing.check_grads(f, (np.ones(shape), np.asarray(values)), order=1)


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 6.0], [5.0, 6.0, 7.0, 8.0]])
@pytest.mark.parametrize("at", [[0], [0, 3, 1], []])
def test_put_takes_as_many_values_as_there_are_places(values, at):
    expected, found = np.zeros((2, 2)), ag.Tensor(np.zeros((2, 2)))
    np.put(expected, at, values)
    np.put(found, at, values)
    np.testing.assert_array_equal(found.numpy(), expected)


def test_zeta_of_scipy_is_known():
    special = pytest.importorskip("scipy.special")
    x = np.array([2.0, 3.5])
    of_riemann = special._ufuncs._riemann_zeta  # to which SciPy goes without a second argument
    for f in (lambda v: special.zeta(v, 1.5), of_riemann, lambda v: special.zeta(2.5, v)):
        np.testing.assert_allclose(f(ag.Tensor(x)).numpy(), f(x), rtol=1e-12)
    ag.testing.check_grads(lambda v: special.zeta(2.5, v), (x,), order=1)


def test_a_plain_array_is_clipped_between_traced_bounds():
    x = np.array([0.5, 1.5, 2.5])

    def f(bounds):
        return x.clip(bounds[0], bounds[1])

    bounds = np.array([1.0, 2.0])
    np.testing.assert_array_equal(f(ag.Tensor(bounds)).numpy(), f(bounds))
    np.testing.assert_array_equal(ag.jacrev(f)(bounds), [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
