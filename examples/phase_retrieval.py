"""See without a lens: recover a picture, brightness and phase, from the magnitudes of a few Fourier transforms.

A detector far behind an object that light shines through measures the magnitude of the Fourier transform of what leaves
the object; the phase, in which most of the picture lies, is lost. A few masks of known random phases in front of the
object make up for it (coded diffraction patterns). The picture here has the brightness of one photograph of
scikit-learn's and the phase of another, and comes back by descent along complex gradients, up to the one phase that no
measurement can tell. The same code runs on every device that anygrad knows::

    python examples/phase_retrieval.py
    python examples/phase_retrieval.py --device cuda --size 400
    python examples/phase_retrieval.py --masks 4 --steps 200 --out four.png
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

import anygrad as ag
from anygrad import Tensor

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from sklearn.datasets import load_sample_image
except ImportError as error:
    raise SystemExit(f"phase_retrieval: {error.name} is not installed; run: pip install '.[examples]'") from None

POWER_STEPS = 50
STRONGEST = 0.2  # the part of the measurements that the first guess trusts
RATE, MOMENTUM = 0.5, 0.8
DARKEST = 0.2  # where no light comes through, no measurement tells the phase
EARLY = 8  # the step after which the picture is shown on its way
CORNER = slice(0, 48)  # the part of a measurement that is shown
BLUE, GREY, PALE = "#0072b2", "#555555", "#cccccc"


# --- the object -------------------------------------------------------------------------------------------------------


def photograph(name: str, size: int) -> np.ndarray:
    """Average a photograph that scikit-learn brings, in grey from 0 to 1, over size x size pieces of its middle."""
    grey = load_sample_image(name).mean(axis=-1) / 255
    height, width = grey.shape
    grey = grey[:, (width - height) // 2 :][:, :height]
    edges = np.linspace(0, height, size + 1).round().astype(int)
    sums = np.add.reduceat(np.add.reduceat(grey, edges[:-1], axis=0), edges[:-1], axis=1)
    return sums / np.outer(np.diff(edges), np.diff(edges))


def new_object(size: int) -> np.ndarray:
    """Make a complex picture: a temple's brightness, and a flower's as the phase, from minus to plus a quarter turn."""
    brightness = DARKEST + (1 - DARKEST) * photograph("china.jpg", size)
    return brightness * np.exp(1j * np.pi * (photograph("flower.jpg", size) - 0.5))


def new_masks(count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Make masks that turn the phase of each pixel by none to three quarters of a turn."""
    return 1j ** rng.integers(4, size=(count, size, size))


# --- what is measured -------------------------------------------------------------------------------------------------


class Measured(NamedTuple):
    """The known masks and what the detector saw behind each of them (both masks x n x n)."""

    masks: Tensor
    magnitudes: Tensor


def diffract(image: Tensor, masks: Tensor) -> Tensor:
    """Send the light of a picture through each mask to the detector."""
    return ag.fft.fftn(masks * image, axes=(1, 2), norm="ortho")


def mismatch(image: Tensor, measured: Measured) -> Tensor:
    """Add up the squared differences between the magnitudes of a picture and the measured ones, for one mask."""
    count = measured.masks.shape[0]
    return ag.sum((ag.abs(diffract(image, measured.masks)) - measured.magnitudes) ** 2) / count


# --- the search -------------------------------------------------------------------------------------------------------


def first_guess(measured: Measured, rng: np.random.Generator) -> Tensor:
    """Find the picture that sends the largest part of its light to where the detector saw the most.

    That is an eigenvector, found by the power method: what multiplies by its matrix is the gradient of a square form.
    """
    count, *shape = measured.magnitudes.shape
    ordered = ag.sort(ag.reshape(measured.magnitudes, (-1,)))
    threshold = ordered[-max(1, int(STRONGEST * ordered.size))]
    trusted = ag.astype(measured.magnitudes >= threshold, ordered.dtype)
    multiply = ag.grad(lambda image: ag.sum(trusted * ag.abs(diffract(image, measured.masks)) ** 2))

    noise = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    image = Tensor(noise, dtype=measured.masks.dtype, device=measured.masks.device)
    for _ in range(POWER_STEPS):
        image = multiply(image)
        image = image / ag.sqrt(ag.sum(ag.abs(image) ** 2))
    return image * ag.sqrt(ag.sum(measured.magnitudes**2) / count)


def search(image: Tensor, measured: Measured, steps: int) -> Iterator[Tensor]:
    """Go down along the complex gradient, with momentum; give the picture before the first step and after each one."""
    gradient = ag.grad(mismatch)
    speed = ag.zeros_like(image)
    yield image
    for _ in range(steps):
        speed = MOMENTUM * speed - RATE * gradient(image + MOMENTUM * speed, measured)
        image = image + speed
        yield image


def aligned(image: Tensor, truth: Tensor) -> Tensor:
    """Turn the phase of a picture as a whole, which no measurement can tell, to that of the truth."""
    common = ag.sum(ag.conj(image) * truth)
    return image * (common / ag.abs(common))


def distance(image: Tensor, truth: Tensor) -> float:
    """Measure the relative error of a picture."""
    difference = aligned(image, truth) - truth
    return ag.sqrt(ag.sum(ag.abs(difference) ** 2) / ag.sum(ag.abs(truth) ** 2)).item()


def with_bar(steps: int, pictures: Iterator[Tensor], truth: Tensor) -> tuple[list[Tensor], list[float]]:
    """Give the first, an early and the last picture, and the errors of all, with a progress bar that shows them."""
    wanted = 0, min(EARLY, steps), steps
    kept, errors = {}, []
    columns = TextColumn("step"), MofNCompleteColumn(), BarColumn(), TextColumn("error {task.fields[now]:.1e}")
    with Progress(*columns, TimeElapsedColumn()) as progress:
        bar = progress.add_task("", total=steps, now=1.0)
        for step, image in enumerate(pictures):
            errors.append(distance(image, truth))
            progress.update(bar, completed=step, now=errors[-1])
            if step in wanted:
                kept[step] = aligned(image, truth)
    return [kept[step] for step in wanted], errors


# --- the picture ------------------------------------------------------------------------------------------------------


class Show(NamedTuple):
    """What there is to see."""

    truth: np.ndarray
    magnitudes: np.ndarray
    found: list[np.ndarray]
    errors: list[float]


def draw(show: Show, path: Path) -> None:
    """Draw the brightness (above) and the phase (below) of the truth and of what is found, and the error."""
    figure = Figure(figsize=(13.5, 4.7), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(3.3, 1), wspace=0.02)
    axes = left.subplots(2, 5)
    early = min(EARLY, len(show.errors) - 1)
    names = "first guess", f"after {early} steps", f"after {len(show.errors) - 1} steps"
    labels = [f"error {show.errors[step]:.2g}" for step in (0, early, -1)]
    shown = [("the object", show.truth, ""), *zip(names, show.found, labels, strict=True)]
    for column, (name, image, label) in zip(axes.T[[0, 2, 3, 4]], shown, strict=True):
        draw_image(column[0], np.abs(image), "gray", (0, 1))
        draw_image(column[1], np.angle(image), "twilight_shifted", (-np.pi, np.pi))
        column[0].set_title(name)
        column[1].set_xlabel(label, color=GREY)
    for axis, magnitudes in zip(axes[:, 1], show.magnitudes, strict=False):
        draw_image(axis, np.log10(magnitudes[CORNER, CORNER] + 1e-2), "gray", (-1.2, 1.2))
    axes[0, 1].set_title("what is measured")
    axes[1, 1].set_xlabel(f"2 of {len(show.magnitudes)} magnitudes (log)", color=GREY)
    axes[0, 0].set_ylabel("brightness")
    axes[1, 0].set_ylabel("phase")
    draw_errors(right.subplots(), show.errors)
    figure.savefig(path, dpi=104)


def draw_image(axis: Axes, image: np.ndarray, colours: str, limits: tuple[float, float]) -> None:
    """Draw one number for each pixel."""
    axis.imshow(image, cmap=colours, vmin=limits[0], vmax=limits[1], interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set(color=PALE)


def draw_errors(axis: Axes, errors: list[float]) -> None:
    """Draw the relative error over the steps."""
    axis.plot(errors, color=BLUE)
    axis.set(yscale="log", xlabel="step", title="Relative error")
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Read the options, measure, search, report, draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], usage="%(prog)s [options]")
    parser.add_argument("--device", type=usable_device, default="auto", help="cpu, cuda, torch:cpu, ... (default auto)")
    parser.add_argument("--size", type=between(16, 427), default=112, help="pixels on a side (default 112, up to 427)")
    parser.add_argument("--masks", type=between(2, 100), default=6, help="masks to measure with (default 6)")
    parser.add_argument("--steps", type=between(1, 10_000), default=100, help="steps of the descent (default 100)")
    parser.add_argument("--seed", type=between(0, 2**32), default=0, help="of the masks (default 0)")
    parser.add_argument("--out", type=picture, default="phase_retrieval.png", help="picture to write")
    options = parser.parse_args()

    rng = np.random.default_rng(options.seed)
    truth = Tensor(new_object(options.size), device=options.device)
    masks = Tensor(new_masks(options.masks, options.size, rng), device=options.device)
    measured = Measured(masks, ag.abs(diffract(truth, masks)))
    start = time.perf_counter()
    pictures = search(first_guess(measured, rng), measured, options.steps)
    found, errors = with_bar(options.steps, pictures, truth)
    seconds = time.perf_counter() - start
    show = Show(truth.numpy(), measured.magnitudes.numpy(), [image.numpy() for image in found], errors)
    draw(show, options.out)
    print(
        f"relative error {errors[0]:.1%} at the first guess, {errors[-1]:.1e} after {options.steps} steps "
        f"in {seconds:.1f} s on {options.device}; picture: {options.out}"
    )


def usable_device(name: str) -> str:
    """Give the full name of a device, if it works here."""
    try:
        with ag.device(name) as device:
            return device
    except (ImportError, RuntimeError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def between(lowest: int, highest: int) -> Callable[[str], int]:
    """Make a reader of whole numbers within limits."""

    def read(text: str) -> int:
        if not text.isdecimal() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"must be a whole number from {lowest} to {highest}, given {text!r}")
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
