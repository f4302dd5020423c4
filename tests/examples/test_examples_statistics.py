"""The examples that fit a model to measurements, run as their reader runs them, at sizes that take a few seconds."""

import re

import numpy as np
import pytest

import anygrad as ag
from anygrad.testing import check_grads
from tests.conftest import require_device
from tests.examples.running import check_missing, check_refusal, load, output_of, run

for needed in ("matplotlib", "rich", "sklearn", "scipy"):
    pytest.importorskip(needed)

NAMES = ("gaussian_process", "hamiltonian_monte_carlo", "lotka_volterra")


@pytest.fixture(scope="module", params=NAMES)
def example(request):
    return load(request.param)


@pytest.fixture(scope="module")
def gaussian_process():
    return load("gaussian_process")


@pytest.fixture(scope="module")
def monte_carlo():
    return load("hamiltonian_monte_carlo")


@pytest.fixture(scope="module")
def lotka_volterra():
    return load("lotka_volterra")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--device", "toaster"], "unknown device 'toaster'"),
        (["--device", "cpu:7"], "unknown device 'cpu:7'"),
        (["--out", "absent/some.png"], "in a folder that exists, given absent/some.png"),
        (["--out", "some.txt"], "must be a .png, .pdf or .svg"),
    ],
)
def test_wrong_options_are_refused_in_one_line(example, arguments, expected, monkeypatch, capsys):
    check_refusal(example, arguments, expected, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("gaussian_process", ["--since", "1976"], "must be a year from 1959 to 1975, given 1976"),
        ("gaussian_process", ["--since", "1958"], "must be a year from 1959 to 1975, given 1958"),
        ("gaussian_process", ["--iterations", "0"], "must be at least 1, given 0"),
        ("gaussian_process", ["--iterations", "many"], "invalid int value: 'many'"),
        ("hamiltonian_monte_carlo", ["--chains", "1"], "must be at least 2, given 1"),
        ("hamiltonian_monte_carlo", ["--draws", "19"], "must be at least 20, given 19"),
        ("hamiltonian_monte_carlo", ["--seed", "-1"], "must be at least 0, given -1"),
        ("lotka_volterra", ["--steps", "0"], "must be at least 1, given 0"),
        ("lotka_volterra", ["--draws", "-5"], "must be at least 20, given -5"),
        ("lotka_volterra", ["--seed", "0.5"], "invalid int value: '0.5'"),
    ],
)
def test_wrong_sizes_are_refused_in_one_line(name, arguments, expected, monkeypatch, capsys):
    check_refusal(load(name), arguments, expected, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("name", "missing"),
    [("gaussian_process", "scipy"), ("hamiltonian_monte_carlo", "sklearn"), ("lotka_volterra", "rich")],
)
def test_missing_package_is_named_with_the_command_that_installs_it(tmp_path, name, missing):
    check_missing(name, missing, tmp_path)


# --- the Gaussian process ---------------------------------------------------------------------------------------------


def test_gaussian_process_forecasts_better_than_least_squares(tmp_path):
    printed = output_of("gaussian_process", "--device", "cpu", "--since", "1965", "--iterations", "12", folder=tmp_path)
    scores = re.findall(r"held-out error (\S+) ppm, log-likelihood (\S+) a month, (\S+)% of", printed)
    (error, likelihood, covered), (rival_error, rival_likelihood, rival_covered) = [map(float, s) for s in scores]
    assert error < 1 < rival_error
    assert likelihood > rival_likelihood + 1
    assert covered > 85
    assert rival_covered < 60
    before, after = re.search(r"log-likelihood (\S+) before learning, (\S+) after 12 steps", printed).groups()
    assert float(after) > float(before) + 50


def test_record_is_split_and_skips_the_months_without_a_measurement(gaussian_process):
    train, held_out, average = gaussian_process.load(1959, "cpu")
    assert (len(train.times), len(held_out.times)) == (29 * 12 - 3, 14 * 12)
    assert train.times[0].item() == 1959 + 0.5 / 12
    assert train.times[-1] < 1988 < held_out.times[0]
    assert abs(ag.mean(train.levels).item()) < 1e-10
    assert average + train.levels[0].item() == pytest.approx(315.5)
    assert average + held_out.levels[-1].item() == pytest.approx(371.0)
    later, same, _ = gaussian_process.load(1975, "cpu")
    assert len(later.times) == 13 * 12
    np.testing.assert_array_equal(same.times, held_out.times)


def test_log_likelihood_is_the_density_of_a_normal_vector(gaussian_process):
    from scipy.stats import multivariate_normal

    train, _, _ = gaussian_process.load(1975, "cpu")
    logs = ag.Tensor(np.log(list(gaussian_process.START.values())))
    root = gaussian_process.factor(logs, train.times)
    expected = multivariate_normal(cov=(root @ root.mT).numpy()).logpdf(train.levels.numpy())
    assert gaussian_process.log_likelihood(logs, train).item() == pytest.approx(expected, rel=1e-9)


def test_forecast_of_months_already_measured_is_close_to_them_and_sure(gaussian_process):
    train, held_out, _ = gaussian_process.load(1975, "cpu")
    logs = ag.Tensor(np.log(list(gaussian_process.START.values())))
    known, ahead = (gaussian_process.forecast(logs, train, series.times) for series in (train, held_out))
    assert ag.max(ag.abs(known.level - train.levels)) < 1
    assert ag.max(known.deviation) < 0.5
    assert ahead.deviation[-1] > 2
    np.testing.assert_allclose(sum(ahead.parts), ahead.level, rtol=1e-12)


@pytest.mark.parametrize("place", ["cpu", "strict:device1", "torch:cpu"])
def test_gradient_of_the_marginal_likelihood(gaussian_process, place):
    device = require_device(place)
    times, levels = np.linspace(1980, 1983, 20), np.cos(np.linspace(0, 9, 20))
    series = gaussian_process.Series(*(ag.Tensor(x, device=device) for x in (times, levels)))

    def loss(logs):
        return gaussian_process.log_likelihood(ag.asarray(logs, device=device), series).to("cpu")

    check_grads(loss, (np.log([2.0, 3.0, 1.0, 5.0, 0.8, 0.5, 1.5, 0.3]),), order=1)


def test_gaussian_process_refuses_a_device_too_coarse_for_its_matrices(tmp_path):
    pytest.importorskip("jax")
    done = run("gaussian_process", "--device", "jax:cpu", folder=tmp_path, JAX_ENABLE_X64="0")
    assert done.returncode == 2
    assert "argument --device: jax:cpu computes in float32, too coarse here; set JAX_ENABLE_X64=1" in done.stderr


# --- Hamiltonian Monte Carlo ------------------------------------------------------------------------------------------


def test_monte_carlo_converges_and_diagnoses_held_out_tumours(tmp_path):
    printed = output_of("hamiltonian_monte_carlo", "--device", "cpu", "--draws", "150", folder=tmp_path)
    numbers = re.search(r"acceptance (\S+) at step (\S+), R-hat at most (\S+), at least (\S+) effective", printed)
    acceptance, step, rhat, size = map(float, numbers.groups())
    assert 0.65 < acceptance < 0.95
    assert 0.3 < step < 1.0
    assert 0.99 < rhat < 1.05
    assert size > 200
    accuracy, loss = re.search(r"held-out accuracy (\S+)%, log-loss (\S+),", printed).groups()
    assert float(accuracy) > 94
    assert float(loss) < 0.12


def test_chains_draw_from_the_distribution_that_they_should(monte_carlo):
    rng = np.random.default_rng(1)
    scales = np.array([0.5, 1.0, 2.0])
    tumours = monte_carlo.Tumours(ag.Tensor(np.diag(1 / scales)), ag.zeros(3))
    surface = ag.vmap(ag.value_and_grad(lambda x: ag.sum((tumours.features @ x) ** 2) / 2))
    position = ag.Tensor(rng.normal(size=(200, 3)) * scales)
    state = monte_carlo.State(position, *surface(position))
    draws = []
    for _ in range(60):
        momentum = ag.Tensor(rng.normal(size=(200, 3)))
        proposal, end = monte_carlo.leapfrog(surface, state, momentum, 0.45, int(rng.integers(1, 6)))
        state, probability = monte_carlo.choose(ag.Tensor(rng.random(200)), state, momentum, proposal, end)
        draws.append(state.position.numpy())
    assert 0.7 < ag.mean(probability).item() < 1
    np.testing.assert_allclose(np.std(draws, axis=(0, 1)), scales, rtol=0.05)
    np.testing.assert_allclose(np.mean(draws, axis=(0, 1)), 0, atol=0.1)


def test_leapfrog_goes_back_to_where_it_came_from(monte_carlo):
    surface = ag.vmap(ag.value_and_grad(lambda x: ag.sum(ag.cosh(x))))
    position, momentum = ag.Tensor([[0.3, -1.0], [2.0, 0.1]]), ag.Tensor([[1.0, 0.5], [-0.3, 0.7]])
    start = monte_carlo.State(position, *surface(position))
    there, end = monte_carlo.leapfrog(surface, start, momentum, 0.1, 20)
    back, returned = monte_carlo.leapfrog(surface, there, -end, 0.1, 20)
    assert ag.max(ag.abs(there.position - position)) > 0.5
    np.testing.assert_allclose(back.position, position, rtol=1e-11)
    np.testing.assert_allclose(-returned, momentum, rtol=1e-11)


def test_diagnostics_tell_chains_that_agree_from_chains_that_do_not(monte_carlo):
    rng = np.random.default_rng(2)
    draws = rng.normal(size=(2000, 4, 2))
    for i in range(1, len(draws)):
        draws[i, :, 1] = 0.9 * draws[i - 1, :, 1] + np.sqrt(1 - 0.9**2) * draws[i, :, 1]
    np.testing.assert_allclose(monte_carlo.split_rhat(draws), 1, atol=0.02)
    independent, correlated = monte_carlo.effective_size(draws)
    assert independent == pytest.approx(8000, rel=0.15)
    assert correlated == pytest.approx(8000 / 19, rel=0.3)  # (1 - 0.9) / (1 + 0.9) of the draws
    draws[:, 0] += 2
    assert monte_carlo.split_rhat(draws).min() > 1.3
    assert monte_carlo.effective_size(draws).max() < 40


def test_step_size_is_tuned_to_the_acceptance_that_is_wanted(monte_carlo):
    size = monte_carlo.StepSize(0.01)
    for _ in range(300):
        size.learn(float(np.exp(-size.step)))
    size.settle()
    assert np.exp(-size.step) == pytest.approx(monte_carlo.ACCEPTANCE, abs=0.02)


@pytest.mark.parametrize("place", ["cpu", "strict:device1", "torch:cpu"])
def test_gradients_of_several_chains_and_the_peak_of_the_posterior(monte_carlo, place):
    train = monte_carlo.load(require_device(place)).train
    features, malignant = train.features.numpy(), train.malignant.numpy()
    points = np.random.default_rng(4).normal(size=(3, features.shape[1]))
    surface = ag.vmap(ag.value_and_grad(lambda x: monte_carlo.energy(x, train)))
    heights, slopes = surface(ag.Tensor(points, device=train.features.device))
    scores = points @ features.T
    expected = (points**2).sum(1) / 2 - (malignant * scores - np.logaddexp(0, scores)).sum(1)
    np.testing.assert_allclose(heights.numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(slopes.numpy(), points - (malignant - 1 / (1 + np.exp(-scores))) @ features, rtol=1e-9)
    peak = monte_carlo.find_peak(train)
    assert ag.max(ag.abs(ag.grad(monte_carlo.energy)(peak.coefficients, train))).item() < 1e-9
    curvature = ag.hessian(monte_carlo.energy)(peak.coefficients, train)
    product = (peak.spread.mT @ curvature @ peak.spread).numpy()
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-10)


# --- predator and prey ------------------------------------------------------------------------------------------------


def test_lotka_volterra_finds_the_rates_that_others_found(tmp_path):
    printed = output_of("lotka_volterra", "--device", "cpu", "--steps", "3", "--draws", "40", folder=tmp_path)
    found = re.findall(r"([a-z][a-z 0-9]+) ([0-9.]+) \(([0-9.]+) to ([0-9.]+)\)", printed)
    intervals = {name.strip(): tuple(map(float, numbers)) for name, *numbers in found}
    # The posterior means in B. Carpenter's case study for Stan, Predator-Prey Population Dynamics, 2018.
    for name, published in {
        "births of hares": 0.55,
        "hares lost to a lynx": 0.028,
        "deaths of lynxes": 0.80,
        "lynxes fed by a hare": 0.024,
        "hares in 1900": 33.9,
        "lynxes in 1900": 5.9,
    }.items():
        value, low, high = intervals[name]
        assert value == pytest.approx(published, rel=0.04)
        assert low < published < high < 1.5 * low * 1.5
    factor, plain = re.search(r"off by a factor of (\S+), from the averages by (\S+);", printed).groups()
    assert float(factor) < 1.3
    assert float(plain) > 1.9


def test_solver_follows_the_equations(lotka_volterra):
    from scipy.integrate import solve_ivp

    births, lost, deaths, fed, *start = parameters = [0.54, 0.027, 0.8, 0.024, 34.6, 5.8]
    exact = solve_ivp(
        lambda _, z: [z[0] * (births - lost * z[1]), z[1] * (fed * z[0] - deaths)], (0, 20), start, "DOP853",
        t_eval=np.arange(21), rtol=1e-12, atol=1e-12,
    ).y.T  # fmt: skip
    errors = [
        np.max(abs(lotka_volterra.solve(ag.Tensor(np.log(parameters)), 20, n)[::n].numpy() - np.log(exact)))
        for n in (5, 10)
    ]
    assert errors[0] < 1e-4
    assert errors[0] / errors[1] > 12  # of order four: 16 in the limit


@pytest.mark.parametrize("place", ["cpu", "strict:device1", "torch:cpu"])
def test_derivatives_through_the_solver(lotka_volterra, place):
    device = require_device(place)

    def numbers(logs):
        return lotka_volterra.solve(ag.asarray(logs, device=device), 2, 4)[::4, ...].to("cpu")

    logs = np.log(list(lotka_volterra.START.values()))
    check_grads(numbers, (logs,), order=1)
    forward, reverse = ag.jacfwd(numbers)(logs), ag.jacrev(numbers)(logs)
    np.testing.assert_allclose(forward, reverse, rtol=1e-10, atol=1e-12)
    second = ag.hessian(lambda x: ag.sum(numbers(x) ** 2))(logs)
    np.testing.assert_allclose(second, second.T, rtol=1e-9, atol=1e-9)


def test_fit_ends_where_the_gradient_vanishes_and_its_intervals_are_curvature(lotka_volterra):
    found = lotka_volterra.fit("cpu", 2)
    assert found.losses[0] > 50
    assert found.losses[-1] < 2.1
    counts = np.log([lotka_volterra.HARES, lotka_volterra.LYNXES]).T

    def squares(logs):
        return ag.sum((lotka_volterra.solve(logs, 20, 2)[::2, ...] - counts) ** 2)

    best = found.path[-1]
    np.testing.assert_allclose(ag.grad(squares)(best), 0, atol=1e-2)
    # Along an axis of the errors' ellipsoid the loss rises by the variance of one error.
    step = 0.1 * np.linalg.cholesky(found.covariance)[:, 0]
    rise = (squares(best + step) + squares(best - step) - 2 * squares(best)) / 2
    assert rise.item() == pytest.approx(0.01 * found.deviation**2, rel=0.05)
