"""Read handwritten digits: a small network, written with anygrad alone, on scikit-learn's 1,797 real 8 x 8 images.

Two thirds of the images, each also moved by one pixel in four directions, train a network with one hidden layer; the
last third is held out to judge it by. The same code runs on every device that anygrad knows::

    python examples/digits.py
    python examples/digits.py --device cuda
    python examples/digits.py --device torch:cpu --epochs 5 --out some.png
"""

from __future__ import annotations

import argparse
import math
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
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
except ImportError as error:
    raise SystemExit(f"digits: {error.name} is not installed; run: pip install '.[examples]'") from None

HIDDEN = 128
RATE = 0.01
MOVES = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
GRID = 6, 10
BLUE, ORANGE, RED, GREY, PALE = "#0072b2", "#d98200", "#c8102e", "#555555", "#cccccc"


# --- the data ---------------------------------------------------------------------------------------------------------


class Digits(NamedTuple):
    """Images as rows of 64 numbers from 0 to 1, and the digit that each one shows."""

    images: Tensor
    labels: Tensor


class Data(NamedTuple):
    """The training digits, the same with their moved copies, and the held-out third."""

    train: Digits
    moved: Digits
    held_out: Digits


def load(device: str) -> Data:
    """Put the digits on a device, always split the same way."""
    images, labels = load_digits(return_X_y=True)
    split = train_test_split(images / 16, labels, test_size=1 / 3, stratify=labels, random_state=0)
    images, held_out, labels, held_out_labels = split
    moved = np.concatenate([move(images, down, right) for down, right in MOVES])
    parts = (images, labels), (moved, np.tile(labels, len(MOVES))), (held_out, held_out_labels)
    return Data(*(Digits(Tensor(x, device=device), Tensor(y, device=device)) for x, y in parts))


def move(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move images by at most one pixel; what moves in is empty."""
    padded = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    return padded[:, 1 - down : 9 - down, 1 - right : 9 - right].reshape(-1, 64)


def batches(digits: Digits, size: int, rng: np.random.Generator) -> Iterator[Digits]:
    """Give the digits in random order, some at a time."""
    order = rng.permutation(len(digits.labels))
    for start in range(0, len(order), size):
        rows = Tensor(order[start : start + size], device=digits.images.device)
        yield Digits(ag.take(digits.images, rows, axis=0), ag.take(digits.labels, rows, axis=0))


# --- the network ------------------------------------------------------------------------------------------------------


def new_network(rng: np.random.Generator, device: str) -> list[Tensor]:
    """Make the weights and biases of two layers: the weights random, at the scale that keeps a signal's size."""
    weight1 = rng.normal(scale=math.sqrt(2 / 64), size=(64, HIDDEN))
    weight2 = rng.normal(scale=math.sqrt(1 / HIDDEN), size=(HIDDEN, 10))
    arrays = weight1, np.zeros(HIDDEN), weight2, np.zeros(10)
    return [Tensor(array, requires_grad=True, device=device) for array in arrays]


def predict(network: list[Tensor], images: Tensor) -> Tensor:
    """Score each image (a row) for each digit (a column); the highest score is the network's answer."""
    weight1, bias1, weight2, bias2 = network
    hidden = ag.maximum(images @ weight1 + bias1, 0.0)
    return hidden @ weight2 + bias2


def cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    """Average -log(probability of the right digit) over the images, probabilities being proportional to exp(scores)."""
    # Without its largest score a row cannot overflow in exp. The result is the same, so this step needs no gradient.
    scores = scores - ag.max(scores, axis=-1, keepdims=True).detach()
    log_total = ag.log(ag.sum(ag.exp(scores), axis=-1, keepdims=True))
    return ag.mean(log_total - ag.take_along_axis(scores, labels[:, None], axis=-1))


@ag.no_grad()
def adam(parameter: Tensor, mean: Tensor, square: Tensor, rate: float, step: int) -> None:
    """Move a parameter against its gradient, in units of the gradient's recent size, and forget the gradient."""
    mean += 0.1 * (parameter.grad - mean)
    square += 0.001 * (parameter.grad**2 - square)
    rate *= math.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    parameter -= rate * mean / (ag.sqrt(square) + 1e-8)
    parameter.zero_grad()


# --- training ---------------------------------------------------------------------------------------------------------


class Scores(NamedTuple):
    """How good a network is; the accuracy is the fraction of digits that it reads right."""

    train_loss: float
    train_accuracy: float
    held_out_loss: float
    held_out_accuracy: float


@ag.no_grad()
def judge(network: list[Tensor], data: Data) -> Scores:
    """Measure a network on the digits it learns from, and on those it never saw."""
    measured = []
    for digits in (data.train, data.held_out):
        scores = predict(network, digits.images)
        right = ag.count_nonzero(ag.argmax(scores, axis=-1) == digits.labels)
        measured += [cross_entropy(scores, digits.labels).item(), right.item() / len(digits.labels)]
    return Scores(*measured)


def train(network: list[Tensor], data: Data, epochs: int, batch: int, rng: np.random.Generator) -> Iterator[Scores]:
    """Train a network, and give its scores before the first epoch and after each one."""
    moments = [(ag.zeros_like(parameter), ag.zeros_like(parameter)) for parameter in network]
    steps = epochs * math.ceil(len(data.moved.labels) / batch)
    step = 0
    yield judge(network, data)
    for _ in range(epochs):
        for images, labels in batches(data.moved, batch, rng):
            cross_entropy(predict(network, images), labels).backward()
            rate = RATE * (1 + math.cos(math.pi * step / steps)) / 2
            step += 1
            for parameter, (mean, square) in zip(network, moments, strict=True):
                adam(parameter, mean, square, rate, step)
        yield judge(network, data)


def with_bar(epochs: int, history: Iterator[Scores]) -> list[Scores]:
    """Collect the scores, with a progress bar that shows them as they come."""
    numbers = TextColumn("loss {task.fields[loss]:.4f}   held-out accuracy {task.fields[accuracy]:.1%}")
    scores = []
    with Progress(TextColumn("epoch"), MofNCompleteColumn(), BarColumn(), numbers, TimeElapsedColumn()) as progress:
        bar = progress.add_task("", total=epochs, loss=math.nan, accuracy=math.nan)
        for epoch, now in enumerate(history):
            scores.append(now)
            progress.update(bar, completed=epoch, loss=now.train_loss, accuracy=now.held_out_accuracy)
    return scores


# --- the picture ------------------------------------------------------------------------------------------------------


def draw(history: list[Scores], digits: Digits, answers: np.ndarray, path: Path) -> None:
    """Draw the learning curves, and held-out digits with the network's answers, its mistakes first."""
    figure = Figure(figsize=(11, 5.4), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.4), wspace=0.03)
    top, bottom = left.subplots(2, 1, sharex=True)
    train_loss, train_accuracy, held_out_loss, held_out_accuracy = np.array(history).T
    draw_curves(top, train_loss, held_out_loss, "{:.3f}")
    top.set(yscale="log", ylabel="loss (cross-entropy)")
    draw_curves(bottom, 100 * train_accuracy, 100 * held_out_accuracy, "{:.1f} %")
    bottom.set(ylim=(100 * held_out_accuracy[1] - 4, 100.5), ylabel="accuracy (%)", xlabel="epoch")
    bottom.xaxis.get_major_locator().set_params(integer=True)
    left.suptitle("Learning curves")

    images, labels = digits.images.numpy().reshape(-1, 8, 8), digits.labels.numpy()
    wrong, correct = np.nonzero(answers != labels)[0], np.nonzero(answers == labels)[0]
    axes = right.subplots(*GRID).flat
    half = len(axes) // 2
    for axis, i in zip(axes, (*wrong[:half], *correct, *wrong[half:]), strict=False):
        draw_digit(axis, images[i], answers[i], labels[i])
    right.suptitle(f"Held-out digits, and what the network reads: {len(wrong)} of {len(labels)} wrong")
    figure.savefig(path, dpi=120)


def draw_curves(axis: Axes, train: np.ndarray, held_out: np.ndarray, form: str) -> None:
    """Draw one quantity over the epochs."""
    for values, colour, which in ((train, BLUE, "training digits"), (held_out, ORANGE, "held-out digits")):
        axis.plot(values, color=colour, label=f"{which}, {form.format(values[-1])} at the end")
    axis.legend(frameon=False)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)


def draw_digit(axis: Axes, image: np.ndarray, answer: int, label: int) -> None:
    """Draw a digit over the network's answer; a wrong one in a red frame, with the truth."""
    right = answer == label
    axis.imshow(image, cmap="gray_r")
    axis.set(xticks=[], yticks=[])
    axis.set_xlabel(f"{answer}" if right else f"{answer}, is {label}", color=GREY if right else RED, labelpad=2)
    axis.spines[:].set(color=PALE if right else RED, linewidth=0.8 if right else 2.2)


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Read the options, train, report, draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], usage="%(prog)s [options]")
    parser.add_argument("--device", type=usable_device, default="auto", help="cpu, cuda, torch:cpu, ... (default auto)")
    parser.add_argument("--epochs", type=at_least(1), default=30, help="passes over the training digits (default 30)")
    parser.add_argument("--batch", type=at_least(1), default=64, help="digits in one step (default 64)")
    parser.add_argument(
        "--seed", type=at_least(0), default=0, help="of weights and order, not of the split (default 0)"
    )
    parser.add_argument("--out", type=picture, default="digits.png", help="the picture to write (default digits.png)")
    options = parser.parse_args()

    rng = np.random.default_rng(options.seed)
    data = load(options.device)
    network = new_network(rng, options.device)
    start = time.perf_counter()
    history = with_bar(options.epochs, train(network, data, options.epochs, options.batch, rng))
    seconds = time.perf_counter() - start
    with ag.no_grad():
        answers = ag.argmax(predict(network, data.held_out.images), axis=-1).numpy()
    draw(history, data.held_out, answers, options.out)
    accuracy = history[-1].held_out_accuracy
    print(f"held-out accuracy {accuracy:.2%} after {seconds:.1f} s on {options.device}; picture: {options.out}")


def usable_device(name: str) -> str:
    """Give the full name of a device, if it works here."""
    try:
        with ag.device(name) as device:
            return device
    except (ImportError, RuntimeError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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
