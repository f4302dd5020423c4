"""Small things that NumPy's arrays do, and arrays of anygrad do alike."""
# ruff: noqa: UP031  which is what is tested

from __future__ import annotations

import copy

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor

X = np.array([1.0, 2.0, 3.0])


def leaf(values=X, **options):
    return Tensor(values, requires_grad=True, **options)


# --- lists and tuples beside operators --------------------------------------------------------------------------------

TUPLE = (1.0, 2.0, 3.0)
BESIDE = {
    "x * list": lambda x: x * [1.0, 2.0, 3.0],
    "list * x": lambda x: [1.0, 2.0, 3.0] * x,
    "x + tuple": lambda x: x + TUPLE,
    "tuple + x": lambda x: TUPLE + x,
    "list - x": lambda x: [1.0, 2.0, 3.0] - x,
    "x / list": lambda x: x / [1.0, 2.0, 4.0],
    "x @ list": lambda x: x @ [1.0, 2.0, 3.0],
    "list @ x": lambda x: [[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]] @ x,
    "x ** list": lambda x: x ** [1.0, 2.0, 3.0],
    "list ** x": lambda x: [1.0, 2.0, 3.0] ** x,
    "nested": lambda x: x * [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
    "integers": lambda x: x * [1, 2, 3],
}


@pytest.mark.parametrize("f", BESIDE.values(), ids=BESIDE)
def test_operators_take_lists(f, device):
    if device.startswith("strict") and f is BESIDE["integers"]:
        pytest.skip("array-api-strict does not mix integers and floats")
    np.testing.assert_allclose(f(Tensor(X, device=device)).to("cpu").numpy(), f(X))


@pytest.mark.parametrize("f", BESIDE.values(), ids=BESIDE)
def test_operators_of_lists_in_every_mode(f):
    ag.testing.check_grads(f, (X,))
    many = np.stack([X, 2 * X])
    np.testing.assert_allclose(ag.vmap(f)(many), np.stack([f(x) for x in many]))


def test_a_list_may_hold_arrays_with_a_derivative():
    ag.testing.check_grads(lambda x: x * [x[0], 2.0, x[1] ** 2], (X,))
    ag.testing.check_grads(lambda x: x[:2] - [x[2], x[0]], (X,))


def test_in_place_with_a_list():
    x = Tensor(X) * 1
    part = x[1:]
    x += [1.0, 2.0, 3.0]
    np.testing.assert_array_equal(x.data, 2 * X)
    np.testing.assert_array_equal(part.data, 2 * X[1:])


def test_comparisons_with_lists_are_element_by_element():
    for x in (Tensor(X), leaf()):
        np.testing.assert_array_equal((x == [1.0, 0.0, 3.0]).data, [True, False, True])
        np.testing.assert_array_equal((x != (1.0, 0.0, 3.0)).data, [False, True, False])
        np.testing.assert_array_equal((x < [2.0, 2.0, 2.0]).data, [True, False, False])
        assert (x == None) is False  # noqa: E711
        assert x != "a"
    np.testing.assert_array_equal(ag.vmap(lambda x: x == [1.0, 2.0])(np.array([[1.0, 3.0]])), [[True, False]])


def test_divmod():
    for x, y in ((X, 2.0), (7.0, X), (X, [2.0, 0.5, 4.0]), ([2.0, 5.0, 4.0], X)):
        ours = divmod(Tensor(x) if x is X else x, Tensor(y) if y is X else y)
        for part, numpys in zip(ours, divmod(x, y)):
            np.testing.assert_array_equal(part.data, numpys)
    ag.testing.check_grads(lambda x: divmod(x, 0.7)[1], (X,))


# --- values -----------------------------------------------------------------------------------------------------------


def test_item_at_an_index():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert (x.item(2), x.item(0, 1), x.item((1, 1))) == (3.0, 2.0, 4.0)
    with pytest.raises(IndexError):
        x.item(4)
    with pytest.raises(TypeError, match="under vmap"):
        ag.vmap(lambda x: x.item(0))(np.ones((2, 2)))


@pytest.mark.parametrize("value", [lambda: leaf()[1], lambda: leaf([2.0])[0] * 1, lambda: Tensor(2.0)])
def test_text_is_formatted_and_numbers_are_refused(value):
    x = value()
    assert "%.3f" % x == f"{x:.3f}" == "2.000"
    assert "%d and %s" % (x, "y") == "2 and y"
    text = "%5.1e"
    text %= x
    assert text == "2.0e+00"
    if x.requires_grad:
        with pytest.raises(RuntimeError, match="float"):
            float(x)
        with pytest.raises(RuntimeError, match="float"):
            np.float64(7.0) % float(x)


def test_text_inside_transforms():
    def f(x):
        assert ("%.1f" % x[1], f"{x[1]:.1f}", str(x) != "") == ("2.0", "2.0", True)
        return ag.sum(x * x)

    np.testing.assert_array_equal(ag.grad(f)(X), 2 * X)
    ag.jvp(f, (X,), (X,))
    ag.hessian(f)(X)
    ag.vmap(lambda x: (f"{x[0]:.3f} {x}", x)[1])(np.ones((2, 2)))


def test_tobytes():
    assert leaf().tobytes() == X.tobytes()


def test_elements_one_by_one_keep_the_gradient():
    def f(x):
        return sum(value * (i + 1) for (i,), value in np.ndenumerate(x))

    np.testing.assert_array_equal(ag.grad(f)(X), [1.0, 2.0, 3.0])
    assert list(np.ndenumerate(Tensor(X))) == list(np.ndenumerate(X))
    assert [float(part) for part in np.nditer(Tensor(X))] == X.tolist()
    assert list(np.ndindex(leaf().shape)) == [(0,), (1,), (2,)]


def test_vectorize_keeps_the_gradient():
    @np.vectorize
    def f(a, b):
        return a * a if a > b else a

    np.testing.assert_array_equal(ag.grad(lambda x: np.sum(f(x, 1.5)))(X), [1.0, 4.0, 6.0])
    np.testing.assert_array_equal(ag.asarray(f(leaf(), 1.5)).detach().numpy(), [1.0, 4.0, 9.0])
    assert ag.asarray(f(leaf(), 1.5)).requires_grad


def test_objects_are_asked_for_by_name():
    objects = np.asarray(leaf(), dtype=object)
    assert objects.dtype == object
    assert all(part.requires_grad for part in objects)
    with pytest.raises(RuntimeError, match="lose the derivative"):
        np.asarray(leaf())


# --- copies -----------------------------------------------------------------------------------------------------------


def test_deepcopy_of_what_belongs_to_a_graph_stays_in_it():
    def f(x):
        y = x * x
        twins = copy.deepcopy({"a": [x, y], "b": y})
        assert twins["b"] is twins["a"][1]
        assert twins["b"] is not y
        return ag.sum(twins["a"][0] * twins["b"])

    ag.testing.check_grads(f, (X,))
    np.testing.assert_allclose(ag.grad(f)(X), 3 * X**2)
    np.testing.assert_allclose(ag.vmap(ag.grad(f))(np.stack([X, 2 * X])), 3 * np.stack([X, 2 * X]) ** 2)
    x = leaf()
    f(x * 1).backward()
    np.testing.assert_allclose(x.grad.data, 3 * X**2)


# --- results without a derivative -------------------------------------------------------------------------------------

PLACES = {
    "argmax": (lambda x: np.argmax(x), np.integer),
    "argmin": (lambda x: x.argmin(), np.integer),
    "count_nonzero": (lambda x: np.count_nonzero(x > 1), np.integer),
    "sum of a mask": (lambda x: np.sum(x > 1), np.integer),
    "method of a mask": (lambda x: (x > 1).sum(), np.integer),
    "reduce": (lambda x: np.add.reduce(x > 1), np.integer),
    "any": (lambda x: np.any(x > 1), np.bool_),
    "all": (lambda x: (x > 1).all(), np.bool_),
    "searchsorted": (lambda x: np.searchsorted(x, 2.5), np.integer),
    "argsort": (lambda x: x.argsort(), np.ndarray),
    "nonzero": (lambda x: np.nonzero(x > 1)[0], np.ndarray),
    "isclose": (lambda x: np.isclose(x, 2.0), np.ndarray),
    "unique": (lambda x: np.unique(x, return_inverse=True)[1], np.ndarray),
}


@pytest.mark.parametrize(("f", "kind"), PLACES.values(), ids=PLACES)
def test_integers_are_as_numpy_gives_them(f, kind):
    expected = f(X)
    seen = []

    def in_transform(x):
        seen.append(f(x))
        return ag.sum(x * x)

    seen.append(f(leaf()))
    ag.grad(in_transform)(X)
    ag.jvp(in_transform, (X,), (X,))
    ag.hessian(in_transform)(X)
    for found in seen:
        assert isinstance(found, kind)
        assert found.dtype == np.asarray(expected).dtype
        np.testing.assert_array_equal(found, expected)


def test_integers_choose_by_value():
    x = leaf()
    assert np.argmax(x) in {0, 2}
    assert {2: 5.0}.get(np.argmax(x)) == 5.0
    assert isinstance(np.argmax(x), int | np.integer)
    assert len(set(np.argsort(x))) == 3
    np.testing.assert_array_equal(x[[np.argmax(x), np.argmin(x)]].detach().numpy(), [3.0, 1.0])


def test_integers_stay_where_they_are_and_choose_by_value_on_every_library(device):
    x = Tensor(X, device=device, requires_grad=True)
    found = np.argmax(x)
    assert Tensor(found).device == device
    assert int(found) == 2
    if device != "cuda":  # CuPy's own arrays have no hash
        assert found in {0, 2}
        assert {2: 5.0}[found] == 5.0
    assert np.ravel(np.argsort(x)).shape == (3,)


def test_under_vmap_they_stay_batches():
    many = np.stack([X, X[::-1]])
    np.testing.assert_array_equal(ag.vmap(lambda x: x[np.argmax(x)] + np.sum(x > 1))(many), [5.0, 5.0])
    np.testing.assert_array_equal(ag.vmap(lambda x: x[[np.argmax(x), np.argmin(x)]])(many), [[3.0, 1.0]] * 2)
    np.testing.assert_array_equal(ag.vmap(ag.grad(lambda x: x[np.argmax(x)]))(many), [[0, 0, 1], [1, 0, 0]])


def test_functions_of_anygrad_give_tensors_that_are_filed_by_value():
    k = ag.argmax(leaf())
    assert isinstance(k, Tensor)
    assert k in {0, 2}
    assert {2: "a"}[k] == "a"
    assert len(set(Tensor([3, 3, 1]))) == 2
    assert hash(ag.any(Tensor([True]))) == hash(True)
    x = leaf(2.0)
    assert {x: 1}[x] == 1
    assert hash(x) == object.__hash__(x)
