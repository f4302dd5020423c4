"""The expressions of random NumPy programs: views of arrays, places to write to, and values to write.

A program grows a statement at a time, and each statement runs on NumPy before the next is drawn. So a rule sees the
arrays that the names hold: their shapes, which of them share memory, and a threshold that is far from all values. What
NumPy refuses, or what makes numbers large, is not taken into the program.

To extend it, add a line to ``VIEWS`` or ``PLACES``, or a statement to ``view_statements.py`` or ``view_writes.py``.
Rules return source code, and raise ``Unfit`` where nothing in the scene suits them.
"""

from __future__ import annotations

import dataclasses
import random
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

LIMIT = 4.0
"""Of the magnitude of values: central differences lose their digits with large ones."""

NUMBERS = (0.5, -0.3, 1.2, 0.8, -0.7, 1.5)
COUNTERS = ("i", "r", "q", "part")
"""Names that loops and helpers leave behind, which no later statement uses."""


class Unfit(Exception):  # noqa: N818
    """A rule finds nothing in the scene that suits it."""


class Statement(NamedTuple):
    """One or several lines of a program, and the rule that wrote them."""

    rule: str
    source: str


def run(statements: Iterable[Statement], names: dict[str, Any]) -> None:
    """Run statements on NumPy; what NumPy warns of is an error, as it is in the tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for statement in statements:
            exec(compile(statement.source, statement.rule, "exec"), names)


# --- what a name can hold ---------------------------------------------------------------------------------------------


def is_array(v: Any) -> bool:
    return isinstance(v, np.ndarray) and v.ndim > 0 and v.size > 0 and v.dtype.kind == "f"


def is_complex(v: Any) -> bool:
    return isinstance(v, np.ndarray) and v.ndim > 0 and v.size > 0 and v.dtype.kind == "c"


def is_cell(v: Any) -> bool:
    """An array without axes, which can be written to."""
    return isinstance(v, np.ndarray) and v.ndim == 0 and v.dtype.kind == "f"


def is_scalar(v: Any) -> bool:
    """A number that an array gave, which is immutable."""
    return isinstance(v, np.floating)


def is_list(v: Any) -> bool:
    return isinstance(v, list) and len(v) > 0


def is_vector(v: Any) -> bool:
    return is_array(v) and v.ndim == 1 and len(v) > 1


def is_matrix(v: Any) -> bool:
    return is_array(v) and v.ndim == 2


def is_square(v: Any) -> bool:
    return is_matrix(v) and v.shape[0] == v.shape[1]


def is_weighed(v: Any) -> bool:
    """What a program's result depends on if it is alive at the end."""
    return is_list(v) or is_scalar(v) or (isinstance(v, np.ndarray) and v.dtype.kind in "fc")


def numbers_of(v: Any) -> Iterable[Any]:
    return (n for part in v for n in numbers_of(part)) if isinstance(v, list) else (v,)


def owner(v: np.ndarray) -> np.ndarray:
    """The array whose memory a view shows."""
    while isinstance(v.base, np.ndarray):
        v = v.base
    return v


# --- scenes -----------------------------------------------------------------------------------------------------------


class Scene:
    """A program so far, and what its names hold after NumPy ran it."""

    def __init__(
        self,
        rng: random.Random,
        arguments: dict[str, np.ndarray],
        *,
        writes_arguments: bool = True,
        any_layout: bool = False,
    ) -> None:
        self.rng = rng
        self.arguments = arguments
        self.writes_arguments = writes_arguments
        self.any_layout = any_layout
        self.statements: list[Statement] = []
        self.count = 0
        self.used: set[str] = set()
        self._restart()

    def _restart(self) -> None:
        self.values: dict[str, Any] = {}
        self._owners: dict[int, tuple[np.ndarray, bool]] = {}
        inputs = {name: v.copy() for name, v in self.arguments.items()}
        for v in inputs.values():
            v.flags.writeable = self.writes_arguments  # where NumPy refuses, a statement is not taken
        self._names: dict[str, Any] = {"np": np} | inputs
        self._look()
        for statement in self.statements:
            run([statement], self._names)
            self._look()

    def _look(self) -> None:
        hidden = ("np", "__builtins__", *COUNTERS)
        self.values = {name: v for name, v in self._names.items() if name not in hidden and is_weighed(v)}
        for v in numbers_of(list(self.values.values())):
            if isinstance(v, np.ndarray) and id(owner(v)) not in self._owners:
                self._owners[id(owner(v))] = (owner(v), v.flags.c_contiguous)

    def add(self, statement: Statement) -> bool:
        """Take a statement into the program, unless NumPy refuses it or numbers get too large."""
        try:
            run([statement], self._names)
            self._look()
            fits = all(np.all(np.abs(v) <= LIMIT) for v in numbers_of(list(self.values.values())))
        except (TypeError, ValueError, IndexError, AttributeError, Warning):
            fits = False
        if fits:
            self.statements.append(statement)
        else:
            self._restart()
        return fits

    def new(self, prefix: str) -> str:
        """A name that nothing has yet."""
        self.count += 1
        return f"{prefix}{self.count}"

    def eval(self, expression: str) -> Any:
        """What an expression gives on NumPy, after the statements so far."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return eval(expression, self._names)
        except (TypeError, ValueError, IndexError, AttributeError, Warning) as error:
            raise Unfit from error

    def in_order(self, v: np.ndarray) -> bool:
        """Whether an array's memory was in the order of its elements when it was made.

        NumPy gives results the memory order of operands, as in ``np.sin(a.T)``, and whether ``ravel`` copies them
        depends on it. Other libraries have no such order; programs do not ask for it unless ``any_layout`` is set.
        """
        return self.any_layout or self._owners.get(id(owner(v)), (None, False))[1]

    # --- drawing ---

    def one(self, options: Sequence[Any]) -> Any:
        if not options:
            raise Unfit
        return self.rng.choice(options)

    def name(self, fits: Callable[[Any], bool] = is_array) -> str:
        """A name that holds what fits; more often one whose memory other names show, too."""
        fitting = [n for n, v in self.values.items() if fits(v)]
        shared = [n for n in fitting if isinstance(self.values[n], np.ndarray) and self.shares(n)]
        return self.one(shared if shared and self.rng.random() < 0.5 else fitting)

    def shares(self, name: str) -> bool:
        """Whether another name may show the memory of a name."""
        v = self.values[name]
        arrays = [w for n, w in self.values.items() if n != name for w in numbers_of(w) if isinstance(w, np.ndarray)]
        return any(np.may_share_memory(v, w) for w in arrays)

    def number(self) -> float:
        return self.rng.choice(NUMBERS)

    def factor(self) -> float:
        return self.rng.choice((0.5, 0.7, 1.3, -0.8))

    def at(self, n: int) -> int:
        """An index along an axis of length ``n``."""
        return self.one(range(-n, n))

    def part(self, n: int) -> str:
        """A slice along an axis of length ``n``, not empty."""
        a = self.rng.randrange(n)
        b = self.rng.randint(a + 1, n)
        whole = ("::2", "::-1", "1::2", "1:", ":-1", "-2:") if n > 1 else (":",)
        return self.rng.choice((f"{a}:{b}", f":{b}", f"{a}:", f"{b - 1}:{a - 1 if a else ''}:-1", *whole))

    def axis(self, v: np.ndarray) -> int:
        return self.at(v.ndim)

    def item(self, v: np.ndarray) -> str:
        """The index of one element."""
        return ", ".join(str(self.at(n)) for n in v.shape)

    def indices(self, n: int, *, repeats: bool = True) -> list[int]:
        count = self.rng.randint(2, 3)
        return self.rng.choices(range(n), k=count) if repeats or count > n else self.rng.sample(range(n), count)

    def threshold(self, v: np.ndarray) -> float:
        """A number between values, far enough from all of them."""
        ordered = np.sort(v, axis=None)
        gaps = np.diff(ordered)
        wide = np.flatnonzero(gaps > 0.15)
        if not len(wide):
            raise Unfit
        i = self.rng.choice(wide.tolist())
        return round(float(ordered[i] + ordered[i + 1]) / 2, 2)

    def view(self, of: str, *, deep: float = 0.3) -> str:
        """A view of what an expression gives; of some, a view of a view. Where NumPy copies, a copy."""
        v = self.eval(of)
        for _ in range(8):
            name, rule = self.rng.choice(list(VIEWS.items()))
            if not isinstance(v, np.ndarray) or not rule.fits(v) or (rule.layout and not self.in_order(v)):
                continue
            view = rule.write(self, of, v)
            self.used.add(f"view: {name}")
            seen = self.eval(view)
            if np.size(seen) == 0:
                continue
            if isinstance(seen, np.ndarray) and seen.ndim and self.rng.random() < deep:
                return self.view(view, deep=0.2)
            return view
        raise Unfit

    def place(self, of: str) -> str:
        """A place to write to, as it stands on the left of ``=`` and ``+=``."""
        v = self.eval(of)
        if self.rng.random() < 0.4:
            view = self.view(of)
            if not isinstance(self.eval(view), np.ndarray):
                return f"{of}[{self.item(v)}]"
            # A name with an attribute would be set, an element of a list replaced: brackets write to the memory.
            keys = ("[...]", "[:]") if np.ndim(self.eval(view)) else ("[...]", "[()]")
            return view + self.rng.choice(keys)
        for _ in range(8):
            name, rule = self.rng.choice(list(PLACES.items()))
            if rule.fits(v):
                self.used.add(f"place: {name}")
                return rule.write(self, of, v)
        raise Unfit

    def value(self, shape: tuple[int, ...]) -> str:
        """An expression whose real values can be written where there is this shape."""
        readable = [n for n, v in self.values.items() if is_array(v) or is_cell(v) or is_scalar(v)]
        for _ in range(6):
            expression = self.rng.choice(readable)
            if is_array(self.values[expression]) and self.rng.random() < 0.6:
                expression = self.view(expression)
            if self.rng.random() < 0.3 and not is_scalar(self.values.get(expression)):
                expression = self.rng.choice(("np.mean({})", "{}.sum() * 0.3", "np.max({})")).format(expression)
            found = np.shape(self.eval(expression))
            if _fits(found, shape):
                break
        else:
            return str(self.number())
        return self.rng.choice(DRESSES).format(expression)


def _fits(shape: tuple[int, ...], place: tuple[int, ...]) -> bool:
    while len(shape) > len(place) and shape[0] == 1:  # which assignment, unlike operators, leaves away
        shape = shape[1:]
    try:
        return np.broadcast_shapes(shape, place) == place
    except ValueError:
        return False


DRESSES = (
    "{}",
    "{}",
    "{} * 0.7",
    "np.sin({})",
    "0.5 * {} + 0.3",
    "np.tanh({})",
    "{0} * {0} * 0.4",
    "-{}",
    "np.cos({})",
)
"""Ways to use what is read; the first leaves it a view of what is written."""


# --- views and places -------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Rule:
    """How an expression is written over another: ``write(scene, expression, its value)``, for values that fit."""

    write: Callable[[Scene, str, Any], str]
    axes: int = 1
    also: Callable[[Any], bool] = lambda v: True
    layout: bool = False
    """Whether it depends on the order of memory that it gives a view or a copy."""

    def fits(self, v: np.ndarray) -> bool:
        return v.ndim >= self.axes and self.also(v)


def _key(s: Scene, v: np.ndarray) -> str:
    """An index and a slice for each axis, at least one slice."""
    parts = [s.part(n) if s.rng.random() < 0.6 else str(s.at(n)) for n in v.shape]
    sliced = s.rng.randrange(v.ndim)
    parts[sliced] = s.part(v.shape[sliced])
    return ", ".join(parts)


def _shape(s: Scene, v: np.ndarray) -> str:
    """Another shape for the elements of an array."""
    n = v.size
    pairs = [(a, n // a) for a in range(2, n) if n % a == 0]
    return s.rng.choice(["-1", *(f"({a}, {b})" for a, b in pairs), *(f"({a}, -1)" for a, _ in pairs), f"(1, {n})"])


def halves(s: Scene, v: np.ndarray, axis: int) -> int:
    return s.one([k for k in (2, 3) if v.shape[axis] % k == 0])


VIEWS = {
    "row": Rule(lambda s, a, v: f"{a}[{s.at(len(v))}]", 2),
    "column": Rule(lambda s, a, v: f"{a}[:, {s.at(v.shape[1])}]", 2),
    "last column": Rule(lambda s, a, v: f"{a}[..., {s.at(v.shape[-1])}]", 2),
    "slice": Rule(lambda s, a, v: f"{a}[{s.part(len(v))}]"),
    "slice of columns": Rule(lambda s, a, v: f"{a}[:, {s.part(v.shape[1])}]", 2),
    "indices and slices": Rule(lambda s, a, v: f"{a}[{_key(s, v)}]", 2),
    "reversed": Rule(lambda s, a, v: f"{a}[::-1]"),
    "flip": Rule(lambda s, a, v: f"np.flip({a})"),
    "flip along an axis": Rule(lambda s, a, v: f"np.flip({a}, {s.axis(v)})"),
    "rot90": Rule(lambda s, a, v: f"np.rot90({a})", 2),
    "everything": Rule(lambda s, a, v: f"{a}[...]"),
    "colon": Rule(lambda s, a, v: f"{a}[:]"),
    "element as an array": Rule(lambda s, a, v: f"{a}[{s.item(v)}, ...]"),
    "T": Rule(lambda s, a, v: f"{a}.T"),
    "mT": Rule(lambda s, a, v: f"{a}.mT", 2),
    "transpose": Rule(lambda s, a, v: f"np.transpose({a})"),
    "axes in any order": Rule(lambda s, a, v: f"{a}.transpose({str(s.rng.sample(range(v.ndim), v.ndim))[1:-1]})", 2),
    "swapaxes": Rule(lambda s, a, v: f"{a}.swapaxes(0, {s.axis(v)})", 2),
    "moveaxis": Rule(lambda s, a, v: f"np.moveaxis({a}, 0, {s.axis(v)})", 2),
    "reshape": Rule(lambda s, a, v: f"{a}.reshape({_shape(s, v)})", layout=True),
    "np.reshape": Rule(lambda s, a, v: f"np.reshape({a}, {_shape(s, v)})", layout=True),
    "ravel": Rule(lambda s, a, v: f"{a}.ravel()", layout=True),
    "np.ravel": Rule(lambda s, a, v: f"np.ravel({a})", layout=True),
    "new axis": Rule(lambda s, a, v: f"{a}[{s.rng.choice(('None', ':, None', '..., np.newaxis'))}]"),
    "expand_dims": Rule(lambda s, a, v: f"np.expand_dims({a}, {s.axis(v)})"),
    "squeeze": Rule(lambda s, a, v: f"np.squeeze({a})", also=lambda v: 1 in v.shape),
    "squeeze of a slice": Rule(lambda s, a, v: f"{a}[:1].squeeze()"),
    "split": Rule(lambda s, a, v: f"np.split({a}, {halves(s, v, 0)})[{s.rng.choice((0, 1, -1))}]"),
    "split along an axis": Rule(lambda s, a, v: f"np.split({a}, {halves(s, v, 1)}, axis=1)[0]", 2),
    "array_split": Rule(lambda s, a, v: f"np.array_split({a}, 2)[{s.rng.choice((0, 1))}]", also=lambda v: len(v) > 1),
    "atleast_2d": Rule(lambda s, a, v: f"np.atleast_2d({a})"),
    "view": Rule(lambda s, a, v: f"{a}.view()"),
    "asarray": Rule(lambda s, a, v: f"np.asarray({a}, like=x)"),
    "astype without a copy": Rule(lambda s, a, v: f"{a}.astype(float, copy=False)", also=is_array),
    "real": Rule(lambda s, a, v: f"{a}.real"),
    "np.real": Rule(lambda s, a, v: f"np.real({a})"),
    "diagonal": Rule(lambda s, a, v: f"np.diagonal({a})", 2),
    "diagonal method": Rule(lambda s, a, v: f"{a}.diagonal({s.rng.choice((0, 1, -1))})", 2),
    "diagonal by einsum": Rule(lambda s, a, v: f'np.einsum("ii->i", {a})', 2, is_square),
    "transpose by einsum": Rule(lambda s, a, v: f'np.einsum("ij->ji", {a})', 2, is_matrix),
    "broadcast_to": Rule(lambda s, a, v: f"np.broadcast_to({a}, {(2, *v.shape)})", also=lambda v: v.ndim < 3),
}
"""Ways to see an array's memory in another way; what comes from ``diagonal`` and ``broadcast_to`` is read-only."""

PLACES = {
    "element": Rule(lambda s, a, v: f"{a}[{s.item(v)}]"),
    "chained brackets": Rule(lambda s, a, v: f"{a}[{s.at(len(v))}][{s.at(v.shape[1])}]", 2),
    "row": Rule(lambda s, a, v: f"{a}[{s.at(len(v))}]"),
    "column": Rule(lambda s, a, v: f"{a}[:, {s.at(v.shape[1])}]", 2),
    "slice": Rule(lambda s, a, v: f"{a}[{s.part(len(v))}]"),
    "indices and slices": Rule(lambda s, a, v: f"{a}[{_key(s, v)}]", 2),
    "row of the transpose": Rule(lambda s, a, v: f"{a}.T[{s.at(v.shape[-1])}]", 2),
    "element of a slice": Rule(lambda s, a, v: f"{a}[{s.part(len(v))}][0]"),
    "everything": Rule(lambda s, a, v: f"{a}[...]"),
    "colon": Rule(lambda s, a, v: f"{a}[:]"),
    "index array": Rule(lambda s, a, v: f"{a}[{s.indices(len(v), repeats=False)}]"),
    "index array with repeats": Rule(lambda s, a, v: f"{a}[{s.indices(len(v))}]"),
    "index array of columns": Rule(lambda s, a, v: f"{a}[:, {s.indices(v.shape[1], repeats=False)}]", 2),
    "two index arrays": Rule(lambda s, a, v: f"{a}[[0, 1], [{s.at(v.shape[1])}, {s.at(v.shape[1])}]]", 2),
    "index array in brackets": Rule(lambda s, a, v: f"{a}[{s.at(len(v))}][{s.indices(v.shape[1], repeats=False)}]", 2),
    "list of booleans": Rule(lambda s, a, v: f"{a}[{[s.rng.random() < 0.5 for _ in v]}]"),
}
"""Places to write to, beside views with brackets behind them."""


# --- statements -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of statement: how often it is drawn, and whether its arrays' shapes depend on values."""

    write: Callable[[Scene], str]
    weight: float
    reads_mask: bool


STATEMENTS: dict[str, Kind] = {}


def statement(
    weight: float = 1.0, *, reads_mask: bool = False
) -> Callable[[Callable[[Scene], str]], Callable[[Scene], str]]:
    """Make a function one of the kinds of statements."""

    def register(write: Callable[[Scene], str]) -> Callable[[Scene], str]:
        STATEMENTS[write.__name__] = Kind(write, weight, reads_mask)
        return write

    return register
