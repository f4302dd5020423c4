"""Calls of scikit-learn's estimators, kernels and metrics on Tensors that keep the gradient, or have none."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn import (
    compose,
    decomposition,
    discriminant_analysis,
    dummy,
    ensemble,
    feature_selection,
    frozen,
    impute,
    kernel_approximation,
    linear_model,
    manifold,
    metrics,
    mixture,
    model_selection,
    multioutput,
    naive_bayes,
    pipeline,
    preprocessing,
    random_projection,
    semi_supervised,
)
from sklearn.metrics import pairwise

from tests.ecosystem.calls import Call

rng = np.random.default_rng(11)
X = rng.normal(size=(12, 3)) + 0.2 * np.arange(3)
Z = rng.normal(size=(5, 3))
few = X[:5].copy()
y = X @ np.array([0.5, -1.0, 0.3]) + 0.3 * rng.normal(size=12)
two = np.arange(12) % 2
three = np.arange(12) % 3
onehot = np.eye(3, dtype=int)[three]
positive, positive_z = np.abs(X) + 0.1, np.abs(Z)
truth = np.stack([y, y**2 + 1], axis=1)
guess = truth + 0.3 * rng.normal(size=(12, 2))


def of(make: Callable[..., Any], *args: Any, use: str = "transform", **options: Any) -> Call:
    """An estimator fitted to ``args`` but the last, and asked about that; or fitted to all, if it is to transform."""

    def call(*arrays: Any) -> Any:
        if use in ("transform", "fit_transform"):
            return make(**options).fit(*arrays).transform(arrays[0])
        if use == "inverse_transform" or use.startswith("score"):
            return getattr(make(**options).fit(*arrays[:-1]), use)(arrays[-1])
        if use.startswith("get_") or use.endswith("_"):
            fitted = make(**options).fit(*arrays)
            return [getattr(fitted, n)() if n.startswith("get_") else getattr(fitted, n) for n in use.split(" ")]
        return getattr(make(**options).fit(*arrays[:-1]), use)(arrays[-1])

    module = make.__module__.removeprefix("sklearn.").partition("._")[0]
    return Call(f"{module}.{make.__name__}", call, *args)


PREPROCESSING = [
    of(preprocessing.StandardScaler, X),
    of(preprocessing.StandardScaler, X, Z, use="inverse_transform"),
    of(preprocessing.StandardScaler, X, use="mean_ var_ scale_"),
    of(preprocessing.MinMaxScaler, X),
    of(preprocessing.MinMaxScaler, X, feature_range=(-1, 2), clip=True),
    of(preprocessing.MinMaxScaler, X, Z, use="inverse_transform"),
    of(preprocessing.MinMaxScaler, X, use="data_min_ data_max_ data_range_ scale_ min_"),
    of(preprocessing.MaxAbsScaler, X),
    of(preprocessing.MaxAbsScaler, X, Z, use="inverse_transform"),
    *(of(preprocessing.Normalizer, X, norm=norm) for norm in ("l1", "l2", "max")),
    of(preprocessing.KernelCenterer, X @ X.T),
    of(preprocessing.PolynomialFeatures, X, degree=3),
    of(preprocessing.PolynomialFeatures, X, interaction_only=True, include_bias=False),
    of(preprocessing.FunctionTransformer, X, func=lambda x: x**2),
    of(kernel_approximation.Nystroem, X, n_components=4, random_state=0),
    of(random_projection.GaussianRandomProjection, X, n_components=2, random_state=0),
]

PCA = functools.partial(of, decomposition.PCA)
PARTS = "components_ explained_variance_ explained_variance_ratio_ singular_values_ mean_ noise_variance_"
DECOMPOSITION = [
    *(PCA(X, n_components=2, svd_solver=how, random_state=0) for how in ("full", "covariance_eigh", "randomized")),
    PCA(X, n_components=2, svd_solver="randomized", power_iteration_normalizer="QR", random_state=0),
    PCA(X, n_components=2, whiten=True),
    PCA(X, Z[:, :2].copy(), n_components=2, use="inverse_transform"),
    PCA(X, Z, n_components=2, use="score_samples"),
    PCA(X, n_components=2, use=PARTS),
    PCA(X, n_components=2, use="get_covariance get_precision"),
]

LDA = functools.partial(of, discriminant_analysis.LinearDiscriminantAnalysis)
GNB = functools.partial(of, naive_bayes.GaussianNB)
LINEAR = [
    of(linear_model.Ridge, X, y, Z, solver="svd", use="predict"),
    of(linear_model.Ridge, X, truth, Z, solver="svd", fit_intercept=False, use="predict"),
    of(linear_model.Ridge, X, y, solver="svd", use="coef_ intercept_"),
    of(linear_model.RidgeCV, X, y, Z, use="predict"),
    of(linear_model.RidgeClassifier, X, two, Z, solver="svd", use="decision_function"),
    of(linear_model.RidgeClassifier, X, three, Z, solver="svd", use="decision_function"),
    of(linear_model.RidgeClassifierCV, X, two, Z, use="decision_function"),
    LDA(X, three),
    LDA(X, three, Z, use="decision_function"),
    *(LDA(X, two, Z, use=use) for use in ("predict_proba", "predict_log_proba")),
    *(GNB(X, three, Z, use=use) for use in ("predict_proba", "predict_log_proba", "predict_joint_log_proba")),
    GNB(X, three, use="theta_ var_"),
]

MIXTURE = [
    of(
        mixture.GaussianMixture,
        X,
        Z,
        use=use,
        n_components=2,
        covariance_type=kind,
        init_params=start,
        max_iter=3,
        tol=1e-9,
        random_state=0,
        # added through a view, of which a Tensor knows nothing
        reg_covar=0.0 if kind == "full" else 1e-6,
    )
    for kind, start, use in [
        ("full", "random", "score_samples"),
        ("tied", "random_from_data", "score_samples"),
        ("diag", "random", "predict_proba"),
        ("spherical", "random", "score_samples"),
    ]
]


def composed(name: str, make: Callable[[], Any], *args: Any, use: str = "transform") -> Call:
    return Call(name, of(lambda: make(), *args, use=use).function, *args)


def ridge(**options: Any) -> linear_model.Ridge:
    return linear_model.Ridge(solver="svd", **options)


def cross(estimator: Any, method: str = "predict") -> Callable[..., Any]:
    return lambda x, y: model_selection.cross_val_predict(estimator, x, y, cv=3, method=method)


def classifier() -> Any:
    return linear_model.RidgeClassifier(solver="svd")


ALPHAS = {"alpha": [0.1, 1.0]}
COMPOSED = [
    composed(
        "pipeline.Pipeline",
        lambda: pipeline.make_pipeline(
            preprocessing.StandardScaler(), preprocessing.PolynomialFeatures(2), decomposition.PCA(2)
        ),
        X,
    ),
    composed(
        "pipeline.Pipeline",
        lambda: pipeline.make_pipeline(preprocessing.StandardScaler(), ridge()),
        X,
        y,
        Z,
        use="predict",
    ),
    composed(
        "pipeline.FeatureUnion",
        lambda: pipeline.make_union(preprocessing.StandardScaler(), preprocessing.MinMaxScaler()),
        X,
    ),
    composed(
        "model_selection.GridSearchCV",
        lambda: model_selection.GridSearchCV(classifier(), ALPHAS, cv=3),
        X,
        two,
        Z,
        use="decision_function",
    ),
    composed(
        "model_selection.RandomizedSearchCV",
        lambda: model_selection.RandomizedSearchCV(classifier(), ALPHAS, n_iter=2, cv=3, random_state=0),
        X,
        two,
        Z,
        use="decision_function",
    ),
    composed(
        "feature_selection.SequentialFeatureSelector",
        lambda: feature_selection.SequentialFeatureSelector(classifier(), n_features_to_select=2, cv=3),
        X,
        two,
    ),
    composed(
        "model_selection.FixedThresholdClassifier",
        lambda: model_selection.FixedThresholdClassifier(classifier()),
        X,
        two,
        Z,
        use="decision_function",
    ),
    Call(
        "frozen.FrozenEstimator",
        lambda x, z: frozen.FrozenEstimator(preprocessing.StandardScaler().fit(x)).fit(z, None).transform(z),
        X,
        Z,
    ),
    composed(
        "ensemble.BaggingRegressor",
        lambda: ensemble.BaggingRegressor(ridge(), n_estimators=3, random_state=0),
        X,
        y,
        Z,
        use="predict",
    ),
    composed(
        "ensemble.BaggingClassifier",
        lambda: ensemble.BaggingClassifier(classifier(), n_estimators=3, random_state=0),
        X,
        two,
        Z,
        use="decision_function",
    ),
    Call("model_selection.cross_val_predict", cross(ridge()), X, y),
    Call(
        "model_selection.cross_val_predict",
        cross(discriminant_analysis.LinearDiscriminantAnalysis(), "predict_proba"),
        X,
        two,
    ),
    Call("model_selection.train_test_split", lambda x: model_selection.train_test_split(x, random_state=0), X),
    *(
        Call(f"preprocessing.{name}", functools.partial(getattr(preprocessing, name)), X)
        for name in ("minmax_scale", "maxabs_scale", "normalize")
    ),
]

# What calls NumPy's functions, which hand Tensors back to anygrad.
RIDGE = functools.partial(linear_model.Ridge, solver="svd")


def mapped(x: Any) -> Any:
    return manifold.MDS(2, n_init=1, init="random", max_iter=5, random_state=0).fit_transform(x)


def in_quantiles(x: Any, z: Any) -> Any:
    return preprocessing.QuantileTransformer(n_quantiles=6).fit(x).transform(z)


def eliminated(x: Any, y: Any) -> Any:
    return feature_selection.RFE(RIDGE(), n_features_to_select=2).fit(x, y).transform(x)


def selected(x: Any) -> Any:
    return feature_selection.SelectFromModel(classifier()).fit(x, two).transform(x)


def self_trained(x: Any) -> Any:
    return semi_supervised.SelfTrainingClassifier(classifier(), max_iter=2).fit(x, two).decision_function(x)


NUMPY = [
    of(kernel_approximation.AdditiveChi2Sampler, positive),
    of(compose.ColumnTransformer, X, transformers=[("one", preprocessing.StandardScaler(), [0, 1])]),
    of(impute.KNNImputer, X),
    Call("manifold.MDS", mapped, X),
    Call("preprocessing.QuantileTransformer", in_quantiles, X, Z / 2),
    Call("feature_selection.RFE", eliminated, X, y),
    Call("feature_selection.SelectFromModel", selected, X),
    Call("semi_supervised.SelfTrainingClassifier", self_trained, X),
    of(
        ensemble.StackingRegressor,
        *(X, y, Z),
        estimators=[("one", RIDGE())],
        final_estimator=RIDGE(),
        cv=3,
        use="predict",
    ),
    of(decomposition.TruncatedSVD, X, n_components=2, random_state=0),
    Call("metrics.pairwise.pairwise_distances_chunked", lambda x: list(pairwise.pairwise_distances_chunked(x)), X),
]


def pairs(names: str, *args: Any) -> Iterator[Call]:
    return (Call(f"metrics.pairwise.{name}", getattr(pairwise, name), *args) for name in names.split())


def raw(names: str, *args: Any) -> Iterator[Call]:
    """An error for each output; the average over outputs becomes a Python number."""
    return (
        Call(f"metrics.{name}", functools.partial(getattr(metrics, name), multioutput="raw_values"), *args)
        for name in names.split()
    )


METRICS = [
    *pairs("rbf_kernel laplacian_kernel linear_kernel polynomial_kernel sigmoid_kernel cosine_similarity", X, Z),
    *pairs("cosine_distances euclidean_distances manhattan_distances nan_euclidean_distances pairwise_distances", X, Z),
    *pairs("paired_euclidean_distances paired_cosine_distances paired_manhattan_distances paired_distances", few, Z),
    *pairs("chi2_kernel additive_chi2_kernel pairwise_kernels", positive, positive_z),
    *raw("mean_squared_error mean_absolute_error root_mean_squared_error", truth, guess),
    *raw("mean_absolute_percentage_error", np.abs(truth) + 0.5, guess),
    *raw("r2_score explained_variance_score mean_pinball_loss", truth, guess),
    *raw("d2_absolute_error_score d2_pinball_score", truth, guess),
    *raw("mean_squared_log_error root_mean_squared_log_error", np.abs(truth), np.abs(guess)),
    # the thresholds alone depend smoothly on the scores
    Call("metrics.precision_recall_curve", lambda y, p: metrics.precision_recall_curve(y, p)[2], two, y),
    Call("metrics.roc_curve", lambda y, p: metrics.roc_curve(y, p, drop_intermediate=False)[2][1:], two, y),
    Call("metrics.det_curve", lambda y, p: metrics.det_curve(y, p)[2][:-1], two, y),
]

DIFFERENTIATED: list[Call] = [*PREPROCESSING, *DECOMPOSITION, *LINEAR, *MIXTURE, *COMPOSED, *NUMPY, *METRICS]

# Labels, counts and thresholds.
STEPS: list[Call] = [
    of(preprocessing.Binarizer, X),
    of(preprocessing.LabelBinarizer, three),
    of(preprocessing.LabelEncoder, three),
    of(naive_bayes.CategoricalNB, positive, two, positive, use="predict_proba"),
    *(make(X, three, Z, use="predict") for make in (LDA, GNB)),
    of(linear_model.RidgeClassifier, X, two, Z, solver="svd", use="predict"),
    of(ensemble.VotingClassifier, X, two, estimators=[("one", classifier())]),
    of(multioutput.MultiOutputClassifier, X, onehot, Z, estimator=classifier(), use="predict"),
    of(dummy.DummyClassifier, X, two, Z, use="predict_proba"),
    of(ensemble.AdaBoostClassifier, X, two, Z, estimator=classifier(), n_estimators=3, use="predict_proba"),
    of(impute.MissingIndicator, X, features="all"),
    of(preprocessing.OneHotEncoder, onehot, sparse_output=False),
    of(preprocessing.OrdinalEncoder, X),
    Call("metrics.label_ranking_loss", metrics.label_ranking_loss, onehot, X),
    Call("metrics.top_k_accuracy_score", functools.partial(metrics.top_k_accuracy_score, k=1), two, y),
    Call("metrics.average_precision_score", metrics.average_precision_score, two, y),
    Call("metrics.label_ranking_average_precision_score", metrics.label_ranking_average_precision_score, onehot, X),
    Call("metrics.pairwise.pairwise_distances_argmin", pairwise.pairwise_distances_argmin, X, Z),
]
