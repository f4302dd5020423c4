"""Every entry of the table of NumPy's functions: values, derivatives, batches, and another library's second device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.core.types import rank
from anygrad.numpy_api.registry import FUNCTIONS, REFUSED
from anygrad.numpy_api.ufuncs import UFUNCS, UFUNCS_REFUSED
from tests.conftest import require_device
from tests.numpy_api.table import AUTOGRAD, CASES, MISSING_IN_AUTOGRAD, Case

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # NumPy's own, about NaN
    pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning"),  # from NumPy 2.5 on
]


def ids(case: Case) -> str:
    return case.name


def parts(result: Any) -> list[Any]:
    """The arrays and numbers of a result."""
    if isinstance(result, tuple | list):
        return [part for each in result for part in parts(each)]
    return [result]


def on_host(value: Any) -> Any:
    if isinstance(value, ag.Tensor):
        return value.detach().numpy()
    return ag.Tensor(value).numpy() if rank(type(value)) >= 0 else value  # integers are the library's own


def assert_same(found: Any, expected: Any, *, is_exact_dtype: bool = True) -> None:
    for ours, numpys in zip(parts(found), parts(expected), strict=True):
        if not isinstance(numpys, np.ndarray | np.generic) or isinstance(numpys, np.dtype):
            assert ours == numpys
            continue
        host = on_host(ours)
        assert np.shape(host) == np.shape(numpys)
        if is_exact_dtype:
            assert host.dtype == numpys.dtype
        np.testing.assert_allclose(host, numpys, rtol=1e-9, atol=1e-11)


def leaves(case: Case, device: str) -> list[ag.Tensor]:
    return [ag.Tensor(x, device=device, requires_grad=case.order > 0 and x.dtype.kind in "fc") for x in case.arrays]


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_value_and_dtype_are_numpys(case):
    assert_same(case.call(*leaves(case, "cpu")), case.call(*case.arrays))


SINGLE = {"f": np.float32, "c": np.complex64}


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_dtypes_in_single_precision_are_numpys(case):
    arrays = [x.astype(SINGLE.get(x.dtype.kind, x.dtype)) for x in case.arrays]
    for ours, numpys in zip(parts(case.call(*map(ag.Tensor, arrays))), parts(case.call(*arrays)), strict=True):
        if isinstance(numpys, np.ndarray | np.generic):
            assert on_host(ours).dtype == numpys.dtype


@pytest.mark.parametrize("case", [case for case in CASES if case.order], ids=ids)
def test_derivatives_in_both_modes_are_those_of_finite_differences_of_numpy(case):
    ag.testing.check_grads(case.call, case.arrays, order=case.order, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("case", [case for case in CASES if case.order], ids=ids)
def test_a_result_keeps_the_gradient(case):
    outputs = [part for part in parts(case.call(*leaves(case, "cpu"))) if part.dtype.kind in "fc"]
    assert any(part.requires_grad for part in outputs)


OF_INTEGERS_IN_STRICT = ("intersect1d", "setdiff1d", "setxor1d")  # array-api-strict's isin takes no floats


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in OF_INTEGERS_IN_STRICT], ids=ids)
def test_value_and_gradient_on_the_second_device_of_another_library(case):
    device = require_device("strict:device1")
    here, there = leaves(case, "cpu"), leaves(case, device)
    expected, found = case.call(*here), case.call(*there)
    assert all(part.device == device for part in parts(found) if isinstance(part, ag.Tensor))
    assert_same(found, case.call(*case.arrays), is_exact_dtype=False)
    for result in (expected, found):
        for part in parts(result):
            if isinstance(part, ag.Tensor) and part.requires_grad:
                ag.sum(ag.real(part * ag.conj(part)) if part.dtype.kind == "c" else part * part).backward(
                    retain_graph=True
                )
    for x, y in zip(here, there):
        assert (x.grad is None) == (y.grad is None)
        if x.grad is not None:
            np.testing.assert_allclose(on_host(y.grad), on_host(x.grad), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("case", [case for case in CASES if case.is_batched], ids=ids)
def test_a_batch_is_a_loop(case):
    def arrays(*members: Any) -> list[Any]:
        return [part for part in parts(case.call(*members)) if rank(type(part)) >= 0]

    many = [np.stack([x, x[..., ::-1] if x.ndim and x.dtype.kind != "i" else x]) for x in case.arrays]
    found = ag.vmap(arrays)(*many)
    loop = [arrays(*members) for members in zip(*many)]
    for i, batch in enumerate(found):
        np.testing.assert_allclose(batch, np.stack([member[i] for member in loop]), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", sorted({*AUTOGRAD.split(), *MISSING_IN_AUTOGRAD.split()}))
def test_what_users_of_autograd_call_is_in_the_table(name):
    if not hasattr(np, name.partition(".")[0]):
        pytest.skip("this version of NumPy lacks it")
    assert name in {case.name for case in CASES}


@pytest.mark.parametrize("name", sorted(MISSING_IN_AUTOGRAD.split()))
def test_what_autograd_does_not_differentiate_has_derivatives_here(name):
    assert any(case.order for case in CASES if case.name == name) or not hasattr(np, name)


def test_every_supported_function_is_in_the_table():
    from tests.numpy_api.test_numpy_arrays import TESTED_THERE

    tested = {case.name for case in CASES} | TESTED_THERE
    tested |= {ufunc.__name__ for ufunc in UFUNCS if getattr(np, ufunc.__name__, None) in map(_numpys, tested)}
    names = {entry.name for entry in FUNCTIONS.values()} | {ufunc.__name__ for ufunc in UFUNCS}
    assert names - tested == set()


def _numpys(name: str) -> Any:
    return getattr(np, name, None)


def test_every_one_of_numpys_functions_is_supported_or_refused_with_a_remedy():
    for space in (np, np.linalg, np.fft, np.emath, np.lib.stride_tricks):
        for name in dir(space):
            function = getattr(space, name) if not name.startswith("_") else None
            if isinstance(function, np.ufunc):
                assert function in UFUNCS or function.__name__ in UFUNCS_REFUSED, name
            elif hasattr(function, "_implementation"):
                assert function in FUNCTIONS or function in REFUSED, name
