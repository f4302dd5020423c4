"""Hooks on gradients, and the gradients of intermediates."""

import gc
import weakref

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
