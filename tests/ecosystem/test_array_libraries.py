"""array-api-extra, einops and opt_einsum, as they are, on Tensors: the gradient is right, or they refuse."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

xpx = pytest.importorskip("array_api_extra", minversion="0.11", reason="needs array-api-extra 0.11")
einops = pytest.importorskip("einops", reason="needs einops")
pytest.importorskip("opt_einsum", reason="needs opt_einsum")

from tests.ecosystem import libraries_page  # noqa: E402
from tests.ecosystem.array_library_calls import DIFFERENTIATED, REFUSED, STEPS  # noqa: E402
from tests.ecosystem.calls import Call, check, check_constant, check_elsewhere, keeps_gradient, labelled  # noqa: E402

OF_THE_PAGE = importlib.metadata.version("array-api-extra").split(".")[:2] == ["0", "11"]

# array-api-extra's, of functions that the standard has by now
pytestmark = pytest.mark.filterwarnings("ignore:.xpx:DeprecationWarning")


@pytest.mark.parametrize("case", labelled(DIFFERENTIATED))
def test_the_gradient_is_that_of_finite_differences(case: Call) -> None:
    assert keeps_gradient(check(case))


@pytest.mark.parametrize("case", labelled(STEPS))
def test_truth_values_and_indices_are_constants(case: Call) -> None:
    check_constant(case)


@pytest.mark.parametrize("case", labelled(REFUSED))
def test_what_would_lose_the_gradient_raises_or_is_right_in_a_newer_version(case: Call) -> None:
    case.run([x.copy() for x in case.arrays], np.copy)  # a right call, of NumPy arrays
    libraries_page.check_refused(case, case.name.partition(".")[0], of_the_page=OF_THE_PAGE)


@pytest.mark.parametrize("case", labelled(DIFFERENTIATED))
def test_on_a_second_device(case: Call) -> None:
    check_elsewhere(case, require_device("strict:device1"))


def test_every_function_is_in_a_table() -> None:
    tried = {case.name for case in (*DIFFERENTIATED, *STEPS, *REFUSED)}
    assert {f"array_api_extra.{name}" for name in xpx.__all__ if callable(getattr(xpx, name))} <= tried
    assert {f"einops.{name}" for name in einops.__all__ if name != "EinopsError"} <= tried


@pytest.mark.parametrize("first", ["import einops, anygrad", "import anygrad, einops"])
def test_einops_knows_tensors_whichever_is_imported_first(first: str) -> None:
    code = f"""
{first}
import gc, sys
gc.collect()  # einops holds its backends weakly until it has used them
x = anygrad.ones((2, 3), dtype=anygrad.float64)
assert einops.rearrange(x, "a b -> b a").shape == (3, 2)
assert not any(type(finder).__module__ == "anygrad.einops" for finder in sys.meta_path)
spec = sys.modules["einops._backends"].__spec__
assert type(spec.loader).__module__.startswith("_frozen_importlib"), spec.loader
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_anygrad_does_not_import_the_libraries_that_use_it() -> None:
    code = "import sys, anygrad; sys.exit(any(m in sys.modules for m in ('einops', 'sklearn', 'opt_einsum')))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_einops_inside_transforms() -> None:
    x = np.arange(6.0).reshape(2, 3)
    cubes = ag.grad(lambda x: ag.sum(einops.reduce(x, "a b -> b", "sum") ** 3))
    np.testing.assert_allclose(cubes(x), 3 * np.broadcast_to(x.sum(axis=0), x.shape) ** 2)
    np.testing.assert_allclose(ag.vmap(lambda row: einops.rearrange(row, "(b c) -> c b", c=3))(x), x[:, :, None])
    assert einops.asnumpy(ag.Tensor(x)).tolist() == x.tolist()


def test_transpose_takes_its_axes_as_numpy_does() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    tensor = ag.Tensor(x, requires_grad=True)
    for axes in [(), (None,), (1, 0, 2), ((2, 0, 1),), ([2, 0, 1],), (0, -1, 1)]:
        assert tensor.transpose(*axes).tolist() == x.transpose(*axes).tolist()
    (tensor.transpose(1, 0, 2) * x.transpose(1, 0, 2)).sum().backward()
    assert tensor.grad.tolist() == x.tolist()
    with pytest.raises(ValueError, match="permute_dims"):
        tensor.transpose(0, 1)


@pytest.mark.parametrize("library", ["array-api-extra", "einops", "opt_einsum"])
def test_the_page_says_what_was_found(library: str) -> None:
    if not OF_THE_PAGE:
        pytest.skip("the page was written from array-api-extra 0.11, another version is installed")
    libraries_page.check_section(library)
