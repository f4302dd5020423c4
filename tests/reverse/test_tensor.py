"""Tensor: making one, its gradient, and changing it in place."""

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import leaf

# --- making one -------------------------------------------------------------------------------------------------------


def test_an_array_is_wrapped_without_a_copy():
    array = np.ones(3)
    assert Tensor(array).data is array
    assert Tensor(Tensor(array)).data is array


@pytest.mark.parametrize(
    ("data", "dtype"),
    [([1, 2], "int64"), ([1.0], "float64"), (2, "int64"), (2.0, "float64"), (True, "bool"), (1j, "complex128")],
)
def test_python_numbers_get_the_default_dtypes(data, dtype):
    assert Tensor(data).dtype == dtype


def test_dtype_and_device_are_taken():
    x = Tensor([1, 2], dtype="float32", device="cpu")
    assert (x.dtype, x.device) == (np.float32, "cpu")
    assert Tensor(np.ones(2), dtype=ag.float32).dtype == ag.float32


def test_a_numpy_scalar_becomes_a_0d_array():
    assert isinstance(Tensor(np.float32(1.5)).data, np.ndarray)


def test_requires_grad_makes_a_list_of_integers_floating():
    assert Tensor([1, 2], requires_grad=True).dtype == np.float64


def test_requires_grad_on_an_integer_array_says_how_to_convert():
    with pytest.raises(TypeError, match=r"floating dtype, given an array of int64; convert it.*dtype=anygrad.float64"):
        Tensor(np.array([1, 2]), requires_grad=True)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ("text", TypeError, "given builtins.str"),
        (None, TypeError, "given builtins.NoneType"),
        ([[1.0], [1.0, 2.0]], ValueError, "rectangular"),
        ([np.ones(2), np.ones(2)], TypeError, r"write anygrad.stack\(\[...\]\)"),
        ([[1.0, Tensor(2.0)]], TypeError, r"write anygrad.stack\(\[...\]\)"),
    ],
)
def test_what_is_no_array_is_refused(data, error, message):
    with pytest.raises(error, match=message):
        Tensor(data)


# --- gradients --------------------------------------------------------------------------------------------------------


def test_backward_without_a_gradient_is_that_of_the_sum():
    x = leaf(1.0, 2.0)
    (x * x).backward()
    assert x.grad.data.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_a_gradient_has_the_shape_dtype_and_device_of_its_tensor(dtype):
    x = Tensor(np.ones((3, 1), dtype), requires_grad=True)
    (x * Tensor(np.ones((2, 1, 4), "float64"))).backward()
    assert (x.grad.shape, x.grad.dtype, x.grad.device) == (x.shape, x.dtype, x.device)
    assert (x.grad.data == 8).all()


def test_a_gradient_of_no_axes_is_an_array():
    x = Tensor(2.0, requires_grad=True)
    (x * x + x).backward()
    assert type(x.grad.data) is np.ndarray
    assert type(ag.grad(lambda x: x * x + x)(2.0)) is np.ndarray


def test_gradients_of_complex_functions_of_real_inputs_are_real():
    x = leaf(1.0, 2.0)
    y = ag.sum(ag.abs(x * (3 + 4j)) ** 2)
    y.backward()
    assert x.grad.dtype == np.float64
    np.testing.assert_allclose(x.grad.data, [50.0, 100.0])


def test_a_complex_gradient_points_uphill():
    z = Tensor([3 + 4j], requires_grad=True)
    ag.sum(ag.abs(z)).backward()
    np.testing.assert_allclose(z.grad.data, [0.6 + 0.8j])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Tensor([1.0, 2.0]), ValueError, r"shape \(1,\), given \(2,\)"),
        (lambda: leaf(1.0), RuntimeError, r"requires a gradient.*create_graph=False.*pass create_graph=True"),
        (lambda: Tensor([1j]), TypeError, "complex128 and the Tensor float64"),
        (lambda: "x", TypeError, "given builtins.str"),
    ],
)
def test_a_starting_gradient_that_does_not_fit_is_refused_and_the_graph_stays(make, error, message):
    x = leaf(3.0)
    y = x * x
    with pytest.raises(error, match=message):
        y.backward(make())
    assert x.grad is None
    y.backward()
    assert x.grad.item() == 6.0


def test_a_starting_gradient_of_another_dtype_is_cast():
    x = Tensor(np.ones(2, "float32"), requires_grad=True)
    (x * 2).backward(np.array([1, 2]))
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [2.0, 4.0]


def test_backward_on_a_constant_says_what_to_do():
    with pytest.raises(RuntimeError, match="requires_grad=True"):
        Tensor([1.0]).backward()


def test_detach_and_setting_requires_grad():
    x = leaf(1.0)
    y = x * 2
    assert not y.detach().requires_grad
    assert y.detach().data is y.data
    with pytest.raises(RuntimeError, match=r"'multiply'.*\.detach\(\)"):
        y.requires_grad = False
    x.requires_grad = False
    assert not (x * 2).requires_grad
    with pytest.raises(TypeError, match="floating"):
        Tensor([1]).requires_grad = True


def test_grad_can_be_set_to_what_fits():
    x = leaf(1.0)
    x.grad = Tensor([5.0])
    (x * x).backward()
    assert x.grad.item() == 7.0
    with pytest.raises(ValueError, match="shape"):
        x.grad = Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match="Tensor or None"):
        x.grad = 1.0


def test_integer_results_carry_no_gradient():
    x = leaf(1.0, 2.0)
    assert not ag.astype(x, ag.int64).requires_grad
    assert not (x > 1).requires_grad
    assert not ag.argmax(x).requires_grad


# --- changes in place -------------------------------------------------------------------------------------------------


def test_an_augmented_assignment_rebinds_and_the_graph_keeps_the_old_array():
    x = leaf(3.0)
    y = x * 1.0
    square = y * y
    before = y.data
    y += 1.0
    assert before.tolist() == [3.0]
    (square + y * y).backward()
    assert x.grad.item() == 2 * 3.0 + 2 * 4.0


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (lambda y: y.__iadd__(2.0), 1.0),
        (lambda y: y.__isub__(2.0), 1.0),
        (lambda y: y.__imul__(2.0), 2.0),
        (lambda y: y.__itruediv__(2.0), 0.5),
        (lambda y: y.__ipow__(2.0), 6.0),
    ],
)
def test_each_augmented_assignment_has_its_derivative(f, derivative):
    x = leaf(3.0)
    y = x * 1.0
    same = f(y)
    assert same is y
    y.backward()
    assert x.grad.item() == derivative


def test_a_leaf_changes_in_place_only_under_no_grad():
    w = leaf(1.0, 2.0)
    for change in (lambda: w.__iadd__(1.0), lambda: w.__setitem__(0, 1.0)):
        with pytest.raises(RuntimeError, match=r"leaf that requires a gradient.*no_grad\(\)"):
            change()
    with ag.no_grad():
        w += 1.0
        w[0] = 7.0
    assert w.is_leaf
    assert w.requires_grad
    assert w.tolist() == [7.0, 3.0]
    (w * w).backward()
    assert w.grad.tolist() == [14.0, 6.0]


def test_a_constant_leaf_becomes_part_of_the_graph():
    x = leaf(3.0)
    total = Tensor([0.0])
    total += x * x
    total.backward()
    assert x.grad.item() == 6.0


def test_item_assignment_sends_gradients_to_both_sides():
    x, v = leaf(1.0, 2.0, 3.0), leaf(10.0)
    y = x * 2.0
    y[1] = v[0]
    assert y.tolist() == [2.0, 10.0, 6.0]
    (y * y).backward()
    assert x.grad.tolist() == [8.0, 0.0, 24.0]
    assert v.grad.tolist() == [20.0]


def test_of_values_written_to_one_place_the_last_gets_the_gradient():
    v = leaf(1.0, 2.0, 3.0)
    y = ag.zeros(2)
    y[np.array([0, 0, 1])] = v
    assert y.tolist() == [2.0, 3.0]
    (y * y).backward()
    assert v.grad.tolist() == [0.0, 4.0, 6.0]


def test_the_array_behind_a_tensor_is_not_written_to():
    array = np.zeros(3)
    x = Tensor(array)
    x[0] = 1.0
    x += 1.0
    assert array.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda x: x.__iadd__(Tensor(np.ones((2, 3)))), ValueError, r"result has shape \(2, 3\) and x has \(3,\)"),
        (lambda x: x.__imul__(1j), TypeError, "result is complex128 and x is float64"),
    ],
)
def test_an_augmented_assignment_that_does_not_fit_is_refused(change, error, message):
    x = Tensor(np.ones(3))
    with pytest.raises(error, match=message):
        change(x)
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_a_float32_tensor_stays_float32_in_place():
    x = Tensor(np.ones(3, "float32"))
    x += np.ones(3)
    assert x.dtype == np.float32


def test_index_arrays_may_be_changed_after_use():
    x = leaf(1.0, 2.0, 3.0)
    index = np.array([0, 0])
    taken = [x[index], ag.take(x, index), ag.take_along_axis(x, index)]
    mask = np.array([True, False, False])
    chosen = ag.where(mask, x, 0.0)
    index[:] = 2
    mask[:] = True
    (sum(t.sum() for t in taken) + chosen.sum()).backward()
    assert x.grad.tolist() == [7.0, 0.0, 0.0]
