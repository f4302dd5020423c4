"""SciPy's functions, as they are, on Tensors: the gradient is right, or they refuse."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

scipy = pytest.importorskip("scipy", minversion="1.17", reason="needs SciPy 1.17")
scipy_page = pytest.importorskip("tests.ecosystem.scipy_page")

from tests.ecosystem.scipy_harness import Case, TakenError, differences, gradients  # noqa: E402

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("SCIPY_ARRAY_API") != "1", reason="SCIPY_ARRAY_API=1 must be set before SciPy is imported"
    ),
    pytest.mark.filterwarnings("ignore"),  # SciPy's, of small samples and deprecated signatures
]


def labelled(cases: list[Case]) -> list[object]:
    """Cases with their names, numbered where a function is called in several ways."""
    seen: dict[str, int] = {}
    params = []
    for case in cases:
        seen[case.name] = n = seen.get(case.name, 0) + 1
        params.append(pytest.param(case, id=case.name if n == 1 else f"{case.name}-{n}"))
    return params


def values(result: object) -> np.ndarray:
    return result.detach().to("cpu").numpy() if isinstance(result, ag.Tensor) else np.asarray(result)


def check(case: Case, device: str) -> list[object]:
    """Hold values and gradients against SciPy's on NumPy arrays, and give the results."""
    results, found = gradients(case, device)
    expected, slopes = differences(case)
    for result, value in zip(results, expected, strict=True):
        np.testing.assert_allclose(values(result), value, rtol=1e-9, atol=1e-11)
    for gradient, slope in zip(found, slopes, strict=True):
        np.testing.assert_allclose(gradient, slope, rtol=case.rtol, atol=case.rtol)
    return [r for r in results if np.dtype(r.dtype).kind in "fc"]


@pytest.mark.parametrize("case", labelled(scipy_page.DIFFERENTIATED))
def test_the_gradient_is_that_of_finite_differences(case):
    # results without a gradient have no part in the sum above but in that of the differences: they are constants
    assert any(isinstance(result, ag.Tensor) and result.requires_grad for result in check(case, "cpu"))


@pytest.mark.parametrize("case", labelled(scipy_page.STEPS))
def test_a_function_of_ranks_is_a_constant(case):
    results = check(case, "cpu")
    assert results
    assert not any(isinstance(result, ag.Tensor) and result.requires_grad for result in results)
    assert not any(np.any(slope) for slope in differences(case)[1])


@pytest.mark.parametrize("case", labelled(scipy_page.REFUSED))
def test_what_would_lose_the_gradient_raises_or_is_right_in_a_newer_version(case):
    with np.errstate(all="ignore"):
        case.run([x.copy() for x in case.arrays], np.copy)  # a right call, of NumPy arrays
        try:
            _, way = scipy_page.refusal(case)
        except TakenError:
            assert scipy_page.VERSION != scipy_page.LISTED
            check(case, "cpu")
        else:
            assert f"| {way} |" in scipy_page.PAGE.read_text(encoding="utf-8")


# Where SciPy makes arrays on its own they lie on NumPy's device or the default one, or are of integers that no library
# but NumPy promotes with floating arrays.
NOT_ON_A_DEVICE = {  # in SciPy 1.17; a newer one may have mended it
    "differentiate.derivative": "different devices",
    "differentiate.hessian": "different devices",
    "differentiate.jacobian": "different devices",
    "fft.fht": "different devices",
    "fft.ifht": "different devices",
    "integrate.cubature": "different devices",
    "integrate.fixed_quad": "different devices",
    "integrate.nsum": "cannot be type promoted",
    "integrate.qmc_quad": "different devices",
    "integrate.tanhsinh": "cannot be type promoted",
    "optimize.fmin_powell": "different devices",
    "signal.group_delay": "different devices",
    "stats.lmoment": "different devices",
    "stats.monte_carlo_test": "different devices",
    "stats.pointbiserialr": "cannot be type promoted",
    "stats.ttest_ind_from_stats": "can only be promoted with floating-point",
}


@pytest.mark.parametrize("case", labelled(scipy_page.DIFFERENTIATED))
def test_on_a_second_device(case):
    device = require_device("strict:device1")
    refused = NOT_ON_A_DEVICE.get(case.name)
    try:
        results, found = gradients(case, device)
    except (ValueError, TypeError) as error:
        if refused and re.search(refused, str(error)):
            return
        raise
    assert not refused or scipy_page.VERSION != scipy_page.LISTED
    expected = gradients(case, "cpu")
    for result, value in zip(results, expected[0], strict=True):
        np.testing.assert_allclose(values(result), values(value), rtol=1e-9, atol=1e-11)
    for gradient, other in zip(found, expected[1], strict=True):
        np.testing.assert_allclose(gradient, other, rtol=1e-7, atol=1e-9)
    tensors = [r for r in results if isinstance(r, ag.Tensor) and r.requires_grad]
    assert tensors
    assert {r.device for r in tensors} == {device}


@pytest.mark.parametrize("name", sorted({name for names in scipy_page.WRONG.values() for name in names}))
def test_what_is_wrong_is_what_the_page_says(name, request):
    is_known = scipy_page.VERSION in scipy_page.WRONG  # what is wrong in a version that is not may be mended
    if name in scipy_page.WRONG[scipy_page.VERSION if is_known else scipy_page.NEWER]:
        reason = "its values or gradients are wrong, and the page says so"
        request.applymarker(pytest.mark.xfail(strict=is_known, raises=AssertionError, reason=reason))
    section = np.array([0.3, 0.5, 0.2, 1.0, -0.4, 0.1])
    cases = {
        "signal.lfilter_zi": Case(name, section[:3].copy(), section[3:].copy()),
        "signal.sosfilt_zi": Case(name, section[None].copy()),
    }
    try:
        check(cases[name], "cpu")
    except RuntimeError as error:
        if "would lose the derivative" not in str(error):  # a refusal is no wrong result
            raise


def test_the_page_says_what_was_found():
    if scipy_page.VERSION not in scipy_page.PARTS:
        pytest.skip(f"the page was written from SciPy {' and '.join(scipy_page.PARTS)}, this is {scipy.__version__}")
    page = scipy_page.PAGE.read_text(encoding="utf-8")
    with np.errstate(all="ignore"):
        assert page == scipy_page.written(page), "run python -W ignore -m tests.ecosystem.scipy_page"
