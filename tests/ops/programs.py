"""Random programs made out of the operation table, which run on any namespace of the array API.

A program is a list of steps over a growing pool of arrays. Elementwise operations come from the table, and their
operands are squeezed into the operation's domain; the others are listed here, with a strategy for their parameters.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from anygrad.core.primitive import primitives
from tests.table import OPERATIONS
from tests.table.base import between, nonzero

Shape = tuple[int, ...]
MOST = 48
"""Of elements in an array."""

DOMAINS = {
    op.name: (0.4, 2.0) if op.domain is nonzero else (op.domain.low, op.domain.high)
    for op in OPERATIONS
    if op.name in primitives
    and primitives[op.name].kind == "elementwise"
    and primitives[op.name].chapter == ""
    and (isinstance(op.domain, between) or op.domain is nonzero)
    and hasattr(np, op.name)  # what rules are made of has no namesake elsewhere
    and op.name not in ("clip", "floor_divide", "remainder")
}
UNARY = sorted(name for name in DOMAINS if len(primitives[name].operands) == 1)
BINARY = sorted(name for name in DOMAINS if len(primitives[name].operands) == 2)


@dataclasses.dataclass(frozen=True)
class Step:
    """One operation on arrays of the pool: ``run(xp, arrays)``, with a description for error messages."""

    text: str
    operands: tuple[int, ...]
    run: Callable[[Any, list[Any]], Any]


@dataclasses.dataclass
class Program:
    """Arrays to start from, and steps that each append their result to the pool."""

    inputs: list[np.ndarray]
    steps: list[Step]

    def __call__(self, xp: Any, *inputs: Any) -> Any:
        """The sum of the means of all results nobody used and of every third one, bounded by a tanh."""
        pool = list(inputs)
        for step in self.steps:
            pool.append(step.run(xp, [pool[i] for i in step.operands]))
        used = {i for step in self.steps for i in step.operands}
        ends = [x for i, x in enumerate(pool) if i not in used or i % 3 == 0]
        total = 0.0
        for x in ends:
            total = total + xp.mean(xp.tanh(x))
        return total

    def __repr__(self) -> str:
        lines = [f"x{i} = {x.tolist()}" for i, x in enumerate(self.inputs)]
        lines += [
            f"x{len(self.inputs) + k} = {step.text} of {[f'x{i}' for i in step.operands]}"
            for k, step in enumerate(self.steps)
        ]
        return "\n".join(lines)


def squeezed(xp: Any, x: Any, low: float, high: float) -> Any:
    """The array's values moved into an interval."""
    return xp.tanh(x) * ((high - low) / 2 * 0.98) + (high + low) / 2


# --- kinds of steps: from a way to draw, and the pool's shapes, to a step and its shape -------------------------------


Maker = Callable[[Callable[[Any], Any], list[Shape]], "tuple[Step, Shape] | None"]


def _one(draw: Callable[[Any], Any], shapes: list[Shape], fits: Callable[[Shape], bool] = lambda s: True) -> int | None:
    fitting = [i for i, shape in enumerate(shapes) if fits(shape)]
    return draw(st.sampled_from(fitting)) if fitting else None


def _has_axes(shape: Shape) -> bool:
    return len(shape) > 0


def unary(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape]:
    name = draw(st.sampled_from(UNARY))
    i = draw(st.integers(0, len(shapes) - 1))
    return Step(name, (i,), lambda xp, a: getattr(xp, name)(squeezed(xp, a[0], *DOMAINS[name]))), shapes[i]


def _broadcast(*shapes: Shape) -> Shape | None:
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        return None
    return shape if math.prod(shape) <= MOST else None


def binary(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape]:
    name = draw(st.sampled_from(BINARY))
    i = draw(st.integers(0, len(shapes) - 1))
    j = draw(st.sampled_from([j for j, shape in enumerate(shapes) if _broadcast(shapes[i], shape) is not None]))
    shape = _broadcast(shapes[i], shapes[j])
    assert shape is not None

    def run(xp: Any, a: list[Any]) -> Any:
        return getattr(xp, name)(*[squeezed(xp, x, *DOMAINS[name]) for x in a])

    return Step(name, (i, j), run), shape


def with_number(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape]:
    name = draw(st.sampled_from(["add", "subtract", "multiply", "divide"]))
    i = draw(st.integers(0, len(shapes) - 1))
    number = draw(st.sampled_from([0.5, -1.5, 2, 3.0]))
    operator = {
        "add": lambda x: number + x,
        "subtract": lambda x: number - x,
        "multiply": lambda x: number * x,
        "divide": lambda x: x / number,
    }[name]
    return Step(f"{name} {number}", (i,), lambda xp, a: operator(a[0])), shapes[i]


def chosen(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape] | None:
    i = draw(st.integers(0, len(shapes) - 1))
    j = draw(st.sampled_from([j for j, shape in enumerate(shapes) if _broadcast(shapes[i], shape) is not None]))
    shape = _broadcast(shapes[i], shapes[j])
    assert shape is not None
    return Step("where less", (i, j), lambda xp, a: xp.where(a[0] < 0.123, a[0], a[1] * 2.0)), shape


def reduction(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape]:
    name = draw(st.sampled_from(["sum", "mean", "prod", "max", "min", "var"]))
    i = draw(st.integers(0, len(shapes) - 1))
    shape = shapes[i]
    axes = draw(st.none() | st.sets(st.integers(0, len(shape) - 1)).map(tuple)) if shape else None
    if axes == () or (axes is not None and draw(st.booleans()) and len(axes) == 1):
        axes = axes[0] - len(shape) if axes else None
    keepdims = draw(st.booleans())
    out = np.sum(np.zeros(shape), axis=axes, keepdims=keepdims).shape

    def run(xp: Any, a: list[Any]) -> Any:
        return getattr(xp, name)(squeezed(xp, a[0], -1.5, 1.5), axis=axes, keepdims=keepdims)

    return Step(f"{name}(axis={axes}, keepdims={keepdims})", (i,), run), out


def cumulative(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape] | None:
    name = draw(st.sampled_from(["cumulative_sum", "cumulative_prod"]))
    i = _one(draw, shapes, _has_axes)
    if i is None:
        return None
    axis = draw(st.integers(-len(shapes[i]), len(shapes[i]) - 1))
    return Step(f"{name}(axis={axis})", (i,), lambda xp, a: getattr(xp, name)(a[0], axis=axis)), shapes[i]


def index(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape] | None:
    i = _one(draw, shapes, _has_axes)
    if i is None:
        return None
    key: list[Any] = []
    for n in shapes[i]:
        a, b = sorted(draw(st.tuples(st.integers(0, n), st.integers(0, n))))
        choices = [slice(None), draw(st.integers(-n, n - 1)), slice(a, b if b > a else None), slice(None, None, -1)]
        key.append(draw(st.sampled_from(choices)))
    out = np.zeros(shapes[i])[tuple(key)].shape
    if 0 in out:
        return None
    flipped = [axis for axis, part in enumerate(p for p in key if isinstance(p, slice)) if part.step == -1]
    forward = tuple(slice(None) if isinstance(part, slice) and part.step == -1 else part for part in key)

    def run(xp: Any, a: list[Any]) -> Any:
        if flipped and "torch" in getattr(xp, "__name__", ""):  # which has no negative steps
            return xp.flip(a[0][forward], axis=tuple(flipped))
        return a[0][tuple(key)]

    return Step(f"[{key}]", (i,), run), out


def taken(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape] | None:
    i = _one(draw, shapes, _has_axes)
    if i is None:
        return None
    axis = draw(st.integers(0, len(shapes[i]) - 1))
    indices = draw(st.lists(st.integers(0, shapes[i][axis] - 1), min_size=1, max_size=3))
    out = (*shapes[i][:axis], len(indices), *shapes[i][axis + 1 :])
    if math.prod(out) > MOST:
        return None

    def run(xp: Any, a: list[Any]) -> Any:
        return xp.take(a[0], xp.asarray(indices, device=getattr(a[0], "device", None)), axis=axis)

    return Step(f"take({indices}, axis={axis})", (i,), run), out


MOVES: dict[str, Callable[[Any, Shape], Any]] = {
    "flip": lambda draw, s: {"axis": draw(st.integers(0, len(s) - 1))},
    "roll": lambda draw, s: {"shift": draw(st.integers(-2, 2)), "axis": draw(st.integers(0, len(s) - 1))},
    "permute_dims": lambda draw, s: {"axes": tuple(draw(st.permutations(range(len(s)))))},
    "expand_dims": lambda draw, s: {"axis": draw(st.integers(0, len(s)))},
    "reshape": lambda draw, s: {"shape": draw(st.sampled_from([(-1,), (1, -1), (-1, 1), tuple(reversed(s))]))},
    "broadcast_to": lambda draw, s: {"shape": (draw(st.integers(1, 2)), *s)},
    "tile": lambda draw, s: {"repetitions": (draw(st.integers(1, 2)),) * len(s)},
    "repeat": lambda draw, s: {"repeats": draw(st.integers(1, 2)), "axis": draw(st.integers(0, len(s) - 1))},
    "sort": lambda draw, s: {"axis": draw(st.integers(0, len(s) - 1)), "descending": draw(st.booleans())},
    "tril": lambda draw, s: {"k": draw(st.integers(-1, 1))} if len(s) > 1 else None,
    "triu": lambda draw, s: {"k": draw(st.integers(-1, 1))} if len(s) > 1 else None,
    "matrix_transpose": lambda draw, s: {} if len(s) > 1 else None,
    "diff": lambda draw, s: {"axis": -1} if s[-1] > 1 else None,
}
BY_POSITION = {"roll": "shift", "permute_dims": "axes", "reshape": "shape", "broadcast_to": "shape"} | {
    "tile": "repetitions",
    "repeat": "repeats",
}


def move(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape] | None:
    name = draw(st.sampled_from(sorted(MOVES)))
    i = _one(draw, shapes, _has_axes)
    options = None if i is None else MOVES[name](draw, shapes[i])
    if i is None or options is None:
        return None
    position = [options.pop(BY_POSITION[name])] if name in BY_POSITION else []

    def run(xp: Any, a: list[Any]) -> Any:
        return getattr(xp, name)(a[0], *position, **options)

    import anygrad as ag

    out = run(ag, [np.zeros(shapes[i])]).shape
    if math.prod(out) > MOST or len(out) > 4:
        return None
    return Step(f"{name}({position}, {options})", (i,), run), out


def joined(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape] | None:
    name = draw(st.sampled_from(["concat", "stack"]))
    i = _one(draw, shapes, _has_axes)
    j = None if i is None else _one(draw, shapes, lambda s: s == shapes[i])
    if i is None or j is None:
        return None
    axis = draw(st.integers(0, len(shapes[i]) - 1))
    out = np.concatenate([np.zeros(shapes[i])] * 2, axis).shape
    if name == "stack":
        out = np.stack([np.zeros(shapes[i])] * 2, axis).shape
    if math.prod(out) > MOST or len(out) > 4:
        return None
    return Step(f"{name}(axis={axis})", (i, j), lambda xp, a: getattr(xp, name)([a[0], a[1]], axis=axis)), out


def product(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape] | None:
    name = draw(st.sampled_from(["matmul", "tensordot", "vecdot"]))
    i = _one(draw, shapes, _has_axes)
    if i is None:
        return None
    options = {"tensordot": {"axes": 1}}.get(name, {})
    fitting = []
    for j, shape in enumerate(shapes):
        try:
            out = _product_shape(name, shapes[i], shape)
        except ValueError:
            continue
        if math.prod(out) <= MOST and len(out) <= 4:
            fitting.append((j, out))
    if not fitting:
        return None
    j, out = draw(st.sampled_from(fitting))
    return Step(name, (i, j), lambda xp, a: getattr(xp, name)(a[0], a[1], **options)), out


def _product_shape(name: str, a: Shape, b: Shape) -> Shape:
    x, y = np.zeros(a), np.zeros(b)
    if name == "matmul":
        return np.matmul(x, y).shape
    if name == "tensordot":
        if not b:
            raise ValueError("tensordot over one axis needs one")
        return np.tensordot(x, y, 1).shape
    return np.vecdot(x, y).shape


def solved(draw: Any, shapes: list[Shape]) -> tuple[Step, Shape] | None:
    name = draw(st.sampled_from(["inv", "det", "cholesky", "eigvalsh", "svdvals", "pinv"]))
    i = _one(draw, shapes, lambda s: len(s) >= 2 and s[-1] == s[-2])
    if i is None:
        return None
    n = shapes[i][-1]

    def run(xp: Any, a: list[Any]) -> Any:
        # Positive definite, with eigenvalues apart, whatever the array holds.
        x = squeezed(xp, a[0], -0.2, 0.2)
        diagonal = np.diag(np.arange(n) * 2.0 + 3.0).tolist()
        x = x + xp.matrix_transpose(x) + xp.asarray(diagonal, dtype=a[0].dtype, device=getattr(a[0], "device", None))
        return getattr(xp.linalg, name)(x)

    out = {"det": shapes[i][:-2], "eigvalsh": shapes[i][:-1], "svdvals": shapes[i][:-1]}.get(name, shapes[i])
    return Step(name, (i,), run), out


MAKERS: list[Maker] = [unary, unary, binary, binary, binary, with_number, chosen, reduction, cumulative, index, taken]
MAKERS += [move, move, joined, product, product, solved]


@st.composite
def programs(draw: Any, *, most: int = 30, makers: list[Maker] = MAKERS) -> Program:
    """Programs of 3 to ``most`` steps of some kinds."""
    shapes: list[Shape] = [tuple(draw(st.lists(st.integers(1, 3), max_size=3))) for _ in range(draw(st.integers(1, 3)))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    inputs = [rng.normal(size=shape) for shape in shapes]
    steps: list[Step] = []
    length = draw(st.integers(3, most))
    while len(steps) < length:
        made = draw(st.sampled_from(makers))(draw, shapes)
        if made is not None:
            steps.append(made[0])
            shapes.append(tuple(made[1]))
    return Program(inputs, steps)
