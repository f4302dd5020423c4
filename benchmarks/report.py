"""What is shown in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.case import cases, label
from benchmarks.measure import PHASES, Result
from benchmarks.memory import counters
from benchmarks.record import Measured, Record, figure, ratio

__all__ = ["number", "seconds", "show", "show_list", "show_machine", "show_meanings", "show_targets"]


def show_list(console: Console, devices: list[str], peers: list[str]) -> None:
    """Print the cases, with their sizes, and who can take part."""
    width = max(map(len, cases))
    family = None
    for case in cases.values():
        if case.family != family:
            family = case.family
            console.print(f"[bold]{family}[/]")
        sizes, on_cuda = (", ".join(map(label, each)) for each in (case.sizes, case.cuda_sizes))
        also = "" if sizes == on_cuda else f"; on CUDA {on_cuda}"
        console.print(f"  {case.name:{width}}  {case.summary}", highlight=False)
        console.print(f"  {'':{width}}  {' x '.join(case.axes)}: {sizes}{also}", style="dim", highlight=False)
    console.print(f"[bold]devices[/]  {', '.join(devices)}\n[bold]peers[/]    {', '.join(peers)}", highlight=False)


def show_machine(console: Console, record: Record) -> None:
    """Print what the figures were measured on."""
    machine, settings = record.machine, record.settings
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    load = f", load {machine['load'][1]:.1f}" if machine["load"] else ""
    processor = f"{machine['processor']}, {machine['cpus']} CPUs{load}"
    console.print(f"{processor}, Python {machine['python']}, {versions}", style="dim")
    for gpu in machine["gpus"]:
        console.print(f"{gpu['name']}, driver {gpu['driver']}, CUDA runtime {gpu['runtime']}", style="dim")
    blas = ", ".join(f"{b['of']}: {b['architecture'] or b['prefix']} x {b['num_threads']}" for b in machine["blas"])
    console.print(
        f"{settings['rounds']} interleaved rounds; medians, and quartiles of ratios within a round; "
        f"threads {settings['threads'] or 'as the libraries choose'} ({blas})",
        style="dim",
    )


def show(console: Console, measured: Measured) -> None:
    """Print the table of one case at one size."""
    ours = measured.results[0]
    phase = "both" if "both" in ours.times else next(iter(ours.times))
    name = f"[bold]{measured.case} {label(measured.size)}[/]"
    console.print(f"{name} in {measured.dtype}: {measured.summary}", highlight=False)
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("", min_width=24, no_wrap=True)
    for name in (*PHASES, f"{ours.contestant} takes", "quartiles", "memory"):
        table.add_column(name, justify="right", min_width=9, no_wrap=True)
    fastest = min(figure(r.times[phase]).median for r in measured.results if phase in r.times)
    for result in measured.results:
        times = [seconds(figure(result.times[p]).median) if p in result.times else "-" for p in PHASES]
        compared = ("", "") if result is ours or phase not in result.times else _ratio(ours, result, phase)
        is_fastest = phase in result.times and figure(result.times[phase]).median == fastest
        style = "green" if is_fastest else "bold" if result.contestant.startswith("anygrad") else ""
        table.add_row(result.contestant, *times, *compared, _bytes(result), style=style)
    console.print(table)
    for name, reason in measured.absent.items():
        console.print(f"{name}: {reason}", style="dim")
    console.print()


def show_targets(console: Console, record: Record) -> None:
    """Print what was wanted, what was measured, and whether it was reached."""
    targets = record.targets
    console.print()
    for note in record.notes:
        console.print(note, highlight=False)
    table = Table("", "at most", "measured", "quartiles", "", box=None, header_style="bold", pad_edge=False)
    for t in targets:
        unit = f" {t['unit']}"
        verdict = "[green]reached[/]" if t["reached"] else "[bold red]not reached[/]"
        if t["measured"] is None:
            table.add_row(t["target"], f"{t['limit']:g}{unit}", "-", "-", f"[yellow]not measured: {t['why']}[/]")
            continue
        low, median, high = t["measured"]
        spread = f"{number(low)} to {number(high)}"
        table.add_row(t["target"], f"{t['limit']:g}{unit}", f"{number(median)}{unit}", spread, verdict)
    console.print(table)
    reached = sum(t["reached"] for t in targets)
    console.print(f"\n{reached} of {len(targets)} reached", style="bold")


def show_meanings(console: Console, record: Record) -> None:
    """Say what the numbers in the column of memory count."""
    used = dict.fromkeys(r.memory for m in record.measured for r in m.results if r.peak is not None)
    for name in filter(None, used):
        who = dict.fromkeys(r.contestant for m in record.measured for r in m.results if r.memory == name)
        console.print(f"memory of {', '.join(who)}: {counters[name].meaning}", style="dim")


# --- numbers ----------------------------------------------------------------------------------------------------------


def seconds(x: float) -> str:
    """A time in the unit that suits it."""
    for unit, scale in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if x * scale >= 1 or unit == "us":
            return f"{number(x * scale)} {unit}"
    raise AssertionError


def number(x: float) -> str:
    """Three digits of a number."""
    return f"{x:.3g}" if x < 1000 else f"{x:,.0f}"


def _ratio(ours: Result, theirs: Result, phase: str) -> tuple[str, str]:
    low, median, high = ratio(ours.times[phase], theirs.times[phase])
    return f"{number(median)} x", f"{number(low)} to {number(high)}"


def _bytes(result: Result) -> str:
    if result.peak is None:
        return "-"
    scaled = float(result.peak)
    for unit in ("B", "kB", "MB"):
        if scaled < 1000:
            return f"{number(scaled)} {unit}"
        scaled /= 1000
    return f"{number(scaled)} GB"
