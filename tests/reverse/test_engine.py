"""The engine: depth and width, retain_graph, create_graph and inputs, and errors in rules."""

import weakref

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import leaf

# --- depth and width --------------------------------------------------------------------------------------------------


def test_a_chain_of_a_million_operations_runs_forward_backward_and_is_freed():
    x = leaf(1.0)
    y = x
    for _ in range(500_000):
        y = y * 1.0
        y = y + 1e-6
    y.backward()
    assert x.grad.data.tolist() == [1.0]
    reference = weakref.ref(y._edge)
    del y
    assert reference() is None


def test_a_deep_graph_is_freed_without_a_backward_pass():
    y = leaf(1.0)
    for _ in range(200_000):
        y = -y
    reference = weakref.ref(y._edge)
    del y
    assert reference() is None


def test_a_tensor_used_ten_thousand_times_gathers_every_gradient():
    x = leaf(2.0, 3.0)
    total = x * 0.0
    for i in range(10_000):
        total = total + x * float(i)
    total.backward()
    assert x.grad.data.tolist() == [sum(range(10_000))] * 2


def test_each_node_runs_once_after_all_its_consumers():
    x = leaf(1.0)
    y = x * 2.0
    calls = []
    y.register_hook(lambda g: calls.append(g.data.copy()))
    z = y
    for _ in range(50):  # 2**50 paths
        z = z + z
    (z + y).backward()
    assert [c.tolist() for c in calls] == [[2.0**50 + 1]]
    assert x.grad.data.tolist() == [2 * (2.0**50 + 1)]


# --- retain_graph, create_graph, inputs -------------------------------------------------------------------------------


def test_a_second_pass_needs_a_retained_graph():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.data.tolist() == [12.0]
    with pytest.raises(RuntimeError, match=r"'multiply' a second time.*retain_graph=True"):
        y.backward()
    assert x.grad.data.tolist() == [12.0]


def test_a_freed_part_of_a_graph_is_refused_before_anything_changes():
    x, w = leaf(3.0), leaf(2.0)
    shared = x * x
    (shared * 1.0).backward()
    fresh = w * 2.0
    with pytest.raises(RuntimeError, match="freed"):
        (fresh + shared).backward()
    assert w.grad is None
    fresh.backward()
    assert w.grad.data.tolist() == [2.0]


def test_second_and_third_order_through_backward():
    x = leaf(2.0)
    (x**4).backward(create_graph=True)
    first = x.grad
    x.zero_grad()
    first.backward(create_graph=True)
    second = x.grad
    x.zero_grad()
    second.backward()
    assert first.item() == 32.0
    assert second.item() == 48.0
    assert x.grad.item() == 48.0


def test_create_graph_uses_the_values_of_the_time_of_recording():
    w = leaf(2.0)
    y = w * w * w
    with ag.no_grad():
        w += 5.0
    y.backward(create_graph=True)
    first = w.grad
    w.zero_grad()
    first.backward()
    assert first.item() == 12.0
    assert w.grad.item() == 12.0


def test_inputs_receive_gradients_alone_and_other_branches_are_not_entered():
    x, w = leaf(2.0), leaf(3.0)
    entered = []
    a = ag.exp(x)
    a.register_hook(lambda g: entered.append("exp"))
    b = w * w
    (a * b).backward(inputs=[w])
    assert entered == []
    assert x.grad is None
    assert w.grad.item() == pytest.approx(6 * np.exp(2.0))


def test_inputs_may_be_intermediates():
    x = leaf(2.0)
    y = x * x
    z = y * y
    z.backward(inputs=y)
    assert y.grad.item() == 8.0
    assert x.grad is None


def test_inputs_may_be_an_intermediate_and_what_it_was_made_from():
    x = leaf(2.0)
    y = x * x
    (y * y).backward(inputs=[x, y])
    assert (x.grad.item(), y.grad.item()) == (32.0, 8.0)


@pytest.mark.parametrize(("bad", "message"), [(Tensor([1.0]), r"inputs\[0\] does not"), ("x", r"inputs\[0\] is a str")])
def test_inputs_that_cannot_receive_gradients_are_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        leaf(1.0).backward(inputs=[bad])


# --- errors -----------------------------------------------------------------------------------------------------------


def test_an_error_in_a_rule_names_the_operation_and_the_shape():
    from anygrad.backends import backends

    numpy = backends["numpy"]

    def broken(g, partial):
        raise FloatingPointError("broken")

    x = Tensor(np.ones((2, 3)), requires_grad=True)
    y = ag.exp(x)
    before = numpy.overrides["chain"]
    try:
        numpy.implement("chain")(broken)
        with pytest.raises(FloatingPointError) as caught:
            y.backward()
    finally:
        numpy.implement("chain")(before)
    assert caught.value.__notes__ == ["in the backward pass of 'exp', with a cotangent float64(2, 3)"]
    assert x.grad is None
