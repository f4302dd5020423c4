"""Diagnose breast cancer, and know how sure to be: Bayesian logistic regression by Hamiltonian Monte Carlo.

scikit-learn's 569 tumours, each described by 30 measurements of its cells, are split: two thirds to learn from, one
third held out. Several chains draw coefficients from the posterior distribution; one call of a gradient under ``vmap``
moves all of them at once. The same code runs on every device that anygrad knows::

    python examples/hamiltonian_monte_carlo.py
    python examples/hamiltonian_monte_carlo.py --device cuda --chains 64
    python examples/hamiltonian_monte_carlo.py --device torch:cpu --draws 200 --out some.png
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

import anygrad as ag
from anygrad import Tensor

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import train_test_split
except ImportError as error:
    name = "hamiltonian_monte_carlo"
    raise SystemExit(f"{name}: {error.name} is not installed; run: pip install '.[examples]'") from None

PRIOR = 1.0  # the standard deviation of a coefficient before anything is measured
LONGEST = 6  # steps of a trajectory
ACCEPTANCE = 0.8  # of proposals
SHOWN = 100  # draws
BLUE, ORANGE, RED, GREY, PALE = "#0072b2", "#d98200", "#c8102e", "#555555", "#cccccc"
CHAINS = BLUE, ORANGE, "#009e73", "#cc79a7"


# --- the data and the model -------------------------------------------------------------------------------------------


class Tumours(NamedTuple):
    """Measurements as rows, in standard deviations from the average, with a last column of ones; 1 is malignant."""

    features: Tensor
    malignant: Tensor


class Data(NamedTuple):
    """The tumours to learn from, those held out, and what was measured."""

    train: Tumours
    held_out: Tumours
    names: list[str]


def load(device: str) -> Data:
    """Put the tumours on a device, always split the same way."""
    found = load_breast_cancer()
    split = train_test_split(found.data, 1.0 - found.target, test_size=1 / 3, stratify=found.target, random_state=0)
    features, held_out, malignant, held_out_malignant = split
    average, spread = features.mean(axis=0), features.std(axis=0)
    parts = []
    for x, y in ((features, malignant), (held_out, held_out_malignant)):
        columns = np.column_stack([(x - average) / spread, np.ones(len(x))])
        parts.append(Tumours(Tensor(columns, device=device), Tensor(y, device=device)))
    return Data(*parts, [*map(str, found.feature_names), "constant"])


def energy(coefficients: Tensor, tumours: Tumours) -> Tensor:
    """Compute -log(posterior density), up to a constant: logistic likelihood, and normal priors of the coefficients."""
    scores = tumours.features @ coefficients
    likelihood = tumours.malignant * scores - ag.special.softplus(scores)
    return ag.sum(coefficients**2) / (2 * PRIOR**2) - ag.sum(likelihood)


class Peak(NamedTuple):
    """The likeliest coefficients, and a matrix that turns independent normal numbers into deviations from them."""

    coefficients: Tensor
    spread: Tensor


def find_peak(tumours: Tumours, steps: int = 10) -> Peak:
    """Climb to the peak of the posterior by Newton's method, and take its curvature there."""
    coefficients = ag.zeros_like(tumours.features[0, ...])
    for _ in range(steps):
        step = ag.linalg.solve(ag.hessian(energy)(coefficients, tumours), ag.grad(energy)(coefficients, tumours))
        coefficients = coefficients - step
    root = ag.linalg.cholesky(ag.hessian(energy)(coefficients, tumours))
    return Peak(coefficients, ag.linalg.inv(root).mT)


# --- Hamiltonian Monte Carlo ------------------------------------------------------------------------------------------

Surface = Callable[[Tensor], tuple[Tensor, Tensor]]


class State(NamedTuple):
    """Where the chains are (a row each), how high, and how steep it is there."""

    position: Tensor
    height: Tensor
    slope: Tensor


def leapfrog(surface: Surface, state: State, momentum: Tensor, step: float, count: int) -> tuple[State, Tensor]:
    """Let the chains slide over the surface for some steps of time; energy is kept but for the steps' error."""
    position, height, slope = state
    for _ in range(count):
        momentum = momentum - step / 2 * slope
        position = position + step * momentum
        height, slope = surface(position)
        momentum = momentum - step / 2 * slope
    return State(position, height, slope), momentum


def choose(threshold: Tensor, state: State, momentum: Tensor, proposal: State, end: Tensor) -> tuple[State, Tensor]:
    """Move each chain to what is proposed, or not, and give the probability with which each was to be moved."""
    lost = state.height - proposal.height + ag.sum(momentum**2 - end**2, axis=-1) / 2
    probability = ag.where(ag.isfinite(lost), ag.exp(ag.minimum(lost, 0.0)), 0.0)
    moves = threshold < probability
    rows = moves[:, None]
    position = ag.where(rows, proposal.position, state.position)
    slope = ag.where(rows, proposal.slope, state.slope)
    return State(position, ag.where(moves, proposal.height, state.height), slope), probability


class StepSize:
    """A step that is tuned, by dual averaging, until proposals are accepted as often as they should."""

    def __init__(self, first: float) -> None:
        self.step = first
        self.centre, self.error, self.average, self.count = math.log(10 * first), 0.0, 0.0, 0

    def learn(self, acceptance: float) -> None:
        """Adapt to how often proposals with the present step were accepted."""
        self.count += 1
        self.error += (ACCEPTANCE - acceptance - self.error) / (self.count + 10)
        log_step = self.centre - self.error * math.sqrt(self.count) / 0.05
        self.average += self.count**-0.75 * (log_step - self.average)
        self.step = math.exp(log_step)

    def settle(self) -> None:
        """Keep the average from now on."""
        self.step = math.exp(self.average)


class Run(NamedTuple):
    """Coefficients drawn, an array (draws, chains, coefficients); how often the chains moved, and at which step."""

    draws: Tensor
    acceptance: float
    step: float


def sample(data: Data, chains: int, draws: int, rng: np.random.Generator) -> Run:
    """Draw from the posterior, after half as many draws that tune the step and are not used."""
    device = data.train.features.device
    peak = find_peak(data.train)
    warm_up, size = draws // 2, len(data.names)

    def surface_of_one(position: Tensor) -> Tensor:
        return energy(peak.coefficients + peak.spread @ position, data.train)

    surface = ag.vmap(ag.value_and_grad(surface_of_one))  # one call for all chains
    numbers = rng.normal(size=(warm_up + draws, chains, size)), rng.random(size=(warm_up + draws, chains))
    momenta, thresholds = (Tensor(array, device=device) for array in numbers)
    lengths = rng.integers(1, LONGEST + 1, size=warm_up + draws)  # trajectories of one length could come full circle
    position = Tensor(3 * rng.normal(size=(chains, size)), device=device)  # further apart than the posterior is wide
    state = State(position, *surface(position))
    step, found, accepted = StepSize(0.1), [], 0.0
    columns = TextColumn("draw"), MofNCompleteColumn(), BarColumn(), TextColumn("step {task.fields[step]:.3f}")
    with Progress(*columns, TimeElapsedColumn()) as progress:
        bar = progress.add_task("", total=len(lengths), step=math.nan)
        for i, count in enumerate(lengths):
            proposal, end = leapfrog(surface, state, momenta[i, ...], step.step, int(count))
            state, probability = choose(thresholds[i, ...], state, momenta[i, ...], proposal, end)
            acceptance = ag.mean(probability).item()
            if i < warm_up:
                step.learn(acceptance)
            else:
                accepted += acceptance / draws
                found.append(state.position)
            if i == warm_up - 1:
                step.settle()
            progress.update(bar, advance=1, step=step.step)
    coefficients = peak.coefficients + ag.stack(found) @ peak.spread.mT
    return Run(coefficients, accepted, step.step)


# --- diagnostics ------------------------------------------------------------------------------------------------------


def split_rhat(draws: np.ndarray) -> np.ndarray:
    """Compare the spread between half chains with that within; 1 if they agree. The array is (draws, chains, ...)."""
    half = len(draws) // 2
    parts = np.concatenate([draws[:half], draws[-half:]], axis=1)
    within = parts.var(axis=0, ddof=1).mean(axis=0)
    between = parts.mean(axis=0).var(axis=0, ddof=1)
    return np.sqrt((half - 1) / half + between / within)


def effective_size(draws: np.ndarray) -> np.ndarray:
    """Count the independent draws that would know the mean as well, from the chains' autocorrelation."""
    count, chains = draws.shape[:2]
    centred = draws - draws.mean(axis=0)
    powers = abs(np.fft.rfft(centred, n=2 * count, axis=0)) ** 2
    covariance = np.fft.irfft(powers, axis=0)[:count].mean(axis=1) / count
    within = draws.var(axis=0, ddof=1).mean(axis=0)
    total = (count - 1) / count * within + draws.mean(axis=0).var(axis=0, ddof=1)
    correlation = 1 - (within - covariance * count / (count - 1)) / total
    correlation[0] = 1
    pairs = correlation[: count // 2 * 2].reshape(count // 2, 2, -1).sum(axis=1)
    # Sums of neighbours are positive and fall; what comes after the first that is not is noise.
    pairs = np.minimum.accumulate(np.where(np.minimum.accumulate(pairs) > 0, pairs, 0))
    return chains * count / (2 * pairs.sum(axis=0) - 1)


class Prediction(NamedTuple):
    """The probability that each held-out tumour is malignant, by each draw and by all; and which ones are."""

    by_draw: np.ndarray
    probability: np.ndarray
    malignant: np.ndarray

    @property
    def accuracy(self) -> float:
        """The fraction of tumours whose kind is the more probable one."""
        return float(np.mean((self.probability > 0.5) == self.malignant))

    @property
    def log_loss(self) -> float:
        """The average of -log(probability of the right kind)."""
        return -float(np.mean(np.log(np.where(self.malignant, self.probability, 1 - self.probability))))


def predict(coefficients: Tensor, tumours: Tumours) -> Prediction:
    """Average over draws of coefficients, an array (..., coefficients)."""
    draws = ag.reshape(coefficients, (-1, coefficients.shape[-1]))
    by_draw = ag.special.expit(draws @ tumours.features.mT).numpy()
    return Prediction(by_draw, by_draw.mean(axis=0), tumours.malignant.numpy() == 1)


# --- the picture ------------------------------------------------------------------------------------------------------


def draw(data: Data, run: Run, prediction: Prediction, path: Path) -> None:
    """Draw the posterior of each coefficient, the chains, and what became of the held-out tumours."""
    draws = run.draws.numpy()
    figure = Figure(figsize=(11, 6.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.35), wspace=0.03)
    draw_coefficients(left.subplots(), draws, data.names)
    top, bottom = right.subfigures(2, 1, height_ratios=(1, 1.15), hspace=0.03)
    draw_chains(top.subplots(1, 2, sharey=True, width_ratios=(4, 1)), draws, data.names)
    axes = bottom.subplots(1, 2, width_ratios=(1.25, 1))
    draw_tumours(axes[0], prediction)
    draw_calibration(axes[1], prediction)
    for axis in figure.axes:
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=95)


def draw_coefficients(axis: Axes, draws: np.ndarray, names: list[str]) -> None:
    """Draw the median of each coefficient, and the intervals that hold it with 50 % and 95 % probability."""
    order = np.argsort(np.median(draws, axis=(0, 1)))
    low, lower, middle, upper, high = np.quantile(draws, (0.025, 0.25, 0.5, 0.75, 0.975), axis=(0, 1))[:, order]
    rows = np.arange(len(order))
    colours = np.where(low > 0, RED, np.where(high < 0, BLUE, GREY))
    axis.axvline(0, color=PALE, zorder=0)
    axis.hlines(rows, low, high, colors=colours, linewidth=1)
    axis.hlines(rows, lower, upper, colors=colours, linewidth=3.5)
    axis.scatter(middle, rows, color="white", edgecolors=colours, s=16, zorder=3)
    axis.set_yticks(rows, [names[i] for i in order], fontsize="small")
    axis.set(ylim=(-0.7, len(rows) - 0.3), xlabel="benign  ←  effect  →  malignant")
    axis.set_title("Coefficients: 50 % and 95 % intervals")


def draw_chains(axes: np.ndarray, draws: np.ndarray, names: list[str]) -> None:
    """Draw the way of some chains in the coefficient that they know least well, and how often each was where."""
    sizes = effective_size(draws)
    worst = np.argmin(sizes)
    left, right = axes
    bins = np.linspace(draws[..., worst].min(), draws[..., worst].max(), 25)
    for chain, colour in zip(draws[..., worst].T, CHAINS, strict=False):
        left.plot(chain[:SHOWN], color=colour, linewidth=0.7)
        right.hist(chain, bins, orientation="horizontal", histtype="step", color=colour)
    left.margins(x=0)
    left.set(xlabel="draw", title=f"Chains: {names[worst]}, worth {sizes[worst]:.0f} independent draws")
    right.set(title=f"$\\hat R$ = {split_rhat(draws)[worst]:.3f}", xlabel="all draws", xticks=[])


def draw_tumours(axis: Axes, prediction: Prediction) -> None:
    """Draw the held-out tumours by their probability, each with its 95 % interval, in the colour of what it is."""
    order = np.argsort(prediction.probability)
    low, high = np.quantile(prediction.by_draw, (0.025, 0.975), axis=0)[:, order]
    probability, malignant = prediction.probability[order], prediction.malignant[order]
    rank = np.arange(len(order))
    for kind, colour, name in ((malignant, RED, "malignant"), (~malignant, BLUE, "benign")):
        axis.vlines(rank[kind], low[kind], high[kind], colors=colour, linewidth=0.8, alpha=0.5)
        axis.plot(rank[kind], probability[kind], ".", color=colour, markersize=5, label=name)
    axis.axhline(0.5, color=PALE, zorder=0)
    wrong = np.sum((prediction.probability > 0.5) != prediction.malignant)
    axis.set(title=f"Held out: {wrong} of {len(order)} wrong", xlabel="tumours in order", ylabel="P(malignant)")
    axis.legend(frameon=False, loc="upper left")


def draw_calibration(axis: Axes, prediction: Prediction) -> None:
    """Draw how often tumours of about one probability are malignant, with a 95 % interval and their number."""
    groups = np.minimum((prediction.probability * 5).astype(int), 4)
    axis.plot([0, 1], [0, 1], color=PALE, zorder=0)
    for group in np.unique(groups):
        inside = groups == group
        count, hits = np.sum(inside), np.sum(prediction.malignant[inside])
        # Two more of each kind: an interval that is right for few tumours too.
        centre = (hits + 2) / (count + 4)
        margin = 1.96 * math.sqrt(centre * (1 - centre) / (count + 4))
        x = prediction.probability[inside].mean()
        axis.vlines(x, max(centre - margin, 0), min(centre + margin, 1), colors=ORANGE, linewidth=1.5)
        axis.plot(x, hits / count, "o", color=ORANGE)
        axis.text(x, 1.08, f"{count}", ha="center", fontsize="small", color=GREY)
    axis.set(title="Calibration", xlabel="predicted probability", ylabel="fraction malignant", ylim=(-0.05, 1.18))


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Sample, report, draw."""
    options = read_options()
    data = load(options.device)
    start = time.perf_counter()
    run = sample(data, options.chains, options.draws, np.random.default_rng(options.seed))
    seconds = time.perf_counter() - start
    prediction = predict(run.draws, data.held_out)
    draw(data, run, prediction, options.out)
    rhat, sizes = split_rhat(run.draws.numpy()), effective_size(run.draws.numpy())
    print(
        f"acceptance {run.acceptance:.2f} at step {run.step:.3f}, R-hat at most {rhat.max():.4f}, at least "
        f"{sizes.min():.0f} effective draws of {options.chains * options.draws}"
    )
    print(
        f"held-out accuracy {prediction.accuracy:.2%}, log-loss {prediction.log_loss:.4f}, after {seconds:.1f} s on "
        f"{options.device}; picture: {options.out}"
    )


def read_options() -> argparse.Namespace:
    """Read the options of the command, and refuse those that cannot work."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], usage="%(prog)s [options]")
    parser.add_argument("--device", default="auto", help="cpu, cuda, torch:cpu, ... (default auto)")
    parser.add_argument("--chains", type=int, default=4, help="how many chains run at once (default 4)")
    parser.add_argument("--draws", type=int, default=1000, help="draws to keep of each chain (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws, not of the split (default 0)")
    parser.add_argument(
        "--out", type=Path, default="hamiltonian_monte_carlo.png", help="the picture to write (default %(default)s)"
    )
    options = parser.parse_args()
    try:
        with ag.device(options.device) as options.device:
            pass
    except (ImportError, RuntimeError, ValueError) as error:
        parser.error(f"argument --device: {error}")
    for name, lowest in (("chains", 2), ("draws", 20), ("seed", 0)):
        if getattr(options, name) < lowest:
            parser.error(f"argument --{name}: must be at least {lowest}, given {getattr(options, name)}")
    if options.out.suffix not in (".png", ".pdf", ".svg") or not options.out.parent.is_dir():
        parser.error(f"argument --out: must be a .png, .pdf or .svg in a folder that exists, given {options.out}")
    return options


if __name__ == "__main__":
    main()
