"""Functions with derivatives of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.core.containers import flatten

X, Y = np.array([0.3, 0.4]), np.array([1.0, 2.0])
MATRIX = np.linspace(0.3, 1.5, 6).reshape(2, 3)


def backward(f):
    x = ag.Tensor(MATRIX, requires_grad=True)
    ag.sum(f(x)).backward()
    assert type(x.grad.data) is np.ndarray
    return x.grad.numpy()


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
    "grad of vmap of vmap": lambda f: ag.grad(lambda x: ag.sum(ag.vmap(ag.vmap(f))(x, MATRIX)), 0)(2 * MATRIX),
    "grad of grad of vmap of vmap": lambda f: ag.grad(
        lambda x: ag.sum(ag.grad(lambda x: ag.sum(ag.vmap(ag.vmap(f))(x, MATRIX)))(x) ** 2)
    )(2 * MATRIX),
    "hvp of vmap of vmap": lambda f: ag.hvp(lambda x: ag.sum(ag.vmap(ag.vmap(f))(x, MATRIX)), (MATRIX,), (MATRIX,)),
    "vmap of grad of vmap": lambda f: ag.vmap(ag.grad(lambda x: ag.sum(ag.vmap(f, (0, None))(x, Y[0]))))(MATRIX),
    "backward of vmap of vmap": lambda f: backward(lambda x: ag.vmap(ag.vmap(f))(x, MATRIX)),
    "jacrev": lambda f: ag.jacrev(f)(X, Y),
    "jacfwd": lambda f: ag.jacfwd(f, 1)(X, Y),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("f", CUSTOM.values(), ids=CUSTOM)
def test_every_transform_of_a_function_with_its_own_derivative(f, transform):
    for got, wanted in zip(flatten(transform(f))[0], flatten(transform(plain))[0], strict=True):
        assert type(got) is type(wanted)
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


# --- what is no argument ----------------------------------------------------------------------------------------------


def by_vjp_of(x):
    @ag.custom_vjp
    def f(y):
        return x * y

    f.defvjp(lambda y: (f(y), None), lambda saved, g: (g,))
    return f


def by_jvp_of(x):
    @ag.custom_jvp
    def f(y):
        return x * y

    f.defjvp(lambda p, t: (f(*p), t[0]))
    return f


USES: dict[str, Any] = {
    "Tensors": lambda using: using(ag.Tensor(X, requires_grad=True))(ag.Tensor(Y, requires_grad=True)),
    "of a constant": lambda using: using(ag.Tensor(X, requires_grad=True))(Y),
    "grad": lambda using: ag.grad(lambda x: ag.sum(using(x)(Y)))(X),
    "grad in both": lambda using: ag.grad(lambda x: ag.sum(using(x)(x)))(X),
    "deeper": lambda using: ag.vjp(lambda x: ag.grad(lambda w: using(w)(x))(2.0), 3.0),
    "jvp": lambda using: ag.jvp(lambda x: using(x)(x), (X,), (X,)),
    "jvp of a constant": lambda using: ag.jvp(lambda x: using(x)(Y), (X,), (X,)),
    "vmap": lambda using: ag.vmap(lambda x: using(x)(x))(X),
    "vmap of a constant": lambda using: ag.vmap(lambda x: using(x)(Y))(X),
    "vmap of vmap": lambda using: ag.vmap(lambda x: ag.vmap(lambda y: using(x)(y))(Y))(X),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("using", [by_vjp_of, by_jvp_of])
def test_an_array_that_is_no_argument_is_refused(using, use):
    with pytest.raises(TypeError, match=r"f uses (a Tensor|an array under (jvp|vmap)) that is not among its arguments"):
        use(using)


def test_an_array_that_the_backward_half_uses_is_refused():
    def f(w):
        @ag.custom_vjp
        def scaled(x):
            return x * 2.0

        scaled.defvjp(lambda x: (x * 2.0, None), lambda saved, g: (g * w,))
        return scaled(w * 1.0)

    with pytest.raises(TypeError, match="scaled uses a Tensor that is not among its arguments"):
        ag.grad(f)(2.0)


def test_an_array_of_an_outer_level_may_be_used():
    """At that level the rule is run through, and differentiated as it is written."""
    assert ag.grad(lambda w: ag.grad(lambda x: by_vjp_rule_of(w)(x * w))(3.0))(2.0) == 12.0


def by_vjp_rule_of(w):
    f = ag.custom_vjp(lambda x: x * w)
    f.defvjp(lambda x: (x * w, None), lambda saved, g: (g * w * w,))
    return f


def with_constant(c):
    @ag.custom_jvp
    def f(x):
        return ag.sin(x) * c

    f.defjvp(lambda p, t: (f(*p), ag.cos(p[0]) * c * t[0]))
    return f


def by_vjp_with_constant(c):
    f = ag.custom_vjp(lambda x: ag.sin(x) * c)
    f.defvjp(lambda x: (ag.sin(x) * c, x), lambda x, g: (ag.cos(x) * c * g,))
    return f


CONSTANTS: dict[str, Any] = {
    "grad of grad": lambda f: ag.grad(lambda x: ag.grad(lambda w: f(ag.stop_gradient(w))(x) * w)(0.9))(0.6),
    "jvp of grad": lambda f: ag.jvp(lambda x: ag.grad(lambda w: f(ag.stop_gradient(w))(x) * w)(0.9), (0.6,), (1.0,)),
    "jvp of jvp": lambda f: ag.jvp(
        lambda x: ag.jvp(lambda w: f(ag.stop_gradient(w))(x) * w, (0.9,), (1.0,))[1], (0.6,), (1.0,)
    ),
    "hessian": lambda f: ag.hessian(lambda w: f(ag.stop_gradient(w))(w) * w)(0.9),
    "a Tensor": lambda f: ag.hessian(lambda x: f(ag.Tensor(0.9))(x))(0.6),
}


@pytest.mark.parametrize("use", CONSTANTS.values(), ids=CONSTANTS)
@pytest.mark.parametrize("f", [with_constant, by_vjp_with_constant])
def test_constants_may_be_used_of_whatever_level(f, use):
    for got, wanted in zip(flatten(use(f))[0], flatten(use(lambda c: lambda x: ag.sin(x) * c))[0], strict=True):
        assert type(got) is type(wanted)
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_constants_of_a_transform_in_a_rule_that_runs_through_it():
    use = lambda f: ag.grad(lambda x: ag.hessian(lambda w: f(ag.stop_gradient(w))(x) * w * w)(0.9))(0.6)  # noqa: E731
    np.testing.assert_allclose(use(with_constant), 2 * 0.9 * np.cos(0.6))


# --- what a rule is given, and may give -------------------------------------------------------------------------------


def test_rules_run_on_anygrads_arrays():
    kinds = set()

    def note(*xs):
        kinds.update(type(x).__name__ for x in xs)

    @ag.custom_vjp
    def f(x, c):
        note(x, c)
        return x * c

    f.defvjp(lambda x, c: (note(x, c), (x * c, (x, c)))[1], lambda s, g: (note(*s, g), (g * s[1], None))[1])

    @ag.custom_jvp
    def h(x):
        note(x)
        return x * 1.0

    h.defjvp(lambda p, t: (note(*p, *t), (h(*p), t[0]))[1])
    for transform in (ag.grad, ag.jacfwd, ag.hessian, lambda f: lambda x: ag.vmap(f)(np.stack([x]))):
        transform(lambda x: ag.sum(f(h(x), Y)))(X)
    assert "ndarray" not in kinds
    kinds.clear()
    f(X, Y)
    assert kinds == {"ndarray"}  # outside of all transforms it is the function itself


def test_methods_of_other_libraries_mean_one_thing():
    torch = pytest.importorskip("torch")
    x = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    f = ag.custom_vjp(lambda x: x.var())
    f.defvjp(lambda x: (x.var(), x), lambda x, g: (g * 2 * (x - x.mean()) / x.shape[0],))
    np.testing.assert_allclose(ag.grad(lambda x: f(x) ** 2)(x), ag.grad(lambda x: x.var() ** 2)(x))
    assert type(ag.grad(f)(x)) is torch.Tensor


def test_a_function_that_anygrad_does_not_know():
    special = pytest.importorskip("scipy.special")
    f = ag.custom_vjp(lambda x: special.zetac(x))
    f.defvjp(lambda x: (special.zetac(x), x), lambda x, g: (g * (special.zetac(x + 1e-6) - special.zetac(x)) / 1e-6,))
    np.testing.assert_allclose(
        ag.grad(lambda x: ag.sum(f(x)))(2 + X), (special.zetac(2 + X + 1e-7) - special.zetac(2 + X)) / 1e-7, rtol=1e-4
    )
    with pytest.raises((TypeError, RuntimeError), match=r"'zetac' is not supported|would lose the derivative"):
        ag.grad(lambda x: ag.sum(special.zetac(x)))(2 + X)


class Saved:
    def __init__(self, **arrays):
        self.__dict__.update(arrays)


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


KEEPING: dict[str, Any] = {
    "an object": (lambda x: Saved(inner=Saved(x=x), text="text"), lambda s: s.inner.x),
    "an object of slots": (Slotted, lambda s: s.x),
    "containers": (lambda x: {"x": [x, None, 2, "text"]}, lambda s: s["x"][0]),
}


@pytest.mark.parametrize(("keep", "kept"), KEEPING.values(), ids=KEEPING)
def test_what_a_rule_saves_may_be_any_object(keep, kept):
    f = ag.custom_vjp(lambda x: ag.sin(x))
    f.defvjp(lambda x: (ag.sin(x), keep(x)), lambda s, g: (g * ag.cos(kept(s)),))
    np.testing.assert_allclose(ag.grad(lambda x: ag.sum(ag.vmap(f)(x)))(X), np.cos(X))
    for transform in (ag.grad, lambda f: lambda x: ag.jvp(f, (x,), (MATRIX,))[1], ag.hessian):
        got = transform(lambda x: ag.sum(ag.vmap(ag.vmap(f))(x)))(MATRIX)
        np.testing.assert_allclose(got, transform(lambda x: ag.sum(ag.sin(x)))(MATRIX), rtol=1e-12)


def test_a_function_among_what_a_rule_saves_may_use_no_batch():
    f = ag.custom_vjp(lambda x: ag.sin(x))
    f.defvjp(lambda x: (ag.sin(x), lambda g: g * ag.cos(x)), lambda s, g: (s(g),))
    np.testing.assert_allclose(ag.grad(lambda x: ag.sum(f(x)))(X), np.cos(X))
    with pytest.raises(TypeError, match="what fwd saves is a function that uses an array under vmap; save the array"):
        ag.grad(lambda x: ag.sum(ag.vmap(f)(x)))(X)


def test_a_rule_may_call_its_function_on_the_tangent():
    @ag.custom_jvp
    def negated(x):
        return -x

    negated.defjvp(lambda p, t: (negated(p[0]), negated(t[0])))
    for transform in (ag.grad, ag.jacfwd, ag.hessian, ag.jacrev, lambda f: ag.grad(ag.grad(f))):
        assert transform(lambda x: negated(x * x))(3.0) == transform(lambda x: -x * x)(3.0)
    np.testing.assert_array_equal(ag.grad(lambda x: ag.sum(ag.vmap(negated)(x)))(X), -1.0)


def test_numbers_among_the_results():
    g = ag.custom_vjp(lambda x: (x * 2, 3.0, 4))
    g.defvjp(lambda x: ((x * 2, 3.0, 4), None), lambda s, g: (g[0] * 2,))
    h = ag.custom_jvp(lambda x: (x * 2, 3.0, 4))
    h.defjvp(lambda p, t: ((p[0] * 2, 3.0, 4), (t[0] * 2, 0.0, 0.0)))
    for with_numbers in (g, h):
        assert ag.grad(lambda x, f=with_numbers: f(x)[0])(1.0) == 2.0
        assert ag.jvp(with_numbers, (1.0,), (1.0,)) == ((2.0, 3.0, 4), (2.0, 0.0, 0.0))
        assert ag.linearize(with_numbers, 1.0)[1](1.0) == (2.0, 0.0, 0.0)


def test_arguments_by_name_alone():
    def scaled(x, *, k=2.0):
        return x * k

    f = ag.custom_vjp(scaled)
    f.defvjp(lambda x, k=2.0: (x * k, k), lambda k, g: (g * k,))
    h = ag.custom_jvp(scaled)
    h.defjvp(lambda p, t, k=2.0: (p[0] * k, t[0] * k))
    for own in (f, h):
        assert ag.grad(own)(1.0) == 2.0
        assert ag.grad(lambda x, own=own: own(x, k=3.0))(1.0) == 3.0
        with pytest.raises(TypeError, match="an array given by name alone has no place in the rule"):
            own(1.0, k=np.ones(2))
    total = ag.custom_vjp(ag.sum)
    total.defvjp(lambda x, axis=None: (ag.sum(x, axis=axis), x), lambda x, g: (x * g,))
    np.testing.assert_array_equal(ag.grad(total)(X), X)


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
