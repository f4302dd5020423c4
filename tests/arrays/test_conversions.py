"""What a Tensor shows of itself, and what becomes of it as a number, an array or a list."""

import pickle

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import leaf


def test_repr_shows_the_array_and_the_operation():
    x = leaf(1.0, 2.0)
    assert repr(x) == "Tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "Tensor([2., 4.], creation_op='multiply')"
    assert repr(Tensor([1.0], dtype="float32")) == "Tensor([1.], dtype=float32)"
    assert f"{Tensor(1.23456):.2f}" == "1.23"


def test_attributes():
    x = Tensor(np.zeros((2, 3)))
    assert (x.shape, x.ndim, x.size, len(x)) == ((2, 3), 2, 6, 2)
    assert x.T.shape == x.mT.shape == (3, 2)
    assert x.is_leaf
    assert not x.requires_grad


def test_a_tensor_is_hashed_by_identity_and_compared_by_element():
    x, y = leaf(1.0, 2.0), leaf(1.0, 3.0)
    assert {x: 1}[x] == 1
    assert (x == y).tolist() == [True, False]
    assert len({x, y, x}) == 2


@pytest.mark.parametrize("number", [float, complex])
def test_a_tensor_that_requires_a_gradient_becomes_no_number_by_itself(number):
    x = Tensor(2.0, requires_grad=True)
    for convert, alone in (
        (lambda: number(x), r" x\.item\(\)"),
        (lambda: ag.grad(lambda y: number(y) * 2.0)(2.0), r"stop_gradient\(x\)\.item\(\)"),
    ):
        with pytest.raises(RuntimeError, match=rf"{number.__name__}\(\).*would lose the gradient; .*like=x.*{alone}"):
            convert()
    with ag.no_grad():
        assert number(x) == 2.0
    assert (x.item(), int(x), f"{x:.1f}") == (2.0, 2, "2.0")


ASKING = {
    "item": (lambda x: x[0].item(), 1.0),
    "item at": (lambda x: x.item(1), 2.0),
    "tolist": (lambda x: x.tolist(), [1.0, 2.0]),
    "tobytes": (lambda x: x.tobytes(), np.array([1.0, 2.0]).tobytes()),
}


@pytest.mark.parametrize("ask", ASKING)
def test_within_a_transform_no_plain_values_are_given_that_carry_a_derivative(ask):
    values, expected = ASKING[ask]
    x = np.array([1.0, 2.0])

    def f(x):
        values(x)
        return ag.sum(x)

    def inside(x):
        return ag.jvp(lambda y: f(x) * y, (1.0,), (1.0,))[1]

    for attempt in (
        lambda: ag.grad(f)(x),
        lambda: ag.jvp(f, (x,), (x,)),
        lambda: ag.hessian(f)(x),
        lambda: ag.grad(inside)(x),
        lambda: ag.grad(lambda x: ag.sum(ag.vmap(f)(ag.stack([x, x]))))(x),
    ):
        with pytest.raises((RuntimeError, TypeError), match=r"stop_gradient|under vmap"):
            attempt()
    found = []
    ag.grad(lambda x: (found.append(values(ag.stop_gradient(x))), ag.sum(x))[1])(x)
    assert [*found, values(Tensor(x, requires_grad=True))] == [expected, expected]
    assert ag.grad(lambda y: y[0] * np.argmax(y).item() * np.ones_like(y).tolist()[0])(x).tolist() == [1.0, 0.0]


def test_a_mask_of_no_axes_adds_one(device):
    x, mask = Tensor([[1.0, 2.0]], device=device, requires_grad=True), Tensor([True, False], device=device)
    assert (x[mask[0]].shape, x[mask[1]].shape) == ((1, 1, 2), (0, 1, 2))
    y = x * 1
    y[mask[0]] = 5.0
    y[mask[1]] = 7.0
    z = ag.reshape((x * 1)[:, :1], ())  # an array without axes, not a number
    z[mask[0]] = Tensor([4.0], device=device)
    (ag.sum(y) + z + ag.sum(x[mask[0]] * 3)).backward()
    assert (y.tolist(), z.item(), x.grad.tolist()) == ([[5.0, 5.0]], 4.0, [[3.0, 3.0]])


def test_conversions():
    x = Tensor([[1.5]])
    assert (x.item(), float(x), int(x), complex(x), bool(x)) == (1.5, 1.5, 1, 1.5 + 0j, True)
    assert [10, 20, 30][Tensor(1)] == 20
    assert x.tolist() == [[1.5]]
    assert np.asarray(x).tolist() == [[1.5]]
    assert np.from_dlpack(x).tolist() == [[1.5]]
    assert [row.tolist() for row in Tensor([[1, 2], [3, 4]])] == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: Tensor([1.0, 2.0]).item(), ValueError, r"one element, given shape \(2,\)"),
        (lambda: bool(Tensor([1.0, 2.0])), ValueError, "ambiguous"),
        (lambda: len(Tensor(1.0)), TypeError, "0-d"),
        (lambda: list(Tensor(1.0)), TypeError, "0-d"),
        (lambda: [1, 2][Tensor(1.0)], TypeError, "integer Tensor"),
        (lambda: np.asarray(leaf(1.0)), RuntimeError, r"\.detach\(\)\.numpy\(\)"),
        (lambda: leaf(1.0).numpy(), RuntimeError, r"\.detach\(\)\.numpy\(\)"),
        (lambda: np.from_dlpack(leaf(1.0)), RuntimeError, r"\.detach\(\)"),
        (lambda: leaf(1.0) + "a", TypeError, "unsupported operand"),
        (lambda: leaf(1.0) - {1.0}, TypeError, "unsupported operand"),
        (lambda: Tensor([1.0]).to(3), TypeError, "to: target must be the name of a device or a dtype, given 3"),
        (lambda: Tensor([1.0])[[0.5]], IndexError, "a list of integers or of truth values"),
        (lambda: Tensor([1.0])[[Tensor(0.5)]], IndexError, "a list of integers or of truth values"),
    ],
)
def test_what_cannot_be_converted_says_why(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_a_constant_can_be_pickled():
    x = pickle.loads(pickle.dumps(Tensor([1.0, 2.0])))
    assert x.tolist() == [1.0, 2.0]
