"""Calls of SciPy's numerical methods, transforms, filters and rotations that keep the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ecosystem.scipy_harness import Case, Constant

rng = np.random.default_rng(7)
y = rng.normal(size=9)
t = np.sort(rng.uniform(0, 3, size=9))
eight = rng.normal(size=8)
grid = rng.normal(size=(4, 6))
point = np.array([0.3, 0.8, 1.4])


def xp(array: Any) -> Any:
    return array.__array_namespace__()


# --- integrate --------------------------------------------------------------------------------------------------------


def bell(s: Any, k: Any) -> Any:
    return xp(s).exp(-k * s * s)


def bell_of_points(s: Any, k: Any) -> Any:
    return bell(xp(s).linalg.vector_norm(s, axis=-1), k)


def qmc_quad(function: Any, p: Any) -> Any:
    from scipy.stats import qmc

    def integrand(s: Any) -> Any:
        return xp(p).exp(-p[0] * xp(p).sum(xp(p).asarray(s) ** 2, axis=0))

    return function(integrand, 0 * p[:2], p[1:], n_points=32, n_estimates=4, qrng=qmc.Halton(2, seed=1))


INTEGRATE = [
    Case("integrate.trapezoid", y, t),
    Case("integrate.cumulative_trapezoid", y, t, initial=0),
    Case("integrate.cumulative_simpson", y, x=t),
    Case("integrate.cumulative_simpson", y, dx=0.3),
    Case("integrate.romb", y, 0.3),
    Case("integrate.fixed_quad", point).by(lambda f, p: f(lambda s: np.sin(p[0] * s), p[1], p[2])),
    # the limits and the integrand's parameter are differentiated
    Case("integrate.tanhsinh", point, point + 1, of=lambda r: r.integral).by(
        lambda f, k, stop: f(bell, 0.5 * k, stop, args=(k,))
    ),
    Case("integrate.nsum", point**2, of=lambda r: r.sum).by(
        lambda f, p: f(lambda k, a: 1 / (k * k + a), 0 * p + 1, 0 * p + np.inf, args=(p,))
    ),
    Case("integrate.qmc_quad", point, of=lambda r: r.integral).by(qmc_quad),
    Case("integrate.cubature", point, of=lambda r: r.estimate).by(
        lambda f, p: f(bell_of_points, 0.1 * p[:2], p[1:], args=(p[0],))
    ),
]

# --- fft --------------------------------------------------------------------------------------------------------------

FFT = [
    *(
        Case(f"fft.{name}", eight)
        for name in ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fftshift", "ifftshift"]
    ),
    *(
        Case(f"fft.{name}", grid)
        for name in [
            "fft2",
            "ifft2",
            "fftn",
            "ifftn",
            "rfft2",
            "irfft2",
            "rfftn",
            "irfftn",
            "hfft2",
            "ihfft2",
            "hfftn",
            "ihfftn",
        ]
    ),
    *(Case(f"fft.{name}", eight + 1j * y[:8]) for name in ("fft", "irfft")),
    *(Case(f"fft.{name}", eight, 0.2, 1.0) for name in ("fht", "ifht")),
]

# --- optimize and differentiate ---------------------------------------------------------------------------------------


def cubic(s: Any, k: Any) -> Any:
    return s**3 + s - k


def well(s: Any, k: Any) -> Any:
    return (s - k) ** 2 + (s - k) ** 4


OPTIMIZE = [
    *(Case(f"optimize.{name}", eight) for name in ["rosen", "rosen_der", "rosen_hess"]),
    Case("optimize.fmin_powell", point).by(
        lambda f, p: f(lambda s: xp(p).sum((xp(p).asarray(s) - p) ** 2), np.zeros(3), disp=False)
    ),
    Case("optimize.rosen_hess_prod", eight, y[:8]),
    # the last steps of the iteration carry the gradient of the solution
    Case("optimize.elementwise.find_root", point, of=lambda r: r.x).by(
        lambda f, k: f(cubic, (0 * k, 0 * k + 3.0), args=(k,))
    ),
    Case("optimize.elementwise.find_minimum", point, of=lambda r: r.x).by(
        lambda f, k: f(well, (k - 3, k + 0.1, k + 2), args=(k,))
    ),
    Case("optimize.elementwise.bracket_root", point, of=lambda r: (r.bracket, r.f_bracket)).by(
        lambda f, k: f(cubic, 0 * k - 1, args=(k,))
    ),
    Case("optimize.elementwise.bracket_minimum", point, of=lambda r: (r.bracket, r.f_bracket)).by(
        lambda f, k: f(well, k - 3, args=(k,))
    ),
]

DIFFERENTIATE = [
    Case("differentiate.derivative", point, of=lambda r: r.df).by(lambda f, p: f(lambda s: xp(s).exp(s) * s, p)),
    Case("differentiate.jacobian", point, of=lambda r: r.df).by(lambda f, p: f(lambda s: xp(s).exp(s) * s[0, ...], p)),
    Case("differentiate.hessian", point, of=lambda r: r.ddf).by(lambda f, p: f(lambda s: xp(s).sum(s**4, axis=0), p)),
]

# --- signal -----------------------------------------------------------------------------------------------------------

signal = rng.normal(size=24)
kernel = rng.normal(size=5)
image = rng.normal(size=(6, 7))
numerator, denominator = np.array([0.3, 0.5, 0.2]), np.array([1.3, -0.4, 0.1])
zeros, poles = np.array([0.3, -0.2]), np.array([0.45, -0.1])
sections = np.array([[0.3, 0.5, 0.2, 1.0, -0.4, 0.1]])
frequencies = Constant(np.array([0.2, 0.9, 1.7]))
A, B, C, D = np.array([[0.1, 1.0], [-2.0, -3.0]]), np.array([[0.2], [1.0]]), np.array([[1.0, 0.5]]), np.array([[0.3]])


def of_roots(result: Any) -> Any:
    """Zeros and poles by sums of their powers, which do not depend on their order."""
    z, p, k = result
    return [sum(root**n for root in roots) for roots in (z, p) for n in (1, 2)] + [k]


SIGNAL = [
    Case("signal.abcd_normalize", A, B, C, D),
    Case("signal.fftconvolve", signal, kernel),
    Case("signal.oaconvolve", signal, kernel),
    Case("signal.fftconvolve", image, grid[:3, :3].copy(), mode="same"),
    Case("signal.correlate", signal, kernel, method="fft"),
    Case("signal.envelope", signal),
    Case("signal.hilbert", signal),
    Case("signal.hilbert2", image),
    Case("signal.lfiltic", numerator, denominator, signal[:2].copy(), signal[3:5].copy()),
    Case("signal.resample", signal, 12),
    Case("signal.gauss_spline", signal, 3),
    Case("signal.vectorstrength", signal, 1.3),
    Case("signal.firwin", 5, np.array([0.2, 0.5])),
    Case("signal.normalize", numerator, denominator),
    Case("signal.freqz", numerator, denominator, worN=frequencies),
    Case("signal.freqs", numerator, denominator, worN=frequencies),
    Case("signal.freqz_zpk", zeros, poles, 1.3, worN=frequencies),
    Case("signal.freqs_zpk", zeros, poles, 1.3, worN=frequencies),
    Case("signal.bilinear_zpk", zeros, poles, 1.3, 1.0),
    *(
        Case(f"signal.{name}", zeros, poles, 1.3)
        for name in ["lp2lp_zpk", "lp2hp_zpk", "lp2bp_zpk", "lp2bs_zpk", "zpk2tf"]
    ),
    *(Case(f"signal.{name}", numerator, denominator) for name in ["lp2lp", "lp2hp", "lp2bp", "lp2bs"]),
    *(
        Case(f"signal.{name}", sections, worN=frequencies).by(lambda f, s, **at: f(unit_sections(s), **at))
        for name in ("freqz_sos", "sosfreqz")
    ),
    Case("signal.cheb1ord", np.array([0.2, 0.5]), np.array([0.1, 0.6]), 3, 40),
    Case("signal.kaiser_atten", 5, np.asarray(0.3)),
    Case("signal.kaiser_beta", np.asarray(30.0)),
    Case("signal.sos2tf", sections),
    Case("signal.tf2zpk", numerator, denominator, of=of_roots),
    *(Case(f"signal.{name}", A, B, C, D, of=lambda s: (s.A, s.B, s.C, s.D)) for name in ("lti", "dlti", "StateSpace")),
    Case("signal.TransferFunction", numerator, denominator, of=lambda s: (s.num, s.den)),
    Case("signal.ZerosPolesGain", zeros, poles, 1.3, of=lambda s: (s.zeros, s.poles)),
    Case("signal.group_delay", (numerator, denominator), w=frequencies, of=lambda r: r[1]).by(
        lambda f, system, w: f(system, w=w)
    ),
    Case("signal.minimum_phase", np.array([0.2, 0.5, 1.0, 0.5, 0.2])),
    Case("signal.sweep_poly", signal, np.array([1.0, 2.0])),
    Case("signal.gausspulse", signal, fc=0.4),
    Case("signal.sos2zpk", sections, of=of_roots),
]


def unit_sections(sos: Any) -> Any:
    """Sections whose fourth coefficient is exactly 1, as SciPy demands, whatever step a difference takes."""
    return xp(sos).concat([sos[:, :3], xp(sos).ones_like(sos[:, :1]), sos[:, 4:]], axis=1)


# --- cluster, constants, linalg, spatial ------------------------------------------------------------------------------

quaternions = rng.normal(size=(3, 4))
vectors, targets = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))


def rotation(quaternion: Any) -> Any:
    from scipy.spatial.transform import Rotation

    return Rotation.from_quat(quaternion)


def slerp(function: Any, quaternion: Any) -> Any:
    return function(np.arange(3.0), rotation(quaternion))(np.array([0.5, 1.5])).as_quat()


ROTATION = "spatial.transform.Rotation"
RIGID = "spatial.transform.RigidTransform"


def product(_: Any, q: Any) -> Any:
    return (rotation(q) * rotation(q[::-1, ...])).as_quat()


def moved(function: Any, v: Any, *args: Any) -> Any:
    from scipy.spatial.transform import RigidTransform

    return function(RigidTransform.from_translation(v), *args)


knots = np.array([0.0, 0.0, 0.0, 0.0, 1.5, 4.0, 4.0, 4.0, 4.0])
spline = np.array([0.4, -1.2, 0.7, 2.0, 0.3, 0.0, 0.0, 0.0, 0.0])

OTHERS = [
    *(Case(f"interpolate.{name}", knots, spline).by(lambda f, t, c: f((t, c, 3))) for name in ("splder", "splantider")),
    Case("cluster.vq.whiten", grid),
    Case("constants.convert_temperature", point, "C", "F"),
    Case("constants.lambda2nu", point),
    Case("constants.nu2lambda", point),
    Case("linalg.block_diag", grid, y),
    Case("linalg.fiedler", y),
    Case("linalg.orthogonal_procrustes", grid, grid[:, ::-1].copy(), of=lambda r: r[1]),
    *(
        Case(f"{ROTATION}.{name}", quaternions).by(lambda f, q: f(rotation(q)))
        for name in ["as_matrix", "as_rotvec", "as_mrp", "inv", "magnitude"]
        if name != "inv"
    ),
    Case(f"{ROTATION}.from_quat", quaternions).by(lambda f, q: f(q).as_matrix()),
    Case(f"{ROTATION}.from_rotvec", vectors).by(lambda f, v: f(v).as_matrix()),
    Case(f"{ROTATION}.from_mrp", vectors).by(lambda f, v: f(v).as_matrix()),
    Case(f"{ROTATION}.from_euler", vectors).by(lambda f, v: f("xyz", v).as_matrix()),
    # from_matrix assigns into its argument, which must not be a leaf
    Case(f"{ROTATION}.from_matrix", np.eye(3) + 0.1 * vectors).by(lambda f, m: f(m + 0).as_matrix()),
    Case(f"{ROTATION}.as_euler", quaternions).by(lambda f, q: f(rotation(q), "xyz")),
    Case(f"{ROTATION}.as_quat", quaternions).by(lambda f, q: f(rotation(q))),
    Case(f"{ROTATION}.apply", quaternions, vectors).by(lambda f, q, v: f(rotation(q), v)),
    Case(f"{ROTATION}.inv", quaternions).by(lambda f, q: f(rotation(q)).as_matrix()),
    Case(f"{ROTATION}.mean", quaternions).by(lambda f, q: f(rotation(q)).as_matrix()),
    Case(f"{ROTATION}.align_vectors", vectors, targets).by(lambda f, v, w: f(v, w)[0].as_matrix()),
    Case(f"{ROTATION}.__mul__", quaternions).by(product),
    Case(f"{ROTATION}.__pow__", quaternions).by(lambda f, q: f(rotation(q), 0.5).as_quat()),
    Case(f"{ROTATION}.reduce", quaternions).by(lambda f, q: f(rotation(q)).as_quat()),
    *(Case(f"{RIGID}.{name}", vectors).by(moved) for name in ("as_exp_coords", "as_dual_quat", "as_matrix")),
    Case(f"{RIGID}.apply", vectors, targets).by(moved),
    Case("spatial.transform.Slerp", quaternions).by(slerp),
    Case(f"{RIGID}.from_translation", vectors).by(lambda f, v: f(v).as_matrix()),
    Case(f"{RIGID}.from_exp_coords", rng.normal(size=(2, 6))).by(lambda f, v: f(v).as_matrix()),
]
