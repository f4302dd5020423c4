"""Learn to write like Python's manual: a recurrent network (GRU) that reads text one character at a time.

The text is the language reference that every Python carries for `help()`, without its repetitions; its last tenth is
held out to judge the network by. Training is by truncated backpropagation: the state goes on from one piece of text to
the next, the gradient does not. What it learns is told in bits per character, beside counting how often each character
follows the one or two before it. The same code runs on every device that anygrad knows::

    python examples/text_rnn.py
    python examples/text_rnn.py --device cuda --hidden 512 --steps 3000
    python examples/text_rnn.py --seed 1 --out other.png
"""

from __future__ import annotations

import argparse
import math
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from pydoc_data.topics import topics
from typing import NamedTuple

import numpy as np

import anygrad as ag
from anygrad import Tensor

try:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
except ImportError as error:
    raise SystemExit(f"text_rnn: {error.name} is not installed; run: pip install '.[examples]'") from None

ROWS, PIECE = 32, 32  # texts read side by side, and characters in one step of training
RATE, LONGEST = 0.01, 0.5  # of a step; the norm to which a gradient is clipped
JUDGED = 20  # times during the training
TEMPERATURE, LINE, LINES = 0.5, 80, 12  # of what the network writes: how bold, how wide, how much
SHOWN, GUESSES = 44, 4  # characters of a held-out line, and what the network expects at each
BLUE, ORANGE, GREY = "#0072b2", "#d98200", "#777777"
CHANCE = LinearSegmentedColormap.from_list("chance", ["white", "#7cbbe3"])


# --- the text ---------------------------------------------------------------------------------------------------------


class Text(NamedTuple):
    """Characters as their places in an alphabet."""

    alphabet: str
    train: np.ndarray
    held_out: np.ndarray


def load() -> Text:
    """Take each paragraph of Python's language reference once, without tables, layout and what is not ASCII."""
    paragraphs = [" ".join(p.split()) for topic in topics.values() for p in topic.split("\n\n") if "+--" not in p]
    letters = np.frombuffer("\n".join(dict.fromkeys(paragraphs)).encode("ascii", "ignore"), np.uint8)
    alphabet, places = np.unique(letters, return_inverse=True)
    cut = len(places) * 9 // 10
    return Text(bytes(alphabet).decode(), places[:cut], places[cut:])


def side_by_side(places: np.ndarray, rows: int) -> np.ndarray:
    """Cut a text into parts of one length, the columns of what comes back."""
    length = len(places) // rows
    return np.ascontiguousarray(places[: rows * length].reshape(rows, length).T)


def counting_bits(text: Text, n: int) -> float:
    """Judge guesses by how often n characters follow each other in the training text, in bits per character."""
    train, held_out = (np.lib.stride_tricks.sliding_window_view(part, n) for part in (text.train, text.held_out))
    counts = np.full((len(text.alphabet),) * n, 0.1)  # as if each had been seen a little: none is impossible
    np.add.at(counts, tuple(train.T), 1)
    chances = counts / counts.sum(axis=-1, keepdims=True)
    return -np.log2(chances[tuple(held_out.T)]).mean()


# --- the network ------------------------------------------------------------------------------------------------------


class Network(NamedTuple):
    """The weights of a GRU with h hidden numbers, and of what it expects next among n characters."""

    read: Tensor  # n x 3h: what each character adds to the two gates and to the candidate
    recur: Tensor  # h x 3h: what the state adds to them
    bias: Tensor  # 3h
    write: Tensor  # h x n
    frequency: Tensor  # n


def new_network(letters: int, hidden: int, rng: np.random.Generator, device: str) -> Network:
    """Make the weights: random, at the scale that keeps a signal's size, and no bias."""
    read = rng.normal(scale=0.3, size=(letters, 3 * hidden))
    recur = rng.normal(scale=hidden**-0.5, size=(hidden, 3 * hidden))
    write = rng.normal(scale=hidden**-0.5, size=(hidden, letters))
    arrays = read, recur, np.zeros(3 * hidden), write, np.zeros(letters)
    return Network(*(Tensor(array, dtype=ag.float32, device=device) for array in arrays))


def silence(network: Network, rows: int) -> Tensor:
    """Give the state before anything is read."""
    return ag.zeros((rows, network.recur.shape[0]), dtype=ag.float32, device=network.recur.device)


def expect(network: Network, state: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """Read texts (characters x rows): score each character of the alphabet as the next one, and give the last state."""
    hidden = state.shape[-1]

    def step(state: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        remembered = state @ network.recur
        gates = ag.special.expit(heard[:, : 2 * hidden] + remembered[:, : 2 * hidden])
        reset, update = gates[:, :hidden], gates[:, hidden:]
        candidate = ag.tanh(heard[:, 2 * hidden :] + reset * remembered[:, 2 * hidden :])
        state = state + update * (candidate - state)
        return state, state

    heard = ag.take(network.read, ag.reshape(places, (-1,)), axis=0) + network.bias
    state, states = ag.scan(step, state, ag.reshape(heard, (*places.shape, -1)))
    return states @ network.write + network.frequency, state


def bits(network: Network, state: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """Average -log2(chance that the network gave to the next character), and give the state after the last but one."""
    scores, state = expect(network, state, places[:-1, :])
    chances = ag.special.log_softmax(scores, axis=-1)
    right = ag.take_along_axis(chances, ag.expand_dims(places[1:, :], axis=-1), axis=-1)
    return -ag.mean(right) / math.log(2), state


# --- training ---------------------------------------------------------------------------------------------------------


class Learner(NamedTuple):
    """A network, and the recent means of its gradients and of their squares."""

    network: Network
    mean: Network
    square: Network


def adam(learner: Learner, gradient: Network, rate: float, step: int) -> Learner:
    """Move a network against its clipped gradient, in units of the gradient's recent size."""
    norm = ag.sqrt(sum(ag.sum(g**2) for g in gradient))
    clip = ag.minimum(LONGEST / norm, 1.0)
    rate *= math.sqrt(1 - 0.999**step) / (1 - 0.9**step)

    def one(weight: Tensor, mean: Tensor, square: Tensor, g: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean = mean + 0.1 * (clip * g - mean)
        square = square + 0.001 * ((clip * g) ** 2 - square)
        return weight - rate * mean / (ag.sqrt(square) + 1e-8), mean, square

    return Learner(*(Network(*part) for part in zip(*map(one, *learner, gradient), strict=True)))


class Scores(NamedTuple):
    """Bits per character in the piece just read, and of the held-out text where it was judged (else NaN)."""

    train: float
    held_out: float


def train(network: Network, text: Text, steps: int) -> Iterator[tuple[Network, Scores]]:
    """Train a network, and give it with its scores after each step."""
    device = network.recur.device
    pages, held_out = side_by_side(text.train, ROWS), Tensor(side_by_side(text.held_out, 2 * ROWS), device=device)
    of_piece = ag.value_and_grad(bits, has_aux=True)
    learner = Learner(network, *(Network(*map(ag.zeros_like, network)) for _ in range(2)))
    start = len(pages)
    for step in range(1, steps + 1):
        if start + PIECE >= len(pages):
            start, state = 0, silence(network, ROWS)
        piece = Tensor(pages[start : start + PIECE + 1], device=device)
        (loss, state), gradient = of_piece(learner.network, state, piece)
        start, state = start + PIECE, state.detach()
        learner = adam(learner, gradient, RATE * (1 + math.cos(math.pi * step / steps)) / 2, step)
        judge = step == steps or step % math.ceil(steps / JUDGED) == 0
        judged = bits(learner.network, silence(network, 2 * ROWS), held_out)[0].item() if judge else math.nan
        yield learner.network, Scores(loss.item(), judged)


def with_bar(steps: int, training: Iterator[tuple[Network, Scores]]) -> tuple[Network, list[Scores]]:
    """Give the last network and all scores, with a progress bar that shows them as they come."""
    history = []
    held_out = math.nan
    numbers = TextColumn("bits per character {task.fields[train]:.2f}   held-out {task.fields[held_out]:.2f}")
    with Progress(TextColumn("step"), MofNCompleteColumn(), BarColumn(), numbers, TimeElapsedColumn()) as progress:
        bar = progress.add_task("", total=steps, train=math.nan, held_out=math.nan)
        for network, now in training:
            history.append(now)
            held_out = held_out if math.isnan(now.held_out) else now.held_out
            progress.update(bar, advance=1, train=now.train, held_out=held_out)
            last = network, history
    return last


# --- writing and reading ----------------------------------------------------------------------------------------------


@ag.no_grad()
def write(network: Network, text: Text, rng: np.random.Generator) -> str:
    """Let the network write: each character drawn from what it expects, the likely ones made likelier."""
    place = text.alphabet.index("\n")
    state = silence(network, 1)
    written = []
    for _ in range(LINE * LINES):
        scores, state = expect(network, state, Tensor([[place]], device=state.device))
        chances = ag.special.softmax(scores[0, 0, :] / TEMPERATURE).numpy().astype(float)
        place = int(rng.choice(len(chances), p=chances / chances.sum()))
        written.append(text.alphabet[place])
    lines = [textwrap.fill(line, LINE, subsequent_indent="  ") for line in "".join(written).split("\n")]
    return "\n".join("\n".join(lines).split("\n")[:LINES])


@ag.no_grad()
def read_along(network: Network, text: Text) -> tuple[str, np.ndarray]:
    """Find a line of words in the held-out text, and give the chances of every next character along it (line x n)."""
    all_of_it = "".join(text.alphabet[place] for place in text.held_out)
    paragraphs = all_of_it.split("\n")[1:]
    line, *_ = next(textwrap.wrap(p, SHOWN) for p in paragraphs if p[:SHOWN].replace(" ", "").isalpha() and p[SHOWN:])
    end = all_of_it.index(line) + len(line)
    scores, _ = expect(network, silence(network, 1), Tensor(text.held_out[: end - 1, None], device=network.bias.device))
    chances = ag.special.softmax(scores[:, 0, :], axis=-1).numpy()
    return line, chances[-len(line) :]


# --- the picture ------------------------------------------------------------------------------------------------------


class Show(NamedTuple):
    """What there is to see."""

    history: list[Scores]
    counting: list[float]  # bits per character of the baselines
    line: str
    chances: np.ndarray
    alphabet: str
    written: str


def draw(show: Show, path: Path) -> None:
    """Draw the learning curve, what the network expects along a line, and what it writes."""
    figure = Figure(figsize=(13, 5.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.55), wspace=0.03)
    draw_curves(left.subplots(), show.history, show.counting)
    left.suptitle("Learning curve")
    top, bottom = right.subplots(2, 1, height_ratios=(1, 1.35))
    draw_guesses(top, show)
    bottom.set_axis_off()
    bottom.set_title(f"What it writes (temperature {TEMPERATURE})")
    sample = bottom.text(0.0, 0.98, show.written, family="monospace", va="top", linespacing=1.35, parse_math=False)
    sample.set_in_layout(False)
    figure.savefig(path, dpi=120)


def draw_curves(axis: Axes, history: list[Scores], counting: list[float]) -> None:
    """Draw the bits per character over the steps, and the baselines as lines across."""
    train, held_out = np.array(history).T
    judged = np.nonzero(~np.isnan(held_out))[0]
    steps = np.arange(1, len(train) + 1)
    axis.plot(steps, train, color=BLUE, alpha=0.35, linewidth=0.8, label="the piece it learns from")
    axis.plot(steps[judged], held_out[judged], color=ORANGE, label=f"held-out text, {held_out[-1]:.2f} at the end")
    for value, name in zip(counting, ("characters", "pairs", "triples"), strict=True):
        axis.axhline(value, color=GREY, linestyle="--", linewidth=0.9)
        axis.annotate(f"counting {name}: {value:.2f}", (steps[-1], value), (0, 3), **BESIDE)
    axis.set(xlabel="step", ylabel="bits per character", ylim=(min(train) - 0.1, train[0] + 0.1))
    axis.legend(frameon=False)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)


BESIDE = {"textcoords": "offset points", "ha": "right", "va": "bottom", "color": GREY, "fontsize": "small"}


def draw_guesses(axis: Axes, show: Show) -> None:
    """Draw a held-out line, and below each character what the network expected there, the likeliest first."""
    best = np.argsort(-show.chances, axis=-1)[:, :GUESSES]
    chances = np.take_along_axis(show.chances, best, axis=-1).T
    image = axis.imshow(chances, cmap=CHANCE, vmin=0, vmax=1, aspect="auto", extent=(0, len(show.line), GUESSES, 0))
    for column, (letter, guesses) in enumerate(zip(show.line, best, strict=True)):
        axis.text(column + 0.5, -0.5, seen(letter), **LETTER, color=ORANGE, weight="bold")
        for row, place in enumerate(guesses):
            guess = show.alphabet[place]
            colour, weight = ("black", "bold") if guess == letter else (GREY, "normal")
            axis.text(column + 0.5, row + 0.5, seen(guess), **LETTER, color=colour, weight=weight)
    axis.set(ylim=(GUESSES, -1), xticks=[], yticks=[-0.5, *np.arange(GUESSES) + 0.5])
    axis.set_yticklabels(["the text", *(f"guess {i}" for i in range(1, GUESSES + 1))], fontsize="small")
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set_title("What it expects along a held-out line (right guesses in bold)")
    axis.figure.colorbar(image, ax=axis, label="chance", ticks=[0, 0.5, 1], pad=0.01)


LETTER = {"family": "monospace", "ha": "center", "va": "center", "fontsize": 9, "parse_math": False}


def seen(letter: str) -> str:
    """Make blanks visible."""
    return {"\n": "↵", " ": "␣"}.get(letter, letter)


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Read the options, train, report, draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], usage="%(prog)s [options]")
    parser.add_argument("--device", type=usable_device, default="auto", help="cpu, cuda, torch:cpu, ... (default auto)")
    parser.add_argument("--hidden", type=at_least(1), default=128, help="numbers in the state (default 128)")
    parser.add_argument("--steps", type=at_least(1), default=500, help="steps of training (default 500)")
    parser.add_argument("--seed", type=at_least(0), default=0, help="of weights and writing (default 0)")
    parser.add_argument("--out", type=picture, default="text_rnn.png", help="picture to write (default text_rnn.png)")
    options = parser.parse_args()

    text = load()
    counting = [counting_bits(text, n) for n in (1, 2, 3)]
    rng = np.random.default_rng(options.seed)
    network = new_network(len(text.alphabet), options.hidden, rng, options.device)
    start = time.perf_counter()
    network, history = with_bar(options.steps, train(network, text, options.steps))
    seconds = time.perf_counter() - start
    written = write(network, text, rng)
    draw(Show(history, counting, *read_along(network, text), text.alphabet, written), options.out)
    print(written)
    print(
        f"held-out text: {history[-1].held_out:.2f} bits per character (by counting characters {counting[0]:.2f}, "
        f"pairs {counting[1]:.2f}, triples {counting[2]:.2f}) after {seconds:.1f} s on {options.device}; "
        f"picture: {options.out}"
    )


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
