"""What a run leaves: the figures with the machine they were measured on, to and from a file; and ratios of them."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.case import label
from benchmarks.measure import Result, short
from benchmarks.memory import counters

__all__ = ["Figure", "Measured", "Record", "figure", "ratio"]


class Figure(NamedTuple):
    """A median and the quartiles around it."""

    low: float
    median: float
    high: float


def figure(values: Sequence[float]) -> Figure:
    """The median and the quartiles; of a single value that value."""
    if len(values) == 1:
        return Figure(values[0], values[0], values[0])
    return Figure(*statistics.quantiles(values, n=4, method="inclusive"))


def ratio(ours: Sequence[float], *theirs: Sequence[float]) -> Figure:
    """What the first takes in terms of the others, of the best of them where there are several, round by round."""
    return figure([our / min(best) for our, *best in zip(ours, *theirs, strict=True)])


@dataclass
class Measured:
    """The results of one case at one size and precision."""

    case: str
    summary: str
    axes: tuple[str, ...]
    size: tuple[int, ...]
    dtype: str
    results: list[Result]
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """How tables and pictures call it."""
        return f"{self.case} {label(self.size)}" + ("" if self.dtype == "float32" else f" {self.dtype}")

    def result(self, contestant: str) -> Result | None:
        """The result of a contestant, None if it did not take part."""
        return next((r for r in self.results if r.contestant == contestant), None)


@dataclass
class Record:
    """A run: the machine, how it was measured, and the results."""

    machine: dict[str, Any]
    settings: dict[str, Any]
    measured: list[Measured] = field(default_factory=list)
    targets: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write all of it as JSON, each round and, for readers of the file, medians and quartiles in microseconds."""
        content = asdict(self)
        for measured in content["measured"]:
            for result in measured["results"]:
                result["microseconds"] = {
                    phase: [short(1e6 * x) for x in figure(times)] for phase, times in result["times"].items()
                }
        content["meaning"] = {
            "times": "seconds of one pass, in each interleaved round",
            "microseconds": "lower quartile, median and upper quartile of these",
            "peak": {name: counter.meaning for name, counter in counters.items()},
        }
        text = json.dumps(content, indent=1)
        text = re.sub(r"\[[^][{}]*\]", lambda numbers: " ".join(numbers[0].split()), text)  # a list of numbers, a line
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Record:
        """Read what :meth:`save` wrote.

        Raises:
            ValueError: the file holds something else.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            measured = [_measured(entry) for entry in content["measured"]]
            return cls(content["machine"], content["settings"], measured, content["targets"], content["notes"])
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} does not hold figures that python -m benchmarks --json has written") from error


def _measured(entry: dict[str, Any]) -> Measured:
    results = [Result(**{k: v for k, v in r.items() if k != "microseconds"}) for r in entry["results"]]
    return Measured(**{**entry, "axes": tuple(entry["axes"]), "size": tuple(entry["size"]), "results": results})
