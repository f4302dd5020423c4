"""Teach a fluid to write: find the push after which a round drop of dye flows into the shape of a letter.

The fluid lives on a square whose opposite edges meet. It cannot be compressed, so its vorticity alone says how it
flows: each step finds the velocity by FFT, and moves vorticity and dye along it (semi-Lagrangian: each cell takes what
lay where it came from). anygrad differentiates through the whole simulation, and SciPy's L-BFGS changes the vorticity
at the start until the dye at the end is the letter. The same code runs on every device that anygrad knows::

    python examples/fluid.py
    python examples/fluid.py --device cuda --size 128
    python examples/fluid.py --text ag --rounds 200 --out ag.png
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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.ticker import LogLocator, NullFormatter
    from matplotlib.transforms import Affine2D
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from scipy.optimize import OptimizeResult, minimize
except ImportError as error:
    raise SystemExit(f"fluid: {error.name} is not installed; run: pip install '.[examples]'") from None

STEPS = 24
KEPT_EVERY = 5  # about the square root of the steps: five states and the record of five steps are kept, not of all
FINEST = 0.04  # wave of the push, as a part of the square's side: shorter ones are damped away
WIDTH = 0.7  # of the letter
FRAMES = 6
BLUE, ORANGE, GREY, PALE = "#0072b2", "#d98200", "#555555", "#cccccc"
DYE = LinearSegmentedColormap.from_list("dye", ["white", "#9cc9e6", BLUE, "#00304d"])


# --- the fluid --------------------------------------------------------------------------------------------------------


class Fluid(NamedTuple):
    """What a step has to know, for squares of n x n cells: arrays on one device, in units of cells and steps."""

    cells: Tensor  # 2 x n x n: the row and the column of each cell
    to_flow: Tensor  # 2 x n x (n // 2 + 1): by what to multiply the spectrum of the vorticity for that of the velocity
    to_push: Tensor  # n x (n // 2 + 1): what is kept of each frequency, to make the push smooth


def new_fluid(size: int, device: str) -> Fluid:
    """Make the constants of a fluid."""
    down, right = 2 * math.pi * np.fft.fftfreq(size)[:, None], 2 * math.pi * np.fft.rfftfreq(size)[None, :]
    square = down**2 + right**2
    square[0, 0] = 1  # the mean of the vorticity, which moves nothing: both factors of the velocity are 0 there
    to_flow = np.stack([1j * right / square, -1j * down / square]) / STEPS
    to_push = size * np.exp(-square * (FINEST * size / (2 * math.pi)) ** 2)
    arrays = np.indices((size, size), dtype=float), to_flow, to_push
    return Fluid(*(Tensor(array, device=device) for array in arrays))


def step(fluid: Fluid, fields: Tensor) -> Tensor:
    """Move vorticity and dye (2 x n x n) by one step along the flow that the vorticity makes."""
    shape = fields.shape
    spin, _ = ag.unstack(fields)
    origin = fluid.cells - velocity(fluid, spin)
    corner = ag.floor(origin)
    down, right = ag.unstack(origin - corner)
    row, column = ag.unstack(ag.astype(corner, ag.int32))
    flat = ag.reshape(fields, (2, -1))

    def at(row: Tensor, column: Tensor) -> Tensor:
        cell = row % shape[1] * shape[2] + column % shape[2]
        return ag.reshape(ag.take(flat, ag.reshape(cell, (-1,)), axis=1), shape)

    above = (1 - right) * at(row, column) + right * at(row, column + 1)
    below = (1 - right) * at(row + 1, column) + right * at(row + 1, column + 1)
    return (1 - down) * above + down * below


def velocity(fluid: Fluid, spin: Tensor) -> Tensor:
    """Give the velocity that a vorticity makes, down and to the right (2 x n x n), in cells a step."""
    return ag.fft.irfftn(fluid.to_flow * ag.fft.rfftn(spin), s=spin.shape, axes=(1, 2))


def vorticity(fluid: Fluid, push: Tensor) -> Tensor:
    """Give the vorticity at the start: the push, which may be any n x n numbers, made smooth."""
    return ag.fft.irfftn(fluid.to_push * ag.fft.rfftn(push), s=push.shape, axes=(0, 1))


def simulate(fluid: Fluid, push: Tensor, drop: Tensor) -> tuple[Tensor, Tensor]:
    """Push, wait, and give the dye at the end and after each step."""

    def run(fields: Tensor, _: None) -> tuple[Tensor, Tensor]:
        fields = step(fluid, fields)
        return fields, ag.unstack(fields)[1]

    start = ag.stack([vorticity(fluid, push), drop])
    end, frames = ag.scan(run, start, length=STEPS, checkpoint_every=KEPT_EVERY)
    return ag.unstack(end)[1], frames


def mismatch(fluid: Fluid, push: Tensor, drop: Tensor, letter: Tensor) -> Tensor:
    """Measure how far the dye ends from the letter: the squared difference, as a part of the letter's square."""
    end, _ = simulate(fluid, push, drop)
    return ag.sum((end - letter) ** 2) / ag.sum(letter**2)


# --- the drop and the letter ------------------------------------------------------------------------------------------


def draw_text(text: str, size: int) -> np.ndarray:
    """Draw some letters in the middle of n x n cells: 1 on a letter, 0 beside it, in between on its edge."""
    path = TextPath((0, 0), text, prop=FontProperties(weight="bold"))
    box = path.get_extents()
    middle = Affine2D().translate(-(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2)
    placed = middle.scale(WIDTH / max(box.width, box.height)).translate(0.5, 0.5)
    figure = Figure(figsize=(1, 1), dpi=4 * size)
    figure.add_artist(PathPatch(placed.transform_path(path), linewidth=0, facecolor="black"))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    red = np.asarray(canvas.buffer_rgba())[:, :, 0]
    return (1 - red / 255).reshape(size, 4, size, 4).mean(axis=(1, 3))


def round_drop(size: int, area: float) -> np.ndarray:
    """Draw a disc of some part of the square's area; a fluid that cannot be compressed keeps the area."""
    row, column = np.indices((size, size)) + 0.5 - size / 2
    return np.clip(size * math.sqrt(area / math.pi) - np.hypot(row, column) + 0.5, 0, 1)


# --- the search -------------------------------------------------------------------------------------------------------


def search(fluid: Fluid, drop: Tensor, letter: Tensor, rounds: int) -> tuple[Tensor, list[float]]:
    """Find the push by L-BFGS, with a progress bar; give it, and the mismatch before and after each round."""
    gradient = ag.value_and_grad(lambda push: mismatch(fluid, push, drop, letter))

    def on_device(numbers: np.ndarray) -> Tensor:
        return Tensor(numbers.reshape(letter.shape), dtype=letter.dtype, device=letter.device)

    def of_numbers(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = gradient(on_device(numbers))
        return value.item(), slope.numpy().astype(float).reshape(-1)

    still = np.zeros(drop.size)
    history = [of_numbers(still)[0]]
    columns = TextColumn("round"), MofNCompleteColumn(), BarColumn(), TextColumn("mismatch {task.fields[now]:.2%}")
    with Progress(*columns, TimeElapsedColumn()) as progress:
        bar = progress.add_task("", total=rounds, now=history[0])

        def after_round(intermediate_result: OptimizeResult) -> None:
            history.append(intermediate_result.fun)
            progress.update(bar, advance=1, now=history[-1])

        options = {"maxiter": rounds, "maxcor": 20}
        found = minimize(of_numbers, still, jac=True, method="L-BFGS-B", callback=after_round, options=options)
    return on_device(found.x), history


# --- the picture ------------------------------------------------------------------------------------------------------


class Show(NamedTuple):
    """What there is to see."""

    frames: np.ndarray  # the dye at the start and after each step
    spin: np.ndarray  # the vorticity at the start, and the velocity that it makes
    flow: np.ndarray
    letter: np.ndarray
    history: list[float]


def draw(show: Show, path: Path) -> None:
    """Draw the dye over time, and below the push, the letter and the search."""
    figure = Figure(figsize=(11, 5.4), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.45), hspace=0.03)
    shown = np.linspace(0, STEPS, FRAMES).round().astype(int)
    for axis, i in zip(top.subplots(1, FRAMES), shown, strict=True):
        draw_dye(axis, show.frames[i], {0: "the drop", STEPS: f"after {STEPS} steps"}.get(i, f"step {i}"))
    left, middle, right = bottom.subplots(1, 3, width_ratios=(1, 1, 1.6))
    draw_push(left, show.spin, show.flow)
    draw_dye(middle, show.frames[-1], "")
    middle.contour(show.letter, levels=[0.5], colors=ORANGE, linewidths=1.2)
    middle.set_title("the end, and the letter's outline", color=ORANGE, fontsize="medium")
    mismatch = 100 * np.array(show.history)
    right.plot(mismatch, color=BLUE)
    right.set(yscale="log", xlabel="round of L-BFGS", ylabel="mismatch (%)")
    right.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    right.yaxis.set_major_formatter("{x:g}")
    right.yaxis.set_minor_formatter(NullFormatter())
    right.set_title(f"the search: mismatch {mismatch[0]:.0f} % to {mismatch[-1]:.1f} %", fontsize="medium")
    right.grid(alpha=0.3)
    right.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def draw_dye(axis: Axes, dye: np.ndarray, title: str) -> None:
    """Draw how much dye is in each cell."""
    axis.imshow(dye, cmap=DYE, vmin=0, vmax=1)
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, color=GREY, fontsize="medium")
    axis.spines[:].set(color=PALE)


def draw_push(axis: Axes, spin: np.ndarray, flow: np.ndarray) -> None:
    """Draw the vorticity at the start in colours, and the velocity that it makes as arrows."""
    strongest = np.abs(spin).max()
    axis.imshow(spin, cmap="RdBu_r", vmin=-strongest, vmax=strongest, alpha=0.75)
    every = max(1, len(spin) // 20)
    at = np.arange(every // 2, len(spin), every)
    down, right = flow[:, at[:, None], at]
    axis.quiver(at, at, right, down, angles="xy", color=GREY, width=0.006)
    axis.set(xticks=[], yticks=[])
    axis.set_title("the push: flow, and where it turns", fontsize="medium", color=GREY)
    axis.spines[:].set(color=PALE)


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Read the options, search, report, draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], usage="%(prog)s [options]")
    parser.add_argument("--device", type=usable_device, default="auto", help="cpu, cuda, torch:cpu, ... (default auto)")
    parser.add_argument("--text", type=letters, default="∇", help="one to four letters to write (default ∇)")
    parser.add_argument("--size", type=at_least(16), default=80, help="cells on a side of the square (default 80)")
    parser.add_argument("--rounds", type=at_least(1), default=100, help="rounds of the search (default 100)")
    parser.add_argument("--out", type=picture, default="fluid.png", help="the picture to write (default fluid.png)")
    options = parser.parse_args()

    target = draw_text(options.text, options.size)
    letter = Tensor(target, device=options.device)
    drop = Tensor(round_drop(options.size, target.mean()), device=options.device)
    fluid = new_fluid(options.size, options.device)
    start = time.perf_counter()
    push, history = search(fluid, drop, letter, options.rounds)
    seconds = time.perf_counter() - start
    with ag.no_grad():
        frames = np.stack([drop.numpy(), *simulate(fluid, push, drop)[1].numpy()])
        spin = vorticity(fluid, push)
        show = Show(frames, spin.numpy(), velocity(fluid, spin).numpy(), target, history)
    draw(show, options.out)
    print(
        f"mismatch {history[0]:.2%} before, {history[-1]:.2%} after {len(history) - 1} rounds of {STEPS} steps each way"
        f" in {seconds:.1f} s on {options.device}; picture: {options.out}"
    )


def usable_device(name: str) -> str:
    """Give the full name of a device, if it works here."""
    try:
        with ag.device(name) as device:
            return device
    except (ImportError, RuntimeError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def letters(text: str) -> str:
    """Give a short text that leaves a mark."""
    if not (text.isprintable() and 1 <= len(text) <= 4 and text.strip()):
        raise argparse.ArgumentTypeError(f"must be one to four letters, given {text!r}")
    return text


def at_least(lowest: int) -> Callable[[str], int]:
    """Make a reader of whole numbers that are not too small."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < lowest:
            raise argparse.ArgumentTypeError(f"must be a whole number from {lowest} up, given {text!r}")
        return int(text)

    return read


def picture(name: str) -> Path:
    """Give the path of a picture, if it can be written there."""
    path = Path(name)
    if path.suffix not in (".png", ".pdf", ".svg") or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"must be a .png, .pdf or .svg in a folder that exists, given {name!r}")
    return path


if __name__ == "__main__":
    main()
