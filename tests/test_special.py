"""Special functions: edges, extreme arguments, and what becomes of them where a library lacks them."""

import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
import scipy.special

import anygrad as ag
from anygrad import special
from anygrad.core.primitive import primitives
from tests.conftest import require_device

EXTREMES = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, -1e-300, 1e-8, 2.0, 30.0, -30.0, 800.0, -800.0, 1e300, -1e300]
EXTREMES += [np.inf, -np.inf, np.nan]
WITH_DEFAULTS = [
    name for name in special.__all__ if primitives.get(name) and primitives[name].default and primitives[name].rules
]


def slope(f, x, order=1):
    """A derivative of a function of one number, by reverse mode."""
    for _ in range(order):
        f = ag.grad(f)
    return float(f(np.asarray(x, dtype=np.float64)))


# --- values without SciPy ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["expit", "logit", "log_expit", "entr", "erfcinv", "sinc"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_composed_functions_of_one_argument_have_scipys_values_at_extreme_arguments(name, dtype):
    with np.errstate(all="ignore"):
        x = np.array([*EXTREMES, *np.linspace(0.001, 1.999, 800)]).astype(dtype)
        got, wanted = primitives[name].default(x), getattr(scipy.special, name)(x)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, wanted, rtol=8 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)


# The terms of kl_div cancel where its arguments are close, in SciPy's function too.
@pytest.mark.parametrize(("name", "atol"), [("xlogy", 0), ("xlog1py", 0), ("rel_entr", 0), ("kl_div", 3e-16)])
def test_composed_functions_of_two_arguments_have_scipys_values_at_extreme_arguments(name, atol):
    points = np.array([*EXTREMES, 0.9999, 1.0001, 1e-3])
    x, y = (grid.ravel() for grid in np.meshgrid(points, points))
    with np.errstate(all="ignore"):
        got, wanted = primitives[name].default(x, y), getattr(scipy.special, name)(x, y)
        # The quotient of x and y, which overflows in some versions of SciPy, has a logarithm that does not.
        is_plain = ~(np.abs(np.log(np.abs(x / y))) > 700) | (name not in ("rel_entr", "kl_div"))
    np.testing.assert_allclose(got[is_plain], wanted[is_plain], rtol=1e-14, atol=atol)


@pytest.mark.parametrize("name", ["expit", "log_expit", "softplus", "relu", "silu", "gelu", "entr", "sinc"])
def test_composed_functions_warn_of_nothing(name):
    x = np.array([-1e300, -800.0, -1.0, 0.0, 1.0, 800.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(getattr(special, name)(x[1:])).any()


def test_activations_at_infinity():
    x = ag.Tensor([-np.inf, np.inf])
    for function in (special.relu, special.softplus, special.silu, special.gelu):
        np.testing.assert_array_equal(function(x).numpy(), [0.0, np.inf])
    np.testing.assert_array_equal(special.gelu(x, approximate=True).numpy(), [0.0, np.inf])


# --- sums of exponentials ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "a",
    [
        [-np.inf, -np.inf],
        [np.inf, 1000.0],
        [np.inf, np.inf, -np.inf],
        [np.nan, 1.0],
        [np.nan, np.inf],
        [1000.0, 1000.0],
        [0.0, -40.0],
        [-800.0, -1e300],
        [3.0],
        [],
    ],
)
def test_logsumexp_at_infinities_is_scipys(a):
    with np.errstate(all="ignore"):
        wanted = scipy.special.logsumexp(np.array(a, dtype=np.float64))
    np.testing.assert_allclose(special.logsumexp(np.array(a, dtype=np.float64)), wanted, rtol=1e-15)


def test_logsumexp_keeps_the_digits_of_small_terms():
    np.testing.assert_allclose(special.logsumexp(np.array([0.0, -60.0])), math.exp(-60), rtol=1e-15)


def test_the_gradient_of_logsumexp_where_all_terms_vanish_is_zero():
    x = ag.Tensor([[-np.inf, -np.inf], [0.0, -np.inf]], requires_grad=True)
    ag.sum(special.logsumexp(x, axis=1)).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[0.0, 0.0], [1.0, 0.0]])


def test_logsumexp_with_weights_of_zero_ignores_their_terms():
    a, b = ag.Tensor([2000.0, 1.0], requires_grad=True), ag.Tensor([0.0, 2.0], requires_grad=True)
    out = special.logsumexp(a, b=b)
    out.backward()
    np.testing.assert_allclose(out.item(), 1 + math.log(2), rtol=1e-15)
    np.testing.assert_allclose(a.grad.numpy(), [0.0, 1.0], rtol=1e-15)
    np.testing.assert_allclose(b.grad.numpy(), [np.inf, 0.5], rtol=1e-15)


def test_logsumexp_of_a_negative_sum_is_nan_or_has_a_sign():
    a = np.array([0.0, 0.0])
    assert np.isnan(special.logsumexp(a, b=np.array([1.0, -3.0])))
    logarithm, sign = special.logsumexp(a, b=np.array([1.0, -3.0]), return_sign=True)
    np.testing.assert_allclose(logarithm, math.log(2), rtol=1e-15)
    assert sign == -1
    assert special.logsumexp(a, b=np.array([1.0, -1.0]), return_sign=True) == (-np.inf, 0)
    assert special.logsumexp(np.zeros(0), return_sign=True) == (-np.inf, 0)
    with pytest.raises(TypeError, match="real numbers"):
        special.logsumexp(a + 1j, return_sign=True)


def test_softmax_of_nothing_is_empty():
    for function in (special.softmax, special.log_softmax):
        assert function(np.zeros((2, 0)), axis=1).shape == (2, 0)


@pytest.mark.parametrize("a", [[-np.inf, 0.0], [np.inf, 0.0], [-np.inf, -np.inf], [1e300, -1e300]])
def test_softmax_at_infinities_is_scipys(a):
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(special.softmax(np.array(a)), scipy.special.softmax(a))
        np.testing.assert_array_equal(special.log_softmax(np.array(a)), scipy.special.log_softmax(a))


# --- derivatives at the edges and far out -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "wanted"),
    [
        (special.relu, 0.0, 0.0),
        (special.entr, 0.0, np.inf),
        (special.i0e, 0.0, 0.0),
        (special.i1e, 0.0, 0.5),
        (special.softplus, -np.inf, 0.0),
        (special.silu, -np.inf, 0.0),
        (special.gelu, -np.inf, 0.0),
        (special.gelu, np.inf, 1.0),
        (lambda x: special.xlogy(0.0, x), 0.0, 0.0),
        (lambda x: special.gammainc(1.0, x), 0.0, 1.0),
        (lambda x: special.gammainc(0.5, x), 0.0, np.inf),
        (lambda x: special.betainc(1.0, 1.0, x), 1.0, 1.0),
        (lambda x: special.jv(0.5, x), 0.0, np.inf),
        (special.erfinv, 1.0, np.inf),
        (special.erfcinv, 2.0, -np.inf),
        (special.erf, np.inf, 0.0),
    ],
)
def test_slopes_at_the_edges(function, x, wanted):
    assert slope(function, x) == wanted


@pytest.mark.parametrize(
    ("function", "x", "order", "wanted"),
    [
        (special.log_ndtr, -1e4, 1, 1e4 + 1e-4),  # -x - 1/x + ...
        (special.log_ndtr, -1e4, 2, -1 + 1e-8),  # -1 + 1/x**2 - ...
        (special.log_ndtr, 37.0, 1, math.exp(-(37.0**2) / 2) / math.sqrt(2 * math.pi)),
        (special.erfcx, 1e6, 1, -1e-12 / math.sqrt(math.pi)),
        (special.erfcx, 1e6, 2, 2e-18 / math.sqrt(math.pi)),
        (special.log_expit, 50.0, 1, math.exp(-50) / (1 + math.exp(-50))),
        (special.j1, 0.0, 3, -3 / 8),
        (special.i1, 0.0, 3, 3 / 8),
        (special.j1, 1e-9, 2, -3 / 8 * 1e-9),
        (special.sinc, 0.0, 2, -(math.pi**2) / 3),
        (special.sinc, 0.0, 4, math.pi**4 / 5),
        (special.sinc, 1e-7, 1, -(math.pi**2) / 3 * 1e-7),
        (special.digamma, 1.0, 2, -2 * 1.2020569031595942854),
        (special.gammaln, 1e10, 2, 1e-10 * (1 + 0.5e-10)),
        (lambda x: special.kve(1, x), 1e5, 1, None),
        (special.k1e, 1e5, 1, None),
    ],
)
def test_derivatives_far_out_and_close_to_zero_keep_their_digits(function, x, order, wanted):
    if wanted is None:  # sqrt(pi / (2 x)) (1 + 3/(8 x) + ...), differentiated
        wanted = -math.sqrt(math.pi / 2) * (0.5 * x**-1.5 + 1.5 * 3 / 8 * x**-2.5)
    np.testing.assert_allclose(slope(function, x, order), wanted, rtol=1e-10)


@pytest.mark.parametrize(("function", "pole"), [(special.gammaln, -1.0), (special.logit, 0.0), (special.k0, 0.0)])
def test_a_masked_singular_point_leaves_a_finite_gradient(function, pole):
    x = np.array([pole, 0.5])
    got = ag.grad(lambda x: ag.sum(ag.where(x == pole, 0.0, function(x))))(x)
    np.testing.assert_array_equal(got, [0.0, slope(function, 0.5)])


# --- parameters -------------------------------------------------------------------------------------------------------

IN_X = [special.gammainc, special.gammaincc, special.zeta, special.jv, special.yv, special.iv, special.kv, special.ive]


@pytest.mark.parametrize("function", [*IN_X, special.kve], ids=lambda f: f.name)
def test_a_derivative_in_a_parameter_is_refused(function):
    v, x = np.array([2.5]), np.array([1.5])
    with pytest.raises(NotImplementedError, match=f"{function.name} has no derivative in '(a|v|x)'"):
        ag.grad(lambda v: ag.sum(function(v, x)))(v)
    with pytest.raises(NotImplementedError, match="no derivative"):
        ag.jvp(lambda v: function(v, x), (v,), (v,))
    assert np.isfinite(ag.grad(lambda x: ag.sum(function(v, x)))(x)).all()


def test_the_parameters_of_betainc_are_refused():
    a, b, x = ag.Tensor([2.0], requires_grad=True), ag.Tensor([2.0], requires_grad=True), ag.Tensor([0.5])
    for operands in ((a, 2.0, x), (2.0, b, x)):
        with pytest.raises(NotImplementedError, match="betainc has no derivative"):
            special.betainc(*operands).backward()


@pytest.mark.parametrize("n", [-1, 1.0, np.array([1])])
def test_polygamma_wants_a_whole_number(n):
    with pytest.raises(ValueError, match="must be an integer, 0 or more"):
        special.polygamma(n, np.array([1.0]))


# --- libraries --------------------------------------------------------------------------------------------------------


def test_a_layer_is_the_same_as_a_product_and_a_sum_whatever_is_batched():
    rng = np.random.default_rng(0)
    x, weight, bias = rng.normal(size=(5, 3, 2)), rng.normal(size=(5, 2, 4)), rng.normal(size=(5, 4))
    for axes in [(0, None, None), (None, 0, None), (None, None, 0), (0, 0, None), (None, 0, 0), (0, 0, 0)]:
        given = [v if axis == 0 else v[0] for v, axis in zip((x, weight, bias), axes, strict=True)]
        found = ag.vmap(special.linear, in_axes=axes)(*given)
        np.testing.assert_allclose(found, ag.vmap(lambda x, w, b: x @ w + b, in_axes=axes)(*given), rtol=1e-14)


@pytest.mark.parametrize(
    ("weight", "bias", "problem"),
    [
        (np.ones(3), np.ones(3), "weight must be a matrix"),
        ([[1.0]], np.ones(1), "weight must be a matrix"),
        (np.ones((3, 2)), np.ones((1, 2)), "as long as the rows of weight"),
        (np.ones((3, 2)), 1.0, "as long as the rows of weight"),
        (np.ones((2, 3)), np.ones(2), "give the transpose, weight.mT"),
        (np.ones((2, 2)), np.ones(2), r"linear\(x=float64\(4, 3\), weight=float64\(2, 2\)"),
    ],
)
def test_what_is_no_layer_is_refused(weight, bias, problem):
    with pytest.raises(ValueError, match=problem):
        special.linear(np.ones((4, 3)), weight, bias)


def test_the_cross_entropy_of_a_class_is_that_of_the_distribution_that_is_sure_of_it():
    scores = ag.Tensor(np.random.default_rng(0).normal(size=(4, 3)), requires_grad=True)
    classes = np.array([0, 2, 1, 1])
    sure = np.eye(3)[classes]
    results = []
    for labels in (classes, sure, sure.astype(bool)):
        out = special.cross_entropy(scores, ag.Tensor(labels))
        out.backward()
        results.append((out.data, scores.grad.data))
        scores.zero_grad()
    for values, gradients in results[1:]:
        np.testing.assert_allclose(values, results[0][0], rtol=1e-15)
        np.testing.assert_allclose(gradients, results[0][1], rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("labels", [np.array([0, 1]), np.array([[0.25, 0.75, 0.0], [0.0, 1.0, 0.0]])])
def test_a_class_that_cannot_be_costs_nothing(labels):
    scores = ag.Tensor([[1.0, 2.0, -np.inf], [0.5, 0.0, -np.inf]], requires_grad=True)
    out = special.cross_entropy(scores, ag.Tensor(labels))
    out.backward()
    short = ag.Tensor(scores.data[:, :2], requires_grad=True)
    expected = special.cross_entropy(short, ag.Tensor(labels if labels.ndim == 1 else labels[:, :2]))
    expected.backward()
    np.testing.assert_allclose(out.data, expected.data, rtol=1e-15)
    np.testing.assert_allclose(scores.grad.data, np.pad(short.grad.data, ((0, 0), (0, 1))), rtol=1e-14)


@pytest.mark.parametrize(
    ("labels", "error", "problem"),
    [
        ([0, 1], TypeError, "labels must be an array or a Tensor, given"),
        (np.array([0]), ValueError, r"the number of a class for each row of scores, of shape \(2,\); given int64"),
        (np.zeros(2), ValueError, "a probability for each score"),
        (np.array([0, 3]), IndexError, "out of bounds"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, error, problem):
    with pytest.raises(error, match=problem):
        special.cross_entropy(np.zeros((2, 3)), labels)


def test_what_a_library_lacks_is_computed_on_the_host_and_comes_back_to_its_device():
    require_device("strict:device1")
    x = ag.Tensor([0.5, 1.5], device="strict:device1", dtype="float32", requires_grad=True)
    out = special.jv(1, x)
    ag.sum(out).backward()
    assert (out.device, out.dtype) == ("strict:device1", np.float32)
    assert (x.grad.device, x.grad.dtype) == ("strict:device1", np.float32)
    np.testing.assert_allclose(out.detach().numpy(), scipy.special.jv(1, np.float32([0.5, 1.5])), rtol=1e-6)


def test_dask_arrays_stay_lazy():
    require_device("dask")
    import dask.array

    x = dask.array.from_array(np.array([0.5, 1.5, 2.5]), chunks=2)
    got = ag.grad(lambda x: ag.sum(special.erf(x) + special.jv(2, x)))(x)
    assert isinstance(got, dask.array.Array)
    wanted = 2 / np.sqrt(np.pi) * np.exp(-(x.compute() ** 2)) + scipy.special.jvp(2, x.compute())
    np.testing.assert_allclose(got.compute(), wanted, rtol=1e-13)


WITHOUT_SCIPY = """
import sys
sys.modules["scipy"] = None
import numpy as np
import anygrad as ag

x = ag.Tensor([0.25, 0.75], requires_grad=True)
composed = [ag.special.expit, ag.special.logit, ag.special.log_expit, ag.special.softmax, ag.special.log_softmax,
            ag.special.logsumexp, ag.special.entr, ag.special.sinc, ag.special.relu, ag.special.softplus,
            ag.special.silu, lambda x: ag.special.gelu(x, approximate=True)]
composed += [lambda x, f=f: f(x, 0.5) for f in (ag.special.xlogy, ag.special.xlog1py, ag.special.rel_entr,
                                                ag.special.kl_div)]
for function in composed:
    x.zero_grad()
    ag.sum(function(x)).backward()
    assert np.isfinite(x.grad.numpy()).all()
for operands in (x, ag.Tensor([0.5], device="strict")):
    try:
        ag.special.erf(operands)
    except ImportError as error:
        assert "pip install scipy" in str(error), error
        assert "erf(" in str(error), error
    else:
        raise AssertionError("erf came from nowhere")
"""


def test_without_scipy_composed_functions_work_and_the_others_say_what_to_install():
    require_device("strict")
    subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT_SCIPY], check=True, timeout=120)
