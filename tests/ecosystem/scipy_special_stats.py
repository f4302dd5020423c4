"""Calls of SciPy's special functions and statistics that keep the gradient, and of those that are step functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ecosystem.scipy_harness import Case, Constant

# --- special ----------------------------------------------------------------------------------------------------------

positive = np.array([0.35, 0.8, 1.3, 2.1])
shape_a = np.array([0.7, 1.4, 2.2, 3.1])
shape_b = np.array([1.1, 0.6, 2.5, 1.9])
unit = np.array([0.15, 0.4, 0.63, 0.88])
grid = np.array([[0.3, -1.2, 0.8], [1.5, 0.2, -0.4]])
a, b = Constant(shape_a), Constant(shape_b)

OF_POSITIVE = (
    "entr expit gammaln gamma i0 i0e i1 i1e j0 j1 k0 k0e k1 k1e y0 y1 erf erfc erfcx ndtr log_ndtr psi digamma sinc"
)
SPECIAL = [
    *(Case(f"special.{name}", positive) for name in OF_POSITIVE.split()),
    *(Case(f"special.{name}", unit) for name in ("logit", "erfinv", "ndtri")),
    *(
        Case(f"special.{name}", shape_a, positive)
        for name in ["rel_entr", "kl_div", "xlogy", "xlog1py", "beta", "betaln"]
    ),
    # no derivative in their parameters has a closed form, which these say; in their argument it has
    *(Case(f"special.{name}", a, positive) for name in ["gammainc", "gammaincc", "chdtr", "chdtrc", "stdtr"]),
    *(Case(f"special.{name}", a, b, unit) for name in ("betainc", "betaincc")),
    *(Case(f"special.{name}", a, b, positive) for name in ("fdtr", "fdtrc")),
    Case("special.polygamma", 2, positive),
    Case("special.logsumexp", grid),
    Case("special.logsumexp", grid, axis=1, b=np.array([[1.0, 2.0, 0.5]])),
    Case("special.softmax", grid, axis=1),
    Case("special.log_softmax", grid, axis=1),
]

# --- stats ------------------------------------------------------------------------------------------------------------

rng = np.random.default_rng(5)
x = rng.normal(size=13) ** 3 + 0.2
y = 0.6 * x + rng.normal(size=13)
z = rng.normal(size=11) * 1.3
table = rng.normal(size=(12, 2))
amounts = rng.uniform(0.5, 2.5, size=(9, 2))
counts = rng.uniform(0.5, 2.5, size=9)
many = rng.normal(size=25) + 0.1
limits = (-1.0, 2.0)


def mean(v: Any, axis: int = -1) -> Any:
    return v.__array_namespace__().mean(v, axis=axis)


def difference(v: Any, w: Any, axis: int = -1) -> Any:
    return mean(v, axis) - mean(w, axis)


def monte_carlo(function: Any, sample: Any) -> Any:
    def drawn(size: tuple[int, ...]) -> Any:
        return sample.__array_namespace__().asarray(np.random.default_rng(1).normal(size=size))

    return function(sample, drawn, mean, n_resamples=99)


STATS = [
    *(Case(f"stats.{name}", x, y, z) for name in ["alexandergovern", "bartlett", "levene", "f_oneway"]),
    *(Case(f"stats.{name}", table) for name in ["describe", "kurtosis", "sem", "skew", "zscore"]),
    *(
        Case(f"stats.{name}", many)
        for name in ["differential_entropy", "jarque_bera", "kurtosistest", "normaltest", "skewtest"]
    ),
    *(
        Case(f"stats.{name}", amounts)
        for name in ["circmean", "circstd", "circvar", "entropy", "gmean", "gstd", "hmean", "variation"]
    ),
    *(Case(f"stats.{name}", x, limits) for name in ["tmean", "tsem", "tstd", "tvar"]),
    *(Case(f"stats.{name}", x) for name in ["iqr", "median_abs_deviation", "sigmaclip"]),
    Case("stats.boxcox_llf", 0.7, amounts),
    Case("stats.yeojohnson_llf", 0.7, amounts),
    Case("stats.bootstrap", x).by(lambda f, x: f((x,), mean, n_resamples=99, rng=1)),
    Case("stats.chisquare", counts / counts.sum() * 9, sum_check=False),
    Case("stats.combine_pvalues", counts / 3),
    Case("stats.combine_pvalues", counts / 3, method="stouffer"),
    Case("stats.directional_stats", table, of=lambda r: (r.mean_direction, r.mean_resultant_length)),
    Case("stats.entropy", amounts, amounts[::-1].copy()),
    Case("stats.epps_singleton_2samp", x, y),
    Case("stats.false_discovery_control", np.array([0.31, 0.02, 0.55, 0.12])),
    Case("stats.gzscore", amounts),
    Case("stats.kstat", x, 3),
    Case("stats.kstatvar", x, 2),
    Case("stats.lmoment", x),
    Case("stats.mode", x),
    Case("stats.mode", table),
    Case("stats.moment", table, 3),
    Case("stats.monte_carlo_test", x, of=lambda r: r.statistic).by(monte_carlo),
    Case("stats.pearsonr", x, y),
    Case("stats.permutation_test", x, y, of=lambda r: (r.statistic, r.null_distribution)).by(
        lambda f, x, y: f((x, y), difference, n_resamples=99, rng=1, vectorized=True)
    ),
    Case("stats.pmean", amounts, 1.5),
    Case("stats.pointbiserialr", x > 0, y),
    Case("stats.power_divergence", counts, lambda_=0.5),
    Case("stats.quantile", x, np.array([0.2, 0.45, 0.7])),
    # its limits and the width of its bins; counts and the p-value are steps
    Case("stats.cumfreq", x, of=lambda r: (r.lowerlimit, r.binsize)),
    Case("stats.quantile_test", x, of=lambda r: r.confidence_interval()),
    Case("stats.tmax", x, 0.9),
    Case("stats.tmin", x, 0.1),
    Case("stats.trim_mean", x, 0.15),
    Case("stats.ttest_1samp", table, 0.2),
    Case("stats.ttest_ind", x, z),
    # here the degrees of freedom depend on the samples, and the p-value has no derivative in them of closed form
    Case("stats.ttest_ind_from_stats", *map(np.asarray, (0.3, 1.1, 12, 0.5, 1.4, 11))),
    Case("stats.ttest_rel", x, y),
    Case("stats.zmap", table, amounts),
]

# --- step functions ---------------------------------------------------------------------------------------------------

apart = rng.permutation(37) ** 1.1 * 0.2  # no two, nor their differences, within the steps of the finite differences

# Statistics of ranks: the derivative is zero where there is one, and what they give is a constant.
RANKS = [
    *(Case(f"stats.{name}", apart[:13], apart[13:26], apart[26:]) for name in ("fligner", "kruskal")),
    *(
        Case(f"stats.{name}", x, y)
        for name in ["ansari", "brunnermunzel", "chatterjeexi", "mannwhitneyu", "mood", "spearmanrho", "wilcoxon"]
    ),
    *(Case(f"stats.{name}", x, y) for name in ("ks_2samp", "spearmanr")),
    Case("stats.bws_test", x, y, of=lambda r: r.statistic),
    Case("stats.tiecorrect", x),
    Case("ndimage.distance_transform_edt", grid),
    *(Case(f"signal.{name}", x, of=lambda r: 1.0 * r[0]) for name in ("argrelmax", "argrelmin")),
    Case("signal.argrelextrema", x, np.greater, of=lambda r: 1.0 * r[0]),
    Case("stats.friedmanchisquare", x, y, x * y),
    Case("stats.rankdata", x),
]
