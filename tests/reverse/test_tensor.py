"""Tensor: making it, reading it, changing it in place, and refusing what cannot be."""

import pickle

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor


def leaf(*values: float) -> Tensor:
    return Tensor(list(values), requires_grad=True)


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


# --- what it shows ----------------------------------------------------------------------------------------------------


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
    for convert in (lambda: number(x), lambda: ag.grad(lambda y: number(y) * 2.0)(2.0)):
        with pytest.raises(
            RuntimeError, match=rf"{number.__name__}\(\).*would lose the gradient; .*like=x.* x\.item\(\)"
        ):
            convert()
    with ag.no_grad():
        assert number(x) == 2.0
    assert (x.item(), int(x), f"{x:.1f}") == (2.0, 2, "2.0")


def test_a_mask_of_no_axes_adds_one(device):
    x, mask = Tensor([[1.0, 2.0]], device=device, requires_grad=True), Tensor([True, False], device=device)
    assert (x[mask[0]].shape, x[mask[1]].shape) == ((1, 1, 2), (0, 1, 2))
    y = x * 1
    y[mask[0]] = 5.0
    y[mask[1]] = 7.0
    z = ag.sum(x) * 1
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
        (lambda: leaf(1.0) - [1.0], TypeError, "unsupported operand"),
        (lambda: Tensor([1.0]).to(3), TypeError, "to: target must be the name of a device or a dtype, given 3"),
        (lambda: Tensor([1.0])[[0.5]], IndexError, "a list of integers or of truth values"),
        (lambda: Tensor([1.0])[[Tensor(0)]], TypeError, r"write x\[np.stack\(\[\.\.\.\]\)\]"),
    ],
)
def test_what_cannot_be_converted_says_why(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_a_constant_can_be_pickled():
    x = pickle.loads(pickle.dumps(Tensor([1.0, 2.0])))
    assert x.tolist() == [1.0, 2.0]


# --- operators --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a // b,
        lambda a, b: a % b,
        lambda a, b: a**b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: a == b,
        lambda a, b: a != b,
    ],
)
def test_operators_with_numbers_and_arrays_on_either_side(f):
    array = np.array([1.0, 2.0, 3.0])
    x = Tensor(array)
    for other in (2.0, 2, array[::-1].copy(), np.float64(2.0)):
        for got, wanted in ((f(x, other), f(array, other)), (f(other, x), f(other, array))):
            assert isinstance(got, Tensor)
            np.testing.assert_array_equal(got.data, wanted)


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a & b,
        lambda a, b: a | b,
        lambda a, b: a ^ b,
        lambda a, b: a << b,
        lambda a, b: a >> b,
        lambda a, b: ~a + b,
    ],
)
def test_bit_operators(f):
    a, b = np.array([1, 5, 12]), np.array([3, 1, 2])
    np.testing.assert_array_equal(f(Tensor(a), Tensor(b)).data, f(a, b))
    np.testing.assert_array_equal(f(Tensor(a), 1).data, f(a, 1))


def test_matmul_and_unary_operators():
    a = np.arange(6.0).reshape(2, 3)
    x = Tensor(a)
    np.testing.assert_array_equal((x @ a.T).data, a @ a.T)
    np.testing.assert_array_equal((a.T @ x).data, a.T @ a)
    np.testing.assert_array_equal((-x).data, -a)
    np.testing.assert_array_equal((+x).data, a)
    np.testing.assert_array_equal(abs(-x).data, a)


def test_methods_agree_with_the_functions():
    a = np.arange(6.0).reshape(2, 3)
    x = Tensor(a)
    for name in ("sum", "mean", "prod", "max", "min", "std", "var"):
        np.testing.assert_allclose(getattr(x, name)(axis=1).data, getattr(a, name)(axis=1))
        np.testing.assert_allclose(getattr(x, name)(0, keepdims=True).data, getattr(a, name)(0, keepdims=True))
    assert x.reshape(3, 2).shape == x.reshape((3, -1)).shape == (3, 2)


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


def test_take_without_an_axis_reads_the_flattened_array_and_so_does_its_gradient():
    x = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    taken = ag.take(x, np.array([4, 4, 1]))
    assert taken.tolist() == [4.0, 4.0, 1.0]
    taken.backward()
    assert x.grad.tolist() == [[0.0, 1.0, 0.0], [0.0, 2.0, 0.0]]


# --- the standard's protocol ------------------------------------------------------------------------------------------


def test_array_api_code_runs_on_tensors():
    def logsumexp(x):
        xp = x.__array_namespace__()
        top = xp.max(x, axis=-1, keepdims=True)
        return xp.squeeze(top, axis=-1) + xp.log(xp.sum(xp.exp(x - top), axis=-1))

    x = leaf(1.0, 2.0, 3.0)
    logsumexp(x).backward()
    e = np.exp([1.0, 2.0, 3.0])
    np.testing.assert_allclose(x.grad.data, e / e.sum())


# --- bad input to operations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda x: ag.sum(x, axis=5), IndexError, r"sum\(x=float64\(2, 3\), axis=5\).*out of bounds"),
        (lambda x: ag.concat([x, x], axis=7), IndexError, r"concat\(arrays\[0\]=float64\(2, 3\).*axis=7"),
        (lambda x: ag.reshape(x, (5,)), ValueError, r"reshape\(x=float64\(2, 3\), shape=\(5,\)\)"),
        (lambda x: x + Tensor(np.ones(4)), ValueError, r"add\(x1=float64\(2, 3\), x2=float64\(4,\)\)"),
        (lambda x: x @ x, ValueError, r"matmul\(x1=float64\(2, 3\), x2=float64\(2, 3\)\)"),
        (lambda x: x[7], IndexError, r"getitem\(x=float64\(2, 3\), key=7\)"),
        (lambda x: x & x, TypeError, r"bitwise_and\(x1=float64\(2, 3\)"),
        (lambda x: ag.astype(x, "nonsense"), TypeError, "nonsense"),
        (lambda x: ag.sum(x, axs=1), TypeError, r"axs.*the signature is sum\(x"),
        (lambda x: ag.sum(), TypeError, "missing a required"),
        (lambda x: ag.exp("a"), TypeError, "exp: .*str"),
        (lambda x: ag.add(1.0, 2.0), TypeError, "add.*at least one operand must be an array"),
        (lambda x: ag.permute_dims(x, (0, 0)), ValueError, r"permute_dims.*axes=\(0, 0\)"),
        (lambda x: ag.squeeze(x, axis=0), ValueError, r"squeeze\(x=float64\(2, 3\), axis=0\)"),
        (lambda x: ag.broadcast_to(x, (4, 5)), ValueError, r"broadcast_to.*shape=\(4, 5\)"),
    ],
)
def test_bad_input_names_function_argument_and_value_and_leaves_the_graph_usable(act, error, message):
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    y = x * 2.0
    with pytest.raises(error, match=message):
        act(y)
    y.backward()
    assert (x.grad.data == 2).all()
