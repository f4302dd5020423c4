"""The four parts of the notebook that anygrad grew from, in the library's names."""

import pytest

import anygrad as ag
from anygrad import Tensor


def test_part_1_a_tensor_holds_numbers_and_is_added_and_printed():
    x = Tensor([1, 2, 3, 4, 5])
    assert str(x) == "Tensor([1, 2, 3, 4, 5])"
    y = x + x
    assert str(y) == "Tensor([ 2,  4,  6,  8, 10])"


def test_part_2_a_result_knows_its_creators_and_sends_gradients_to_them():
    x = Tensor([1, 2, 3, 4, 5], requires_grad=True)
    y = Tensor([2, 2, 2, 2, 2], requires_grad=True)
    z = x + y
    z.backward(Tensor([1, 1, 1, 1, 1]))
    assert x.grad.data.tolist() == [1, 1, 1, 1, 1]
    assert y.grad.data.tolist() == [1, 1, 1, 1, 1]
    assert z.creators[0] is x
    assert z.creators[1] is y
    assert z.creation_op == "add"
    assert x.creators == ()
    assert x.creation_op is None


def test_parts_3_and_4_a_tensor_used_twice_waits_for_both_gradients():
    a = Tensor([1, 2, 3, 4, 5], requires_grad=True)
    b = Tensor([2, 2, 2, 2, 2], requires_grad=True)
    c = Tensor([5, 4, 3, 2, 1], requires_grad=True)
    d = a + b
    e = b + c
    f = d + e
    assert ag.graph.awaited(f)[b] == 2
    f.backward(Tensor([1, 1, 1, 1, 1]))
    assert b.grad.data.tolist() == [2, 2, 2, 2, 2]
    assert a.grad.data.tolist() == c.grad.data.tolist() == [1, 1, 1, 1, 1]


def test_part_4_backpropagating_more_than_once_is_refused():
    a = Tensor([1, 2, 3], requires_grad=True)
    b = Tensor([2, 2, 2], requires_grad=True)
    f = (a + b) + b
    f.backward(Tensor([1, 1, 1]))
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        f.backward(Tensor([1, 1, 1]))
    assert b.grad.data.tolist() == [2, 2, 2]


def test_creators_of_an_intermediate_are_nodes_whose_values_need_not_be_alive():
    x = Tensor([1.0], requires_grad=True)
    z = ag.exp(x) * 2.0
    (node,) = z.creators
    assert node.name == "exp"
    assert node.creators == (x,)
