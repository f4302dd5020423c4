"""What all tests share: how JAX and linear algebra run, and the skips of what this machine does not have."""

from __future__ import annotations

import os

os.environ.setdefault("JAX_ENABLE_X64", "1")
os.environ.setdefault("SCIPY_ARRAY_API", "1")  # read when SciPy is imported; it then takes any library's arrays
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # compiling small programs takes longer than running them
# With a process for each core, threads of the linear algebra wait for each other's cores longer than they compute.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from anygrad import Tensor
from anygrad.arrays.device import resolve, unavailable_reason
from anygrad.backends import backends
from anygrad.backends.libraries import STRICT_WARNING

# pytest tests/ops/test_programs.py --hypothesis-profile=thorough
settings.register_profile("thorough", max_examples=10_000)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", f"ignore:{STRICT_WARNING}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked ``gpu`` where CUDA cannot be used, and say why."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    reason = unavailable_reason(backends["cupy"]) if marked else None
    for item in marked if reason else ():
        item.add_marker(pytest.mark.skip(reason=f"CUDA: {reason}"))


def require_device(name: str) -> str:
    """The name of a device, or a skip of the test that asks for it."""
    try:
        resolve(name)
    except (ImportError, RuntimeError, ValueError) as error:
        pytest.skip(str(error))
    return name


def leaf(*values: float) -> Tensor:
    """A Tensor of numbers that requires a gradient."""
    return Tensor(list(values), requires_grad=True)


def is_dtype(value: object) -> bool:
    """Whether a name of the namespace is one of its dtypes."""
    return isinstance(value, type) and issubclass(value, np.generic)


CUDA = pytest.param("cuda", marks=pytest.mark.gpu)
"""A device to run a test on, where there is one: ``pytest -m gpu`` runs those tests alone."""


@pytest.fixture(params=["cpu", "strict:cpu", "strict:device1", "torch:cpu", "jax:cpu", CUDA])
def device(request: pytest.FixtureRequest) -> str:
    """The name of a device, on every backend in turn."""
    return request.param if request.param == "cpu" else require_device(request.param)
