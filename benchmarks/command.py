"""The commands: measure, judge, and compare."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import anygrad as ag
import benchmarks.cases  # noqa: F401  which makes the cases known
from benchmarks.case import Case, Size, cases, chosen, load, named
from benchmarks.contestants import PEERS, contestants, default_devices
from benchmarks.contestants.base import Contestant
from benchmarks.environment import describe_machine, machine_name
from benchmarks.measure import PHASES, TOLERANCE, DisagreementError, enter, measure
from benchmarks.record import Measured, Record
from benchmarks.targets import ALSO_ON_CUDA, TARGETS, ImportTarget, Target, copy_seconds, in_copies, judge

try:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from benchmarks import report
    from benchmarks.compare import compare
except ImportError as error:
    raise SystemExit(f"benchmarks: {error.name} is not installed; run: pip install '.[bench]'") from None

RESULTS = Path(__file__).parent / "results"


class Plan(NamedTuple):
    """What is to be measured: cases at sizes and precisions, who takes part, and what is wanted of the ratios."""

    problems: list[tuple[Case, Size, str]]
    taking_part: list[Contestant]
    targets: Sequence[Target | ImportTarget] = ()
    place: str = "cpu"


def run(options: argparse.Namespace) -> int:
    """Do what the command line says; the exit status is 1 where a target is missed or something became slower."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        if options.command == "compare":
            return compare(console, options)
        if options.plot:
            import benchmarks.plots  # noqa: F401  rather now than after all is measured
        stated = load(options.file) if options.file else []
        if options.list:
            report.show_list(console, ag.devices(), list(PEERS))
            return 0
        if options.source:
            record = Record.load(options.source)
            plan = None
        else:
            plan = _targets(options) if options.targets else _cases(options, stated)
    except (ValueError, ImportError, RuntimeError) as problem:
        print(f"benchmarks: error: {problem}", file=sys.stderr)
        return 2
    if plan is None:
        for measured in record.measured:
            report.show(console, measured)
    else:
        try:
            record = _measured(console, options, plan)
        except DisagreementError as problem:
            print(f"benchmarks: error: {problem}", file=sys.stderr)
            return 2
    return _shown(console, options, record)


def _shown(console: Console, options: argparse.Namespace, record: Record) -> int:
    """Print what holds for the whole run, and write the files."""
    report.show_machine(console, record)
    report.show_meanings(console, record)
    if record.targets:
        report.show_targets(console, record)
    if options.json:
        record.save(options.json)
        console.print(f"figures: {options.json}", style="dim")
    if options.plot:
        from benchmarks.plots import draw

        draw(record, options.plot)
        console.print(f"picture: {options.plot}", style="dim")
    return int(not all(t["reached"] for t in record.targets))


def _cases(options: argparse.Namespace, stated: Sequence[Case]) -> Plan:
    """The cases that were named, or else those of the user's file, or else all."""
    wanted = chosen(options.cases) if options.cases else stated or list(cases.values())
    devices = _devices(options.device)
    taking_part = contestants(devices, _peers(options.peers))
    place = _place(devices)
    problems = [
        (case, case.checked(size), dtype)
        for case in wanted
        for size in options.sizes or (case.cuda_sizes if place == "cuda" else case.sizes)
        for dtype in named("dtype", options.dtype, TOLERANCE)
    ]
    options.phases = named("phase", options.phases or PHASES, PHASES)
    return Plan(problems, taking_part)


def _targets(options: argparse.Namespace) -> Plan:
    """The cases that the targets are about."""
    if options.cases or options.sizes or options.file or options.phases or options.dtype != ["float32"]:
        raise ValueError(
            "--targets says itself what is measured; leave out cases, --sizes, --dtype, --phases and --file"
        )
    devices = options.device or ["cpu"]
    place = _place(devices)
    targets = TARGETS[place]()
    wanted = [(t.case, t.size) for t in targets if isinstance(t, Target)] + (ALSO_ON_CUDA if place == "cuda" else [])
    peers = _peers(options.peers) or (["by-hand", "torch", "hips", "mygrad"] if place == "cpu" else None)
    taking_part = contestants(devices, peers)
    options.rounds = max(options.rounds, ImportTarget.rounds)
    options.phases = PHASES
    if place == "cuda" and not options.json:
        RESULTS.mkdir(exist_ok=True)
        machine = describe_machine()
        options.json = RESULTS / f"{machine['date'][:10]}-{machine_name(machine)}.json"
    return Plan([(cases[name], size, "float32") for name, size in dict.fromkeys(wanted)], taking_part, targets, place)


def _measured(console: Console, options: argparse.Namespace, plan: Plan) -> Record:
    """Measure problem after problem, and print each as it is done."""
    found = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(plan.problems) * options.rounds)
        for case, size, dtype in plan.problems:
            problem = case.problem(size, dtype)
            progress.update(bar, description=str(problem))
            entries, absent = enter(problem, plan.taking_part)
            results = measure(
                entries,
                options.rounds,
                phases=options.phases,
                repeats=options.repeats,
                after_round=lambda: progress.advance(bar),
            )
            timed = [result for result in results if result.times]
            if timed:
                found.append(Measured(case.name, case.summary, case.axes, size, dtype, timed, absent))
                report.show(progress.console, found[-1])
            else:
                progress.console.print(f"{problem}: nobody takes part {absent or ''}", style="dim")
    settings = {"rounds": options.rounds, "repeats": options.repeats, "threads": options.threads}
    record = Record(describe_machine(), settings, found, judge(plan.targets, found))
    if plan.targets and plan.place == "cuda":
        record.notes = in_copies(found, copy_seconds())
    return record


# --- what was asked for -----------------------------------------------------------------------------------------------


def _peers(names: list[str] | None) -> list[str] | None:
    return [] if names == ["none"] else names


def _devices(names: list[str] | None) -> list[str]:
    if names == ["all"]:
        return ag.devices()
    return names or default_devices()


def _place(devices: Iterable[str]) -> str:
    return "cuda" if any("cuda" in name or "gpu" in name for name in devices) else "cpu"
