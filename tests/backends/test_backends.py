"""Every backend: construction, operations, indexing and gradients; the registry; lazy loading."""

from __future__ import annotations

import importlib.util
import inspect
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backend_of, backends, register_backend
from anygrad.ops.indexing import index_add, index_set
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


# --- indexing ---------------------------------------------------------------------------------------------------------

INDEX = np.array([2, 0, -1, 0])
KEYS = {
    "integer": 1,
    "negative": -1,
    "integers": (2, -1),
    "slice": slice(1, None),
    "step": (slice(None, None, 2), slice(3, None, -1)),
    "out of bounds": slice(1, 100),
    "empty": slice(2, 1),
    "ellipsis": (..., 1),
    "new axes": (None, slice(None), None, 0),
    "all new": (..., None),
    "indices": INDEX,
    "indices of two axes": np.array([[0, 2], [-1, 0]]),
    "pairs": (INDEX, np.array([0, 3, 3, 3])),
    "broadcast": (np.array([[0], [2]]), np.array([1, 1, -1])),
    "after a slice": (slice(None), np.array([3, 3, 0])),
    "before a slice": (INDEX, slice(None, None, -1)),
    "with an integer": (1, INDEX),
    "split by a new axis": (INDEX, None, np.array([0, 1, 2, 3])),
    "0-d": (np.array(1), slice(None)),
    "short integers": INDEX.astype(np.int8),
    "no indices": np.zeros(0, dtype=np.int64),
    "mask": MATRIX % 3 > 1,
    "mask of rows": np.array([True, False, True]),
    "mask of columns": (slice(None), np.array([True, False, False, True])),
    "mask and integer": (np.array([True, False, True]), 1),
    "mask of none": np.zeros((3, 4), dtype=bool),
}


def key_on(key, device):
    if isinstance(key, tuple):
        return tuple(key_on(part, device) for part in key)
    return ag.Tensor(key, device=device) if isinstance(key, np.ndarray) else key


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_reading_and_its_gradient(device, key, dtype):
    values = MATRIX.astype(dtype) * (1 if dtype == "float64" else 1 - 2j)
    x = ag.Tensor(values, device=device, requires_grad=True)
    y = x[key_on(key, device)]
    np.testing.assert_array_equal(on_host(y), values[key])
    g = np.arange(1, values[key].size + 1).reshape(values[key].shape) * (1 if dtype == "float64" else 2 + 1j)
    y.backward(ag.Tensor(g, device=device))
    expected = np.zeros_like(values)
    np.add.at(expected, key, g)
    np.testing.assert_allclose(on_host(x.grad), expected, rtol=1e-15)
    assert x.grad.device == device


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_writing_and_its_gradient(device, key):
    shape = MATRIX[key].shape
    new = np.arange(100.0, 100.0 + int(np.prod(shape))).reshape(shape)
    x = ag.Tensor(MATRIX, device=device, requires_grad=True)
    values = ag.Tensor(new, device=device, requires_grad=True)
    y = x * 1
    y[key_on(key, device)] = values
    expected = MATRIX.copy()
    expected[key] = new
    np.testing.assert_array_equal(on_host(y), expected)
    ag.sum(y * y).backward()
    survivors = np.where(np.isin(expected, new), 0, 2 * expected) if new.size else 2 * expected
    np.testing.assert_array_equal(on_host(x.grad), survivors)
    np.testing.assert_array_equal(on_host(values.grad), np.where(np.isin(new, expected), 2 * new, 0))


def test_a_number_is_written_everywhere(device):
    for key in (1, INDEX, MATRIX > 5):
        x = ag.Tensor(MATRIX, device=device)
        x[key_on(key, device)] = 7
        expected = MATRIX.copy()
        expected[key] = 7
        np.testing.assert_array_equal(on_host(x), expected)


def test_of_several_values_for_one_place_the_last_is_written(device):
    n = 5000
    key = raw(np.zeros(n, dtype=np.int64), device)
    out = index_set(raw(np.zeros(2), device), raw(np.arange(1.0, n + 1), device), key)
    np.testing.assert_array_equal(backend_of(out).to_numpy(out), [n, 0])


def test_of_several_values_for_one_place_all_are_added_without_spoiling_others(device):
    rng = np.random.default_rng(0)
    key, values = rng.integers(-7, 7, 500), rng.normal(size=500) * 10.0 ** rng.integers(-8, 8, 500)
    values[key % 7 == 3] = np.nan
    x = np.zeros(7)
    out = index_add(raw(x, device), raw(values, device), raw(key, device))
    np.add.at(x, key, values)
    np.testing.assert_allclose(backend_of(out).to_numpy(out), x, rtol=1e-12)


WRONG_KEYS = [3, -4, np.array([0, 3]), np.array([-4]), (0, 0, 0), (..., 0, ...), True]


@pytest.mark.parametrize("key", WRONG_KEYS, ids=str)
def test_a_wrong_index_is_refused_and_nothing_else_is_spoilt(device, key):
    if device == "jax:cpu" and not isinstance(key, tuple):
        pytest.skip("JAX clamps what is out of bounds, and has True as an index")
    if device == "cuda" and isinstance(key, np.ndarray):
        pytest.skip("CuPy wraps what is out of bounds around: an error would have to wait for the device")
    if (key is True and device in ("cpu", "cuda", "torch:cpu")) or (
        isinstance(key, tuple) and key[0] is ... and device == "torch:cpu"
    ):
        pytest.skip("the library gives this index a meaning")
    x = ag.Tensor(MATRIX, device=device, requires_grad=True)
    y = x * 2
    with pytest.raises(IndexError, match="getitem"):
        y[key_on(key, device)]
    ag.sum(y).backward()
    np.testing.assert_array_equal(on_host(x.grad), np.full((3, 4), 2.0))


def test_numpy_index_arrays_work_on_every_library(device):
    x = ag.Tensor(MATRIX, device=device, requires_grad=True)
    ag.sum(x[np.array([0, 0])]).backward()
    np.testing.assert_array_equal(on_host(x.grad)[:, 0], [2, 0, 0])


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
    rows, columns = key_on((np.array([2, 0, -1, 0]), np.array([0, 3, 3, 3])), place)
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


# --- the registry -----------------------------------------------------------------------------------------------------


@pytest.fixture
def boxed():
    """The example's library, registered for one test."""
    path = pathlib.Path(__file__).parents[2] / "examples" / "new_backend.py"
    spec = importlib.util.spec_from_file_location("new_backend", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del backends["boxed"]


def test_a_new_library_works_in_full(boxed):
    x = ag.Tensor(MATRIX, device="boxed:blue", requires_grad=True)
    key = ag.Tensor([0, 0, 2], device="boxed:blue")

    def f(x, key):
        y = x[key, 1] * ag.sum(ag.tanh(x @ ag.matrix_transpose(x) / 100), axis=1) + x[1:, ::-1].sum()
        return ag.sum(y) + ag.prod(x[0])

    f(x, key).backward()
    expected = ag.grad(f)(MATRIX, np.array([0, 0, 2]))
    assert type(x.grad.data) is boxed.Boxed
    assert (x.device, x.grad.device, x.grad.dtype) == ("boxed:blue", "boxed:blue", np.float64)
    np.testing.assert_allclose(x.grad.data.values, expected)

    first = ag.grad(lambda a: ag.sum(a**3))
    second = ag.grad(lambda a: ag.sum(first(a) ** 2))(x.data)
    np.testing.assert_allclose(second.values, 36 * MATRIX**3)
    y = x * 1
    y[key] = 0
    assert on_host(y)[2].tolist() == [0] * 4
    assert [d for d in ag.devices() if d.startswith("boxed")] == ["boxed:red", "boxed:blue"]
    with pytest.raises(ValueError, match=r"'boxed:blue' and 'boxed:red'.*\.to\("):
        ag.Tensor([1.0], device="boxed") + ag.Tensor([1.0], device="boxed:blue")


def test_the_example_is_short_and_runs(boxed, capsys):
    source = inspect.getsource(boxed)
    library = source[source.index("class Boxed") : source.index("def main")]
    assert len([line for line in library.splitlines() if line.strip() and '"""' not in line]) < 30
    boxed.main()
    assert "boxed:blue" in capsys.readouterr().out


def test_implement_overrides_one_operation_for_one_library(boxed):
    calls = []

    @backends["boxed"].implement("exp")
    def exp(x):
        calls.append(x)
        return boxed.Boxed(np.exp(x.values), x.device)

    x = ag.Tensor([1.0], device="boxed", requires_grad=True)
    ag.exp(x).backward()
    np.testing.assert_allclose(x.grad.data.values, np.exp([1.0]))
    ag.exp(ag.Tensor([1.0]))
    assert len(calls) == 1
    with pytest.raises(ValueError, match="implement: there is no operation named 'frobnicate'"):
        backends["boxed"].implement("frobnicate")(exp)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("not a name", "identifier, given 'not a name'"),
        ("numpy", "'numpy' is taken"),
        ("cpu", "'cpu' is taken"),
        ("another", "ndarray belongs to <backend numpy> already"),
    ],
)
def test_register_backend_refuses(name, message):
    before = set(backends)
    with pytest.raises(ValueError, match=message):
        register_backend(name, namespace=np, array_types=np.ndarray)
    assert set(backends) == before


def test_an_array_of_no_library_is_refused_by_its_type():
    class Stranger:
        shape = ()

    with pytest.raises(TypeError, match=r"Stranger.*register_backend"):
        ag.exp(Stranger())
    with pytest.raises(TypeError, match="Stranger"):
        backend_of(Stranger())


# --- lazy loading -----------------------------------------------------------------------------------------------------

LIBRARIES = "{'cupy', 'torch', 'jax', 'array_api_strict', 'dask'}"


def run_python(code):
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_library_is_imported_before_it_is_asked_for():
    code = f"""
import sys
import anygrad as ag
x = ag.Tensor([1.0, 2.0], requires_grad=True)
ag.sum(ag.exp(x)[0] * x).backward()
ag.grad(lambda x: ag.sum(x * x))(x.data)
ag.backends
print(repr(x), sorted({LIBRARIES} & set(sys.modules)))
"""
    assert run_python(code).endswith("[]")


@pytest.mark.parametrize(
    ("library", "code"),
    [
        ("array_api_strict", "import array_api_strict as xp; a = xp.asarray([1.0, 2.0])"),
        ("torch", "import torch; a = torch.tensor([1.0, 2.0])"),
        ("jax", "import jax.numpy as jnp; a = jnp.asarray([1.0, 2.0])"),
    ],
)
def test_an_array_that_shows_up_is_enough(library, code):
    pytest.importorskip(library)
    use = "assert type(ag.grad(lambda x: ag.sum(x * x))(a)) is type(a)"
    others = f"print(sorted(({LIBRARIES} - {{'{library}'}}) & set(sys.modules)))"
    assert run_python(f"import sys\nimport anygrad as ag\n{code}\n{use}\n{others}") == "[]"


STRICT_FIRST = """
import warnings

import numpy as np

import anygrad as ag

for dtype in ("float32", "float64", "complex64", "int32", "bool"):
    ag.flip(ag.Tensor(np.ones(2, dtype), device="strict:cpu"))
warnings.resetwarnings()
warnings.simplefilter("error")
for dtype in ("float32", "float64", "complex64"):
    ag.grad(lambda x: ag.sum(ag.real(x * x)))(np.ones(2, dtype))
"""


def test_numpy_s_dtypes_are_not_compared_with_those_that_have_their_hashes():
    require_device("strict:cpu")
    subprocess.run([sys.executable, "-c", STRICT_FIRST], check=True, timeout=120)
