"""Hares and lynxes: fit the equations of predator and prey to 21 years of furs, by derivatives through the solver.

The Hudson's Bay Company counted the pelts that came in: when hares are many, lynxes thrive, and then hares become few.
The equations of Lotka and Volterra say so with four rates. SciPy's least squares finds these and the first numbers of
both, with the Jacobian by anygrad through a Runge-Kutta solver; the Hessian then tells how well they are known. The
same code runs on every device that anygrad knows::

    python examples/lotka_volterra.py
    python examples/lotka_volterra.py --device cuda
    python examples/lotka_volterra.py --device torch:cpu --steps 4 --draws 50 --out some.png
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
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from scipy.optimize import least_squares
except ImportError as error:
    raise SystemExit(f"lotka_volterra: {error.name} is not installed; run: pip install '.[examples]'") from None

# Thousands of pelts, in the years from 1900: C. G. Hewitt, The Conservation of the Wild Life of Canada, 1921, after the
# books of the Hudson's Bay Company; see C. Elton and M. Nicholson, Journal of Animal Ecology 11, 1942.
FIRST_YEAR = 1900
HARES = (
    *(30.0, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22.0, 25.4, 27.1),
    *(40.3, 57.0, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6, 16.2, 24.7),
)
LYNXES = (
    *(4.0, 6.1, 9.8, 35.2, 59.4, 41.7, 19.0, 13.0, 8.3, 9.1, 7.4),
    *(8.0, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1, 8.6),
)
YEARS = len(HARES) - 1
AHEAD = 10
START = {
    "births of hares": 1.0,  # a year
    "hares lost to a lynx": 0.05,  # a year and thousand lynxes
    "deaths of lynxes": 1.0,  # a year
    "lynxes fed by a hare": 0.05,  # a year and thousand hares
    "hares in 1900": HARES[0],  # thousands
    "lynxes in 1900": LYNXES[0],
}
BLUE, ORANGE, GREY, PALE = "#0072b2", "#d98200", "#555555", "#cccccc"


# --- the equations ----------------------------------------------------------------------------------------------------


def slope(state: Tensor, rates: Tensor) -> Tensor:
    """Compute how fast the logarithms of both numbers change; the numbers themselves can then never be negative."""
    births, lost, deaths, fed = ag.unstack(rates)
    hares, lynxes = ag.unstack(ag.exp(state))
    return ag.stack([births - lost * lynxes, fed * hares - deaths])


def solve(logs: Tensor, years: int, steps: int) -> Tensor:
    """Follow the numbers for some years by the Runge-Kutta method of order four.

    Args:
        logs: the logarithms of the parameters, in the order of ``START``.
        years: how long.
        steps: how many steps to take in a year.

    Returns:
        The logarithms of both numbers at the start and after each step, an array (1 + years * steps, 2).
    """
    rates, start, size = ag.exp(logs[:4]), logs[4:], 1 / steps

    def step(state: Tensor, _: None) -> tuple[Tensor, Tensor]:
        first = slope(state, rates)
        second = slope(state + size / 2 * first, rates)
        third = slope(state + size / 2 * second, rates)
        fourth = slope(state + size * third, rates)
        state = state + size / 6 * (first + 2 * second + 2 * third + fourth)
        return state, state

    _, states = ag.scan(step, start, length=years * steps)
    return ag.concat([start[None, :], states])


# --- the fit ----------------------------------------------------------------------------------------------------------


class Fit(NamedTuple):
    """The parameters' logarithms and the loss at each step; the deviation of a count; the last logs' covariance."""

    path: list[np.ndarray]
    losses: list[float]
    deviation: float
    covariance: np.ndarray

    @property
    def intervals(self) -> np.ndarray:
        """The estimates, and the ends of the intervals that hold the parameters with 95 % probability: (3, 6)."""
        margins = 1.96 * np.sqrt(np.diag(self.covariance))
        return np.exp(self.path[-1] + np.outer([0, -1, 1], margins))


def fit(device: str, steps: int) -> Fit:
    """Find the likeliest parameters, if each count is off by a random factor; SciPy sees NumPy arrays throughout."""
    counts = ag.log(Tensor(np.array([HARES, LYNXES]).T, device=device))
    path, losses = [], []

    def residuals(logs: Tensor) -> Tensor:
        """Compute log(expected / counted), on a device; derivatives travel through both moves."""
        expected = solve(ag.asarray(logs, device=device), YEARS, steps)[::steps, ...]
        return ag.reshape(expected - counts, (-1,)).to("cpu")

    def values(logs: np.ndarray) -> np.ndarray:
        return residuals(logs).numpy()

    def jacobian(logs: np.ndarray) -> np.ndarray:
        """Give the derivatives; least squares wants them once in each step."""
        path.append(logs.copy())
        losses.append(float(np.sum(values(logs) ** 2)))
        progress.update(bar, advance=1, loss=losses[-1])
        return ag.jacfwd(residuals)(logs)

    columns = TextColumn("step {task.completed}"), BarColumn(), TextColumn("loss {task.fields[loss]:.3f}")
    with Progress(*columns, TimeElapsedColumn()) as progress:
        bar = progress.add_task("", total=None, loss=math.nan)
        found = least_squares(values, np.log(list(START.values())), jacobian).x
        squares = float(np.sum(values(found) ** 2))
        variance = squares / (2 * len(HARES) - len(found))
        curvature = ag.hessian(lambda logs: ag.sum(residuals(logs) ** 2) / 2)(found)
        progress.update(bar, total=len(path), completed=len(path))
    return Fit([*path, found], [*losses, squares], math.sqrt(variance), variance * np.linalg.inv(curvature))


# --- what it means ----------------------------------------------------------------------------------------------------


def follow(logs: np.ndarray, steps: int, device: str) -> np.ndarray:
    """Give the numbers over time, also after the last count, for each row of parameters at once: (rows, times, 2)."""
    solve_all = ag.vmap(lambda one: ag.exp(solve(one, YEARS + AHEAD, steps)))
    return solve_all(Tensor(logs, device=device)).numpy()


def plausible(found: Fit, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the logarithms of parameters that are about as likely as the best ones: (draws, 6)."""
    return found.path[-1] + rng.normal(size=(draws, len(START))) @ np.linalg.cholesky(found.covariance).T


# --- the picture ------------------------------------------------------------------------------------------------------


def draw(found: Fit, orbits: np.ndarray, bands: np.ndarray, path: Path) -> None:
    """Draw the furs and the fit over time, the way of the fit in the plane of both numbers, and the parameters."""
    figure = Figure(figsize=(11, 6.8), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.2), hspace=0.03)
    draw_time(top.subplots(), orbits[-1], bands)
    left, middle, right = bottom.subplots(1, 3, width_ratios=(1.15, 0.8, 1))
    draw_plane(left, orbits)
    draw_losses(middle, found.losses)
    draw_parameters(right, found)
    for axis in figure.axes:
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)


def draw_time(axis: Axes, orbit: np.ndarray, bands: np.ndarray) -> None:
    """Draw what was counted, what was fitted, and the years after, with bands that hold 95 % of what is plausible."""
    times = FIRST_YEAR + np.linspace(0, YEARS + AHEAD, len(orbit))
    years = FIRST_YEAR + np.arange(YEARS + 1)
    low, high = np.quantile(bands, (0.025, 0.975), axis=0)
    for i, (counted, colour, name) in enumerate(((HARES, BLUE, "hares"), (LYNXES, ORANGE, "lynxes"))):
        axis.fill_between(times, low[:, i], high[:, i], color=colour, alpha=0.2, linewidth=0)
        axis.plot(times, orbit[:, i], color=colour, label=f"{name}: fitted, with 95 % band")
        axis.plot(years, counted, "o", color=colour, markersize=5, label=f"{name}: counted")
    axis.axvline(FIRST_YEAR + YEARS, color=PALE, zorder=0)
    axis.margins(x=0.01)
    title = "Furs of the Hudson's Bay Company, predator and prey fitted to them, and the years after"
    axis.set(ylabel="pelts (thousands)", ylim=(0, 105), title=title)
    axis.legend(frameon=False, ncols=4, loc="upper center")


def draw_plane(axis: Axes, orbits: np.ndarray) -> None:
    """Draw the two numbers against each other, at each step of the fit; the last one in orange."""
    shades = LinearSegmentedColormap.from_list("steps", [PALE, GREY])
    for i, orbit in enumerate(orbits[:-1]):
        axis.plot(*orbit.T, color=shades(i / len(orbits)), linewidth=0.8)
    axis.plot(*orbits[-1].T, color=ORANGE, linewidth=2)
    axis.plot(HARES, LYNXES, "o:", color=BLUE, markersize=4, linewidth=0.8)
    axis.set(
        xlim=(0, 85), ylim=(0, 65), xlabel="hares", ylabel="lynxes", title="Each step of the fit, the last in orange"
    )


def draw_losses(axis: Axes, losses: list[float]) -> None:
    """Draw how the squares get less."""
    axis.semilogy(losses, ".-", color=BLUE)
    axis.set_yticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    axis.set_yticks([], minor=True)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.set(xlabel="step", title="Squares of log(fitted / counted)")


def draw_parameters(axis: Axes, found: Fit) -> None:
    """Draw how well each parameter is known: the interval that holds it with 95 % probability, beside its estimate."""
    rows = np.arange(len(START))[::-1]
    estimate, low, high = found.intervals
    axis.hlines(rows, low / estimate, high / estimate, color=BLUE, linewidth=3)
    axis.plot(np.ones(len(rows)), rows, "o", color="white", markeredgecolor=BLUE)
    for row, name, value in zip(rows, START, estimate, strict=True):
        axis.text(1, row + 0.2, f"{name}: {value:#.3g}", ha="center", fontsize="small")
    axis.set(
        yticks=[], ylim=(-0.4, len(rows) - 0.4), title="Parameters: 95 % intervals", xlabel="ratio to the estimate"
    )


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Fit, report, draw."""
    options = read_options()
    start = time.perf_counter()
    found = fit(options.device, options.steps)
    seconds = time.perf_counter() - start
    others = plausible(found, options.draws, np.random.default_rng(options.seed))
    orbits, bands = (follow(logs, options.steps, options.device) for logs in (np.stack(found.path), others))
    draw(found, orbits, bands, options.out)
    known = zip(START, *found.intervals, strict=True)
    print(", ".join(f"{name} {value:#.3g} ({low:#.3g} to {high:#.3g})" for name, value, low, high in known))
    spread = np.log([HARES, LYNXES]).std(axis=1)
    print(
        f"a count is off by a factor of {math.exp(found.deviation):.2f}, from the averages by "
        f"{math.exp(math.sqrt(np.mean(spread**2))):.2f}; {len(found.losses) - 1} steps, {seconds:.1f} s on "
        f"{options.device}; picture: {options.out}"
    )


def read_options() -> argparse.Namespace:
    """Read the options of the command, and refuse those that cannot work."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], usage="%(prog)s [options]")
    parser.add_argument("--device", default="auto", help="cpu, cuda, torch:cpu, ... (default auto)")
    parser.add_argument("--steps", type=int, default=5, help="steps of the solver in a year (default 5)")
    parser.add_argument("--draws", type=int, default=300, help="plausible futures in the bands (default 300)")
    parser.add_argument("--seed", type=int, default=0, help="of the bands (default 0)")
    parser.add_argument(
        "--out", type=Path, default="lotka_volterra.png", help="the picture to write (default %(default)s)"
    )
    options = parser.parse_args()
    try:
        with ag.device(options.device) as options.device:
            pass
    except (ImportError, RuntimeError, ValueError) as error:
        parser.error(f"argument --device: {error}")
    for name, lowest in (("steps", 1), ("draws", 20), ("seed", 0)):
        if getattr(options, name) < lowest:
            parser.error(f"argument --{name}: must be at least {lowest}, given {getattr(options, name)}")
    if options.out.suffix not in (".png", ".pdf", ".svg") or not options.out.parent.is_dir():
        parser.error(f"argument --out: must be a .png, .pdf or .svg in a folder that exists, given {options.out}")
    return options


if __name__ == "__main__":
    main()
