"""The commands: measure, judge, and compare."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import benchmarks.cases  # noqa: F401  which makes the cases known
from benchmarks.case import Case, Problem, cases, load
from benchmarks.contestants import PEERS, contestants, default_devices
from benchmarks.contestants.base import Contestant
from benchmarks.environment import describe_machine, machine_name
from benchmarks.measure import PHASES, TOLERANCE, DisagreementError, enter, measure
from benchmarks.record import Measured, Record
from benchmarks.targets import ALSO_ON_CUDA, TARGETS, ImportTarget, Target, judge

try:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from benchmarks import report
except ImportError as error:
    raise SystemExit(f"benchmarks: {error.name} is not installed; run: pip install 'anygrad[bench]'") from None

RESULTS = Path(__file__).parent / "results"


def run(options: argparse.Namespace) -> int:
    """Do what the command line says; the exit status is 1 where a target is missed or something became slower."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        if options.command == "compare":
            from benchmarks.compare import compare

            return compare(console, options)
        return _measure(console, options)
    except (ValueError, ImportError, RuntimeError, DisagreementError) as problem:
        print(f"benchmarks: error: {problem}", file=sys.stderr)
        return 2


def _measure(console: Console, options: argparse.Namespace) -> int:
    stated = load(options.file) if options.file else []
    if options.list:
        import anygrad as ag

        report.show_list(console, ag.devices(), list(PEERS))
        return 0
    if options.source:
        record = Record.load(options.source)
        for measured in record.measured:
            report.show(console, measured)
    else:
        record = _targets(console, options) if options.targets else _cases(console, options, stated)
    report.show_machine(console, record)
    report.show_meanings(console, record)
    if record.targets:
        console.print()
        report.show_targets(console, record.targets)
    if options.json:
        record.save(options.json)
    if options.plot:
        from benchmarks.plots import draw

        draw(record, options.plot)
    return int(not all(t["reached"] for t in record.targets))


def _cases(console: Console, options: argparse.Namespace, stated: Sequence[Case]) -> Record:
    wanted = chosen(options.cases) if options.cases else stated or list(cases.values())
    devices = _devices(options.device)
    taking_part = contestants(devices, _peers(options.peers))
    on_cuda = _place(devices) == "cuda"
    problems = [
        case.problem(size, _dtype(dtype))
        for case in wanted
        for size in options.sizes or (case.cuda_sizes if on_cuda else case.sizes)
        for dtype in options.dtype
    ]
    return _run(console, options, problems, taking_part)


def _targets(console: Console, options: argparse.Namespace) -> Record:
    if options.cases or options.sizes or options.file or options.dtype != ["float32"]:
        raise ValueError("--targets says itself which cases are measured, and at which sizes; leave these out")
    devices = options.device or ["cpu"]
    place = _place(devices)
    targets = TARGETS[place]()
    wanted = [(t.case, t.size) for t in targets if isinstance(t, Target)] + (ALSO_ON_CUDA if place == "cuda" else [])
    peers = _peers(options.peers) or (["by-hand", "torch", "hips", "mygrad"] if place == "cpu" else None)
    problems = [cases[name].problem(size, "float32") for name, size in dict.fromkeys(wanted)]
    options.rounds = max(options.rounds, ImportTarget.rounds)
    record = _run(console, options, problems, contestants(devices, peers))
    record.targets = judge(targets, record.measured)
    if place == "cuda" and not options.json:
        RESULTS.mkdir(exist_ok=True)
        options.json = RESULTS / f"{record.machine['date'][:10]}-{machine_name(record.machine)}.json"
    return record


def _run(
    console: Console, options: argparse.Namespace, problems: Sequence[Problem], taking_part: Sequence[Contestant]
) -> Record:
    """Measure problem after problem, and print each as it is done."""
    phases = _known("phase", options.phases or PHASES, PHASES)
    found = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(problems) * options.rounds)
        for problem in problems:
            progress.update(bar, description=str(problem))
            entries, absent = enter(problem, taking_part)
            if not entries:
                progress.console.print(f"{problem}: nobody takes part; {absent}", style="dim")
                continue
            results = measure(
                entries,
                options.rounds,
                phases=phases,
                repeats=options.repeats,
                after_round=lambda: progress.advance(bar),
            )
            case = problem.case
            kept = [r for r in results if r.times]
            found.append(Measured(case.name, case.summary, case.axes, problem.size, problem.dtype, kept, absent))
            report.show(progress.console, found[-1])
    settings = {"rounds": options.rounds, "repeats": options.repeats, "threads": options.threads}
    return Record(describe_machine(), settings, found)


# --- what was asked for -----------------------------------------------------------------------------------------------


def _known(what: str, given: Iterable[str], known: Iterable[str]) -> list[str]:
    """The names that were given, if there are such.

    Raises:
        ValueError: one is unknown; the message lists all.
    """
    names, known = list(given), list(known)
    for name in names:
        if name not in known:
            raise ValueError(f"unknown {what} {name!r}; choose among {', '.join(known)}")
    return names


def chosen(names: Sequence[str]) -> list[Case]:
    """The cases of some names.

    Raises:
        ValueError: there is no such case.
    """
    return [cases[name] for name in _known("case", names, cases)]


def _dtype(name: str) -> str:
    return _known("dtype", [name], TOLERANCE)[0]


def _peers(names: list[str] | None) -> list[str] | None:
    return [] if names == ["none"] else names


def _devices(names: list[str] | None) -> list[str]:
    if names == ["all"]:
        import anygrad as ag

        return ag.devices()
    return names or default_devices()


def _place(devices: Iterable[str]) -> str:
    return "cuda" if any("cuda" in name or "gpu" in name for name in devices) else "cpu"
