"""Functions with derivatives of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.core.containers import flatten

X, Y = np.array([0.3, 0.4]), np.array([1.0, 2.0])


def plain(x, y):
    return ag.sin(x) * y


@ag.custom_vjp
def by_vjp(x, y):
    return ag.sin(x) * y


def pulled(saved, g):
    x, y = saved
    return g * ag.cos(x) * y, g * ag.sin(x)


by_vjp.defvjp(lambda x, y: (by_vjp(x, y), (x, y)), pulled)


@ag.custom_jvp
def by_jvp(x, y):
    return ag.sin(x) * y


by_jvp.defjvp(lambda p, t: (by_jvp(*p), ag.cos(p[0]) * p[1] * t[0] + ag.sin(p[0]) * t[1]))


CUSTOM = {"custom_vjp": by_vjp, "custom_jvp": by_jvp, "checkpoint": ag.checkpoint(plain)}
TRANSFORMS: dict[str, Any] = {
    "value": lambda f: f(X, Y),
    "grad": lambda f: ag.grad(lambda x, y: ag.sum(f(x, y)), (0, 1))(X, Y),
    "grad in one": lambda f: ag.grad(lambda x: ag.sum(f(x, Y)))(X),
    "jvp": lambda f: ag.jvp(f, (X, Y), (Y, X)),
    "jvp in one": lambda f: ag.jvp(lambda y: f(X, y), (Y,), (X,)),
    "vmap": lambda f: ag.vmap(f)(X, Y),
    "vmap of one": lambda f: ag.vmap(f, in_axes=(0, None))(X, Y),
    "vmap of grad": lambda f: ag.vmap(ag.grad(f, (0, 1)))(X, Y),
    "vmap of grad, shared": lambda f: ag.vmap(ag.grad(f, (0, 1)), (0, None))(X, Y[1]),
    "grad of vmap": lambda f: ag.grad(lambda x, y: ag.sum(ag.vmap(f, (0, None))(x, ag.sum(y))), (0, 1))(X, Y),
    "jvp of vmap": lambda f: ag.jvp(lambda x: ag.vmap(f)(x, Y), (X,), (Y,)),
    "hessian": lambda f: ag.hessian(lambda x: ag.sum(f(x, Y) ** 2))(X),
    "grad of grad": lambda f: ag.grad(lambda x: ag.sum(ag.grad(lambda x: ag.sum(f(x, Y)))(x) ** 2))(X),
    "grad of jvp": lambda f: ag.grad(lambda x: ag.sum(ag.jvp(lambda x: f(x, Y), (x,), (Y,))[1]))(X),
    "jacrev": lambda f: ag.jacrev(f)(X, Y),
    "jacfwd": lambda f: ag.jacfwd(f, 1)(X, Y),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("f", CUSTOM.values(), ids=CUSTOM)
def test_every_transform_of_a_function_with_its_own_derivative(f, transform):
    for got, wanted in zip(flatten(transform(f))[0], flatten(transform(plain))[0], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize("f", CUSTOM.values(), ids=CUSTOM)
def test_tensors_and_create_graph(f):
    def second(f):
        x = ag.Tensor(X, requires_grad=True)
        ag.sum(f(x, Y) ** 2).backward(create_graph=True)
        first = x.grad
        x.zero_grad()
        ag.sum(first * first).backward()
        return x.grad.numpy()

    np.testing.assert_allclose(second(f), second(plain), rtol=1e-12)


def test_the_given_rule_is_the_one_that_is_used():
    @ag.custom_vjp
    def f(x):
        return x

    f.defvjp(lambda x: (f(x), None), lambda saved, g: (g * 10.0,))
    assert ag.grad(f)(1.0) == 10.0
    assert ag.jvp(f, (1.0,), (1.0,))[1] == 10.0

    @ag.custom_jvp
    def h(x):
        return x

    h.defjvp(lambda p, t: (h(*p), t[0] * 10.0))
    assert ag.grad(h)(1.0) == 10.0
    assert ag.jvp(h, (1.0,), (1.0,))[1] == 10.0


def test_containers_keywords_and_constants_among_the_arguments():
    @ag.custom_vjp
    def f(p, power, shift=None):
        return {"y": p["a"] ** power + p["b"][0]}

    def bwd(saved, g):
        a, power = saved
        return {"a": g["y"] * power * a ** (power - 1), "b": [g["y"]]}, None, None

    f.defvjp(lambda p, power, shift: (f(p, power, shift), (p["a"], power)), bwd)
    p = {"a": np.array(3.0), "b": [np.array(1.0)]}
    g = ag.grad(lambda p: f(p, power=2)["y"])(p)
    assert (g["a"], g["b"][0]) == (6.0, 1.0)
    np.testing.assert_allclose(ag.vmap(lambda a: ag.grad(lambda q: f(q, 2)["y"])({**p, "a": a})["a"])(X), 2 * X)


def test_a_tensor_that_is_no_argument_is_refused():
    x = ag.Tensor(X, requires_grad=True)
    with pytest.raises(TypeError, match="uses a Tensor that is not among its arguments"):
        by_closure(x)(ag.Tensor(Y, requires_grad=True))


def by_closure(x):
    @ag.custom_vjp
    def f(y):
        return x * y

    f.defvjp(lambda y: (f(y), None), lambda saved, g: (g,))
    return f


def test_a_rule_must_be_given_and_fit():
    @ag.custom_vjp
    def f(x):
        return x

    with pytest.raises(TypeError, match=r"f: give the rule with f.defvjp\(fwd, bwd\)"):
        f(1.0)
    f.defvjp(lambda x: (f(x), None), lambda saved, g: g)
    with pytest.raises(TypeError, match="bwd must return a tuple with a cotangent for each of 1 arguments"):
        ag.grad(f)(1.0)
    f.defvjp(lambda x: (f(x), None), lambda saved, g: (g[0],))
    with pytest.raises(
        ValueError, match=r"f: the cotangent of argument 0 must have its shape \(2,\), given float64\(\)"
    ):
        ag.grad(lambda x: ag.sum(f(x)))(X)
    with pytest.raises(TypeError, match=r"give the rule with <lambda>.defjvp\(rule\)"):
        ag.custom_jvp(lambda x: x)(1.0)
    with pytest.raises(TypeError, match="custom_vjp: f must be callable, given 3"):
        ag.custom_vjp(3)
