"""Forecast the carbon dioxide of the air: a Gaussian process whose kernel is learned from 29 years of measurements.

The kernel is a sum: a smooth trend, a yearly cycle that may slowly change, rough irregularities, and noise. Its sizes
and lengths are those that make the measurements most likely; SciPy's L-BFGS finds them, with gradients by anygrad
through the Cholesky factorisation. The last third of the record is held out, and forecast. The same code runs on every
device that anygrad knows::

    python examples/gaussian_process.py
    python examples/gaussian_process.py --device cuda
    python examples/gaussian_process.py --device torch:cpu --since 1975 --iterations 20 --out some.png
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

import anygrad as ag
from anygrad import Tensor

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from scipy.optimize import OptimizeResult, minimize
except ImportError as error:
    raise SystemExit(f"gaussian_process: {error.name} is not installed; run: pip install '.[examples]'") from None

START = {
    "trend: size": 50.0,  # sizes in ppm, lengths in years
    "trend: length": 50.0,
    "cycle: size": 2.0,
    "cycle: length": 50.0,
    "cycle: smoothness": 1.0,
    "irregularities: size": 1.0,
    "irregularities: length": 1.0,
    "noise: size": 0.3,
}
SPLIT = 1988
HARMONICS = 2
BLUE, ORANGE, GREY, PALE = "#0072b2", "#d98200", "#555555", "#cccccc"

# Monthly means (ppm) of the weekly averages of continuous air samples at Mauna Loa, Hawaii: C. D. Keeling and T. P.
# Whorf, Atmospheric CO2 records from sites in the SIO air sampling network, Carbon Dioxide Information Analysis Center,
# U.S. Department of Energy, 2004; public domain. No air was measured from February to April 1964.
RECORD = """
1959 315.5 316.7 316.7 317.7 318.3 318.0 316.5 314.9 313.8 313.4 314.9 315.5
1960 316.4 317.0 317.6 319.1 319.9 319.4 318.1 315.8 314.2 313.8 315.0 316.2
1961 316.9 317.6 318.5 319.4 320.5 319.8 318.3 316.8 315.0 315.3 316.1 317.0
1962 317.9 318.6 319.7 320.6 320.9 320.5 319.4 317.7 316.1 315.5 316.5 317.5
1963 318.7 319.0 319.9 321.3 322.1 321.5 319.6 317.6 316.1 316.1 317.0 318.4
1964 319.4   nan   nan   nan 322.0 321.8 320.3 318.5 316.6 317.0 317.7 318.7
1965 319.4 320.4 320.9 322.0 322.1 321.8 321.0 318.7 317.8 317.3 318.9 319.3
1966 320.5 321.6 322.4 323.7 324.0 323.7 322.9 320.2 318.7 318.2 319.9 321.1
1967 322.4 322.4 323.0 324.3 324.9 324.1 322.5 320.9 319.3 319.4 320.7 321.9
1968 322.6 323.1 323.9 325.0 325.5 325.3 324.0 321.9 320.2 320.3 321.3 322.9
1969 323.9 324.3 325.6 326.6 327.3 326.6 325.8 323.5 322.4 321.8 322.8 324.1
1970 325.1 326.0 327.0 328.1 327.9 327.6 326.3 324.7 323.1 323.1 324.1 325.1
1971 326.1 326.6 327.2 327.7 328.8 328.5 327.2 325.2 323.4 323.5 324.8 325.9
1972 326.7 327.6 327.7 329.6 330.0 329.1 328.0 326.2 324.9 325.3 326.4 327.5
1973 328.6 329.5 330.4 331.6 332.4 331.9 330.6 329.3 327.5 327.2 328.1 328.6
1974 329.3 330.6 331.5 332.6 333.0 332.2 331.1 329.2 327.4 327.4 328.4 329.7
1975 330.2 331.3 332.0 333.3 333.9 333.4 331.8 330.0 328.5 328.3 329.4 330.8
1976 331.7 332.6 333.5 334.4 334.8 334.4 332.9 330.7 329.4 329.1 330.4 331.6
1977 332.9 333.4 334.7 336.0 336.7 336.2 334.8 332.9 331.6 331.2 332.4 333.9
1978 335.0 335.4 336.6 337.6 337.9 337.9 336.5 334.6 332.7 332.6 333.8 335.0
1979 336.2 336.7 338.0 338.9 339.4 339.2 337.5 336.0 334.0 333.9 335.1 336.7
1980 337.9 338.2 340.1 340.8 341.3 340.9 339.4 337.6 335.9 336.0 337.1 338.2
1981 339.2 340.4 341.4 342.4 342.8 342.1 340.4 338.4 336.7 336.9 338.4 339.6
1982 340.7 341.6 342.7 343.5 344.0 343.3 341.9 339.6 338.0 337.9 339.3 340.4
1983 341.3 342.5 343.1 344.9 345.6 345.3 343.8 342.1 339.9 340.0 341.1 343.0
1984 343.7 344.4 345.2 347.4 347.4 346.7 345.2 343.3 341.1 341.5 342.9 344.1
1985 344.9 345.9 347.4 348.3 348.8 348.2 346.4 344.3 343.0 342.8 344.2 345.6
1986 346.2 346.8 347.7 349.5 350.1 349.4 347.8 345.8 344.8 344.1 345.6 346.9
1987 348.0 348.5 349.5 350.9 351.7 351.1 349.4 348.1 346.4 346.4 347.9 348.9
1988 350.4 351.8 352.1 353.6 354.2 353.8 352.2 350.3 348.8 349.0 350.0 351.4
1989 352.8 353.0 353.6 355.4 355.6 355.1 353.9 351.6 349.9 350.0 351.2 352.5
1990 353.6 354.6 355.5 356.2 357.1 356.1 354.7 352.9 350.9 351.2 352.7 354.1
1991 354.7 355.6 357.2 358.6 359.2 358.2 356.1 353.9 352.1 352.2 353.7 355.0
1992 355.9 356.7 357.9 359.1 359.5 359.1 357.0 354.9 353.0 353.4 354.2 355.4
1993 356.7 357.2 358.4 359.3 360.2 359.5 357.4 355.3 353.8 354.1 355.4 356.8
1994 358.3 358.9 359.9 361.2 361.6 360.9 359.5 357.4 355.9 356.0 357.6 359.1
1995 360.0 360.9 361.6 363.4 363.7 363.2 361.8 359.4 358.0 357.9 359.5 360.7
1996 362.0 363.2 364.1 364.7 365.3 364.9 363.5 361.3 359.4 359.6 360.7 362.4
1997 363.1 363.9 364.6 366.3 366.7 365.5 364.4 362.5 360.1 360.8 362.4 364.2
1998 365.3 366.2 367.4 368.5 369.1 368.8 367.6 365.7 363.9 364.3 365.6 366.9
1999 368.1 368.9 369.6 371.0 370.8 370.2 369.0 366.7 364.7 365.1 366.6 367.9
2000 369.0 369.4 370.4 371.5 371.6 371.6 369.9 367.9 366.5 366.7 368.1 369.4
2001 370.2 371.3 372.1 372.8 373.8 373.1 371.3 369.4 367.9 368.1 369.4 371.0
"""


# --- the data ---------------------------------------------------------------------------------------------------------


class Series(NamedTuple):
    """Measurements: the times in years, and the levels in ppm, above the average of the training months."""

    times: Tensor
    levels: Tensor


class Data(NamedTuple):
    """The months to learn from, those held out, and the average that both are measured from."""

    train: Series
    held_out: Series
    average: float


def load(since: int, device: str) -> Data:
    """Put the record on a device, from a year on, split into what comes before 1988 and what comes after."""
    table = np.array(RECORD.split(), dtype=float).reshape(-1, 13)
    times, levels = table[:, :1] + (np.arange(12) + 0.5) / 12, table[:, 1:]
    used = (times >= since) & ~np.isnan(levels)
    times, levels = times[used], levels[used]
    train = times < SPLIT
    average = levels[train].mean()
    parts = (times[train], levels[train]), (times[~train], levels[~train])
    return Data(*(Series(Tensor(t, device=device), Tensor(y - average, device=device)) for t, y in parts), average)


# --- the Gaussian process ---------------------------------------------------------------------------------------------


def covariances(logs: Tensor, times1: Tensor, times2: Tensor) -> list[Tensor]:
    """Make the covariance matrix of the levels at some times and at others, for each part of the kernel but the noise.

    Args:
        logs: the logarithms of the parameters, in the order of ``START``.
        times1: the times of the rows.
        times2: the times of the columns.
    """
    size, length, cycle_size, cycle_length, smoothness, small_size, small_length, _ = ag.unstack(ag.exp(logs))
    gap = times1[:, None] - times2[None, :]
    wave = 2 * ag.sin(math.pi * gap) / smoothness
    trend = size**2 * ag.exp(-((gap / length) ** 2) / 2)
    cycle = cycle_size**2 * ag.exp(-((gap / cycle_length) ** 2 + wave**2) / 2)
    irregularities = small_size**2 * ag.exp(-ag.abs(gap) / small_length)
    return [trend, cycle, irregularities]


def factor(logs: Tensor, times: Tensor) -> Tensor:
    """Make the Cholesky factor of the covariance of measurements, which have noise."""
    trend, cycle, irregularities = covariances(logs, times, times)
    noise = ag.exp(2 * logs[-1]) * ag.eye(len(times), dtype=times.dtype, device=times.device)
    return ag.linalg.cholesky(trend + cycle + irregularities + noise)


def log_likelihood(logs: Tensor, series: Series) -> Tensor:
    """Compute the logarithm of the density of all measurements together, the levels themselves integrated out."""
    root = factor(logs, series.times)
    white = ag.linalg.solve(root, series.levels)
    return -ag.sum(white**2) / 2 - ag.sum(ag.log(ag.linalg.diagonal(root))) - len(white) * math.log(2 * math.pi) / 2


class Forecast(NamedTuple):
    """What is expected at some times: the level, the standard deviation of a measurement, the parts of the level."""

    level: Tensor
    deviation: Tensor
    parts: list[Tensor]


@ag.no_grad()
def forecast(logs: Tensor, train: Series, times: Tensor) -> Forecast:
    """Condition the process on measurements, and read it at other times."""
    root = factor(logs, train.times)
    weights = ag.linalg.solve(root.mT, ag.linalg.solve(root, train.levels))
    across = covariances(logs, times, train.times)
    # What varies without any measurements is the same at all times.
    before = factor(logs, times[:1])[0, 0] ** 2
    variance = before - ag.sum(ag.linalg.solve(root, sum(across).mT) ** 2, axis=0)
    parts = [part @ weights for part in across]
    return Forecast(sum(parts), ag.sqrt(variance), parts)


# --- learning ---------------------------------------------------------------------------------------------------------


class Scores(NamedTuple):
    """How good a forecast of the held-out months is; covered is the fraction of them in its 95 % band."""

    error: float
    log_likelihood: float
    covered: float


def judge(levels: np.ndarray, expected: np.ndarray, deviation: np.ndarray) -> Scores:
    """Hold a forecast, with a standard deviation for each month, against what was measured."""
    errors = (levels - expected) / deviation
    densities = -(errors**2) / 2 - np.log(deviation * math.sqrt(2 * math.pi))
    error = math.sqrt(np.mean((levels - expected) ** 2))
    return Scores(error, float(np.mean(densities)), float(np.mean(abs(errors) < 1.96)))


class Step(NamedTuple):
    """The parameters' logarithms after a step of the optimiser, their log-likelihood, and that of the months ahead."""

    logs: np.ndarray
    log_likelihood: float
    scores: Scores


def learn(data: Data, iterations: int) -> list[Step]:
    """Find the most likely parameters; SciPy sees NumPy arrays, whatever device the work is done on."""
    device = data.train.times.device

    def objective(logs: Tensor) -> Tensor:
        return -log_likelihood(logs.to(device), data.train).to("cpu")  # the gradient travels back through both moves

    def note(intermediate_result: OptimizeResult) -> None:
        logs, loss = np.array(intermediate_result.x), float(intermediate_result.fun)
        ahead = forecast(Tensor(logs, device=device), data.train, data.held_out.times)
        scores = judge(*(x.numpy() for x in (data.held_out.levels, ahead.level, ahead.deviation)))
        steps.append(Step(logs, -loss, scores))
        progress.update(bar, completed=len(steps) - 1, likelihood=-loss, error=scores.error)

    numbers = TextColumn("log-likelihood {task.fields[likelihood]:.1f}   held-out error {task.fields[error]:.2f} ppm")
    steps: list[Step] = []
    start = np.log(list(START.values()))
    both = ag.value_and_grad(objective)
    with Progress(TextColumn("step"), MofNCompleteColumn(), BarColumn(), numbers, TimeElapsedColumn()) as progress:
        bar = progress.add_task("", total=iterations, likelihood=math.nan, error=math.nan)
        note(OptimizeResult(x=start, fun=both(start)[0]))
        minimize(both, start, jac=True, method="L-BFGS-B", callback=note, options={"maxiter": iterations})
        progress.update(bar, total=len(steps) - 1)
    return steps


class Rival(NamedTuple):
    """A forecast to beat, with the standard deviation of each month."""

    level: np.ndarray
    deviation: np.ndarray
    scores: Scores


def baseline(data: Data) -> Rival:
    """Forecast the held-out months by least squares: a cubic trend, a yearly cycle, and one deviation."""
    (times, levels), (ahead, truth) = [[x.numpy() for x in series] for series in (data.train, data.held_out)]
    middle, span = times.mean(), np.ptp(times)

    def features(t: np.ndarray) -> np.ndarray:
        turns = [2 * math.pi * n * t for n in range(1, HARMONICS + 1)]
        return np.stack([*(((t - middle) / span) ** n for n in range(4)), *map(np.sin, turns), *map(np.cos, turns)], -1)

    weights, (squares,), *_ = np.linalg.lstsq(features(times), levels)
    level = features(ahead) @ weights
    deviation = np.full(level.shape, math.sqrt(squares / (len(times) - len(weights))))
    return Rival(level, deviation, judge(truth, level, deviation))


# --- the picture ------------------------------------------------------------------------------------------------------


def draw(data: Data, steps: list[Step], rival: Rival, path: Path) -> None:
    """Draw the forecast over the record, how it was learned, how wrong it is, and the yearly cycle that it found."""
    logs = Tensor(steps[-1].logs, device=data.train.times.device)
    figure = Figure(figsize=(11, 7), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.25, 1), hspace=0.03)
    draw_record(top.subplots(), data, logs)
    left, middle, right = bottom.subplots(1, 3, width_ratios=(1, 1.35, 1))
    draw_learning(left, data, steps, rival.scores)
    draw_errors(middle, data, logs, steps[-1].scores, rival)
    draw_cycle(right, data, logs)
    for axis in figure.axes:
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)


def draw_record(axis: Axes, data: Data, logs: Tensor) -> None:
    """Draw what was measured, and the forecast with its band."""
    times = data.held_out.times.numpy()
    ahead = forecast(logs, data.train, data.held_out.times)
    level, margin = ahead.level.numpy() + data.average, 1.96 * ahead.deviation.numpy()
    axis.plot(data.train.times.numpy(), data.train.levels.numpy() + data.average, color=GREY, label="learned from")
    axis.fill_between(times, level - margin, level + margin, color=ORANGE, alpha=0.25, linewidth=0, label="95 % band")
    axis.plot(times, level, color=ORANGE, label="forecast")
    axis.plot(times, data.held_out.levels.numpy() + data.average, ".", color=BLUE, markersize=4, label="held out")
    axis.axvline(SPLIT, color=PALE, zorder=0)
    title = f"Carbon dioxide at Mauna Loa, and its forecast from what was measured before {SPLIT}"
    axis.set(ylabel="CO$_2$ (ppm)", title=title)
    axis.margins(x=0.01)
    axis.legend(frameon=False, loc="upper left")


def draw_learning(axis: Axes, data: Data, steps: list[Step], rival: Scores) -> None:
    """Draw how the likelihood rises, of the months to learn from and of those held out."""
    months = len(data.train.times)
    axis.plot([step.log_likelihood / months for step in steps], color=BLUE, label="learned from")
    axis.plot([step.scores.log_likelihood for step in steps], color=ORANGE, label="held out")
    axis.axhline(rival.log_likelihood, color=GREY, linestyle="--", label="held out, cubic + cycle")
    axis.set(xlabel="step of L-BFGS", title="Log-likelihood of a month")
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(frameon=False, fontsize="small", loc="center right", bbox_to_anchor=(1, 0.68))


def draw_errors(axis: Axes, data: Data, logs: Tensor, scores: Scores, rival: Rival) -> None:
    """Draw by how much the forecasts miss, the process's and the baseline's, each with its 95 % band."""
    times, levels = data.held_out.times.numpy(), data.held_out.levels.numpy()
    ahead = forecast(logs, data.train, data.held_out.times)
    ours = ahead.level.numpy(), ahead.deviation.numpy(), scores
    drawn = (ours, ORANGE, "Gaussian process"), (rival, GREY, "cubic + cycle")
    for (expected, deviation, judged), colour, name in drawn:
        label = f"{name}: {judged.error:.2f} ppm, {100 * judged.covered:.0f} % in the band"
        axis.plot(times, levels - expected, color=colour, linewidth=1, label=label)
        axis.fill_between(times, -1.96 * deviation, 1.96 * deviation, color=colour, alpha=0.2, linewidth=0)
    axis.set(title="Measured less forecast (ppm)")
    axis.legend(frameon=False, loc="upper left", fontsize="small")


def draw_cycle(axis: Axes, data: Data, logs: Tensor) -> None:
    """Draw the yearly cycle as it was at the start of the record, and as it is expected at its end."""
    first, last = int(data.train.times[0].item()), int(data.held_out.times[-1].item())
    months = np.linspace(0, 1, 100)
    for year, colour in ((first, BLUE), (last, ORANGE)):
        _, cycle, _ = forecast(logs, data.train, Tensor(year + months, device=logs.device)).parts
        axis.plot(12 * months, cycle.numpy(), color=colour, label=f"{year}")
    axis.set(title="Yearly cycle (ppm)", xticks=np.arange(12) + 0.5, xticklabels="JFMAMJJASOND")
    axis.tick_params(axis="x", length=0)
    axis.legend(frameon=False)


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Learn, report, draw."""
    options = read_options()
    data = load(options.since, options.device)
    start = time.perf_counter()
    steps = learn(data, options.iterations)
    seconds = time.perf_counter() - start
    rival = baseline(data)
    draw(data, steps, rival, options.out)
    for name, scores in (("Gaussian process", steps[-1].scores), ("cubic with a yearly cycle", rival.scores)):
        print(
            f"{name}: held-out error {scores.error:.2f} ppm, log-likelihood {scores.log_likelihood:.2f} a month, "
            f"{scores.covered:.0%} of the months in the 95 % band"
        )
    before, after = steps[0].log_likelihood, steps[-1].log_likelihood
    print(
        f"log-likelihood {before:.1f} before learning, {after:.1f} after {len(steps) - 1} steps, {seconds:.1f} s on "
        f"{options.device}; picture: {options.out}"
    )


def read_options() -> argparse.Namespace:
    """Read the options of the command, and refuse those that cannot work."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], usage="%(prog)s [options]")
    parser.add_argument("--device", default="auto", help="cpu, cuda, torch:cpu, ... (default auto)")
    parser.add_argument("--since", type=int, default=1959, help="the first year to learn from (default 1959)")
    parser.add_argument("--iterations", type=int, default=100, help="the most steps of L-BFGS (default 100)")
    parser.add_argument(
        "--out", type=Path, default="gaussian_process.png", help="the picture to write (default %(default)s)"
    )
    options = parser.parse_args()
    try:
        with ag.device(options.device) as options.device:
            dtype = ag.asarray(1.0).dtype
    except (ImportError, RuntimeError, ValueError) as error:
        parser.error(f"argument --device: {error}")
    if dtype != ag.float64:
        parser.error(f"argument --device: {options.device} computes in {dtype}, too coarse here; set JAX_ENABLE_X64=1")
    if not 1959 <= options.since <= 1975:
        parser.error(f"argument --since: must be a year from 1959 to 1975, given {options.since}")
    if options.iterations < 1:
        parser.error(f"argument --iterations: must be at least 1, given {options.iterations}")
    if options.out.suffix not in (".png", ".pdf", ".svg") or not options.out.parent.is_dir():
        parser.error(f"argument --out: must be a .png, .pdf or .svg in a folder that exists, given {options.out}")
    return options


if __name__ == "__main__":
    main()
