"""The command line. Nothing here loads NumPy, whose threads have to be settled first."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

__all__ = ["parse"]


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; ``compare`` as the first word is a command of its own."""
    if arguments[:1] == ["compare"]:
        return _compare_parser().parse_args(arguments[1:])
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        usage="%(prog)s [case ...] [options]\n       %(prog)s --targets [--device cuda] [options]\n"
        "       %(prog)s compare REVISION [REVISION] [options]",
        description="Measure anygrad on the machine's array libraries and beside its peers.",
    )
    parser.set_defaults(command="measure")
    what = parser.add_argument_group("what to measure")
    what.add_argument("cases", nargs="*", metavar="case", help="names of cases, by default all; see --list")
    what.add_argument("--list", action="store_true", help="print the cases, devices and peers, and stop")
    what.add_argument("--targets", action="store_true", help="measure the ratios that anygrad is held to")
    what.add_argument("--file", type=existing, help="a file that states cases, which are measured by default")
    what.add_argument("--sizes", type=sizes, help="such as 1000,1e6 or 256x512,1024x4096; by default the case's own")
    what.add_argument("--dtype", type=words, default=["float32"], help="float32, float64 or both (default float32)")
    what.add_argument("--phases", type=words, help="of forward,backward,both (default all)")
    who = parser.add_argument_group("who takes part")
    who.add_argument("--device", type=words, help="cpu, cuda, torch:cpu, ... or all (default cpu,torch:cpu,jax:cpu)")
    who.add_argument("--peers", type=words, help="such as by-hand,torch, or none (default those installed)")
    how = parser.add_argument_group("how")
    how.add_argument("--rounds", type=at_least(1), default=11, help="turns of each contestant (default 11)")
    how.add_argument("--repeats", type=at_least(1), help="passes in a turn (default as many as take 20 ms)")
    how.add_argument("--threads", type=at_least(1), help="of every library (default 1; with CUDA their own choice)")
    where = parser.add_argument_group("where it goes")
    where.add_argument("--json", type=writable(".json"), help="write the figures")
    where.add_argument("--plot", type=writable(".png", ".svg", ".pdf"), help="draw the figures")
    where.add_argument("--from", dest="source", type=existing, help="show the figures of an earlier run instead")
    return parser


def _compare_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks compare",
        description="Measure two revisions of anygrad in turn, and say what became slower by more than the spread.",
    )
    parser.set_defaults(command="compare", threads=1, device=["cpu"])
    parser.add_argument("old", help="a revision, as git names it")
    parser.add_argument("new", nargs="?", help="another one; by default the files as they are now")
    cases = ["multiply", "chain", "gelu", "mlp-small", "rnn", "transformer"]
    parser.add_argument("--cases", type=words, default=cases, help=f"names of cases (default {','.join(cases)})")
    parser.add_argument("--rounds", type=at_least(2), default=7, help="processes of each revision (default 7)")
    return parser


# --- readers of values ------------------------------------------------------------------------------------------------


def words(text: str) -> list[str]:
    """Words between commas."""
    found = [word.strip() for word in text.split(",") if word.strip()]
    if not found:
        raise argparse.ArgumentTypeError(f"must be words between commas, given {text!r}")
    return found


def sizes(text: str) -> list[tuple[int, ...]]:
    """Sizes between commas, each of numbers between crosses."""
    try:
        found = [tuple(_whole(part) for part in word.split("x")) for word in words(text)]
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be like 1000,1e6 or 256x512, given {text!r}") from None
    return found


def _whole(text: str) -> int:
    number = float(text)
    if number != int(number) or number < 1:
        raise ValueError(text)
    return int(number)


def at_least(lowest: int) -> Callable[[str], int]:
    """Make a reader of whole numbers that are not too small."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < lowest:
            raise argparse.ArgumentTypeError(f"must be a whole number from {lowest} up, given {text!r}")
        return int(text)

    return read


def existing(text: str) -> Path:
    """A file that is there."""
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"must be a file that exists, given {text!r}")
    return path


def writable(*endings: str) -> Callable[[str], Path]:
    """Make a reader of paths that can be written."""

    def read(text: str) -> Path:
        path = Path(text)
        if path.suffix not in endings or not path.parent.is_dir():
            ends = " or ".join(endings)
            raise argparse.ArgumentTypeError(f"must end in {ends}, in a folder that exists, given {text!r}")
        return path

    return read
