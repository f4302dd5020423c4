"""Hooks on gradients, and the gradients of intermediates."""

import gc
import weakref

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import leaf


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_sees_the_whole_gradient_and_may_replace_it(create_graph):
    x = leaf(2.0)
    y = x * 3.0
    seen = []

    def double(g):
        seen.append(g.data.tolist())
        return g * 2.0

    handle = y.register_hook(double)
    (y + y).backward(create_graph=create_graph)
    assert seen == [[2.0]]
    assert x.grad.data.tolist() == [12.0]
    handle.remove()
    handle.remove()
    x.zero_grad()
    (x * 3.0).backward()
    assert x.grad.data.tolist() == [3.0]


def test_a_hook_on_a_leaf_changes_what_is_accumulated():
    x = leaf(2.0)
    x.register_hook(lambda g: -g)
    (x * 3.0).backward()
    assert x.grad.data.tolist() == [-3.0]


@pytest.mark.parametrize("answer", [3, Tensor([1.0, 2.0]), Tensor([1.0], dtype=ag.float32), Tensor([1j])])
def test_a_hook_that_returns_nonsense_is_refused(answer):
    x = leaf(2.0)
    x.register_hook(lambda g: answer)
    with pytest.raises(
        ValueError, match=r"must return None or a Tensor of the gradient's shape and dtype, float64\(1,\)"
    ):
        (x * x).backward()
    assert x.grad is None


def test_retain_grad_keeps_an_intermediates_gradient_without_a_cycle():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    (y * 3.0).backward()
    assert y.grad.data.tolist() == [3.0]
    gc.collect()
    reference = weakref.ref(y)
    gc.disable()
    del y
    assert reference() is None
    gc.enable()


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_is_given_a_gradient_of_its_own(create_graph):
    x, y = leaf(1.0), leaf(1.0)
    given = np.ones(1)

    def hook(g):
        array = g.detach().numpy()
        array *= 0.0

    x.register_hook(hook)
    (x + y).backward(given, create_graph=create_graph)
    assert (x.grad.tolist(), y.grad.tolist(), given.tolist()) == ([0.0], [1.0], [1.0])


def test_what_a_hook_keeps_is_not_what_is_accumulated():
    x = leaf(1.0)
    kept = []
    x.register_hook(kept.append)
    (x * 2).backward()
    x.grad.data *= 5
    assert kept[0].tolist() == [2.0]


def test_retain_grad_twice_keeps_the_gradient_once():
    h = leaf(1.0, 2.0) * 3
    h.retain_grad()
    h.retain_grad()
    (h * h).sum().backward()
    assert h.grad.tolist() == [6.0, 12.0]


CHANGES = {
    "operator": lambda y: y.__imul__(2.0),
    "several": lambda y: y.__iadd__(1.0).__imul__(3.0),
    "assignment": lambda y: y.__setitem__(0, y[1] * 2),
    "filled": lambda y: [y.__setitem__(i, y[i] * 2) for i in (0, 1, 0)],
    "view": lambda y: y.reshape((1, 2)).__setitem__((0, 0), y[1] * 2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_retain_grad_is_of_the_value_at_the_end(change):
    y = leaf(1.0, 2.0) * 1.0
    y.retain_grad()
    CHANGES[change](y)
    y.retain_grad()
    (y * Tensor([1.0, 10.0])).sum().backward()
    assert y.grad.tolist() == [1.0, 10.0]


def test_hooks_of_a_value_stay_with_it_when_the_tensor_changes():
    y = leaf(1.0) * 1.0
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y *= 3.0
    y.sum().backward()
    assert seen == [[3.0]]


def test_retain_grad_keeps_what_all_hooks_have_left():
    y = leaf(1.0) * 1.0
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    y.sum().backward()
    assert y.grad.tolist() == [5.0]
