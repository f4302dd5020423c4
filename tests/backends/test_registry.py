"""The registry: a new library, overrides, refusals, and loading a library when it is first needed."""

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
from tests.conftest import require_device

MATRIX = np.arange(1.0, 13.0).reshape(3, 4)


def on_host(tensor):
    return tensor.detach().to("cpu").numpy()


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
