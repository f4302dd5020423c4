"""scikit-learn's estimators, kernels and metrics, as they are, on Tensors: the gradient is right, or they refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

sklearn = pytest.importorskip("sklearn", minversion="1.9", reason="needs scikit-learn 1.9")
pytest.importorskip("scipy", minversion="1.14", reason="needs SciPy 1.14")

from tests.ecosystem import libraries_page  # noqa: E402
from tests.ecosystem.calls import Call, check, check_constant, check_elsewhere, keeps_gradient, labelled  # noqa: E402
from tests.ecosystem.sklearn_calls import DIFFERENTIATED, STEPS, X  # noqa: E402
from tests.ecosystem.sklearn_calls import y as target  # noqa: E402
from tests.ecosystem.sklearn_refused import NO_ARRAYS, REFUSED  # noqa: E402

OF_THE_PAGE = sklearn.__version__.startswith("1.9.")

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("SCIPY_ARRAY_API") != "1", reason="SCIPY_ARRAY_API=1 must be set before SciPy is imported"
    ),
    pytest.mark.filterwarnings("ignore"),  # scikit-learn's, of small samples and iterations cut short
]


@pytest.fixture
def dispatch() -> Iterator[None]:
    with sklearn.config_context(array_api_dispatch=True), np.errstate(all="ignore"):
        yield


@pytest.mark.usefixtures("dispatch")
@pytest.mark.parametrize("case", labelled(DIFFERENTIATED))
def test_the_gradient_is_that_of_finite_differences(case: Call) -> None:
    assert keeps_gradient(check(case))


@pytest.mark.usefixtures("dispatch")
@pytest.mark.parametrize("case", labelled(STEPS))
def test_labels_and_counts_are_constants(case: Call) -> None:
    check_constant(case)


@pytest.mark.parametrize("case", labelled(REFUSED))
def test_what_would_lose_the_gradient_raises_or_is_right_in_a_newer_version(case: Call) -> None:
    with np.errstate(all="ignore"):
        case.run([x.copy() for x in case.arrays], np.copy)  # a right call, of NumPy arrays
        with sklearn.config_context(array_api_dispatch=True):
            libraries_page.check_refused(case, "sklearn", of_the_page=OF_THE_PAGE)


@pytest.mark.usefixtures("dispatch")
@pytest.mark.parametrize("case", labelled(DIFFERENTIATED))
def test_on_a_second_device(case: Call) -> None:
    device = require_device("strict:device1")
    if case.called in ("GaussianRandomProjection", "MDS", "QuantileTransformer"):  # they compute with a NumPy array
        with pytest.raises(ValueError, match="different devices"):
            check_elsewhere(case, device)
        return
    if case.called == "nan_euclidean_distances":
        with pytest.raises(TypeError, match="Only numeric dtypes"):  # it subtracts a mask, which the standard has not
            check_elsewhere(case, device)
        return
    check_elsewhere(case, device)


@pytest.mark.usefixtures("dispatch")
def test_a_refused_score_is_nan_in_a_search_unless_it_is_to_raise() -> None:
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import cross_val_score

    x, y = ag.Tensor(X, requires_grad=True), ag.Tensor(target)
    assert np.isnan(cross_val_score(Ridge(solver="svd"), x, y)).all()
    with pytest.raises(RuntimeError, match="would lose the gradient"):
        cross_val_score(Ridge(solver="svd"), x, y, error_score="raise")


def test_every_estimator_is_in_a_table() -> None:
    from sklearn.utils import all_estimators

    tried = {case.called for case in (*DIFFERENTIATED, *STEPS, *REFUSED)} | set(NO_ARRAYS.split(" "))
    assert {name for name, _ in all_estimators()} <= tried


@pytest.mark.usefixtures("dispatch")
def test_what_is_added_through_a_view_is_seen() -> None:
    from sklearn.mixture import GaussianMixture

    def covariances(x, kind, reg_covar):
        options = {"init_params": "random", "random_state": 0, "max_iter": 1, "reg_covar": reg_covar}
        return GaussianMixture(2, covariance_type=kind, **options).fit(x).covariances_

    for kind in ("full", "tied", "diag", "spherical"):
        expected = covariances(X, kind, 0.1)
        np.testing.assert_allclose(covariances(ag.Tensor(X), kind, 0.1).numpy(), expected, err_msg=kind)


@pytest.mark.usefixtures("dispatch")
def test_inside_transforms() -> None:
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    def f(x):
        return ag.sum(make_pipeline(MinMaxScaler(), PCA(2)).fit_transform(x)[0] ** 2)

    rng = np.random.default_rng(0)
    along, h = rng.normal(size=X.shape), 1e-5
    gradient = ag.grad(f)(X)
    assert type(gradient) is np.ndarray
    value, tangent = ag.jvp(f, (X,), (along,))
    np.testing.assert_allclose(value.item(), f(ag.Tensor(X)).item())
    np.testing.assert_allclose(tangent.item(), np.sum(gradient * along))
    second = (ag.grad(f)(X + h * along) - ag.grad(f)(X - h * along)) / (2 * h)
    (product,) = ag.hvp(f, (X,), (along,))
    np.testing.assert_allclose(product, second, rtol=1e-6, atol=1e-7)
    with pytest.raises(TypeError, match="the truth of an array under vmap"):  # it looks for NaN before it begins
        ag.vmap(f)(np.stack([X, X]))


def test_the_pages_example_runs() -> None:
    _, _, after = libraries_page.PAGE.read_text(encoding="utf-8").partition("\n## scikit-learn\n")
    code = after.partition("```python\n")[2].partition("```")[0]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "Tensor(" in run.stdout


def test_the_page_says_what_was_found() -> None:
    if not OF_THE_PAGE:
        pytest.skip(f"the page was written from scikit-learn 1.9, this is {sklearn.__version__}")
    libraries_page.check_section("scikit-learn")
