"""Who takes part, for all tests of the benchmarks."""

from __future__ import annotations

import pytest

import anygrad as ag
from benchmarks.contestants import contestants
from tests.benchmarks.running import installed


@pytest.fixture(scope="module")
def everybody():
    devices = [name for name in ("cpu", "torch:cpu", "jax:cpu") if ag.is_available(name)]
    return contestants(devices, installed(["by-hand", "torch", "jax", "jax-jit", "hips", "mygrad"]))
