"""grad and value_and_grad over plain arrays."""

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from anygrad.arrays.levels import current_level


def test_numpy_in_numpy_out():
    value, gradient = ag.value_and_grad(lambda x: ag.sum(ag.sin(x) * x))(np.array([1.0, 2.0], "float32"))
    assert type(value) is type(gradient) is np.ndarray
    assert value.shape == ()
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, np.sin([1, 2]) + np.cos([1, 2]) * [1, 2], rtol=1e-6)


def test_argnums_and_keywords():
    def f(a, b, *, c):
        return ag.sum(a * b * c)

    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_array_equal(ag.grad(f, 1)(a, b, c=2.0), 2 * a)
    np.testing.assert_array_equal(ag.grad(f, -1)(a, b, c=2.0), 2 * a)
    both = ag.grad(f, (0, 1))(a, b, c=2.0)
    assert isinstance(both, tuple)
    np.testing.assert_array_equal(both, [2 * b, 2 * a])


def test_nests_to_any_order():
    f = lambda x: x**5  # noqa: E731
    for order, expected in enumerate([32.0, 80.0, 160.0, 240.0, 240.0, 120.0, 0.0]):
        g = f
        for _ in range(order):
            g = ag.grad(g)
        assert float(g(2.0)) == expected


def test_no_perturbation_confusion():
    # Siskind and Pearlmutter: d/dx [x * d/dy (x + y)] = 1, not 2
    assert ag.grad(lambda x: x * ag.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert ag.grad(lambda x: x * ag.grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert ag.grad(lambda x: ag.grad(lambda y: x * x * y * y)(2.0))(3.0) == 24.0


def test_a_gradient_inside_is_differentiable_outside():
    # the gradient of the squared norm of a gradient: 2 H g
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    x = np.array([1.0, -1.0])
    inner = ag.grad(lambda x: x @ a @ x / 2)
    np.testing.assert_allclose(ag.grad(lambda x: ag.sum(inner(x) ** 2))(x), 2 * a @ a @ x)


def test_transforms_and_backward_meet():
    w = Tensor(3.0, requires_grad=True)
    gradient = ag.grad(lambda x: w * x * x)(2.0)
    assert isinstance(gradient, Tensor)
    assert gradient.item() == 12.0
    gradient.backward()
    assert w.grad.item() == 4.0


def test_gradients_of_a_tensor_argument_are_tensors():
    x = Tensor([1.0, 2.0])
    gradient = ag.grad(lambda x: ag.sum(x * x))(x)
    assert isinstance(gradient, Tensor)
    assert gradient.tolist() == [2.0, 4.0]


def test_assignment_into_arrays_made_inside():
    def f(x):
        out = ag.zeros(3)
        for i in range(3):
            out[i] = x[i] * x[(i + 1) % 3]
        total = ag.zeros(())
        total += ag.sum(out)
        return total

    np.testing.assert_array_equal(ag.grad(f)(np.array([1.0, 2.0, 4.0])), [6.0, 5.0, 3.0])


def test_index_tensors_made_outside_are_plain_indices_inside():
    index = Tensor(np.array([0, 2, 2]))
    x = np.array([1.0, 2.0, 3.0])
    for read in (lambda x: x[index], lambda x: ag.take(x, index), lambda x: ag.take_along_axis(x, index)):
        np.testing.assert_array_equal(ag.grad(lambda x: ag.sum(read(x)))(x), [1.0, 0.0, 2.0])  # noqa: B023


def test_an_argument_that_does_not_matter_has_a_zero_gradient():
    x = np.ones((2, 3))
    np.testing.assert_array_equal(ag.grad(lambda x: 3.0)(x), np.zeros((2, 3)))
    np.testing.assert_array_equal(ag.grad(lambda x, y: ag.sum(y), (0, 1))(x, x)[0], np.zeros((2, 3)))


def test_the_callers_array_is_not_the_gradient():
    x = np.ones(3)
    gradient = ag.grad(lambda x: ag.sum(x))(x)
    gradient += 1
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_the_wrapped_function_keeps_its_name():
    def loss(x):
        """A loss."""
        return ag.sum(x)

    assert ag.grad(loss).__name__ == "loss"
    assert ag.grad(loss).__doc__ == "A loss."


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: ag.grad(lambda x: x)(np.ones(2)), TypeError, r"must return a real scalar, given float64\(2,\)"),
        (lambda: ag.grad(lambda x: x * 1j)(1.0), TypeError, r"must return a real scalar, given complex128\(\)"),
        (lambda: ag.grad(lambda x: "a")(1.0), TypeError, "must return a real scalar, given 'a'"),
        (lambda: ag.grad(lambda x: None)(1.0), TypeError, "must return a real scalar, given None"),
        (lambda: ag.grad(lambda x: x, 1)(1.0), IndexError, "argnums names argument 1, and 1 were given"),
        (lambda: ag.grad(lambda x: x)(), IndexError, "argument 0, and 0 were given"),
        (lambda: ag.grad(lambda x: x)(3), TypeError, "argument 0 must be floating, given the integer 3; write 3.0"),
        (lambda: ag.grad(lambda x: x)(np.arange(3)), TypeError, r"floating dtype, given int64\(3,\); convert"),
        (lambda: ag.grad(lambda x: x)("a"), TypeError, "must be an array, a Tensor or a float, given str"),
        (lambda: ag.grad(3), TypeError, "grad: f must be callable, given 3"),
    ],
)
def test_bad_input_names_the_argument(act, error, message):
    with pytest.raises(error, match=message):
        act()
    assert ag.grad(lambda x: x * x)(3.0) == 6.0  # nothing is left behind


def test_an_error_in_the_function_leaves_nothing_behind():
    def f(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ag.grad(f)(1.0)
    assert current_level() == 0
