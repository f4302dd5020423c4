"""Classes of people's own that are registered as containers."""

from __future__ import annotations

import collections
import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.core.containers import flatten, mapped


def test_registered_classes_are_containers():
    class Affine:
        def __init__(self, slope, offset):
            self.slope, self.offset = slope, offset

    with pytest.raises(TypeError, match="argument 0 must be an array"):
        ag.grad(lambda a: a.slope * 2.0)(Affine(1.0, 2.0))
    ag.register_container(Affine, vars, lambda parts: Affine(**parts))
    g = ag.grad(lambda a: a.slope * 2.0 + a.offset * 3.0)(Affine(1.0, 2.0))
    assert (type(g), g.slope, g.offset) == (Affine, 2.0, 3.0)
    with pytest.raises(ValueError, match="Affine is a container already"):
        ag.register_container(Affine, vars, Affine)


@dataclasses.dataclass
class Model:
    w: Any
    b: Any = 0.5
    name: str = "model"
    act: Callable[[Any], Any] = np.tanh
    depth: int = 2
    note: Any = dataclasses.field(default=None, metadata={"static": True})

    def __call__(self, x):
        for _ in range(self.depth):
            x = self.act(x * self.w + self.b)
        return ag.sum(x)


X = np.array([0.3, 0.4])
TRANSFORMS = {
    "grad": lambda m: ag.grad(lambda m: m(X))(m),
    "value_and_grad": lambda m: ag.value_and_grad(lambda m: m(X))(m)[1],
    "vjp": lambda m: ag.vjp(lambda m: m(X), m)[1](1.0)[0],
    "jacrev": lambda m: ag.jacrev(lambda m: m(X))(m),
    "jacfwd": lambda m: ag.jacfwd(lambda m: m(X))(m),
    "jacobian": lambda m: ag.jacobian(lambda m: m(X))(m),
    "vmap": lambda m: mapped(
        lambda g: g[1] if hasattr(g, "shape") and g.shape else g,
        ag.vmap(ag.grad(lambda m: m(X)))(dataclasses.replace(m, w=np.stack([m.w, m.w]), b=np.array([0.5, 0.5]))),
    ),
    "checkpoint": lambda m: ag.grad(ag.checkpoint(lambda m: m(X)))(m),
    "grad of grad": lambda m: ag.grad(lambda m: ag.sum(ag.grad(lambda m: m(X))(m).w ** 0 * m(X)) / 2)(m),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
def test_what_is_no_array_is_carried_along(transform):
    model = Model(np.array([1.0, 2.0]), note=[object()])
    wanted = ag.grad(lambda w, b: Model(w, b)(X), (0, 1))(model.w, model.b)
    g = transform(model)
    assert (type(g), g.name, g.act, g.depth, g.note) == (Model, "model", np.tanh, 2, model.note)
    for got, value in zip((g.w, g.b), wanted, strict=True):
        np.testing.assert_allclose(np.asarray(got), value, rtol=1e-12)


def test_tangents_carry_the_same():
    model = Model(np.array([1.0, 2.0]))
    tangent = dataclasses.replace(model, w=np.ones(2), b=1.0)
    _, found = ag.jvp(lambda m: m(X), (model,), (tangent,))
    g = ag.grad(lambda m: m(X))(model)
    np.testing.assert_allclose(found, np.sum(g.w) + g.b)
    _, derivative = ag.linearize(lambda m: m(X), model)
    np.testing.assert_allclose(derivative(tangent), found)
    with pytest.raises(
        ValueError, match=r"tangents\[0\].name must have what is no array of primals\[0\].name, 'model'"
    ):
        ag.jvp(lambda m: m(X), (model,), (dataclasses.replace(tangent, name="other"),))
    with pytest.raises(
        ValueError, match=r"tangents\[0\] must have what is no array of .*'note': None.*given .*'note': 1"
    ):
        ag.jvp(lambda m: m(X), (model,), (dataclasses.replace(tangent, note=1),))


def test_a_registered_class_has_static_parts():
    class Layer:
        def __init__(self, w, shape):
            self.w, self.shape = w, shape

    ag.register_container(Layer, vars, lambda parts: Layer(**parts), static=("shape",))
    g = ag.grad(lambda layer: ag.sum(ag.reshape(layer.w, layer.shape) ** 2))(Layer(np.ones(4), [2, 2]))
    np.testing.assert_array_equal(g.w, 2.0)
    assert g.shape == [2, 2]
    assert flatten(Layer(1.0, 2.0))[1] == [".w"]


def test_what_may_hold_arrays_is_not_carried():
    class Callable_:
        def __init__(self, w):
            self.w = w

        def __call__(self, x):
            return x * self.w

    with pytest.raises(TypeError, match=r"argument 0\['f'\] must be an array.*register_container.*static"):
        ag.grad(lambda p: p["w"])({"w": 1.0, "f": Callable_(np.ones(2))})
    for f in (Callable_(2.0), Callable_("text"), functools.partial(ag.sum, axis=0), ag.tanh, np.tanh, len, Callable_):
        assert ag.grad(lambda p: p["w"] * 2)({"w": 1.0, "f": f}) == {"w": 2.0, "f": f}


def test_integers_alone_are_no_parameters():
    for value in ([1, 2], {"w": 3}, 4):
        with pytest.raises(TypeError, match=r"must be floating, given the integer \d; write \d.0"):
            ag.grad(lambda p: 1.0)(value)


def test_the_leaves_of_a_dict_are_in_the_order_of_its_keys():
    assert flatten({"b": 1.0, "a": 2.0})[0] == [2.0, 1.0]
    assert flatten(collections.OrderedDict(b=1.0, a=2.0))[0] == [1.0, 2.0]
    assert list(mapped(lambda x: x, {"b": 1.0, "a": 2.0})) == ["b", "a"]


def test_keys_that_are_written_alike_are_told_apart():
    class Key:
        def __repr__(self):
            return "K"

    a, b = Key(), Key()
    _, pullback = ag.vjp(lambda x: {a: x, b: 10.0 * x}, 1.0)
    assert pullback({a: 1.0, b: 2.0})[0] == 21.0
    assert pullback({b: 2.0, a: 1.0})[0] == 21.0
