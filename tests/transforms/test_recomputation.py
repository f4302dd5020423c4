"""checkpoint: what it keeps, and that it is differentiated as the function is, with all that this uses."""

from __future__ import annotations

import functools
import gc
import random
import tracemalloc

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from anygrad.core.containers import flatten

X, W = np.array([0.3, 0.4]), np.array([1.0, 2.0])


def test_checkpoints_keep_their_arguments_alone():
    n, depth = 50_000, 20

    def layer(x):
        for _ in range(10):
            x = ag.sin(x) * 1.01
        return x

    def peak(layer):
        def f(x):
            for _ in range(depth):
                x = layer(x)
            return ag.sum(x)

        gc.collect()
        tracemalloc.start()
        g = ag.grad(f)(np.full(n, 0.5))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, g

    whole, wanted = peak(layer)
    kept, got = peak(ag.checkpoint(layer))
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    assert kept < whole / 4, (kept, whole)


# --- what it uses beside its arguments --------------------------------------------------------------------------------


def with_closure(checkpoint):
    """A function of two arguments, of which the checkpointed part takes one and uses the other."""
    return lambda x, w: checkpoint(lambda h: ag.tanh(h * ag.sin(w)) * w + w)(x)


CLOSURES = {
    "grad": lambda f: ag.grad(lambda x, w: ag.sum(f(x, w)), (0, 1))(X, W),
    "grad in what is used": lambda f: ag.grad(lambda w: ag.sum(f(X, w)))(W),
    "jvp": lambda f: ag.jvp(f, (X, W), (W, X)),
    "jvp in what is used": lambda f: ag.jvp(lambda w: f(X, w), (W,), (X,)),
    "vmap": lambda f: ag.vmap(f)(X, W),
    "vmap in what is used": lambda f: ag.vmap(f, (None, 0))(X, W),
    "vmap of grad": lambda f: ag.vmap(ag.grad(f, (0, 1)))(X, W),
    "grad of vmap": lambda f: ag.grad(lambda w: ag.sum(ag.vmap(lambda x: f(x, w))(X)))(W),
    "grad of vmap of vmap": lambda f: ag.grad(
        lambda x: ag.sum(ag.vmap(ag.vmap(lambda x: f(x, x)))(ag.reshape(x, (2, 1))))
    )(X),
    "hessian": lambda f: ag.hessian(lambda w: ag.sum(f(X, w) ** 2))(W),
    "jacrev of jacrev": lambda f: ag.jacrev(ag.jacrev(f, 1), 1)(X, W),
    "grad of grad": lambda f: ag.grad(lambda x: ag.sum(ag.grad(lambda w: ag.sum(f(x, w)))(W) ** 2))(X),
    "deeper": lambda f: ag.vjp(lambda x: ag.grad(lambda w: ag.sum(f(x, w)))(W), X)[1](W),
    "used at an outer level": lambda f: ag.grad(lambda w: ag.sum(ag.grad(lambda x: ag.sum(f(x, w)))(X) ** 2))(W),
    "third": lambda f: ag.hessian(lambda w: ag.sum(ag.grad(lambda w: ag.sum(f(X, w)))(w) ** 2))(W),
    "linearize": lambda f: ag.linearize(f, X, W)[1](W, X),
    "hvp": lambda f: ag.hvp(lambda x, w: ag.sum(f(x, w)), (X, W), (W, X)),
}


@pytest.mark.parametrize("transform", CLOSURES.values(), ids=CLOSURES)
def test_what_is_used_beside_the_arguments_is_differentiated(transform):
    got = transform(with_closure(ag.checkpoint))
    nested = transform(with_closure(lambda f: ag.checkpoint(lambda x: ag.checkpoint(f)(x) * 1.0)))
    wanted = transform(with_closure(lambda f: f))
    for a, b, c in zip(flatten(got)[0], flatten(nested)[0], flatten(wanted)[0], strict=True):
        assert type(a) is type(c)
        np.testing.assert_allclose(a, c, rtol=1e-12)
        np.testing.assert_allclose(b, c, rtol=1e-12)


def test_a_layer_of_data_trains_its_weights():
    w = Tensor(2.0, requires_grad=True)
    y = ag.checkpoint(lambda h: ag.tanh(h * w))(np.ones(3))
    ag.sum(y).backward(create_graph=True)
    first = w.grad
    np.testing.assert_allclose(first.numpy() if not first.requires_grad else first.data, 3 / np.cosh(2) ** 2)
    w.zero_grad()
    first.backward()
    np.testing.assert_allclose(w.grad.numpy(), -6 * np.tanh(2) / np.cosh(2) ** 2)


def test_a_scan_in_parts_takes_its_weights_from_outside():
    xs = np.linspace(0.1, 1.0, 7)

    def f(w, every):
        return ag.scan(lambda c, x: (ag.tanh(c * w + x), c), 0.5, xs, checkpoint_every=every)[0]

    wanted = ag.grad(f)(0.7, None)
    np.testing.assert_allclose(ag.grad(f)(0.7, 3), wanted, rtol=1e-13)
    np.testing.assert_allclose(ag.jvp(lambda w: f(w, 3), (0.7,), (1.0,))[1], wanted, rtol=1e-13)
    np.testing.assert_allclose(ag.vmap(lambda w: f(w, 2))(X), [f(0.3, None), f(0.4, None)], rtol=1e-13)


# --- the function runs as it would without ----------------------------------------------------------------------------


def test_views_writes_and_methods_mean_what_they_do_without():
    def f(x):
        y = x.reshape(-1)
        y[0] = 2 * y[0]
        return ag.sum(y**2)

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(ag.grad(ag.checkpoint(f))(x), ag.grad(f)(x))
    np.testing.assert_array_equal(x, [1.0, 2.0])


def test_methods_of_other_libraries_mean_what_they_do_without():
    torch = pytest.importorskip("torch")
    x = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    f = lambda x: x.var() ** 2  # noqa: E731
    np.testing.assert_allclose(ag.grad(ag.checkpoint(f))(x), ag.grad(f)(x))


def scaled(x, *, k=2.0):
    return x * k


@pytest.mark.parametrize("f", [scaled, functools.partial(scaled, k=3.0), np.sin, ag.sum, lambda *xs: xs[0]])
def test_any_callable(f):
    assert ag.grad(lambda x: ag.checkpoint(f)(x))(0.5) == ag.grad(lambda x: f(x))(0.5)


def test_arguments_by_name_and_numbers_among_results():
    f = ag.checkpoint(lambda v, k: {"y": v * v * k, "n": 3.0, "s": "text"})
    assert ag.grad(lambda v: f(v, k=4.0)["y"])(3.0) == 24.0
    value, tangent = ag.jvp(ag.checkpoint(lambda v: (v * 2, 3.0)), (1.0,), (1.0,))
    assert (value[1], tangent[1]) == (3.0, 0.0)
    assert ag.linearize(ag.checkpoint(lambda v: (v * 2, 3.0)), 1.0)[1](1.0)[0] == 2.0


def test_hooks_names_and_a_second_pass():
    x = Tensor(X, requires_grad=True)
    seen = []

    def f(x):
        y = ag.sin(x)
        y.register_hook(lambda g: seen.append(g.numpy().copy()))
        return ag.exp(y)

    y = ag.checkpoint(f)(x)
    assert y.creation_op == "exp"
    for _ in range(2):
        ag.sum(y).backward(retain_graph=True)
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(np.sin(X)) * np.cos(X))
    np.testing.assert_allclose(seen, [np.exp(np.sin(X))] * 2)
    ag.sum(y).backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        ag.sum(y).backward()


def test_a_part_with_a_rule_of_its_own():
    @ag.custom_vjp
    def clipped(x):
        return ag.clip(x, -1.0, 1.0)

    clipped.defvjp(lambda x: (clipped(x), x), lambda x, g: (g * x,))
    f = ag.checkpoint(lambda x: ag.sum(clipped(ag.exp(x)) * x))
    np.testing.assert_allclose(ag.grad(f)(X), ag.grad(lambda x: ag.sum(clipped(ag.exp(x)) * x))(X), rtol=1e-14)


# --- it gives the same again ------------------------------------------------------------------------------------------

generator = np.random.default_rng(0)


class Dropout:
    def __init__(self):
        self.rng = ag.random.default_rng(0)

    def __call__(self, x):
        return x * self.rng.random(3)


DRAWING = {
    "numpy.random": lambda x: x * np.random.random(3),
    "random": lambda x: x * random.random(),
    "a variable": lambda x: x * generator.random(3),
    "a default": lambda x, rng=np.random.RandomState(0): x * rng.normal(size=3),
    "anygrad's, an attribute": Dropout(),
}


@pytest.mark.parametrize("f", DRAWING.values(), ids=DRAWING)
def test_random_numbers_are_drawn_again_the_same(f):
    value, gradient = ag.value_and_grad(lambda x: ag.sum(ag.checkpoint(lambda x: f(ag.sin(x)))(x)))(np.ones(3))
    np.testing.assert_allclose(np.sum(gradient) / np.cos(1), value / np.sin(1))
    after = f(np.ones(3))
    assert not np.allclose(np.asarray(after), gradient / np.cos(1))  # and then others follow


def test_a_generator_among_the_arguments_and_one_of_pytorch():
    def f(x, rng):
        return ag.sum(ag.sin(x) * rng.random(3))

    value, gradient = ag.value_and_grad(ag.checkpoint(f))(np.ones(3), np.random.default_rng(1))
    np.testing.assert_allclose(np.sum(gradient) / np.cos(1), value / np.sin(1))
    torch = pytest.importorskip("torch")
    x = torch.ones(3, dtype=torch.float64)
    value, gradient = ag.value_and_grad(ag.checkpoint(lambda x: ag.sum(ag.sin(x) * torch.rand(3))))(x)
    np.testing.assert_allclose(float(gradient.sum()) / np.cos(1), float(value) / np.sin(1))


class Stateful:
    """What is no generator, though it has a state."""

    __slots__ = ("rng",)

    def __init__(self):
        self.rng = np.random.default_rng(3)

    def get_state(self, of_what):
        raise AssertionError

    set_state = get_state


def test_generators_are_found_in_objects_of_any_kind():
    holder = Stateful()
    torch = pytest.importorskip("torch")
    own = torch.Generator()
    f = lambda x: ag.sum(ag.sin(x) * holder.rng.random(3) * float(torch.rand(1, generator=own)))  # noqa: E731
    value, gradient = ag.value_and_grad(ag.checkpoint(f))(np.ones(3))
    np.testing.assert_allclose(np.sum(gradient) / np.cos(1), value / np.sin(1))


def test_a_function_that_does_not_do_the_same_again_is_refused():
    x = Tensor(X, requires_grad=True)
    hidden = iter([2.0, 3.0])
    with pytest.raises(RuntimeError, match=r"<lambda> is run again .* does not do what it did: its results differ"):
        ag.sum(ag.checkpoint(lambda x: ag.sin(x) * next(hidden))(x)).backward()
    scale = np.array([1.0, 2.0])
    y = ag.checkpoint(lambda x: ag.sin(x) * scale)(x)
    scale += 1
    with pytest.raises(RuntimeError, match="an array that it uses was changed meanwhile"):
        ag.sum(y).backward()
    memory: dict[str, Tensor] = {}

    def remembering(x):
        if "y" not in memory:
            memory["y"] = ag.exp(x)
        return memory["y"] * x

    with pytest.raises(RuntimeError, match="the operations were exp, multiply, and are now multiply"):
        ag.sum(ag.checkpoint(remembering)(x)).backward()


def test_a_constant_array_that_is_written_to_is_refused():
    x = Tensor(X, requires_grad=True)
    given = np.ones(2)

    def f(x, a):
        a += 1
        return x * a

    with pytest.raises(ValueError, match="read-only") as caught:
        ag.checkpoint(f)(x, given)
    assert "write to a copy" in caught.value.__notes__[0]
    np.testing.assert_array_equal(given, 1)
