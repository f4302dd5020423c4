"""Constants that the program writes to between the forward and the backward pass."""

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor

SIZES = [3, 256, 257, 5000]


def test_a_constant_that_is_changed_in_a_loop() -> None:
    def f(w):
        s, total = np.array([1.0, 2.0]), 0.0
        for _ in range(3):
            total = total + np.sum(w * s)
            s += 1
        return total

    assert ag.grad(f)(np.ones(2)).tolist() == [6.0, 9.0]
    np.testing.assert_array_equal(ag.jvp(f, (np.ones(2),), (np.array([1.0, 0.0]),))[1], 6.0)


OPERATIONS = {
    "multiply": lambda x, c: x * c,
    "on the left": lambda x, c: c * x,
    "divide": lambda x, c: x / c,
    "power": lambda x, c: x**c,
    "matmul": lambda x, c: x @ c,
    "where": lambda x, c: np.where(x > 1, x * c, c),
    "arctan2": lambda x, c: np.arctan2(x, c),
    "einsum": lambda x, c: np.einsum("i,i", x, c),
    "tensordot": lambda x, c: np.tensordot(x, c, 1),
    "of a scalar": lambda x, c: x[0] * c,
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_changed_constant_gives_the_old_values_gradient_or_a_refusal(name: str, size: int) -> None:
    x = np.linspace(1.0, 2.0, size)
    constant = np.linspace(2.0, 3.0, size)
    op = OPERATIONS[name]
    expected = ag.grad(lambda x: np.sum(op(x, constant.copy())))(x)

    def f(x):
        c = constant.copy()
        y = np.sum(op(x, c))
        c += 1.0
        return y

    if size <= 256:
        np.testing.assert_array_equal(ag.grad(f)(x), expected)
        return
    with pytest.raises(RuntimeError, match=r"was given float64\(.*\) as x\d?, which was changed in place since"):
        ag.grad(f)(x)


def test_an_unchanged_constant_of_any_layout_is_used_as_it_is() -> None:
    x = np.linspace(1.0, 2.0, 400).reshape(20, 20)
    for constant in (x.T, x[:, ::-1], x[::2].repeat(2, 0), np.asfortranarray(x), np.broadcast_to(x[0], x.shape)):
        for create_graph in (False, True):
            t = Tensor(x, requires_grad=True)
            ag.sum(t * constant).backward(create_graph=create_graph)
            np.testing.assert_array_equal(t.grad.data, constant)


def test_a_constant_that_no_rule_needs_may_change() -> None:
    def f(x):
        c = np.ones(500)
        y = np.sum(x + c)
        c += 1.0
        return y

    assert ag.grad(f)(np.ones(500)).tolist() == [1.0] * 500


def test_a_changed_constant_is_noticed_in_every_kind_of_pass() -> None:
    x = Tensor(np.ones(500), requires_grad=True)
    c = np.arange(500.0)
    y = x * c
    c[0] = np.nan  # which is in the sample
    for options in ({"create_graph": True}, {"retain_graph": True}, {}):
        with pytest.raises(RuntimeError, match="multiply was given float64"):
            y.backward(**options)
    _, pullback = ag.vjp(lambda x: x * c, np.ones(500))
    c[0] = 5.0
    with pytest.raises(RuntimeError, match="changed in place"):
        pullback(np.ones(500))


def test_pytorchs_arrays_count_their_writes() -> None:
    torch = pytest.importorskip("torch")
    x = Tensor(torch.ones(3), requires_grad=True)
    c = torch.ones(3)
    y = x * c
    z = x * c
    ag.sum(z).backward()
    c[1] = 2.0
    with pytest.raises(RuntimeError, match=r"multiply was given float32\(3,\) as x2, which was changed"):
        ag.sum(y).backward()


def test_matrices_that_are_changed_element_by_element() -> None:
    def f(w):
        a = np.eye(2)
        y = a @ w
        a[0, 1] = 5
        return np.sum(y)

    assert ag.grad(f)(np.ones(2)).tolist() == [1.0, 1.0]
