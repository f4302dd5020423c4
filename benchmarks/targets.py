"""The ratios that anygrad is held to, and whether it reaches them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.case import label
from benchmarks.measure import gpu_clock
from benchmarks.record import Figure, Measured, figure, ratio

__all__ = ["TARGETS", "ImportTarget", "Target", "judge"]


@dataclass(frozen=True)
class Target:
    """What a pass of anygrad may take, in terms of the best of some rivals.

    Attributes:
        rivals: names of contestants; several of them mean the fastest in each round.
        what: the time, or the bytes at the peak.
    """

    case: str
    size: tuple[int, ...]
    limit: float
    rivals: tuple[str, ...]
    ours: str = "anygrad"
    phase: str = "both"
    what: Literal["time", "memory"] = "time"
    unit = "x"

    def __str__(self) -> str:
        of = "memory of " if self.what == "memory" else ""
        rivals = self.rivals[0] if len(self.rivals) == 1 else f"the best of {', '.join(self.rivals)}"
        phase = "" if self.phase == "both" else f" {self.phase}"
        return f"{of}{self.case} {label(self.size)}{phase}, to {rivals}"

    def measured(self, found: list[Measured]) -> Figure:
        """The ratio, of a run in which the case was measured.

        Raises:
            LookupError: somebody did not take part, with the reason.
        """
        at = next(m for m in found if (m.case, m.size) == (self.case, self.size))
        results = []
        for name in (self.ours, *self.rivals):
            result = at.result(name)
            if result is None:
                raise LookupError(at.absent.get(name, f"{name} did not take part"))
            results.append(result)
        if self.what == "time":
            return ratio(*(r.times[self.phase] for r in results))
        peaks = [r.peak for r in results if r.peak]
        if len(peaks) < len(results):
            raise LookupError("nothing counts the memory of one of them")
        return ratio(*([float(peak)] for peak in peaks))


@dataclass(frozen=True)
class ImportTarget:
    """How long ``import anygrad`` may take beyond what importing NumPy takes."""

    limit: float = 60
    rounds: int = 15
    unit = "ms"

    def __str__(self) -> str:
        return "import anygrad after NumPy"

    def measured(self, found: list[Measured]) -> Figure:
        """Milliseconds of the processor, each in a process of its own; the first compiles, and does not count."""
        code = "import time, numpy; t = time.process_time(); import anygrad; print(1000 * (time.process_time() - t))"
        command = [sys.executable, "-c", code]
        with tempfile.TemporaryDirectory() as cache:
            env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
            env["PYTHONPYCACHEPREFIX"] = cache
            runs = [subprocess.run(command, capture_output=True, check=True, env=env) for _ in range(self.rounds + 1)]
        return figure([float(run.stdout) for run in runs[1:]])


def _on_cpu() -> list[Target | ImportTarget]:
    by_hand, torch, hips, mygrad = "by hand", "PyTorch", "HIPS autograd", "MyGrad"
    chain, small, middling = ("chain", (200, 4)), ("mlp-small", (32,)), ("mlp", (256, 512))
    rnn, block = ("rnn", (50, 32, 64)), ("transformer", (4, 64, 128))
    # Of sizes at which Python's objects, which are counted too, are half a percent of the arrays or less.
    large_rnn: tuple[str, tuple[int, ...]] = ("rnn", (10, 512, 256))
    graphs = [("gelu", (1_000_000,)), middling, large_rnn, block]
    return [
        Target(*chain, 2.6, (by_hand,)),
        Target(*chain, 0.55, (torch,)),
        Target(*chain, 0.2, (mygrad,)),
        Target(*chain, 0.2, (hips,)),
        Target("gelu", (1_000,), 0.5, (torch,)),
        Target("gelu", (1_000_000,), 1.0, (torch, hips, mygrad)),
        Target(*small, 0.55, (torch,)),
        Target(*small, 1.8, (by_hand,)),
        Target(*middling, 1.1, (by_hand,)),
        Target(*middling, 1.0, (torch,)),
        Target(*rnn, 0.8, (torch,)),
        Target(*block, 1.0, (torch,)),
        Target("rosenbrock", (100,), 0.2, (hips,), ours="anygrad grad"),
        ImportTarget(),
        *(Target(name, size, 1.0, (torch,), what="memory") for name, size in graphs),
    ]


def _on_cuda() -> list[Target | ImportTarget]:
    ours, torch = "anygrad cuda", "PyTorch cuda"
    small = [("multiply", (4,)), ("chain", (200, 4))]
    return [
        *(Target(*case, 1.3, (torch,), ours, phase) for case in small for phase in ("forward", "backward")),
        Target("gelu", (2**25,), 1.2, (torch,), ours),
        Target("mlp", (1_024, 4_096), 1.05, (torch,), ours),
    ]


def copy_seconds(elements: int = 2**25) -> float:
    """Seconds that CuPy takes for a copy of float32 numbers on the device: what its memory can do."""
    import cupy

    source = cupy.ones(elements, cupy.float32)
    target = cupy.empty_like(source)
    clock = gpu_clock("cupy")
    return min(clock.time(lambda: cupy.copyto(target, source)) for _ in range(20))


def in_copies(found: list[Measured], seconds: float, elements: int = 2**25) -> list[str]:
    """What passes over as many elements take in terms of a copy of them, a line for each contestant."""
    lines = [
        f"a copy of {elements} float32 takes {1e6 * seconds:.1f} us, {8e-9 * elements / seconds:.0f} GB/s both ways"
    ]
    for at in found:
        if at.size[-1] == elements:
            each = (f"{r.contestant} {figure(r.times['both']).median / seconds:.1f}" for r in at.results)
            lines.append(f"{at.title} in copies: {', '.join(each)}")
    return lines


TARGETS: dict[str, Callable[[], list[Target | ImportTarget]]] = {"cpu": _on_cpu, "cuda": _on_cuda}
"""What is wanted on the CPU, and on an H100-class GPU."""

ALSO_ON_CUDA = [
    ("chain", (8, 2**25)),
    ("mlp", (256, 512)),
    ("rnn", (50, 256, 512)),
    ("transformer", (16, 512, 768)),
]
"""Measured with the targets on CUDA, without a figure to reach."""


def judge(targets: Sequence[Target | ImportTarget], found: list[Measured]) -> list[dict[str, Any]]:
    """Hold what was measured against what is wanted."""
    judged = []
    for target in targets:
        entry: dict[str, Any] = {"target": str(target), "limit": target.limit, "unit": target.unit}
        try:
            measured = target.measured(found)
            as_shown = float(f"{measured.median:.3g}")
            entry |= {"measured": list(measured), "reached": as_shown <= target.limit, "why": ""}
        except LookupError as reason:
            entry |= {"measured": None, "reached": False, "why": reason.args[0]}
        judged.append(entry)
    return judged
