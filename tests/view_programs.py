"""Random NumPy programs about views, writes and scalars, and what anygrad makes of them.

What a program means is what NumPy does with it: its value is that of a run on plain arrays, its derivative that of
central differences of such runs. From a checkout:

    python tests/view_programs.py --count 10000 --seed 0 --minimise
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import functools
import multiprocessing
import os
import re
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

if not __package__:  # a script has its own folder on the path, not the checkout
    sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("JAX_ENABLE_X64", "1")

import numpy as np

import anygrad as ag
from anygrad import Tensor
from tests.view_grammar import COUNTERS, Statement, is_weighed, run
from tests.view_statements import STATEMENTS, drawn

TOLERANCE = 1e-6
STEP = 1e-3

PRELUDE = '''\
import numpy as np

def weigh(value, phase, like):
    """A number that depends on each element in a way of its own."""
    if isinstance(value, list):
        return sum(weigh(part, phase + 1.0 + 0.3 * i, like) for i, part in enumerate(value))
    if np.iscomplexobj(value):
        return weigh(np.real(value), phase, like) + weigh(np.imag(value), phase + 0.5, like)
    weights = np.cos(np.arange(float(np.size(value)), like=like) * 1.7 + phase).reshape(np.shape(value))
    return np.sum(value * (weights + 0.3 * value))
'''

Arrays = list[np.ndarray]


# --- programs, and what they mean -------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Program:
    """Statements about the arguments ``x`` and ``y``; what is alive at the end is weighed, or some of its names."""

    arguments: dict[str, np.ndarray]
    statements: tuple[Statement, ...]
    weighed: tuple[str, ...]

    @classmethod
    def of(cls, arguments: dict[str, np.ndarray], statements: Sequence[Statement]) -> Program:
        """The program of these statements that weighs all that is alive; an error of NumPy's where they do not run."""
        names = {"np": np} | {name: v.copy() for name, v in arguments.items()}
        run(statements, names)
        weighed = (n for n, v in names.items() if n not in ("np", "__builtins__", *COUNTERS) and is_weighed(v))
        return cls(arguments, tuple(statements), tuple(weighed))

    @property
    def source(self) -> str:
        """The program as a function, without the imports and the helper of ``PRELUDE``."""
        body = "\n".join(statement.source for statement in self.statements)
        result = "\n    + ".join(f"weigh({name}, {0.7 * i:.1f}, like)" for i, name in enumerate(self.weighed))
        # A program may write to its x, and to the name x; its like stays what it was.
        body = f"like = x\n{body}\nreturn (\n    {result}\n)".replace("like=x", "like=like")
        return f"def f({', '.join(self.arguments)}):\n{textwrap.indent(body, '    ')}\n"

    @functools.cached_property
    def function(self) -> Callable[..., Any]:
        names: dict[str, Any] = {}
        exec(compile(PRELUDE + "\n" + self.source, "<program>", "exec"), names)
        return names["f"]

    @property
    def inputs(self) -> Arrays:
        """The arguments, copies that nobody else has."""
        return [v.copy() for v in self.arguments.values()]

    def __str__(self) -> str:
        values = "\n".join(f"{name} = np.array({v.tolist()})" for name, v in self.arguments.items())
        return f"{self.source}\n{values}"

    def on_numpy(self, inputs: Arrays) -> float:
        return float(self.function(*[v.copy() for v in inputs]))

    @functools.cached_property
    def writes_arguments(self) -> bool:
        inputs = self.inputs
        for v in inputs:
            v.flags.writeable = False
        try:
            self.function(*inputs)
        except ValueError:
            return True
        # np.add.at writes to what is read-only, and np.copyto(x, x) does not look.
        return "copyto(" in self.source or not all(map(np.array_equal, inputs, self.arguments.values()))

    def directions(self) -> list[Arrays]:
        """Two directions in the space of the arguments; a wrong gradient shows in nearly any."""
        rng = np.random.default_rng(len(self.source))
        return [[rng.normal(size=v.shape) for v in self.arguments.values()] for _ in range(2)]

    @functools.cached_property
    def reference(self) -> Reference | None:
        """What NumPy says; None at a point where the program is not smooth enough to say."""
        value = self.on_numpy(self.inputs)
        slopes = []
        for direction in self.directions():
            slope = certified(lambda t: self.on_numpy(moved(self.inputs, direction, t)))  # noqa: B023
            if slope is None:
                return None
            slopes.append(slope)
        return Reference(value, slopes, max(1.0, abs(value), *map(abs, slopes)))


class Reference(NamedTuple):
    """A program's value, its slopes in the two directions, and the magnitude of them."""

    value: float
    slopes: list[float]
    scale: float


def moved(inputs: Arrays, direction: Arrays, t: float) -> Arrays:
    return [v + t * d for v, d in zip(inputs, direction)]


def differences(f: Callable[[float], Any], step: float) -> Any:
    return (f(step) - f(-step)) / (2 * step)


def extrapolated(f: Callable[[float], Any], step: float) -> Any:
    """The derivative at 0 to fourth order in the step."""
    return (4 * differences(f, step) - differences(f, 2 * step)) / 3


def certified(f: Callable[[float], float]) -> float | None:
    """The derivative at 0, if two pairs of steps agree on it; near a jump or a kink they do not."""
    f = functools.cache(f)
    fine, coarse = extrapolated(f, STEP / 2), extrapolated(f, STEP)
    scale = max(1.0, abs(f(0.0)), abs(fine))
    return fine if abs(fine - coarse) < 0.01 * TOLERANCE * scale else None


def program(seed: int, *, any_layout: bool = False) -> Program:
    """The program with this number."""
    scene = drawn(seed, any_layout=any_layout)
    return Program.of(scene.arguments, scene.statements)


# --- checks -----------------------------------------------------------------------------------------------------------


class Wrong(Exception):  # noqa: N818
    """A result differs from what NumPy says."""


@dataclasses.dataclass(frozen=True)
class Failure:
    """A way in which a program fails: a mode, whether it is refused or wrong, and how."""

    mode: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind} in {self.mode} mode: {self.message}"


def on_host(value: Any) -> np.ndarray:
    return value.numpy() if isinstance(value, Tensor) else Tensor(value).numpy()


def agree(got: Any, wanted: Any, scale: float, what: str) -> None:
    got, wanted = np.asarray(got), np.asarray(wanted)
    if got.shape != wanted.shape:
        raise Wrong(f"{what} has the shape {got.shape} instead of {wanted.shape}")
    if not np.all(np.abs(got - wanted) <= TOLERANCE * scale):
        raise Wrong(f"{what} is {got.tolist()} instead of {wanted.tolist()}")


def dot(a: Iterable[Any], b: Iterable[Any]) -> float:
    return float(sum(np.sum(v * w) for v, w in zip(a, b, strict=True)))


def unchanged(p: Program, inputs: Iterable[Any]) -> None:
    for name, v, given in zip(p.arguments, inputs, p.arguments.values()):
        if not np.array_equal(on_host(v), given):
            raise Wrong(f"the caller's {name} has changed to {on_host(v).tolist()}")


def everything(p: Program) -> tuple[int, ...]:
    return tuple(range(len(p.arguments)))


def gradient(p: Program, inputs: Arrays) -> Arrays:
    return [on_host(g) for g in ag.grad(p.function, everything(p))(*[v.copy() for v in inputs])]


def agrees_with_numpy(p: Program, value: Any, gradients: Sequence[Any]) -> None:
    reference = p.reference
    assert reference is not None
    agree(on_host(value), reference.value, reference.scale, "the value")
    for direction, slope in zip(p.directions(), reference.slopes):
        agree(dot(map(on_host, gradients), direction), slope, reference.scale, "the gradient along a direction")


def reverse(p: Program) -> None:
    inputs = p.inputs
    agrees_with_numpy(p, *ag.value_and_grad(p.function, everything(p))(*inputs))
    unchanged(p, inputs)


def forward(p: Program) -> None:
    reference = p.reference
    assert reference is not None
    inputs = p.inputs
    value, tangent = ag.jvp(p.function, tuple(inputs), tuple(p.directions()[0]))
    agree(on_host(value), reference.value, reference.scale, "the value")
    agree(on_host(tangent), reference.slopes[0], reference.scale, "the tangent")
    unchanged(p, inputs)


def batch(p: Program) -> None:
    """A vmap against the loop; where shapes depend on values, which differ over the batch, it may refuse."""
    inputs, (there, back) = p.inputs, p.directions()
    members = [inputs, moved(inputs, there, 0.01), moved(inputs, back, -0.02)]
    loop = [gradient(p, member) for member in members]
    stacked = [np.stack(vs) for vs in zip(*members)]
    given = [v.copy() for v in stacked]
    try:
        found = ag.vmap(ag.grad(p.function, everything(p)))(*given)
    except Exception:
        if any(STATEMENTS[statement.rule].reads_mask for statement in p.statements):
            return
        raise
    for got, wanted in zip(found, zip(*loop), strict=True):
        wanted = np.stack(wanted)
        agree(on_host(got), wanted, max(1.0, float(np.max(np.abs(wanted)))), "the batch of gradients")
    if not all(np.array_equal(v, w) for v, w in zip(given, stacked)):
        raise Wrong("the caller's batch has changed")


def second(p: Program) -> None:
    """Forward over reverse mode, against differences of reverse mode."""
    inputs, direction = p.inputs, p.directions()[0]
    product = ag.hvp(p.function, tuple(inputs), tuple(direction))
    unchanged(p, inputs)

    def flat(t: float) -> np.ndarray:
        return np.concatenate([g.ravel() for g in gradient(p, moved(inputs, direction, t))])

    wanted = extrapolated(flat, STEP)
    got = np.concatenate([on_host(h).ravel() for h in product])
    agree(got, wanted, max(1.0, float(np.max(np.abs(wanted))), float(np.max(np.abs(flat(0.0))))), "the hvp")


def eager(p: Program) -> None:
    leaves = [Tensor(v, requires_grad=True) for v in p.inputs]
    # A leaf that requires a gradient is not written to: such a program gets results that are equal to leaves.
    value = p.function(*[leaf * 1.0 if p.writes_arguments else leaf for leaf in leaves])
    if isinstance(value, Tensor) and value.requires_grad:  # a value that depends on no argument has no graph
        value.backward()
        value = value.detach()
    gradients = [np.zeros(leaf.shape) if leaf.grad is None else on_host(leaf.grad) for leaf in leaves]
    agrees_with_numpy(p, value, gradients)
    unchanged(p, [leaf.detach() for leaf in leaves])


def on_device(device: str, p: Program) -> None:
    inputs = [ag.asarray(v, device=device).data for v in p.inputs]
    value, gradients = ag.value_and_grad(p.function, everything(p))(*inputs)
    if not all(Tensor(g).device == device for g in gradients):
        raise Wrong(f"gradients on {[Tensor(g).device for g in gradients]}")
    agrees_with_numpy(p, value, gradients)
    unchanged(p, inputs)


MODES: dict[str, Callable[[Program], None]] = {
    "reverse": reverse,
    "forward": forward,
    "batch": batch,
    "second": second,
    "eager": eager,
    **{device: functools.partial(on_device, device) for device in ("strict:device1", "torch:cpu", "jax:cpu", "cuda")},
}
ON_NUMPY = ("reverse", "forward", "batch", "second", "eager")


def failures(p: Program, modes: Iterable[str] = ON_NUMPY) -> list[Failure]:
    """What goes wrong with a program in these modes."""
    found = []
    for mode in modes:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # as pytest is told to
                warnings.filterwarnings("ignore", message="You are comparing a array_api_strict dtype")
                MODES[mode](p)
        except Wrong as error:
            found.append(Failure(mode, "wrong", str(error)))
        except Exception as error:
            found.append(Failure(mode, "refused", re.sub(r" at 0x\w+", "", f"{type(error).__name__}: {error}")))
    return found


def outcomes(
    seeds: Iterable[int], modes: Sequence[str] = ON_NUMPY, *, any_layout: bool = False, without: str = ""
) -> Iterator[Outcome]:
    """What comes of the programs with these numbers, or of those in whose source a pattern is not found."""
    for seed in seeds:
        p = program(seed, any_layout=any_layout)
        if not without or not re.search(without, p.source):
            yield Outcome(seed, p, failures(p, modes) if p.reference else None)


class Outcome(NamedTuple):
    """A program, and in which ways it fails; None if nobody knows what is right."""

    seed: int
    program: Program
    failures: list[Failure] | None
    smallest: Outcome | None = None

    def __str__(self) -> str:
        return "\n".join((f"--- seed {self.seed}", *map(str, self.failures or ()), str(self.program)))


# --- smaller programs -------------------------------------------------------------------------------------------------


def smaller(p: Program) -> Iterator[Program]:
    """Programs without some of the statements, or that weigh less, from the smallest on."""
    n = len(p.statements)
    for size in sorted({n // 2, n // 4, 2, 1} - {0}, reverse=True):
        for start in range(n - size, -1, -1):
            try:
                yield Program.of(p.arguments, p.statements[:start] + p.statements[start + size :])
            except Exception:  # what is left lacks a name, say
                continue
    for name in p.weighed if len(p.weighed) > 1 else ():
        yield dataclasses.replace(p, weighed=tuple(w for w in p.weighed if w != name))


def minimised(p: Program, failure: Failure) -> tuple[Program, Failure]:
    """A program from which nothing can be dropped without it ceasing to fail in this mode and kind."""
    shrinking = True
    while shrinking:
        shrinking = False
        for candidate in smaller(p):
            less = (len(candidate.statements), len(candidate.weighed)) < (len(p.statements), len(p.weighed))
            if not less or candidate.reference is None:
                continue
            same = [f for f in failures(candidate, [failure.mode]) if f.kind == failure.kind]
            if same:
                p, failure, shrinking = candidate, same[0], True
                break
    return p, failure


# --- the command line -------------------------------------------------------------------------------------------------


def _some(seeds: range, modes: Sequence[str], minimise: bool, **options: Any) -> list[Outcome]:
    found = []
    for outcome in outcomes(seeds, modes, **options):
        if minimise and outcome.failures:
            p, _ = minimised(outcome.program, outcome.failures[0])
            smallest = Outcome(outcome.seed, sendable(p), failures(p, modes))
            outcome = outcome._replace(smallest=smallest)
        found.append(outcome._replace(program=sendable(outcome.program)))
    return found


def sendable(p: Program) -> Program:
    """The same without its function, which cannot be sent to another process."""
    return dataclasses.replace(p)


def counts(modes: Iterable[str], bad: Sequence[Outcome]) -> list[str]:
    kinds = collections.Counter((f.mode, f.kind) for o in bad for f in o.failures or ())
    return [f"{'mode':16}{'wrong':>8}{'refused':>9}"] + [
        f"{mode:16}{kinds[mode, 'wrong']:8}{kinds[mode, 'refused']:9}" for mode in modes
    ]


def rules_of(o: Outcome) -> frozenset[str]:
    return frozenset(s.rule for s in (o.smallest or o).program.statements)


def report(found: Sequence[Outcome], modes: Sequence[str], show: int) -> str:
    """Counts of what failed by mode and by rule, and the shortest programs, each with rules of its own."""
    judged = [o for o in found if o.failures is not None]
    bad = sorted((o for o in judged if o.failures), key=lambda o: len((o.smallest or o).program.source))
    wrong = sum(any(f.kind == "wrong" for f in o.failures or ()) for o in bad)
    lines = [
        f"{len(judged)} programs, {len(found) - len(judged)} left out: not smooth at their arguments",
        f"{len(bad)} fail: {wrong} wrong in some mode, {len(bad) - wrong} refused only",
        "",
        *counts(modes, bad),
    ]
    if bad:
        seen = collections.Counter(rule for o in judged for rule in rules_of(o._replace(smallest=None)))
        guilty = collections.Counter(rule for o in bad for rule in rules_of(o))
        lines += ["", "rules in failing programs, of the programs that have them:"]
        ordered = sorted(guilty, key=lambda rule: -guilty[rule] / seen[rule])
        lines += [f"  {rule:30}{guilty[rule]:6} of {seen[rule]}" for rule in ordered]
        refusals = collections.Counter(f.message[:110] for o in bad for f in o.failures or () if f.kind == "refused")
        lines += ["", "refusals:", *(f"{count:6}  {message}" for message, count in refusals.most_common(25))]
    different = {(rules_of(o), str((o.smallest or o).failures)[:60]): o.seed for o in reversed(bad)}
    for o in [o for o in bad if o.seed in different.values()][:show]:
        lines += ["", str(o.smallest or o)]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Run random programs about views and writes.")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first program")
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=list(ON_NUMPY), metavar="MODE")
    parser.add_argument("--minimise", action="store_true", help="drop statements from the programs that fail")
    parser.add_argument("--show", type=int, default=10, help="how many of the failing programs, the shortest first")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--any-layout", action="store_true", help="ravel and reshape results in memory order, too")
    parser.add_argument(
        "--without", default="", metavar="PATTERN", help="leave out programs in whose source this is found"
    )
    parser.add_argument("--source", action="store_true", help="print the programs without running them")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.count)
    if options.source:
        print("\n".join(f"# seed {seed}\n{program(seed, any_layout=options.any_layout)}\n" for seed in seeds))
        return
    chunks = [seeds[i : i + 25] for i in range(0, len(seeds), 25)]
    chosen = {"minimise": options.minimise, "any_layout": options.any_layout, "without": options.without}
    work = functools.partial(_some, modes=options.modes, **chosen)
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(options.processes, mp_context=spawn) as pool:
        found = [outcome for part in pool.map(work, chunks) for outcome in part]
    print(report(found, options.modes, options.show))
    raise SystemExit(any(outcome.failures for outcome in found))


if __name__ == "__main__":
    main()
