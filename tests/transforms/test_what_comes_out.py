"""Arrays go in, arrays of the same library come out; Tensors come out only where Tensors went in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.arrays.wrapper import Wrapper
from tests.conftest import require_device
from tests.numpy_api.table import CASES, Case

X = np.array([0.5, -1.5, 2.0])


def leaves(value: Any) -> list[Any]:
    """All that is in containers."""
    if isinstance(value, tuple | list):
        return [leaf for part in value for leaf in leaves(part)]
    return leaves(list(value.values())) if isinstance(value, dict) else [value]


def total(values: Any) -> Any:
    """The sum of the real parts of what can have a derivative."""
    floats = [x for x in leaves(values) if isinstance(x, Wrapper) and x.dtype.kind in "fc"]
    return sum(ag.sum(ag.real(x)) for x in floats)


def assert_plain(value: Any) -> None:
    assert not [x for x in leaves(value) if isinstance(x, Wrapper)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
@pytest.mark.parametrize("case", [case for case in CASES if case.order], ids=lambda case: case.name)
def test_numpys_functions_give_arrays_in_every_mode(case: Case):
    places = tuple(i for i, x in enumerate(case.arrays) if x.dtype.kind in "fc")
    primals = [case.arrays[i] for i in places]

    def call(*some: Any) -> list[Any]:
        arrays = list(case.arrays)
        for i, x in zip(places, some):
            arrays[i] = x
        return leaves(case.call(*arrays))

    assert_plain(ag.jvp(call, primals, primals))
    assert_plain(ag.value_and_grad(lambda *some: total(call(*some)), tuple(range(len(places))))(*primals))
    if case.is_batched:
        assert_plain(ag.vmap(call)(*(np.stack([x, x]) for x in primals)))


def into_a_part(x):
    y = x * 1.0
    y[:2] = [1.0, 2.0]
    return y


def at_places(x):
    y = np.zeros_like(x)
    np.add.at(y, [0, 0, 1], x)
    return y


WITH_CONSTANTS = {
    "new zeros": lambda x: ag.zeros(3) + x,
    "a list": lambda x: x * [1.0, 2.0, 3.0],
    "a tuple on the left": lambda x: (1.0, 2.0, 3.0) - x,
    "into a part": into_a_part,
    "at places": at_places,
    "ones like": lambda x: np.ones_like(x) * x,
    "full like": lambda x: np.full_like(x, 2.0) * x,
    "an array like": lambda x: np.array([1.0, 2.0, 3.0], like=x) * x,
    "numbers among Tensors": lambda x: np.array([x[0], 2.0, x[1]], like=x),
    "where": lambda x: np.where(X > 0, x, 0.0),
    "joined": lambda x: np.hstack([x, [1.0, 2.0]]),
    "product with a list": lambda x: np.dot([1.0, 2.0, 3.0], x),
    "random": lambda x: ag.random.default_rng(0).normal(x, 1.0),
    "jvp of numbers": lambda x: ag.jvp(lambda t: t * x, (2.0,), (1.0,))[1],
    "vjp of numbers": lambda x: ag.vjp(lambda t: ag.sum(t * x), 2.0)[1](1.0)[0] * x,
    "linearize of numbers": lambda x: ag.linearize(lambda t: t * x, 2.0)[1](1.0),
    "grad of numbers": lambda x: ag.grad(lambda t: ag.sum(t * x))(2.0) * x,
    "a loop from a number": lambda x: ag.scan(lambda c, v: (c + v, c), 0.0, x)[1],
}


def both(out, function, *args):
    """What comes with a function that is linear, and what this gives."""
    return out, function(*args)


TRANSFORMS = {
    "grad": lambda f: ag.grad(lambda x: ag.sum(f(x)))(X),
    "value_and_grad": lambda f: ag.value_and_grad(lambda x: (ag.sum(f(x)), f(x)), has_aux=True)(X),
    "hessian": lambda f: ag.hessian(lambda x: ag.sum(f(x) ** 2))(X),
    "jacrev": lambda f: ag.jacrev(f)(X),
    "jacfwd": lambda f: ag.jacfwd(f)(X),
    "jvp": lambda f: ag.jvp(lambda x: (f(x), f(x)), (X,), (X,), has_aux=True),
    "vjp": lambda f: both(*ag.vjp(f, X), np.ones(f(X).shape)),
    "linearize": lambda f: both(*ag.linearize(f, X), X),
    "vmap": lambda f: ag.vmap(f)(np.stack([X, X])),
    "vmap of grad": lambda f: ag.vmap(ag.grad(lambda x: ag.sum(f(x))))(np.stack([X, X])),
    "grad of vmap": lambda f: ag.grad(lambda xs: ag.sum(ag.vmap(f)(xs)))(np.stack([X, X])),
}


@pytest.mark.parametrize("name", WITH_CONSTANTS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_constants_made_on_the_way_are_no_tensors_outside(transform, name):
    assert_plain(TRANSFORMS[transform](WITH_CONSTANTS[name]))


def cube(x):
    return x**3


OF_NUMBERS = {
    "jvp": (lambda: ag.jvp(cube, (2.0,), (1.0,)), [8.0, 12.0]),
    "vjp": (lambda: ag.vjp(cube, 2.0)[1](1.0), [12.0]),
    "of an array, pulled back from a number": (lambda: ag.vjp(lambda x: ag.sum(x**3), X[0])[1](1), [0.75]),
    "linearize": (lambda: ag.linearize(cube, 2.0)[1](1.0), [12.0]),
    "hvp": (lambda: ag.hvp(cube, (2.0,), (1.0,)), [12.0]),
    "scan": (lambda: ag.scan(lambda c, _: (2 * c, c), 1.0, length=3)[1], [[1.0, 2.0, 4.0]]),
    "vmap": (lambda: ag.vmap(lambda x: 1.0)(X), [[1.0, 1.0, 1.0]]),
    "a tangent of what does not depend": (lambda: ag.jvp(lambda x: ag.ones(2), (2.0,), (1.0,)), [[1, 1], [0, 0]]),
}


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numbers_give_arrays(name):
    run, expected = OF_NUMBERS[name]
    found = run()
    assert_plain(found)
    for x, value in zip(leaves(found), expected, strict=True):
        np.testing.assert_allclose(x, value)


def test_tensors_give_tensors():
    def f(x):
        return ag.sum(np.zeros_like(x) + x**2)

    x = ag.Tensor(X)
    found = [
        *ag.value_and_grad(f)(x),
        *ag.jvp(f, (x,), (x,)),
        *ag.vjp(f, x)[1](1.0),
        ag.hessian(f)(x),
        ag.vmap(f)(ag.stack([x, x])),
    ]
    assert all(isinstance(part, ag.Tensor) for part in found)


def test_a_tensor_around_a_transform_keeps_its_gradient():
    w = ag.Tensor(X, requires_grad=True)
    ag.sum(ag.grad(lambda x: ag.sum(x**2 * w))(X)).backward()
    np.testing.assert_allclose(w.grad.numpy(), 2 * X)


BESIDE_X = ("a list", "a tuple on the left", "into a part", "ones like", "full like", "an array like", "joined")


@pytest.mark.parametrize("name", BESIDE_X)
def test_arrays_of_another_library_come_out_as_they_went_in(name):
    device = require_device("strict:device1")
    x = ag.Tensor(X, device=device).data
    for part in leaves(ag.value_and_grad(lambda x: ag.sum(WITH_CONSTANTS[name](x)))(x)):
        assert type(part) is type(x)
        assert part.device == x.device
