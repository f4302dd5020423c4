"""Two revisions of anygrad, measured in turn: what became slower by more than the spread."""

from __future__ import annotations

import argparse
import io
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.case import chosen, label
from benchmarks.record import Figure, Record, figure, ratio
from benchmarks.report import number, seconds

__all__ = ["compare"]

REPOSITORY = Path(__file__).parents[1]
TOOL = Path(__file__).parents[1]
WORKING_TREE = "the files as they are"
Key = tuple[str, str, str]


def compare(console: Console, options: argparse.Namespace) -> int:
    """Measure both revisions, each in processes of its own, that take turns; 1 if something became slower.

    The cases and the measuring are those of this checkout; only the package ``anygrad`` comes from the revisions.
    """
    names = [case.name for case in chosen(options.cases)]
    revisions = (options.old, options.new or WORKING_TREE)
    with tempfile.TemporaryDirectory() as folder:
        trees = [_checked_out(revision, Path(folder) / str(i)) for i, revision in enumerate(revisions)]
        times: list[dict[Key, list[float]]] = [{}, {}]
        rng = random.Random(0)
        with Progress(console=console, transient=True) as progress:
            bar = progress.add_task(" against ".join(revisions), total=2 * options.rounds)
            for _ in range(options.rounds):
                for i in rng.sample((0, 1), 2):
                    for key, seconds_taken in _measured(revisions[i], trees[i], names).items():
                        times[i].setdefault(key, []).append(seconds_taken)
                    progress.advance(bar)
    return _show(console, revisions, *times)


def _checked_out(revision: str, folder: Path) -> Path:
    """A folder with nothing but the package of a revision.

    Raises:
        ValueError: git does not know the revision, or it has no such package.
    """
    folder.mkdir()
    if revision == WORKING_TREE:
        shutil.copytree(REPOSITORY / "anygrad", folder / "anygrad", ignore=shutil.ignore_patterns("__pycache__"))
        return folder
    command = ["git", "-C", str(REPOSITORY), "archive", "--format=tar", revision, "anygrad"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise ValueError(f"compare: git has no package at {revision!r}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _measured(revision: str, tree: Path, cases: list[str]) -> dict[Key, float]:
    """Seconds in a process that has its anygrad from a revision's folder, by case, contestant and phase.

    They are those of the fastest round, the one that other programs disturbed least.

    Raises:
        RuntimeError: the process fails, with what it said.
    """
    written = tree / "figures.json"
    options = ["--device", "cpu", "--peers", "none", "--rounds", "5", "--json", str(written)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tree), str(TOOL)])}
    command = [sys.executable, "-m", "benchmarks", *cases, *options]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"compare: measuring {revision} failed: {done.stderr.strip()[-2000:]}")
    record = Record.load(written)
    return {
        (f"{m.case} {label(m.size)}", r.contestant, phase): min(times)
        for m in record.measured
        for r in m.results
        for phase, times in r.times.items()
    }


def _show(
    console: Console, revisions: tuple[str, str], old: dict[Key, list[float]], new: dict[Key, list[float]]
) -> int:
    table = Table("", "", "", *revisions, "new takes", "quartiles", "", box=None, header_style="bold", pad_edge=False)
    slower = 0
    for key in (key for key in old if key in new):
        found = ratio(new[key], old[key])
        word = verdict(found)
        slower += word == "slower"
        medians = [seconds(figure(times[key]).median) for times in (old, new)]
        style = {"slower": "bold red", "faster": "green"}.get(word, "")
        spread = f"{number(found.low)} to {number(found.high)}"
        table.add_row(*key, *medians, f"{number(found.median)} x", spread, word, style=style)
    console.print(table)
    console.print(f"\n{slower} of {table.row_count} slower by more than the spread", style="bold")
    return int(slower > 0)


def verdict(found: Figure) -> str:
    """Slower or faster, if the median is further from 1 than the quartiles from each other, and these over 3 %."""
    spread = found.high - found.low
    if found.low > 1.03 and found.median > 1 + spread:
        return "slower"
    return "faster" if found.high < 0.97 and found.median < 1 - spread else ""
