"""Libraries that call NumPy's functions: SciPy's ufuncs and xarray."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.numpy_api.samples import A, host, leaf


def test_scipys_ufuncs_go_to_the_special_functions_by_name():
    special = pytest.importorskip("scipy.special")
    shared = [name for name in ag.special.__all__ if isinstance(getattr(special, name, None), np.ufunc)]
    assert shared
    for name in shared:
        function = getattr(special, name)
        arrays = [np.array([0.3, 0.6]) + i for i in range(function.nin)]
        np.testing.assert_allclose(host(function(*map(Tensor, arrays))), function(*arrays), rtol=1e-12)


def test_scipys_ufuncs_keep_the_gradient_where_scipy_has_not_been_told_of_the_standard():
    pytest.importorskip("scipy")
    code = """
import numpy as np, scipy.special, anygrad as ag
assert isinstance(scipy.special.erf, np.ufunc)
x = np.array([0.2, 0.9])
gradient = ag.grad(lambda x: np.sum(scipy.special.erf(x) * scipy.special.gammaln(x)))(x)
def f(x): return np.sum(scipy.special.erf(x) * scipy.special.gammaln(x))
steps = [(f(x + e) - f(x - e)) / 2e-6 for e in 1e-6 * np.eye(2)]
np.testing.assert_allclose(gradient, steps, rtol=1e-6)
try:
    scipy.special.airy(ag.Tensor(x))
except TypeError as refusal:
    assert "'airy' is not supported" in str(refusal)
else:
    raise AssertionError
"""
    environment = {name: value for name, value in os.environ.items() if name != "SCIPY_ARRAY_API"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


XARRAY: dict[str, Any] = {
    "arithmetic": lambda d: (d + 1) * d / 2 - d**2,
    "ufunc": np.sin,
    "reductions": lambda d: d.sum("a") + d.mean("a") * d.std("a") + d.max("a") - d.prod("a"),
    "median": lambda d: d.median("b"),
    "cumulative": lambda d: d.cumsum("b") * d.cumprod("a"),
    "selection": lambda d: d.sel(b=20) + d.isel(b=0),
    "where": lambda d: d.where(d > 0, 0.0),
    "alignment": lambda d: d - d.sum("b"),
    "differences": lambda d: d.diff("b"),
    "dot": lambda d: d.dot(d, dim="b"),
    "quantile": lambda d: d.quantile(0.3),
    "groups": lambda d: d.groupby("b").sum(),
    "integral": lambda d: d.integrate("b"),
}


@pytest.mark.parametrize("name", list(XARRAY))
@pytest.mark.filterwarnings("ignore")
def test_xarrays_arithmetic_and_reductions_keep_the_gradient(name):
    xarray = pytest.importorskip("xarray")

    def f(x):
        labelled = XARRAY[name](xarray.DataArray(x, dims=("a", "b"), coords={"b": [10, 20, 30]}))
        return np.sum(labelled.data**2)

    x = leaf(A)
    f(x).backward()
    steps = np.array([(f(A + e) - f(A - e)) / 2e-6 for e in 1e-6 * np.eye(6).reshape(6, 2, 3)])
    np.testing.assert_allclose(host(x.grad), steps.reshape(2, 3), rtol=1e-5, atol=1e-7)
