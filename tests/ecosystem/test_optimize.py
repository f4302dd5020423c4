"""SciPy's optimisers and solvers of equations, with derivatives from anygrad handed to them as they are."""

import numpy as np
import pytest
from scipy import integrate, optimize
from scipy.sparse.linalg import LinearOperator, aslinearoperator, cg

import anygrad as ag

START = np.array([-0.2, 0.4, 0.6])


def rosen(x):
    return ag.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def product(x, p):
    """The Hessian of ``rosen`` times a direction, in the order SciPy asks for."""
    return ag.hvp(rosen, (x,), (p,))[0]


SECOND = {
    "Newton-CG": {"hessp": product},
    "trust-ncg": {"hessp": product},
    "trust-krylov": {"hessp": product},
    "trust-constr": {"hessp": product},
    "trust-exact": {"hess": ag.hessian(rosen)},
    "dogleg": {"hess": ag.hessian(lambda x: ag.sum((x - 1) ** 4 + (x - 1) ** 2))},
}
FIRST = ("L-BFGS-B", "BFGS", "CG", "TNC", "SLSQP", "trust-constr")


# --- minimize ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", FIRST)
def test_minimize_takes_value_and_grad(method):
    options = {"maxfun": 500} if method == "TNC" else {}
    found = optimize.minimize(ag.value_and_grad(rosen), START, jac=True, method=method, options=options)
    assert found.success
    np.testing.assert_allclose(found.x, 1, atol=1e-3)
    assert isinstance(found.fun, float)
    assert type(found.x) is np.ndarray


@pytest.mark.parametrize("method", SECOND)
def test_minimize_takes_second_derivatives(method):
    f = rosen if method != "dogleg" else lambda x: ag.sum((x - 1) ** 4 + (x - 1) ** 2)  # it wants convex functions
    options = {"gtol": 1e-10} if method == "trust-constr" else {}
    found = optimize.minimize(ag.value_and_grad(f), START, jac=True, method=method, options=options, **SECOND[method])
    assert found.success
    np.testing.assert_allclose(found.x, 1, atol=1e-4)


def test_the_derivatives_are_scipys_own():
    x, p = np.array([1.3, 0.7, 0.8, 1.9]), np.array([1.0, -2.0, 0.5, 3.0])
    np.testing.assert_allclose(ag.grad(rosen)(x), optimize.rosen_der(x), rtol=1e-12)
    np.testing.assert_allclose(ag.hessian(rosen)(x), optimize.rosen_hess(x), rtol=1e-12)
    np.testing.assert_allclose(product(x, p), optimize.rosen_hess_prod(x, p), rtol=1e-12)
    assert optimize.check_grad(rosen, ag.grad(rosen), x) < 1e-4


@pytest.mark.parametrize(
    "start",
    [START.astype(np.float32), START.tolist(), [0, 1, 2], (0.0, 1.0, 2.0)],
    ids=["float32", "list", "int", "tuple"],
)
@pytest.mark.parametrize("method", ["L-BFGS-B", "Newton-CG"])
def test_any_start_that_scipy_takes(start, method):
    second = {"hessp": product} if method == "Newton-CG" else {}
    found = optimize.minimize(ag.value_and_grad(rosen), start, jac=True, method=method, **second)
    np.testing.assert_allclose(found.x, 1, atol=1e-2)


def test_gradients_have_the_dtype_of_the_point_they_are_taken_at():
    points = []

    def seen(x):
        value, gradient = ag.value_and_grad(rosen)(x)
        points.append(x)
        assert (value.dtype, gradient.dtype) == (x.dtype, x.dtype)
        return value, gradient

    optimize.minimize(seen, START.astype(np.float32), jac=True, method="BFGS", options={"maxiter": 3})
    assert points[0].dtype == np.float32


def test_args_are_passed_through():
    def f(x, target, scale):
        return ag.sum(scale * (x - target) ** 2)

    target = np.array([1.0, 2.0, 3.0])
    found = optimize.minimize(ag.value_and_grad(f), np.zeros(3), args=(target, 2.0), jac=True)
    np.testing.assert_allclose(found.x, target, atol=1e-6)
    found = optimize.minimize(
        f, np.zeros(3), args=(target, 2.0), jac=ag.grad(f), hess=ag.hessian(f), method="trust-exact"
    )
    np.testing.assert_allclose(found.x, target, atol=1e-6)
    # args of other kinds: integers, strings and flags are not differentiated
    found = optimize.minimize(ag.value_and_grad(lambda x, n, how: ag.sum((x - n) ** 2)), [0.0], args=(4, "a"), jac=True)
    np.testing.assert_allclose(found.x, [4.0])


def numpy_rosen(x):
    """As ``rosen``, in NumPy's own calls."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + np.square(1 - x[:-1]))


@pytest.mark.parametrize("f", [numpy_rosen, optimize.rosen], ids=["NumPy", "SciPy's own"])
def test_functions_that_know_nothing_of_anygrad(f):
    found = optimize.minimize(
        ag.value_and_grad(f), START, jac=True, hessp=lambda x, p: ag.hvp(f, (x,), (p,))[0], method="trust-ncg"
    )
    assert found.success
    np.testing.assert_allclose(found.x, 1, atol=1e-5)


def test_parameters_in_containers():
    def f(p):
        return ag.sum((p["w"] - 1.0) ** 2) + (p["b"][0] - ag.sum(p["w"])) ** 2

    start, unravel = ag.ravel_pytree({"w": np.zeros((2, 2)), "b": [0.0]})
    found = unravel(optimize.minimize(ag.value_and_grad(lambda v: f(unravel(v))), start, jac=True).x)
    np.testing.assert_allclose(found["w"], np.ones((2, 2)), atol=1e-5)
    np.testing.assert_allclose(found["b"][0], 4.0, atol=1e-5)


def test_callbacks_bounds_and_global_methods():
    seen = []
    found = optimize.minimize(
        ag.value_and_grad(rosen), START, jac=True, bounds=[(-1, 0.5)] * 3, callback=lambda x: seen.append(x.copy())
    )
    assert found.success
    assert len(seen) == found.nit
    assert np.all(found.x <= 0.5)

    def waves(x):
        return ag.cos(14.5 * x[0] - 0.3) + (x[0] + 0.2) * x[0]

    local = {"method": "L-BFGS-B", "jac": True}
    found = optimize.basinhopping(ag.value_and_grad(waves), [1.0], minimizer_kwargs=local, niter=50, rng=0)
    np.testing.assert_allclose(found.x, -0.1951, atol=1e-4)


# --- constraints ------------------------------------------------------------------------------------------------------


def circle(x):
    """Twice a circle: two constraints, of which one never binds."""
    return ag.stack([x[0] ** 2 + x[1] ** 2, x[0]])


def linear(x):
    return x[0] + 2 * x[1]


CORNER = -np.array([1.0, 2.0]) / np.sqrt(5)  # where the circle is lowest in that direction


def test_slsqp_with_a_jacobian_of_constraints():
    inside = {"type": "ineq", "fun": lambda x: 1 - circle(x)[0], "jac": ag.jacobian(lambda x: 1 - circle(x)[0])}
    found = optimize.minimize(
        ag.value_and_grad(linear), [0.1, 0.1], jac=True, method="SLSQP", constraints=[inside], options={"ftol": 1e-9}
    )
    assert found.success
    np.testing.assert_allclose(found.x, CORNER, atol=1e-5)


def test_trust_constr_with_jacobians_and_hessians_of_constraints():
    constraint = optimize.NonlinearConstraint(
        circle,
        [-np.inf, -2.0],
        [1.0, 2.0],
        jac=ag.jacobian(circle),
        hess=lambda x, v: ag.hessian(lambda x: v @ circle(x))(x),
    )
    found = optimize.minimize(
        ag.value_and_grad(linear),
        [0.1, 0.1],
        jac=True,
        hess=ag.hessian(linear),
        method="trust-constr",
        constraints=[constraint],
        options={"gtol": 1e-10},
    )
    assert found.status in (1, 2)
    np.testing.assert_allclose(found.x, CORNER, atol=1e-5)


# --- least squares and curves -----------------------------------------------------------------------------------------

T = np.linspace(0, 4, 30)
TRUE = np.array([2.5, 1.3, 0.5])


def curve(t, a, b, c):
    return a * ag.exp(-b * t) + c


DATA = np.asarray(curve(T, *TRUE))


def residuals(p, t=T, y=DATA):
    return curve(t, p[0], p[1], p[2]) - y


@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
@pytest.mark.parametrize("jacobian", [ag.jacfwd, ag.jacrev, ag.jacobian])
def test_least_squares(method, jacobian):
    found = optimize.least_squares(residuals, [1.0, 1.0, 1.0], jac=jacobian(residuals), method=method)
    assert found.success
    np.testing.assert_allclose(found.x, TRUE, rtol=1e-6)


def test_least_squares_passes_args():
    found = optimize.least_squares(residuals, [1, 1, 1], jac=ag.jacfwd(residuals), args=(T[::2], DATA[::2]))
    np.testing.assert_allclose(found.x, TRUE, rtol=1e-6)


def test_least_squares_with_products_alone():
    """A Jacobian too large to hold: only its products with vectors."""

    def operator(p):
        _, forward = ag.linearize(residuals, p)
        _, pullback = ag.vjp(residuals, p)
        return LinearOperator(
            (T.size, p.size),
            matvec=lambda t: forward(t.ravel()),  # SciPy also asks with columns
            rmatvec=lambda g: pullback(g.ravel())[0],
            dtype=p.dtype,
        )

    found = optimize.least_squares(residuals, [1.0, 1.0, 1.0], jac=operator, method="trf", tr_solver="lsmr")
    np.testing.assert_allclose(found.x, TRUE, rtol=1e-6)


@pytest.mark.parametrize("method", ["lm", "trf"])
def test_curve_fit(method):
    def jacobian(t, *p):
        return np.stack(ag.jacfwd(curve, argnums=(1, 2, 3))(t, *p), axis=-1)

    fitted, covariance = optimize.curve_fit(curve, T, DATA, p0=[1.0, 1.0, 1.0], jac=jacobian, method=method)
    np.testing.assert_allclose(fitted, TRUE, rtol=1e-6)
    assert covariance.shape == (3, 3)


# --- equations --------------------------------------------------------------------------------------------------------


def equations(x):
    return ag.stack([x[0] + 0.5 * (x[0] - x[1]) ** 3 - 1.0, 0.5 * (x[1] - x[0]) ** 3 + x[1]])


@pytest.mark.parametrize("method", ["hybr", "lm"])
def test_root(method):
    found = optimize.root(equations, [0.0, 0.0], jac=ag.jacobian(equations), method=method)
    assert found.success
    np.testing.assert_allclose(found.x, [0.8411639, 0.1588361], atol=1e-6)


def test_fsolve_and_its_args():
    f = lambda x, c: x**3 - c  # noqa: E731
    np.testing.assert_allclose(optimize.fsolve(f, [1.0], args=(8.0,), fprime=ag.jacobian(f)), [2.0])


def test_integers_that_scipy_leaves_as_they_are_get_the_remedy():
    with pytest.raises(TypeError, match=r"argument 0 must be of a floating dtype, given int64\(2,\); convert it with"):
        optimize.root(equations, [0, 0], jac=ag.jacobian(equations))


def test_root_scalar_by_newton_and_halley():
    f = lambda x: ag.cos(x) - x  # noqa: E731
    first, second = ag.grad(f), ag.grad(ag.grad(f))
    for more in ({"method": "newton"}, {"method": "halley", "fprime2": second}):
        np.testing.assert_allclose(optimize.root_scalar(f, x0=1.0, fprime=first, **more).root, 0.7390851332151607)
    roots = optimize.newton(
        lambda x: x**2 - np.array([4.0, 9.0]), [1.0, 1.0], fprime=ag.elementwise_grad(lambda x: x**2)
    )
    np.testing.assert_allclose(roots, [2.0, 3.0])


def test_a_linear_operator_of_hessian_products():
    x, b = START, np.array([1.0, 2.0, 3.0])
    shifted = ag.hessian(rosen)(x) + 300 * np.eye(3)  # positive definite
    operator = LinearOperator((3, 3), matvec=lambda p: product(x, p) + 300 * p, dtype=x.dtype)
    found, failed = cg(operator, b, rtol=1e-12)
    assert failed == 0
    np.testing.assert_allclose(found, np.linalg.solve(shifted, b), rtol=1e-8)
    np.testing.assert_allclose(aslinearoperator(shifted) @ b, operator @ b, rtol=1e-12)


# --- differential equations -------------------------------------------------------------------------------------------


def robertson(t, y):
    """A stiff reaction of three species."""
    first, second, third = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
    return ag.stack([second - first, first - second - third, third])


@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
def test_solve_ivp_of_a_stiff_system(method):
    solved = integrate.solve_ivp(
        robertson, (0, 40.0), [1.0, 0.0, 0.0], method=method, jac=ag.jacfwd(robertson, 1), rtol=1e-8, atol=1e-12
    )
    assert solved.success
    np.testing.assert_allclose(solved.y[:, -1], [0.7158271, 9.185535e-06, 0.2841637], rtol=1e-5)
    assert 0 < solved.njev < solved.nfev


def test_solve_ivp_of_integers_and_args():
    def decay(t, y, k):
        return -k * y

    solved = integrate.solve_ivp(decay, (0, 1), [1], method="Radau", jac=ag.jacobian(decay, 1), args=(2.0,), rtol=1e-8)
    np.testing.assert_allclose(solved.y[0, -1], np.exp(-2), rtol=1e-6)


def test_solve_bvp_with_jacobians_of_all_points_at_once():
    def slope(y):
        return ag.stack([y[1], -ag.exp(y[0])])

    many = ag.vmap(ag.jacobian(slope), in_axes=1, out_axes=2)
    x = np.linspace(0, 1, 5)
    solved = integrate.solve_bvp(
        lambda x, y: np.asarray(slope(y)),
        lambda a, b: np.array([a[0], b[0]]),
        x,
        np.zeros((2, x.size)),
        fun_jac=lambda x, y: many(y),
        bc_jac=lambda a, b: (np.array([[1.0, 0], [0, 0]]), np.array([[0, 0], [1.0, 0]])),
    )
    assert solved.success
    np.testing.assert_allclose(solved.sol(0.5)[0], 0.14053921, rtol=1e-4)
