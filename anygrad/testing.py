"""Checks of derivatives against finite differences, for people's own functions and operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from anygrad.core.containers import flatten, flatten_arguments, unflatten
from anygrad.core.kinds import kind_of
from anygrad.core.types import device_of, rank
from anygrad.ops.elementwise import conj, multiply, real
from anygrad.ops.reductions import sum
from anygrad.reverse.tensor import Tensor
from anygrad.transforms import grad, jvp
from anygrad.transforms._arguments import check_callable, floating, name_of

__all__ = ["check_grads"]

STENCIL = ((1, 8), (-1, -8), (2, -1), (-2, 1))
"""Central differences of fourth order: the weights of f(x + k h), divided by 12 h (Fornberg, 1988, table 1)."""


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Iterable[str] = ("fwd", "rev"),
    *,
    atol: float | None = None,
    rtol: float | None = None,
    step: float | None = None,
) -> None:
    """Compare a function's derivatives with finite differences, entry by entry.

    What is differentiated is a random combination of all the function's outputs. For a second order its gradient is
    checked in turn, and so on.

    Args:
        f: takes arrays, or containers of arrays, and returns an array or containers of arrays.
        args: its arguments: a point where it is smooth.
        order: the highest derivative to check.
        modes: ``"fwd"`` for :func:`anygrad.jvp`, ``"rev"`` for :func:`anygrad.grad`.
        atol: the largest error that passes where the derivative is 0, by default 1e-6 in double precision and 2e-2 in
            single precision.
        rtol: the largest error relative to the largest derivative in its array, by default as ``atol``.
        step: the distance of the finite differences, relative to the size of an entry, by default 1e-3 in double
            precision and 5e-2 in single precision.

    Raises:
        AssertionError: a derivative differs; the message names the mode, the argument, the entry, both values, and the
            step.
        TypeError: an array among the arguments is not floating.
        ValueError: a mode is unknown, or the order is less than 1.

    >>> ag.testing.check_grads(lambda x: ag.sin(x) * x, (np.array([0.5, 2.0]),))
    """
    check_callable(f, "check_grads")
    modes = tuple(modes)
    if order < 1:
        raise ValueError(f"check_grads: order must be at least 1, given {order}")
    if unknown := set(modes) - {"fwd", "rev"}:
        raise ValueError(f"check_grads: modes are 'fwd' and 'rev', given {sorted(unknown)[0]!r}")
    leaves, paths, structure = flatten_arguments(tuple(args))
    points = [floating(x, f"check_grads: {path}") for x, path in zip(leaves, paths)]
    is_single = any(np.dtype(Tensor(x).dtype).itemsize <= (8 if kind_of(x.dtype) == "c" else 4) for x in points)
    tolerance = 2e-2 if is_single else 1e-6
    check = _Check(
        points,
        paths,
        modes,
        atol=tolerance if atol is None else atol,
        rtol=tolerance if rtol is None else rtol,
        step=(5e-2 if is_single else 1e-3) if step is None else step,
    )
    g, name = (lambda *xs: f(*unflatten(structure, xs))), name_of(f)
    for _ in range(order):
        g, name = _checked(g, name, check), f"the gradient of {name}"


class _Check(NamedTuple):
    """Where and how to compare."""

    points: list[Any]
    paths: list[str]
    modes: tuple[str, ...]
    atol: float
    rtol: float
    step: float


def _checked(f: Callable[..., Any], name: str, check: _Check) -> Callable[..., Any]:
    """Check a function's first derivative, and give its gradient."""
    points = check.points
    weights = [_weights(y, seed) for seed, y in enumerate(flatten(f(*points))[0])]

    def combined(*xs: Any) -> Any:
        outputs, _, _ = flatten(f(*xs))
        terms = [sum(real(multiply(conj(w), y))) for w, y in zip(weights, outputs) if w is not None]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    everything = tuple(range(len(points)))
    gradient = grad(combined, everything)
    numerical = [_differences(combined, points, i, check.step) for i in everything]
    for mode in check.modes:
        gradients = gradient(*points) if mode == "rev" else _forward_gradient(combined, points)
        for path, found, expected in zip(check.paths, gradients, numerical):
            _compare(_host(found), expected, check, f"{mode} derivative of {name} in {path}")
    return gradient


def _compare(found: Any, expected: Any, check: _Check, what: str) -> None:
    allowed = check.atol + check.rtol * np.max(np.abs(expected), initial=0.0)
    error = np.abs(found - expected)
    wrong = ~(error <= allowed)
    if not np.any(wrong):
        return
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape))
    raise AssertionError(
        f"{what}, entry {worst}: {found[worst]!r}, by finite differences {expected[worst]!r}; they differ by "
        f"{error[worst]:.3g}, {allowed:.3g} is allowed, and {int(np.sum(wrong))} of {error.size} entries are wrong "
        f"(step {check.step:g})"
    )


def _host(x: Any) -> Any:
    return Tensor(x).detach().numpy()


def _weights(y: Any, seed: int) -> Any:
    """Random weights for an output, on its device; None for one that has no derivative."""
    if rank(type(y)) < 0 or kind_of(y.dtype) not in "fc":
        return None
    rng = np.random.default_rng(seed)
    drawn = rng.uniform(0.5, 1.5, tuple(y.shape)) * rng.choice([-1.0, 1.0], tuple(y.shape))
    if kind_of(y.dtype) == "c":
        drawn = drawn + 1j * rng.uniform(-1, 1, tuple(y.shape))
    return _placed(drawn, y)


def _placed(values: Any, like: Any) -> Any:
    """NumPy values as an array of the dtype, library and device of another."""
    placed = Tensor(np.asarray(values), dtype=Tensor(like).dtype, device=device_of(like))
    return placed if isinstance(like, Tensor) else placed.data


def _shifted(x: Any, index: tuple[int, ...], by: complex) -> Any:
    values = np.array(_host(x))
    values[index] += by
    return _placed(values, x)


def _directions(x: Any) -> tuple[complex, ...]:
    return (1, 1j) if kind_of(x.dtype) == "c" else (1,)


def _differences(f: Callable[..., Any], points: list[Any], i: int, step: float) -> Any:
    """The gradient in one array, by finite differences."""
    x = points[i]
    values = _host(x)
    found = np.zeros(values.shape, np.result_type(values, np.float64))
    for index in np.ndindex(values.shape):
        h = step * max(1.0, abs(values[index]))
        for direction in _directions(x):
            total = 0.0
            for k, weight in STENCIL:
                shifted = [*points[:i], _shifted(x, index, direction * k * h), *points[i + 1 :]]
                total += weight * float(_host(f(*shifted)))
            found[index] += direction * total / (12 * h)
    return found


def _forward_gradient(f: Callable[..., Any], points: list[Any]) -> list[Any]:
    """The gradient in all arrays, by one evaluation in forward mode for each entry."""
    gradients = []
    for i, x in enumerate(points):
        values = _host(x)
        found = np.zeros(values.shape, values.dtype)
        for index in np.ndindex(values.shape):
            for direction in _directions(x):
                unit = np.zeros(values.shape, values.dtype)
                unit[index] = direction
                tangents = [_placed(unit if j == i else np.zeros(tuple(y.shape)), y) for j, y in enumerate(points)]
                found[index] += direction * float(_host(jvp(f, points, tangents)[1]))
        gradients.append(found)
    return gradients
