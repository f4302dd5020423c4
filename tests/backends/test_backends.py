"""Every backend: gradients and dtypes, and that nothing leaves the device."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backend_of, backends
from tests.conftest import require_device

MATRIX = np.arange(1.0, 13.0).reshape(3, 4)


def raw(values, device):
    return ag.Tensor(values, device=device).data


def on_host(tensor):
    return tensor.detach().to("cpu").numpy()


# --- gradients --------------------------------------------------------------------------------------------------------


def test_gradients_have_the_type_device_and_dtype_of_their_tensors(device):
    x = ag.Tensor(MATRIX, device=device, dtype="float32", requires_grad=True)
    y = ag.Tensor(np.ones(4), device=device, dtype="float32", requires_grad=True)
    ag.sum(ag.tanh(x @ ag.reshape(y, (4, 1))) * ag.mean(x, axis=1, keepdims=True) / 2).backward()
    for leaf in (x, y):
        assert type(leaf.grad.data) is type(leaf.data)
        assert leaf.grad.device == device
        assert (leaf.grad.dtype, leaf.grad.shape) == (leaf.dtype, leaf.shape)


def test_gradients_are_those_of_numpy(device):
    def f(x, y):
        z = ag.sin(x) * y + x**2 / (1 + ag.exp(-y))
        return ag.sum(ag.where(z > 1, z, z * z)) + ag.max(x) * ag.sum(ag.concat([y, y], axis=0)[:2, ...])

    got = ag.grad(f, (0, 1))(raw(MATRIX, device), raw(MATRIX / 7, device))
    expected = ag.grad(f, (0, 1))(MATRIX, MATRIX / 7)
    for g, e in zip(got, expected):
        np.testing.assert_allclose(backend_of(g).to_numpy(g), e, rtol=1e-12)


def test_several_uses_and_several_passes_add_up(device):
    x = ag.Tensor([1.0, 2.0, 3.0], device=device, requires_grad=True)
    for _ in range(2):
        ag.sum(x + x * x + x[1] * x + x[:2].sum()).backward()
    # 1 + 2 x_i + x_1, and for x_1 the sum of x; twice
    expected = 2 * (1 + 2 * np.array([1, 2, 3]) + 2 + np.array([3, 3 + 6, 0]))
    np.testing.assert_allclose(on_host(x.grad), expected)


def test_second_derivatives(device):
    f = ag.grad(lambda x: ag.sum(ag.grad(lambda y: ag.sum(ag.exp(y) * y))(x) ** 2))
    x = np.array([0.5, 1.0])
    got = f(raw(x, device))
    first, second = np.exp(x) * (x + 1), np.exp(x) * (x + 2)
    np.testing.assert_allclose(backend_of(got).to_numpy(got), 2 * first * second, rtol=1e-12)


def test_complex_gradients(device):
    x = ag.Tensor([1 + 2j, 3j], device=device, requires_grad=True)
    ag.sum(ag.abs(x * x) ** 2).backward()  # |x|**4, of gradient 4 |x|**2 x
    np.testing.assert_allclose(on_host(x.grad), [20 * (1 + 2j), 36 * 3j])


# --- dtypes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32")], ids=["name", "class", "dtype"])
def test_dtypes_are_numpys_on_every_library(device, dtype):
    x = ag.Tensor([1.0, 2.0], device=device)
    assert isinstance(x.dtype, np.dtype)
    made = {
        "Tensor": ag.Tensor([1.0], dtype=dtype, device=device),
        "to": x.to(np.dtype(dtype)),
        "astype": ag.astype(x, dtype),
        "sum": ag.sum(x, dtype=dtype),
        "prod": ag.prod(x, dtype=dtype),
        "cumulative_sum": ag.cumulative_sum(x, dtype=dtype),
        "cumulative_prod": ag.cumulative_prod(x, dtype=dtype),
        "zeros_like": ag.zeros_like(x, dtype=dtype),
        "full_like": ag.full_like(x, 2, dtype=dtype),
        "asarray": ag.asarray(x, dtype=dtype),
        "zeros": ag.zeros(2, dtype=dtype, device=device),
    }
    assert {name: tensor.dtype for name, tensor in made.items()} == dict.fromkeys(made, np.dtype("float32"))


@pytest.mark.parametrize("name", ["bool", "int8", "int64", "uint8", "float32", "float64", "complex64", "complex128"])
def test_dtypes_survive_the_way_to_a_library_and_back(device, name):
    x = ag.Tensor(np.ones(2), dtype=name, device=device)
    assert x.dtype == np.dtype(name)
    assert x.to("cpu").dtype == np.dtype(name)


def test_a_dtype_that_a_library_lacks_is_refused_by_name():
    require_device("strict")
    with pytest.raises(TypeError, match="'strict' backend has no dtype float16"):
        ag.zeros(2, dtype="float16", device="strict")


# --- nothing leaves the device ----------------------------------------------------------------------------------------


@pytest.fixture
def no_way_out(monkeypatch):
    """After a call, array-api-strict refuses its default device, and every way to the host."""
    require_device("strict")
    import array_api_strict as xp

    def closed(*args, **kwargs):
        raise AssertionError("an array left its device")

    def checked(create):
        def wrapper(*args, device=None, **kwargs):
            assert device == xp.Device("device1"), f"{create.__name__} on {device}"
            return create(*args, device=device, **kwargs)

        return wrapper

    def checked_asarray(obj, *args, device=None, asarray=xp.asarray, **kwargs):
        at_home = getattr(obj, "device", None) == xp.Device("device1") and device is None
        assert at_home or (device == xp.Device("device1") and isinstance(obj, int | float | complex))
        return asarray(obj, *args, device=device, **kwargs)

    def close():
        array_type = type(xp.asarray(0.0))
        for name in ("zeros", "ones", "empty", "full", "arange", "linspace", "eye"):
            monkeypatch.setattr(xp, name, checked(getattr(xp, name)))
        monkeypatch.setattr(xp, "asarray", checked_asarray)
        for name in ("to_device", "__bool__", "__int__", "__index__", "__float__", "__complex__", "__dlpack__"):
            monkeypatch.setattr(array_type, name, closed)
        for name in ("__array__", "__buffer__", "__iter__"):
            monkeypatch.setattr(array_type, name, closed, raising=False)
        monkeypatch.setattr(backends["strict"], "to_numpy", closed)
        monkeypatch.setattr(backends["strict"], "asarray", closed)

    return close


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_gradients_neither_touch_the_default_device_nor_the_host(no_way_out, dtype):
    place = "strict:device1"
    x = ag.Tensor(MATRIX, device=place, dtype=dtype, requires_grad=True)
    rows, columns = (ag.Tensor(key, device=place) for key in ([2, 0, -1, 0], [0, 3, 3, 3]))
    mask = ag.Tensor(MATRIX > 5, device=place)
    y = x * x + ag.exp(x / 10) @ ag.ones((4, 4), device=place, dtype=dtype)
    y[columns[:2] - 1, ...] = y[:2, :] * 2
    z = ag.where(mask, y, 1.0)
    parts = [
        z[rows, ...],
        y[rows, columns],
        y[:, rows],
        y[mask],
        y[1, ::2],
        ag.take(y, rows, axis=0),
        ag.cumulative_sum(y, axis=1),
    ]
    loss = sum((ag.sum(ag.real(part * part)) for part in parts), start=ag.max(ag.abs(y)))
    no_way_out()
    loss.backward()
    x.grad += x.grad
    assert x.grad.data.device == x.data.device


def test_dask_arrays_have_lazy_gradients():
    require_device("dask")
    import dask.array

    def f(x, key):
        return ag.sum(ag.exp(x / 3) * x) + ag.sum(x[1, :] @ ag.matrix_transpose(x)) + ag.sum(ag.sin(x)[key, ...])

    key = np.array([0, 1, 0])
    got = ag.grad(f)(dask.array.from_array(MATRIX, chunks=2), dask.array.from_array(key))
    assert isinstance(got, dask.array.Array)
    np.testing.assert_allclose(got.compute(), ag.grad(f)(MATRIX, key))
