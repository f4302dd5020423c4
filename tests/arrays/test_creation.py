"""Making Tensors: against NumPy, on every backend; copies, DLPack, and the errors."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

# name: (the function's own call, NumPy's answer)
MADE = {
    "zeros": (lambda **k: ag.zeros((2, 3), **k), np.zeros((2, 3))),
    "zeros of an integer": (lambda **k: ag.zeros(2, **k), np.zeros(2)),
    "zeros without elements": (lambda **k: ag.zeros((0, 2), **k), np.zeros((0, 2))),
    "zeros without axes": (lambda **k: ag.zeros((), **k), np.zeros(())),
    "ones": (lambda **k: ag.ones([2, 1], **k), np.ones((2, 1))),
    "full of bool": (lambda **k: ag.full(2, True, **k), np.full(2, True)),
    "full of int": (lambda **k: ag.full((2, 2), 7, **k), np.full((2, 2), 7)),
    "full of float": (lambda **k: ag.full((), 1.5, **k), np.full((), 1.5)),
    "full of complex": (lambda **k: ag.full(2, 1 - 2j, **k), np.full(2, 1 - 2j)),
    "full of a NumPy scalar": (lambda **k: ag.full(2, np.float32(3), **k), np.full(2, np.float32(3))),
    "arange": (lambda **k: ag.arange(4, **k), np.arange(4)),
    "arange of NumPy's": (lambda **k: ag.arange(np.int32(4), **k), np.arange(4)),
    "arange of floats": (lambda **k: ag.arange(0.5, 3, **k), np.arange(0.5, 3)),
    "arange down": (lambda **k: ag.arange(5, -1, -2, **k), np.arange(5, -1, -2)),
    "arange of nothing": (lambda **k: ag.arange(3, 1, **k), np.arange(3, 1)),
    "linspace": (lambda **k: ag.linspace(0, 1, 5, **k), np.linspace(0, 1, 5)),
    "linspace without its end": (lambda **k: ag.linspace(0, 1, 4, endpoint=False, **k), np.linspace(0, 1, 5)[:4]),
    "linspace of one": (lambda **k: ag.linspace(2, 3, 1, **k), np.array([2.0])),
    "linspace of none": (lambda **k: ag.linspace(2, 3, 0, endpoint=False, **k), np.zeros(0)),
    "eye": (lambda **k: ag.eye(3, **k), np.eye(3)),
    "eye above": (lambda **k: ag.eye(2, 4, k=1, **k), np.eye(2, 4, k=1)),
    "eye below": (lambda **k: ag.eye(3, 2, k=-1, **k), np.eye(3, 2, k=-1)),
    "asarray of bools": (lambda **k: ag.asarray([True, False], **k), np.array([True, False])),
    "asarray of ints": (lambda **k: ag.asarray([[1, 2]], **k), np.array([[1, 2]])),
    "asarray of complex": (lambda **k: ag.asarray(2j, **k), np.array(2j)),
}


@pytest.mark.parametrize(("make", "expected"), MADE.values(), ids=MADE)
def test_values_dtype_and_device(device, make, expected):
    made = make(device=device)
    assert type(made) is ag.Tensor
    assert (made.device, made.dtype, made.shape) == (device, expected.dtype, expected.shape)
    assert not made.requires_grad
    np.testing.assert_allclose(made.to("cpu").numpy(), expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_a_dtype_is_taken(device, dtype):
    made = [ag.zeros(2, dtype=dtype, device=device), ag.ones(2, dtype=np.dtype(dtype), device=device)]
    made += [ag.full(2, 3, dtype=dtype, device=device), ag.linspace(0, 1, 2, dtype=dtype, device=device)]
    made += [ag.eye(2, dtype=dtype, device=device), ag.asarray([1.0], dtype=dtype, device=device)]
    assert {x.dtype for x in made} == {np.dtype(dtype)}
    np.testing.assert_array_equal(made[2].to("cpu").numpy(), [3, 3])


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_arange_takes_a_dtype(device, dtype):
    assert ag.arange(3, dtype=dtype, device=device).dtype == np.dtype(dtype)
    assert ag.arange(3, dtype=dtype, device=device).tolist() == [0, 1, 2]


LIKE = {
    "zeros_like": (ag.zeros_like, 0),
    "ones_like": (ag.ones_like, 1),
    "full_like": (lambda x, **k: ag.full_like(x, 3, **k), 3),
    "empty_like": (ag.empty_like, None),
}


@pytest.mark.parametrize(("make", "value"), LIKE.values(), ids=LIKE)
def test_like_functions_follow_their_model_unless_told_otherwise(device, make, value):
    x = ag.Tensor([[1.0, 2.0]], dtype="float32", device=device, requires_grad=True)
    for made, dtype, place in [
        (make(x), "float32", device),
        (make(x, dtype="int64"), "int64", device),
        (make(x, device="cpu"), "float32", "cpu"),
        (make(x, dtype=np.float64, device=device), "float64", device),
    ]:
        assert (made.shape, made.dtype, made.device, made.requires_grad) == ((1, 2), np.dtype(dtype), place, False)
        assert value is None or made.tolist() == [[value, value]]
    assert type(make(x.data)) is type(x.data)
    assert type(make(x.data, device="cpu")) is np.ndarray


@pytest.mark.parametrize("k", [-1, 0, 1, 5])
def test_triangles_and_their_gradients(device, k):
    values = np.arange(24.0).reshape(2, 3, 4)
    for function, reference in ((ag.tril, np.tril), (ag.triu, np.triu)):
        x = ag.Tensor(values, device=device, requires_grad=True)
        y = function(x, k=k)
        np.testing.assert_array_equal(y.detach().to("cpu").numpy(), reference(values, k))
        ag.sum(y * y).backward()
        np.testing.assert_array_equal(x.grad.to("cpu").numpy(), 2 * reference(values, k))


def test_empty_has_shape_dtype_and_device(device):
    made = ag.empty((2, 3), dtype="float32", device=device)
    assert (made.shape, made.dtype, made.device) == ((2, 3), np.float32, device)


# --- copies -----------------------------------------------------------------------------------------------------------


def test_asarray_shares_memory_where_it_can():
    a = np.array([1.0, 2.0])
    assert ag.asarray(a).data is a
    assert ag.asarray(a, copy=False, dtype="float64", device="cpu").data is a
    for copied in (ag.asarray(a, copy=True), ag.asarray(a, dtype="float32"), ag.asarray(a, copy=True, dtype="float32")):
        assert not np.shares_memory(copied.data, a)
    x = ag.Tensor(a, requires_grad=True)
    assert ag.asarray(x) is x
    assert ag.asarray(x, copy=False) is x


def test_asarray_passes_gradients_on(device):
    x = ag.Tensor([1.0, 2.0], dtype="float32", requires_grad=True)
    y = ag.asarray(x, dtype="float64", device=device, copy=True)
    assert (y.dtype, y.device) == (np.float64, device)
    ag.sum(y * y).backward()
    assert (x.grad.tolist(), x.grad.dtype, x.grad.device) == ([2.0, 4.0], np.float32, "cpu")


@pytest.mark.parametrize(
    "arguments",
    [
        ([1.0],),
        (3.0,),
        (np.array([1.0]), {"dtype": "float32"}),
        (ag.Tensor([1.0]), {"dtype": "float32"}),
        (np.array([1.0]), {"device": "strict"}),
    ],
    ids=["list", "number", "array's dtype", "Tensor's dtype", "device"],
)
def test_asarray_refuses_a_copy_where_told_to(arguments):
    require_device("strict")
    obj, options = (*arguments, {})[:2]
    with pytest.raises(ValueError, match="asarray: copy=False"):
        ag.asarray(obj, copy=False, **options)


# --- DLPack -----------------------------------------------------------------------------------------------------------


def test_dlpack_goes_out(device):
    x = ag.Tensor([1.0, 2.0], device=device)
    if device == "strict:device1":
        pytest.skip("array-api-strict gives its CPU's arrays alone to DLPack")
    options = {"device": "cpu"} if device == "cuda" else {}  # from there a copy has to be asked for
    np.testing.assert_array_equal(np.from_dlpack(x, **options), [1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        np.from_dlpack(ag.Tensor([1.0], device=device, requires_grad=True), **options)


def test_pytorch_and_jax_share_the_memory_of_a_tensor():
    x = ag.Tensor(np.arange(6.0).reshape(2, 3))
    torch = pytest.importorskip("torch")
    theirs = torch.from_dlpack(x)
    theirs[0, 0] = 7.0
    assert x.data[0, 0] == 7.0
    assert ag.Tensor(theirs).data is theirs
    assert ag.from_dlpack(theirs, device="cpu").device == "cpu"
    jax = pytest.importorskip("jax")
    np.testing.assert_array_equal(jax.dlpack.from_dlpack(x), x.data)
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        torch.from_dlpack(ag.Tensor([1.0], requires_grad=True))


def test_a_tensor_on_the_host_has_no_cuda_array_interface():
    for x in (ag.Tensor([1.0]), ag.Tensor([1.0], requires_grad=True)):
        assert not hasattr(x, "__cuda_array_interface__")


class Stranger:
    """An array of a library that anygrad does not know."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_dlpack_comes_in():
    a = np.array([1.0, 2.0])
    assert ag.from_dlpack(a).data is a
    x = ag.from_dlpack(Stranger(a))
    assert (x.device, x.tolist()) == ("cpu", [1.0, 2.0])
    assert np.shares_memory(x.data, a)
    assert not np.shares_memory(ag.from_dlpack(Stranger(a), copy=True).data, a)
    x = ag.Tensor([1.0])
    assert ag.from_dlpack(x) is x


def test_dlpack_comes_in_to_a_device(device):
    assert ag.from_dlpack(Stranger(np.array([1.0])), device=device).device == device


# --- errors -----------------------------------------------------------------------------------------------------------

ERRORS = {
    "negative length": (lambda: ag.zeros((2, -1)), ValueError, r"zeros: shape must not be negative, given \(2, -1\)"),
    "fractional length": (lambda: ag.ones(2.5), TypeError, "ones: shape must be an integer or a tuple.*given 2.5"),
    "shape by name": (lambda: ag.empty("ab"), TypeError, "empty: shape must be.*given 'ab'"),
    "full of a list": (lambda: ag.full(2, [1]), TypeError, r"full: fill_value must be a number, given \[1\]"),
    "full_like of a name": (lambda: ag.full_like(np.ones(2), "a"), TypeError, "full_like: fill_value.*given 'a'"),
    "step of zero": (lambda: ag.arange(0, 3, 0), ValueError, "arange: step must not be zero, given 0"),
    "complex arange": (lambda: ag.arange(1j), ValueError, "arange: stop must be a finite real number, given 1j"),
    "endless arange": (lambda: ag.arange(0, float("inf")), ValueError, "arange: stop must be.*given inf"),
    "arange of a list": (lambda: ag.arange([3]), TypeError, r"arange: stop must be a number, given \[3\]"),
    "negative number": (lambda: ag.linspace(0, 1, -1), ValueError, "linspace: num must not be negative, given -1"),
    "fractional number": (lambda: ag.linspace(0, 1, 2.5), TypeError, "linspace: num must be an integer, given 2.5"),
    "linspace to a list": (lambda: ag.linspace(0, [1], 2), TypeError, r"linspace: stop must be a number, given \[1\]"),
    "eye of none": (lambda: ag.eye(None), TypeError, "eye: n_rows must be an integer, given None"),
    "eye of columns": (lambda: ag.eye(2, -1), ValueError, "eye: n_cols must not be negative, given -1"),
    "no DLPack": (lambda: ag.from_dlpack([1.0]), TypeError, r"from_dlpack: x must be an array.*given \[1.0\]"),
    "asarray of text": (lambda: ag.asarray("abc"), TypeError, "number"),
    "asarray of ragged lists": (lambda: ag.asarray([[1], [2, 3]]), ValueError, r"rectangular list, given \[\[1\], "),
    "a wrong dtype": (lambda: ag.zeros(2, dtype="float999"), TypeError, "float999"),
}


@pytest.mark.parametrize(("call", "error", "message"), ERRORS.values(), ids=ERRORS)
def test_errors_name_function_argument_and_value(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_values_and_ends_may_be_tensors_and_the_gradient_travels_back(device):
    value, stop = (ag.Tensor(v, device=device, requires_grad=True) for v in (2.0, 5.0))
    made = [ag.full((2, 3), value), ag.full_like(ag.zeros(4, device=device), value), ag.linspace(value, stop, 4)]
    assert [x.tolist() for x in made] == [[[2.0] * 3] * 2, [2.0] * 4, [2.0, 3.0, 4.0, 5.0]]
    assert {x.device for x in made} == {value.device}
    ag.linspace(0.0, stop, 4, endpoint=False).backward()
    for x in made:
        x.backward()
    assert (value.grad.item(), stop.grad.item()) == (6.0 + 4.0 + 2.0, 2.0 + 1.5)
    assert ag.full(2, ag.Tensor(3, device=device), dtype=ag.float32).dtype == np.float32
    assert ag.arange(ag.Tensor(3)).tolist() == [0, 1, 2]


def test_what_travels_with_an_array_under_a_transform_stays():
    x, direction = np.array([1.0, -2.0, 3.0]), np.array([0.5, 1.0, -1.0])
    made = {
        "asarray": lambda x: ag.asarray(x, device="cpu") ** 2,
        "asarray of another dtype": lambda x: ag.asarray(x, dtype=ag.complex128) ** 2,
        "asarray of a list": lambda x: ag.asarray([x[0], x[1], x[2]]) ** 2,
        "full": lambda x: ag.stack([ag.full((), x[i]) for i in range(3)]) ** 2,
        "full_like": lambda x: ag.stack([ag.full_like(x[0], x[i]) for i in range(3)]) ** 2,
    }
    for name, f in made.items():
        value, tangent = ag.jvp(f, (x,), (direction,))
        np.testing.assert_allclose([value, tangent], [x**2, 2 * x * direction], err_msg=name)
        mapped = ag.vmap(f)(np.stack([x, x + 1]))
        np.testing.assert_allclose(mapped, [x**2, (x + 1) ** 2], err_msg=name)
    line = ag.jvp(lambda x: ag.linspace(x, 1.0, 3, dtype=ag.float32), (1.0,), (1.0,))
    np.testing.assert_allclose([part.tolist() for part in line], [[1.0, 1.0, 1.0], [1.0, 0.5, 0.0]])
    with pytest.raises(TypeError, match=r"data is a Dual.*asarray"):
        ag.jvp(lambda x: ag.Tensor(x) ** 2, (x,), (direction,))
    with pytest.raises(TypeError, match=r"data is a Batch.*asarray"):
        ag.vmap(lambda x: ag.Tensor(x) ** 2)(x)


# --- lists that hold arrays -------------------------------------------------------------------------------------------


def test_asarray_stacks_the_arrays_in_lists_and_brings_their_gradients_back(device):
    x = ag.Tensor([1.0, 2.0], requires_grad=True, device=device)
    y = ag.asarray([[x[0] * 2, 3.0], [x[1], x[0]]])
    assert (y.shape, y.device, y.tolist()) == ((2, 2), x.device, [[2.0, 3.0], [2.0, 1.0]])
    y.backward()
    assert x.grad.tolist() == [3.0, 1.0]
    assert ag.asarray([x.data, x.data], dtype="float32").dtype == np.float32
