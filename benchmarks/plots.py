"""The picture: who takes how long on each case, and how time grows with size."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from benchmarks.case import label
from benchmarks.record import Measured, Record, figure, ratio

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
except ImportError as error:
    raise ImportError("--plot needs matplotlib; run: pip install '.[bench]'") from error

__all__ = ["draw"]

# The colour is the library that computes, the shape is what differentiates.
BLUE, ORANGE, GREEN, PURPLE, RED, BLACK = "#0072b2", "#e08a00", "#009e73", "#8e5bb5", "#d1335b", "#333333"
COLOURS = {"torch": ORANGE, "PyTorch": ORANGE, "jax": GREEN, "JAX": GREEN, "HIPS": PURPLE, "MyGrad": RED, "by": BLACK}
SHAPES = {"grad": "^", "jit": "s", "compile": "s"}
PALE = "#f1f4f7"
COLUMNS = 2


def draw(record: Record, path: Path) -> None:
    """Draw all that was measured: ratios on the left, curves on the right where a case has several sizes."""
    rows = [m for m in record.measured if len(m.results) > 1]
    curves = _curves(record.measured)
    lines = math.ceil(len(curves) / COLUMNS)
    height = 2.4 + max(0.44 * len(rows), 2.3 * lines, 1.2)
    canvas = Figure(figsize=(15.5 if rows and curves else 9.5, height), layout="constrained")
    head, body = canvas.subfigures(2, 1, height_ratios=(1.1, height - 1.1))
    _head(head, record)
    parts = [part for part in (rows, curves) if part]
    if not parts:
        raise ValueError("there is nothing to draw: only one contestant, at one size of each case")
    figures = body.subfigures(1, len(parts), width_ratios=(1.15, 1)[: len(parts)], squeeze=False, wspace=0.03)[0]
    if rows:
        _draw_ratios(figures[0].subplots(), rows)
    if curves:
        grid = list(figures[-1].subplots(lines, min(COLUMNS, len(curves)), squeeze=False).flat)
        for axis, name in zip(grid, curves, strict=False):
            _draw_curves(axis, name, curves[name])
        for axis in grid[len(curves) :]:
            axis.set_axis_off()
        figures[-1].suptitle("Time of a pass, against size", fontsize=11)
    canvas.savefig(path, dpi=85)


# --- who is who -------------------------------------------------------------------------------------------------------


def _style(name: str) -> dict[str, Any]:
    """The mark of a contestant."""
    words = name.replace(":", " ").split()
    ours = words[0] == "anygrad"
    colour = next((COLOURS[word] for word in words if word in COLOURS), BLUE)
    shape = next((SHAPES[word] for word in words if word in SHAPES), "D" if ours else "o")
    return {"color": colour, "marker": shape, "markerfacecolor": colour if ours else "white", "markeredgewidth": 1.4}


def _head(part: SubFigure, record: Record) -> None:
    """The title, the machine, and a legend for the whole picture."""
    names = list(dict.fromkeys(r.contestant for m in record.measured for r in m.results))
    handles = [Line2D([], [], linestyle="", markersize=7, label=name, **_style(name)) for name in names]
    machine, settings = record.machine, record.settings
    place = machine["gpus"][0]["name"] if machine["gpus"] else f"{machine['processor']}, {machine['cpus']} CPUs"
    threads = {None: "", 1: ", one thread"}.get(settings["threads"], f", {settings['threads']} threads")
    part.text(0.01, 0.88, "What a derivative costs, forward and backward", fontsize=14, weight="bold", va="top")
    about = f"{place}{threads}; {settings['rounds']} interleaved rounds, {machine['date'][:10]}"
    part.text(0.99, 0.88, about, fontsize=9.5, color="#666666", va="top", ha="right")
    columns = min(len(names), 7)
    part.legend(handles=handles, loc="lower left", ncols=columns, frameon=False, fontsize=10, handletextpad=0.2)


# --- ratios -----------------------------------------------------------------------------------------------------------


def _draw_ratios(axis: Axes, rows: list[Measured]) -> None:
    """A row for each case: everybody's time in terms of the first contestant's, with quartiles."""
    for y, measured in enumerate(rows):
        if y % 2 == 0:
            axis.axhspan(y - 0.5, y + 0.5, color=PALE, zorder=0)
        phase = "both" if "both" in measured.results[0].times else next(iter(measured.results[0].times))
        ours, *others = [r for r in measured.results if phase in r.times]
        for result in others:
            low, median, high = ratio(result.times[phase], ours.times[phase])
            style = _style(result.contestant)
            axis.plot([low, high], [y, y], color=style["color"], linewidth=1.6, alpha=0.6, zorder=2)
            axis.plot(median, y, markersize=7, linestyle="", zorder=3, **style)
        axis.plot(1, y, markersize=8, linestyle="", zorder=4, **_style(ours.contestant))
    axis.axvline(1, color=BLUE, linewidth=1.2, zorder=1)
    axis.set(xscale="log", ylim=(len(rows) - 0.5, -0.5), yticks=range(len(rows)))
    axis.set_yticklabels([m.title for m in rows])
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if _decades(axis) < 2.5 else (1.0,)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g} x"))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.grid(axis="x", color="#dddddd", linewidth=0.7, zorder=0)
    axis.set_axisbelow(True)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)
    first = rows[0].results[0].contestant
    axis.set_title(f"Time in terms of {first}'s:  left of the line is faster, right of it slower", fontsize=11)


def _decades(axis: Axes) -> float:
    low, high = axis.get_xlim()
    return math.log10(high / max(low, 1e-12))


# --- curves -----------------------------------------------------------------------------------------------------------


def _curves(measured: list[Measured]) -> dict[str, list[Measured]]:
    """The cases that were measured at several sizes, by name and precision."""
    found: dict[str, list[Measured]] = {}
    for m in measured:
        found.setdefault(m.title.replace(f" {label(m.size)}", ""), []).append(m)
    ordered = {name: sorted(group, key=lambda m: math.prod(m.size)) for name, group in found.items()}
    return {name: group for name, group in ordered.items() if len(group) > 1}


def _draw_curves(axis: Axes, name: str, group: list[Measured]) -> None:
    """Time over size, a line for each contestant."""
    names = list(dict.fromkeys(r.contestant for m in group for r in m.results))
    for contestant in reversed(names):
        found = [(math.prod(m.size), m.result(contestant)) for m in group]
        points = [(n, figure(r.times["both"])) for n, r in found if r is not None and "both" in r.times]
        style = _style(contestant)
        axis.plot(
            [n for n, _ in points],
            [1e3 * f.median for _, f in points],
            linewidth=2.2 if contestant == names[0] else 1.1,
            alpha=1 if contestant == names[0] else 0.8,
            markersize=4.5,
            **style,
        )
    axis.set(xscale="log", yscale="log")
    axis.set_xticks([math.prod(m.size) for m in group], [label(m.size) for m in group])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_locator(LogLocator(numticks=6))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(_duration))
    axis.margins(x=0.12)
    axis.grid(color="#e4e4e4", linewidth=0.7)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=8.5)
    axis.set_title(f"{name}  ({' x '.join(group[0].axes)})", fontsize=9.5, loc="left")


def _duration(milliseconds: float, _: Any) -> str:
    for unit, scale in (("s", 1e-3), ("ms", 1.0), ("us", 1e3)):
        if milliseconds * scale >= 1:
            return f"{milliseconds * scale:g} {unit}"
    return f"{milliseconds * 1e6:g} ns"
