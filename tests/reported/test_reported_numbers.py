"""What users of other libraries reported as trouble with numbers: NaN, ties, dtypes, shapes and indices, tried here.

Each test cites the threads. HIPS/autograd#13 is number 13 among the issues and pull requests of that repository.
"""

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import leaf

# --- NaN and ties -----------------------------------------------------------------------------------------------------

UNSELECTED = {
    "exp": (lambda x: ag.where(x <= 0, ag.exp(x), 1 + x), 1000.0, 1.0),
    "cos": (lambda x: ag.where(x < 1.0, ag.cos(x), 0.0), np.inf, 0.0),
    "log2": (lambda x: ag.where(x > 2, ag.log2(x), 2 * x), 0.0, 2.0),
    "sqrt": (lambda x: ag.where(x > 0, ag.sqrt(x), 0.0), 0.0, 0.0),
    "divide": (lambda x: ag.where(x == 0, 0.0, ag.sin(x) / x), 0.0, 0.0),
    "power": (lambda x: ag.where(x == 0, 0.0, x**0.5), 0.0, 0.0),
    "nan": (lambda x: ag.where(ag.isnan(x), 0.0, x * x), np.nan, 0.0),
}


@pytest.mark.parametrize(("f", "at", "expected"), UNSELECTED.values(), ids=UNSELECTED)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_branch_that_where_did_not_take(f, at, expected):
    """pytorch/pytorch#18287, #52248, #68425, #108618, #156212, HIPS/autograd#396: NaN from the other branch."""
    assert ag.grad(f)(at) == expected
    assert ag.jvp(f, (at,), (1.0,))[1] == expected


def test_assignment_over_a_result_that_is_not_finite():
    """pytorch/pytorch#17455: the gradient stays NaN whatever overwrites the element."""
    x = leaf(0.0, 1000.0)
    with np.errstate(over="ignore"):
        y = ag.log(ag.exp(x) + 1)
    y[1] = 0.0
    ag.sum(y).backward()
    np.testing.assert_allclose(x.grad.numpy(), [0.5, 0.0])


def test_masked_losses_of_missing_values():
    """pytorch/pytorch#64305: outputs that are NaN, left out after the loss is computed."""
    w = leaf(1.0, 2.0)
    y = np.array([np.nan, 3.0])
    ag.sum(((w - y) ** 2)[~np.isnan(y)]).backward()
    assert w.grad.tolist() == [0.0, -2.0]


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("order", [1, 2, 3, np.inf])
def test_the_norm_at_zero(order, power):
    """HIPS/autograd#151, #183, #268, #570, #586, #617, pytorch/pytorch#2421: NaN."""
    f = lambda x: ag.linalg.vector_norm(x, ord=order) ** power  # noqa: E731
    np.testing.assert_array_equal(ag.grad(f)(np.zeros(3)), np.zeros(3))
    np.testing.assert_array_equal(ag.jvp(f, (np.zeros(3),), (np.ones(3),))[1], 0.0)


def test_square_roots_at_zero():
    """HIPS/autograd#570: sqrt(x) ** 2 raised an error there; a distance from a point to itself is NaN elsewhere."""
    with np.errstate(divide="ignore"):
        assert ag.grad(ag.sqrt)(0.0) == np.inf
    assert ag.grad(lambda x: ag.sqrt(x) ** 2)(0.0) == 0.0  # the cotangent of the root is exactly zero
    assert ag.grad(lambda x: ag.hypot(x, x))(0.0) == 0.0


def test_ties_in_max_share_the_gradient():
    """HIPS/autograd#141, Theano/Theano#4568: the sum of the parts was more than one, no subgradient."""
    np.testing.assert_array_equal(ag.grad(ag.max)(np.array([1.0, 1.0, 0.0])), [0.5, 0.5, 0.0])
    np.testing.assert_array_equal(ag.grad(lambda x: ag.maximum(x, 1.0))(1.0), 0.5)


def test_a_product_with_zeros():
    """NaN in libraries that divide the product by each factor."""
    np.testing.assert_array_equal(ag.grad(ag.prod)(np.array([0.0, 2.0, 3.0])), [6.0, 0.0, 0.0])
    np.testing.assert_array_equal(ag.grad(ag.prod)(np.array([0.0, 2.0, 0.0])), [0.0, 0.0, 0.0])


# --- kinds of numbers, shapes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [2, np.arange(4), np.array([1, 1, 1, 1])])
def test_integers_are_refused_with_the_remedy(x):
    """HIPS/autograd#3, #229, #335, #482: integer inputs failed with an assertion or an unclear error."""
    with pytest.raises(TypeError, match=r"write 2\.0|convert it with \.astype\(float\)"):
        ag.grad(lambda x: ag.sum(x * x))(x)


def test_a_list_of_integers_may_require_a_gradient():
    """In MyGrad an integer tensor is a constant without a word, and its grad stays None."""
    x = Tensor([1, 2], requires_grad=True)
    ag.sum(x * x).backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_floats_cast_to_integers_are_indices():
    """HIPS/autograd#71: a float made an integer to index with."""

    def f(w):
        index = ag.astype(w[:, -1], ag.int64)
        return ag.sum(w[index, 0])

    w = np.ones((3, 2))
    np.testing.assert_array_equal(ag.grad(f)(w), [[0, 0], [3, 0], [0, 0]])


def test_numpy_scalars_are_numbers():
    """np.float64, np.float32 and 0-d arrays as arguments and as results, which type checks elsewhere refuse."""
    for x in (np.float64(3.0), np.float32(3.0), np.array(3.0), 3.0):
        gradient = ag.grad(lambda x: x * x * np.float64(2.0))(x)
        assert gradient == 12.0
        assert gradient.shape == ()
        assert gradient.dtype == np.asarray(x).dtype


def test_float32_stays_float32():
    """The gradient of a float32 array is one, whatever np.float64 scalars are on the way."""
    x = np.ones(3, np.float32)
    f = lambda x: ag.sum(x * np.log(np.float64(2.0)) / np.arange(1, 4))  # noqa: E731
    assert ag.grad(f)(x).dtype == np.float32


def test_results_without_axes_differentiate():
    """HIPS/autograd#102: abs() and indexing give numbers that are no arrays."""
    assert ag.grad(lambda x: abs(x[0]) + 3.0)(np.array([-2.0]))[0] == -1.0
    assert ag.grad(lambda x: x[0, 0])(np.ones((1, 1))).shape == (1, 1)


def test_empty_arrays():
    """Sums, products, concatenations and assignments of nothing."""
    empty = np.zeros((0, 3))
    assert ag.grad(lambda x: ag.sum(x) + ag.prod(x))(empty).shape == (0, 3)
    assert ag.grad(lambda x: ag.sum(ag.concat([x, ag.ones((2, 3))])))(empty).shape == (0, 3)
    assert ag.jacobian(lambda x: x * x)(np.zeros(0)).shape == (0, 0)
    np.testing.assert_array_equal(ag.grad(lambda x: ag.sum(x[x > 10]))(np.ones(3)), np.zeros(3))


@pytest.mark.parametrize("name", ["inv", "det", "cholesky", "eigh", "svd", "qr", "solve", "pinv"])
def test_linear_algebra_of_stacks(name):
    """HIPS/autograd#310, elixir-nx/nx#1748: rules written for one matrix, wrong or missing for stacks of them."""
    a = np.random.default_rng(0).normal(size=(2, 3, 3))
    a = a @ a.transpose(0, 2, 1) + 3 * np.eye(3)

    def f(a):
        a = (a + ag.matrix_transpose(a)) / 2
        out = ag.linalg.solve(a, ag.eye(3)) if name == "solve" else getattr(ag.linalg, name)(a)
        parts = out if isinstance(out, tuple) else (out,)
        return sum(ag.sum(part**4) for part in parts)

    one_by_one = np.stack([ag.grad(f)(part) for part in a])
    np.testing.assert_allclose(ag.grad(f)(a), one_by_one, rtol=1e-9, atol=1e-12)
    ag.testing.check_grads(f, (a,), order=1)


def test_repeated_indices_add_up():
    """HIPS/autograd#263: `a[index] += g` in place of a sum over repeated indices."""
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(ag.grad(lambda x: ag.sum(x[np.array([0, 0, 2])] ** 2))(x), [4.0, 0.0, 6.0])
    np.testing.assert_array_equal(ag.grad(lambda x: ag.sum(ag.take(x, np.array([1, 1]))))(x), [0.0, 2.0, 0.0])


def test_take_and_flip():
    """HIPS/autograd#109, #725, #743: gradients of take and flip were not there."""
    x = np.arange(24.0).reshape(2, 3, 4)
    counts = ag.grad(lambda x: ag.sum(ag.take(x, np.array([2, 0, 2]), axis=1)))(x)
    np.testing.assert_array_equal(counts[0, :, 0], [1.0, 0.0, 2.0])
    np.testing.assert_array_equal(ag.grad(lambda x: ag.flip(x)[0])(np.arange(3.0)), [0.0, 0.0, 1.0])
