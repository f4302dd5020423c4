"""Calls of SciPy's functions that refuse Tensors whose gradient they would lose."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.ecosystem.scipy_harness import Case, Constant

rng = np.random.default_rng(11)
x, y = rng.normal(size=12), rng.normal(size=12)
p = rng.uniform(0.1, 0.9, size=4)
n = np.array([1, 2, 3, 4])
long = rng.normal(size=40)
grid = rng.normal(size=(6, 6))
kernel = rng.normal(size=(3, 3))
line = kernel[0].copy()
b, a = np.array([0.3, 0.5, 0.2]), np.array([1.0, -0.4, 0.1])
t = np.arange(12.0)
band = np.array([0.2, 0.5])
symmetric = kernel @ kernel.T + np.eye(3)
state_space = (
    np.array([[0.1, 1.0], [-2.0, -3.0]]),
    np.array([[0.2], [1.0]]),
    np.array([[1.0, 0.5]]),
    np.array([[0.3]]),
)


def named(module: str, names: str, *args: Any, **options: Any) -> Iterator[Case]:
    """The same call of several functions."""
    return (Case(f"{module}.{name}", *args, **options) for name in names.split(" "))


def xp(array: Any) -> types.ModuleType:
    return array.__array_namespace__()


SPECIAL = [
    *named("special", "exp1 expi exprel loggamma rgamma zetac cbrt cosm1 exp2 exp10 spence sindg cosdg tandg cotdg", p),
    *named("special", "ellipk ellipkm1 gammasgn ellipe dawsn fresnel sici shichi wofz airy kelvin", p),
    *named(
        "special", "huber pseudo_huber poch boxcox boxcox1p inv_boxcox inv_boxcox1p chdtri binom pdtr pdtrc", p, p + 1
    ),
    *named("special", "gammaincinv gammainccinv stdtrit ellipkinc ellipeinc owens_t agm jv iv kv yv struve", p + 1, p),
    *named("special", "betaincinv fdtri hyp1f1 gdtr gdtrc radian", p + 1, p + 2, p),
    *named("special", "bdtr bdtrc bdtri nbdtr nbdtrc nbdtri", n, n + 3, p),
    *named("special", "pdtri expn yn", n, p),
    Case("special.hyp2f1", p, p, p + 2, p),
    Case("special.lpmv", n - 1, n, p),
    Case("special.multigammaln", p + 2, 2),
    *named("special", "gammainc gammaincc chdtr chdtrc stdtr zeta", p + 1, p + 2),
    *named("special", "betainc betaincc", p + 1, p + 2, p),
]

STATS = [
    *named("stats", "anderson kstest cramervonmises", x, "norm"),
    Case("stats.ks_1samp", x).by(lambda f, x: f(x, norm_cdf)),
    *named("stats", "bayes_mvs mvsdist boxcox_normmax boxcox", p),
    *named("stats", "yeojohnson yeojohnson_normmax expectile shapiro relfreq ecdf probplot", x),
    *named("stats", "trim1 trimboth", x, 0.2),
    *named("stats", "scoreatpercentile percentileofscore", x, 30),
    *named("stats", "kendalltau linregress siegelslopes theilslopes ranksums somersd weightedtau", x, y),
    *named("stats", "wasserstein_distance energy_distance obrientransform median_test binned_statistic", x, y),
    Case("stats.tukey_hsd", x, y, x * y),
    Case("stats.anderson_ksamp", [x, y]),
    Case("stats.dunnett", x, y, control=x * y),
    Case("stats.wasserstein_distance_nd", grid, grid + 1),
    Case("stats.chi2_contingency", np.exp(kernel)),
    Case("stats.binned_statistic_2d", x, y, x * y),
    Case("stats.binned_statistic_dd", [x, y], x * y),
    *named("stats", "ppcc_max", x),
    Case("stats.multiscale_graphcorr", grid, grid[::-1].copy(), reps=2),
    Case("stats.logrank", np.exp(x), np.exp(y)),
    Case("stats.page_trend_test", grid),
    Case("stats.gaussian_kde", x).by(lambda f, x: f(x)(x)),
    *named("stats", "norm.pdf norm.logpdf norm.cdf expon.pdf norm.fit", x),
    Case("stats.multivariate_normal.pdf", x),
    Case("stats.Normal", x).by(lambda f, x: f().pdf(x)),
]


def norm_cdf(s: Any) -> Any:
    from scipy import special

    return special.ndtr(s)


def transform() -> types.ModuleType:
    from scipy.spatial import transform

    return transform


def splrep() -> Any:
    from scipy import interpolate

    return interpolate.splrep(t, x)


def shrinking(s: Any, u: Any) -> Any:
    return -u


INTEGRATE = [
    Case("integrate.simpson", x),
    Case("integrate.quad", p).by(lambda f, p: f(lambda s: xp(p).exp(-p[0] * s), 0, 1)),
    Case("integrate.dblquad", p).by(lambda f, p: f(lambda s, u: xp(p).exp(-p[0] * s * u), 0, 1, 0, 1)),
    Case("integrate.tplquad", p).by(lambda f, p: f(lambda s, u, v: p[0] * s * u, 0, 1, 0, 1, 0, 1)),
    Case("integrate.nquad", p).by(lambda f, p: f(lambda s: p[0] * s, [(0, 1)])),
    Case("integrate.quad_vec", p).by(lambda f, p: f(lambda s: p * s, 0, 1)),
    Case("integrate.solve_ivp", p).by(lambda f, p: f(shrinking, (0, 1), p)),
    Case("integrate.odeint", p).by(lambda f, p: f(shrinking, p, [0, 1], tfirst=True)),
    Case("integrate.solve_bvp", x[:4].copy()).by(lambda f, p: f(shrinking, lambda u, v: u - v, [0, 1, 2, 3], p[None])),
]

FFT = [
    *named("fft", "dct idct dst idst dctn idctn dstn idstn", x),
]


def square(s: Any, p: Any) -> Any:
    return xp(p).sum((xp(p).asarray(s) - p) ** 2)


OPTIMIZE = [
    *(
        Case(f"optimize.{name}", p).by(lambda f, p: f(lambda s: square(s, p), np.zeros(4)))
        for name in ("minimize", "least_squares")
    ),
    *(
        Case(f"optimize.{name}", p).by(lambda f, p: f(lambda s: square(s, p), np.zeros(4), disp=False))
        for name in ("fmin", "fmin_bfgs", "fmin_cg")
    ),
    *(
        Case(f"optimize.{name}", p).by(lambda f, p: f(lambda s: xp(p).asarray(s) - p, np.zeros(4)))
        for name in ("root", "fsolve")
    ),
    *(
        Case(f"optimize.{name}", p).by(lambda f, p: f(lambda s: p[0] - s, 0.0, 1.0))
        for name in ("brentq", "brenth", "bisect", "ridder")
    ),
    Case("optimize.toms748", p).by(lambda f, p: f(lambda s: s**3 + s - p[0], 0.0, 1.0)),
    Case("optimize.newton", p).by(lambda f, p: f(lambda s: s**3 + s - p, p)),
    Case("optimize.root_scalar", p).by(lambda f, p: f(lambda s: p[0] - s, bracket=(0.0, 1.0))),
    Case("optimize.minimize_scalar", p).by(lambda f, p: f(lambda s: (p[0] - s) ** 2, bounds=(0.0, 1.0))),
    Case("optimize.approx_fprime", p).by(lambda f, p: f(p, lambda s: square(s, p))),
    Case("optimize.curve_fit", x, y).by(lambda f, x, y: f(lambda s, k: k * s, x, y)),
    Case("optimize.nnls", grid, grid[0].copy()),
    Case("optimize.lsq_linear", grid, grid[0].copy()),
    Case("optimize.linprog", p),
    Case("optimize.linear_sum_assignment", grid),
]

SIGNAL = [
    *named("signal", "convolve convolve2d correlate2d", grid, kernel),
    *named("signal", "lfilter filtfilt", b, a, x),
    *named("signal", "bilinear tf2sos tf2ss residue residuez", b, a),
    Case("signal.lfilter_zi", b, 2 * a),
    Case("signal.butter", 2, p[:2] ** 2 / 9 + np.array([0.1, 0.3]), btype="band"),
    *named("signal", "bessel iirfilter", 2, band, btype="band"),
    *named("signal", "cheby1 cheby2", 2, 3.0, band, btype="band"),
    Case("signal.ellip", 2, 1.0, 20.0, band, btype="band"),
    *named("signal", "buttord cheb2ord", np.array([0.2, 0.5]), np.array([0.1, 0.6]), 3, 40),
    *named("signal", "iirnotch iirpeak", np.asarray(0.3), np.asarray(2.0)),
    *named("signal", "invres invresz", b, a, p),
    *named("signal", "ss2tf ss2zpk", *state_space),
    *named("signal", "impulse step", state_space),
    *named("signal", "freqresp bode", state_space, t[1:4].copy()),
    Case("signal.istft", grid + 0j),
    Case("signal.peak_prominences", np.sin(t), np.array([2])),
    Case("signal.symiirorder2", long, 0.5, 0.2),
    Case("signal.ShortTimeFFT", long).by(lambda f, x: f(np.ones(4), 2, 1.0).stft(x)),
    Case("signal.CZT", x).by(lambda f, x: f(12)(x)),
    Case("signal.ZoomFFT", x).by(lambda f, x: f(12, 0.3)(x)),
    Case("signal.deconvolve", x, a),
    *named("signal", "detrend medfilt wiener cspline1d qspline1d czt find_peaks unique_roots", x),
    *named("signal", "periodogram sawtooth square", x),
    *named("signal", "welch spectrogram stft", x, nperseg=8),
    *named("signal", "csd coherence", x, y, nperseg=8),
    *named("signal", "cspline1d_eval qspline1d_eval", x, p),
    *named("signal", "medfilt2d", grid),
    *named("signal", "zpk2sos zpk2ss", p[:2].copy(), -p[:2], 1.3),
    Case("signal.sosfilt_zi", np.array([[0.3, 0.5, 0.2, 2.0, -0.4, 0.1]])),
    Case("signal.sosfilt", Constant(np.array([[0.3, 0.5, 0.2, 1.0, -0.4, 0.1]])), x),
    Case("signal.sosfiltfilt", Constant(np.array([[0.3, 0.5, 0.2, 1.0, -0.4, 0.1]])), x),
    Case("signal.savgol_filter", x, 5, 2),
    Case("signal.order_filter", x, np.ones(3), 1),
    Case("signal.resample_poly", x, 3, 2),
    Case("signal.upfirdn", line, x, 2),
    Case("signal.decimate", long, 2),
    Case("signal.sepfir2d", grid, line, line),
    Case("signal.symiirorder1", long, 0.5, 0.2),
    Case("signal.place_poles", *state_space[:2], np.array([-4.0, -5.0])),
    Case("signal.chirp", x, 1.0, 2.0, 3.0),
    Case("signal.lombscargle", t, x, p),
    Case("signal.zoom_fft", x, 0.3),
    Case("signal.peak_widths", np.sin(t), np.array([2])),
    Case("signal.cont2discrete", state_space, 0.1),
    Case("signal.lsim", state_space, x, Constant(t)),
]

NDIMAGE = [
    *named("ndimage", "laplace prewitt sobel spline_filter spline_filter1d center_of_mass", grid),
    *named("ndimage", "sum mean variance standard_deviation minimum maximum median extrema label", grid),
    *named("ndimage", "convolve correlate", grid, kernel),
    *named("ndimage", "convolve1d correlate1d", grid, line),
    *named("ndimage", "gaussian_filter gaussian_filter1d gaussian_gradient_magnitude gaussian_laplace", grid, 1.0),
    *named("ndimage", "uniform_filter uniform_filter1d maximum_filter minimum_filter maximum_filter1d", grid, 3),
    *named("ndimage", "minimum_filter1d median_filter grey_closing grey_dilation grey_erosion grey_opening", grid, 3),
    *named("ndimage", "black_tophat white_tophat morphological_gradient morphological_laplace", grid, 3),
    *named("ndimage", "percentile_filter rank_filter", grid, 2, 3),
    *named("ndimage", "shift zoom rotate", grid, 1.3),
    *named("ndimage", "fourier_gaussian fourier_shift fourier_uniform fourier_ellipsoid", grid, 1.0),
    *named(
        "ndimage", "sum_labels distance_transform_bf distance_transform_cdt maximum_position minimum_position", grid
    ),
    *named("ndimage", "binary_erosion binary_dilation binary_opening binary_closing binary_fill_holes", grid),
    Case("ndimage.labeled_comprehension", grid, None, None, np.mean, float, 0),
    Case("ndimage.affine_transform", grid, np.eye(2) * 0.9),
    Case("ndimage.map_coordinates", grid, np.array([[1.2, 3.3], [0.4, 2.2]])),
    Case("ndimage.generic_filter", grid, np.sum, 3),
    Case("ndimage.vectorized_filter", grid, np.mean, size=3),
    Case("ndimage.geometric_transform", grid, lambda at: at),
    Case("ndimage.histogram", grid, 0, 1, 3),
]

INTERPOLATE = [
    *(
        Case(f"interpolate.{name}", t, x, p).by(lambda f, t, x, p: f(t, x)(p))
        for name in (
            *("Akima1DInterpolator", "CubicSpline", "PchipInterpolator", "make_interp_spline", "make_smoothing_spline"),
            *("make_splrep", "interp1d", "UnivariateSpline", "BarycentricInterpolator", "KroghInterpolator", "Rbf"),
        )
    ),
    *named("interpolate", "splrep lagrange", t, x),
    Case("interpolate.AAA", t, x).by(lambda f, t, x: f(t, x, clean_up=False)(t)),
    Case("interpolate.pade", x, 2),
    Case("interpolate.InterpolatedUnivariateSpline", t, x).by(lambda f, t, x: f(t, x)(t)),
    Case("interpolate.LSQUnivariateSpline", t, x).by(lambda f, t, x: f(t, x, [5.0])(t)),
    *named("interpolate", "splprep make_splprep", [x, y], s=1.0),
    Case("interpolate.make_lsq_spline", t, x).by(lambda f, t, x: f(t, x, np.r_[[0.0] * 4, 5.0, [11.0] * 4])(t)),
    Case("interpolate.krogh_interpolate", t[:4].copy(), p, 0.5),
    Case("interpolate.generate_knots", t, x).by(lambda f, t, x: list(f(t, x, s=1.0))),
    *(Case(f"interpolate.{name}", p).by(lambda f, p: f(p, splrep())) for name in ("splev", "spalde")),
    *(
        Case(f"interpolate.{name}", grid[:, :2].copy(), grid[:, 2].copy()).by(lambda f, p, v: f(p, v)(p))
        for name in ("CloughTocher2DInterpolator", "NearestNDInterpolator")
    ),
    Case("interpolate.CubicHermiteSpline", t, x, y).by(lambda f, t, x, y: f(t, x, y)(t)),
    *(
        Case(f"interpolate.{name}", kernel, Constant(t[:4])).by(lambda f, c, t: f(c, t)(t))
        for name in ("PPoly", "BPoly")
    ),
    Case("interpolate.BSpline", Constant(t), x[:8].copy(), 3),
    Case("interpolate.NdBSpline", (Constant(t[:7]), Constant(t[:7])), grid[:4, :4].copy(), 2),
    Case("interpolate.RBFInterpolator", grid[:, :2].copy(), grid[:, 2].copy()).by(lambda f, p, v: f(p, v)(p)),
    Case("interpolate.RegularGridInterpolator", (Constant(t[:6]), Constant(t[:6])), grid, Constant(grid[:, :2])).by(
        lambda f, axes, v, at: f(axes, v, bounds_error=False)(at)
    ),
    Case("interpolate.griddata", grid[:, :2].copy(), grid[:, 2].copy(), grid[:, 3:5].copy()),
    Case("interpolate.LinearNDInterpolator", grid[:, :2].copy(), grid[:, 2].copy()).by(lambda f, p, v: f(p, v)(p)),
    Case("interpolate.RectBivariateSpline", grid).by(lambda f, v: f(t[:6], t[:6], v)(1.2, 2.3)),
]

LINALG = [
    *named(
        "linalg",
        "inv det expm logm sqrtm lu lu_factor qr svd eig eigh eigvals eigvalsh cholesky pinv norm schur",
        symmetric,
    ),
    *named("linalg", "hessenberg polar null_space orth svdvals cosm sinm signm ldl", symmetric),
    *named("linalg", "solve lstsq solve_triangular", symmetric, line),
    *named("linalg", "toeplitz circulant hankel companion", line),
    *named("linalg", "khatri_rao expm_frechet", symmetric, kernel),
]

SPATIAL = [
    *named(
        "spatial.distance", "euclidean cosine correlation cityblock chebyshev sqeuclidean canberra braycurtis", x, y
    ),
    Case("spatial.distance.jensenshannon", p, p[::-1].copy()),
    Case("spatial.distance.minkowski", x, y, 3),
    Case("spatial.distance.mahalanobis", line, kernel[1].copy(), symmetric),
    Case("spatial.distance.seuclidean", x, y, np.exp(x)),
    Case("spatial.distance.directed_hausdorff", grid, kernel @ grid[:3]),
    Case("spatial.transform.RotationSpline", grid[:, :4].copy()).by(
        lambda f, q: f(t[:6], transform().Rotation.from_quat(q))(0.5)
    ),
    Case("spatial.distance.pdist", grid),
    Case("spatial.distance.cdist", grid, kernel @ grid[:3]),
    Case("spatial.geometric_slerp", np.eye(3)[0], np.eye(3)[1], 0.3),
    Case("spatial.procrustes", grid, grid[::-1].copy()),
    *(Case(f"spatial.{name}", grid).by(lambda f, x: f(x).query(x)) for name in ("KDTree", "cKDTree")),
    *(
        Case(f"spatial.{name}", grid[:, :2].copy()).by(lambda f, x: f(x))
        for name in ("ConvexHull", "Delaunay", "Voronoi")
    ),
]

CLUSTER = [
    Case("cluster.vq.vq", grid, grid[:2].copy()),
    Case("cluster.vq.kmeans", grid, grid[:2].copy()),
    Case("cluster.vq.kmeans2", grid, grid[:2].copy()),
    *named("cluster.hierarchy", "linkage ward single complete average centroid median weighted", grid),
    Case("cluster.hierarchy.fclusterdata", grid, 1.0),
]
