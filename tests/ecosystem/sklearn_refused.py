"""Calls of scikit-learn's estimators and metrics that refuse Tensors whose gradient they would lose."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn import decomposition, linear_model, metrics, mixture, preprocessing
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import pairwise
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators

from tests.ecosystem.calls import Call
from tests.ecosystem.sklearn_calls import DIFFERENTIATED, STEPS, X, Z, of, positive, two, y

NO_ARRAYS = (
    "CountVectorizer DictVectorizer FeatureHasher HashingVectorizer MultiLabelBinarizer PatchExtractor SparseCoder "
    "TfidfVectorizer"
)
"""Estimators of text, dictionaries, sets and patches of images."""

ANSWERS = (
    "transform",
    "predict_proba",
    "decision_function",
    "predict",
    "score_samples",
    "kneighbors",
    "fit_predict",
    "fit_transform",
)
BOTH = np.stack([y, y**2], axis=1)
OPTIONS: dict[str, dict[str, Any]] = {
    "CCA": {"n_components": 1},
    "PLSCanonical": {"n_components": 1},
    "PLSSVD": {"n_components": 1},
    "LocalOutlierFactor": {"n_neighbors": 3, "novelty": True},
    "SpectralBiclustering": {"n_components": 3},
    "TSNE": {"perplexity": 3, "max_iter": 250},
    "OrthogonalMatchingPursuitCV": {"max_iter": 2},
    "RANSACRegressor": {"min_samples": 5},
}
TARGETS = {
    **dict.fromkeys(("ClassifierChain", "MultiOutputClassifier"), np.stack([two, 1 - two], axis=1)),
    **dict.fromkeys(("RegressorChain", "MultiOutputRegressor", "MultiTaskElasticNet"), BOTH),
    **dict.fromkeys(("MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV", "CCA", "PLSCanonical"), BOTH),
    **dict.fromkeys(("NeighborhoodComponentsAnalysis", "SelectFromModel", "SpectralBiclustering"), two),
}


def made(name: str, kind: Callable[..., Any]) -> Any:
    """An estimator with what it must be given, and as small as the sample."""
    regresses = any(word in name for word in ("Regress", "RFE", "SequentialFeature"))
    inner = Ridge(solver="svd") if regresses else RidgeClassifier(solver="svd")
    given: dict[str, Any] = {
        "estimator": inner,
        "estimators": [("one", inner)],
        "transformers": [("one", StandardScaler(), [0, 1])],
        "param_grid": {"alpha": [0.1, 1.0]},
        "n_components": 2,
        "cv": 3,
        "random_state": 0,
        "max_iter": 20,
    }
    asked = inspect.signature(kind).parameters
    return kind(**{n: v for n, v in given.items() if n in asked} | OPTIONS.get(name, {}))


def fitted(name: str, kind: Callable[..., Any], x: Any, target: Any) -> Any:
    estimator = made(name, kind)
    if name == "IsotonicRegression":
        x = x[:, 0]
    answer = next((a for a in ANSWERS if hasattr(estimator, a)), "fit")
    if answer.startswith("fit"):
        return getattr(estimator, answer)(x, target)
    estimator.fit(x, target)
    return getattr(estimator, answer)(x)


def estimators() -> Iterator[Call]:
    """Every estimator of the tables' version that is in no other table."""
    others = {case.called for case in (*DIFFERENTIATED, *STEPS)} | {*NO_ARRAYS.split(" "), "DummyRegressor"}
    for name, kind in all_estimators():
        if name not in others:
            module = kind.__module__.removeprefix("sklearn.").partition("._")[0]
            classifies = made(name, kind).__sklearn_tags__().estimator_type == "classifier"
            target = TARGETS.get(name, two if classifies else np.abs(y) + 0.1)
            yield Call(f"{module}.{name}", functools.partial(fitted, name, kind), positive, target)


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of estimators that are to go
    ESTIMATORS = list(estimators())


def searched(x: Any, y: Any) -> Any:
    return GridSearchCV(Ridge(solver="svd"), {"alpha": [0.1, 1.0]}, error_score="raise").fit(x, y)


def scored(x: Any, y: Any) -> Any:
    return cross_val_score(Ridge(solver="svd"), x, y, error_score="raise")


MIXTURE = functools.partial(of, mixture.GaussianMixture, X, Z, n_components=2, random_state=0)
SOLVERS = ("cholesky", "lsqr", "sparse_cg", "sag", "saga")
METHODS = [
    of(decomposition.PCA, X, Z, n_components=2, use="score").shown_as("PCA.score"),
    of(decomposition.PCA, X, n_components=2, svd_solver="arpack").shown_as("PCA(svd_solver='arpack')"),
    MIXTURE(init_params="random", use="score").shown_as("GaussianMixture.score"),
    MIXTURE(init_params="kmeans", use="score_samples").shown_as("GaussianMixture(init_params='kmeans')"),
    Call("linear_model.Ridge", lambda x, y: Ridge(solver="svd").fit(x, y).score(x, y), X, y).shown_as("Ridge.score"),
    *(of(linear_model.Ridge, X, y, Z, solver=s, use="predict").shown_as(f"Ridge(solver={s!r})") for s in SOLVERS),
    Call("model_selection.GridSearchCV", searched, X, y).shown_as("GridSearchCV(Ridge(), error_score='raise')"),
    Call("model_selection.cross_val_score", scored, X, y).shown_as("cross_val_score(Ridge(), error_score='raise')"),
    Call("dummy.DummyRegressor", lambda x, y: DummyRegressor().fit(x, y).predict(x), X, y),
]


def scores(names: str, *args: Any, **options: Any) -> Iterator[Call]:
    return (Call(f"metrics.{n}", functools.partial(getattr(metrics, n), **options), *args) for n in names.split(" "))


guess = y + 0.3
chance = 1 / (1 + np.exp(-y))
grades = np.stack([chance, 1 - chance], axis=1)
METRICS = [
    Call("preprocessing.scale", preprocessing.scale, X),
    *scores("mean_squared_error mean_absolute_error root_mean_squared_error mean_absolute_percentage_error", y, guess),
    *scores("r2_score explained_variance_score mean_pinball_loss d2_absolute_error_score d2_pinball_score", y, guess),
    *scores("median_absolute_error max_error", y, guess),
    *scores("mean_squared_log_error root_mean_squared_log_error", np.abs(y), np.abs(guess)),
    *scores("mean_tweedie_deviance d2_tweedie_score", y, guess),
    *scores("mean_poisson_deviance mean_gamma_deviance", np.abs(y) + 0.1, np.abs(guess) + 0.1),
    *scores("log_loss brier_score_loss d2_log_loss_score d2_brier_score", two, chance),
    *scores("hinge_loss roc_auc_score roc_curve", two, y),
    *scores("dcg_score ndcg_score", np.eye(2, dtype=int)[two], grades),
    *scores("coverage_error", np.eye(2, dtype=int)[two], grades),
    *(
        Call(f"metrics.{n}", lambda x, labels, f=getattr(metrics, n): f(x, labels), X, two)
        for n in ("silhouette_score", "silhouette_samples", "calinski_harabasz_score", "davies_bouldin_score")
    ),
    Call("metrics.auc", metrics.auc, np.sort(y), guess),
    Call(
        "metrics.pairwise.pairwise_distances_argmin_min",
        lambda x, z: pairwise.pairwise_distances_argmin_min(x, z)[1],
        *(X, Z),
    ),
    Call("metrics.pairwise.haversine_distances", pairwise.haversine_distances, X[:, :2].copy(), Z[:, :2].copy()),
]

REFUSED: list[Call] = [*ESTIMATORS, *METHODS, *METRICS]
