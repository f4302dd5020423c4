"""Loops and solvers: scan, fixed_point and implicit_root."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anygrad.arrays.creation import constant
from anygrad.arrays.device import default_device
from anygrad.arrays.mixin import ArrayMixin
from anygrad.arrays.wrapper import bottom
from anygrad.core.containers import flatten, mapped, matching, unflatten
from anygrad.core.primitive import describe
from anygrad.ops.creation import new_zeros
from anygrad.ops.elementwise import abs, subtract
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import stack
from anygrad.ops.linalg.solving import solve
from anygrad.ops.manipulation import flip
from anygrad.ops.reductions import max
from anygrad.transforms._arguments import check_callable, floating, name_of, stop_gradient
from anygrad.transforms._closures import found_in, substituted
from anygrad.transforms._rules import lent, travelling
from anygrad.transforms.custom import custom_jvp
from anygrad.transforms.forward import jvp
from anygrad.transforms.jacobians import jacfwd
from anygrad.transforms.recomputation import checkpoint
from anygrad.transforms.vectors import cut, joined

LinearSolver = Callable[[Callable[[Any], Any], Any], Any]


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    *,
    reverse: bool = False,
    checkpoint_every: int | None = None,
) -> tuple[Any, Any]:
    """A loop that carries a state along the first axis of some arrays, and collects what each step gives.

    Args:
        f: ``f(carry, x)`` returns the next carry, of the same structure, and a result; either may be containers.
        init: the first carry.
        xs: an array, or containers of arrays, whose rows the steps get; None for none.
        length: the number of steps; by default that of the rows.
        reverse: whether the steps go from the last row to the first; each result stands where its row does.
        checkpoint_every: keep the carry of every so many steps only, and evaluate the steps in between once more in the
            backward pass (see :func:`checkpoint`); memory is least at about the square root of the number of steps.

    Returns:
        The last carry, and the results of all steps, stacked along a new first axis. Of no steps ``f`` is called once,
        with zeros for a row, to see what the results would be.

    Raises:
        TypeError: ``f`` returns no pair.
        ValueError: the rows of ``xs`` differ in number from each other or from ``length``, or nothing says how many
            steps there are.

    >>> ag.scan(lambda total, x: (total + x, total * x), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([0., 2., 9.]))
    >>> ag.scan(lambda total, x: (total + x, total + x), 0.0, np.array([1.0, 2.0, 3.0]), reverse=True)[1]
    array([6., 5., 3.])
    """
    check_callable(f, "scan")
    rows, paths, structure = flatten(xs, "xs")
    lengths = {path: int(x.shape[0]) for x, path in zip(rows, paths)}
    if length is not None:
        lengths["length"] = length
    if not lengths:
        raise ValueError("scan: xs is None, so length must say how many steps there are")
    if len(set(lengths.values())) > 1:
        raise ValueError(f"scan: the lengths differ: {', '.join(f'{k} has {n}' for k, n in lengths.items())}")
    (count,) = set(lengths.values())

    def steps(carry: Any, parts: list[Any], start: int, stop: int) -> tuple[Any, list[Any]]:
        results = []
        for i in range(start, stop):
            out = f(carry, unflatten(structure, [getitem(x, i) for x in parts]))
            if not isinstance(out, tuple | list) or len(out) != 2:
                raise TypeError(f"scan: f must return a pair (carry, result), given {describe(out)}")
            carry, y = out
            results.append(y)
        return carry, results

    rows = [flip(x, axis=0) for x in rows] if reverse else rows
    carry, results = init, list[Any]()
    size = count if checkpoint_every is None else checkpoint_every
    if size < 1 and count:
        raise ValueError(f"scan: checkpoint_every must be at least 1, given {checkpoint_every}")
    for start in range(0, count, size or 1):
        n = min(size, count - start)
        parts = rows if checkpoint_every is None else [getitem(x, slice(start, start + n)) for x in rows]
        run = steps if checkpoint_every is None else checkpoint(steps)
        carry, found = run(carry, parts, 0, n)
        results += found
    if not count:
        _, (y,) = steps(init, [new_zeros(x, (1, *x.shape[1:])) for x in rows], 0, 1)
        return init, mapped(lambda y: new_zeros(*_arrays((y,)), (0, *getattr(y, "shape", ()))), y)
    results = results[::-1] if reverse else results
    return carry, mapped(lambda *ys: stack(_arrays(ys)), results[0], *results[1:])


def _arrays(values: tuple[Any, ...]) -> list[Any]:
    return [y if hasattr(y, "shape") else constant(y, default_device()) for y in values]


# --- solutions of equations -------------------------------------------------------------------------------------------


def implicit_root(
    residual: Callable[..., Any], solver: Callable[..., Any], *, linear_solver: LinearSolver | None = None
) -> Callable[..., Any]:
    """A solver made differentiable in the parameters of its equation, whatever it does inside.

    Where ``residual(y, *params) = 0`` the implicit function theorem gives the derivative of ``y``:
    ``dy = -(d residual / d y)**-1 (d residual / d params) dparams``, also in arrays that ``residual`` uses beside its
    arguments. The solver itself is not differentiated, and may run code that anygrad does not know: it gets plain
    arrays, which are not to be written to. Under vmap it runs once for each member.

    Args:
        residual: ``residual(y, *params)`` has the structure and shapes of ``y``. It is called once more than the
            derivative needs, to see what it uses.
        solver: ``solver(*params)`` gives ``y``, an array or containers of arrays.
        linear_solver: ``linear_solver(matvec, b)`` solves ``matvec(v) = b`` for a vector v; by default the Jacobian is
            built and factored.

    Returns:
        A function of ``params`` that can be differentiated in every mode, to any order.

    Raises:
        ValueError: when differentiated: the residual has another number of elements than ``y``.
        TypeError: when called under vmap: the solver uses an array of the batch that is not among its arguments.

    >>> root = ag.implicit_root(lambda y, a: y**2 - a, lambda a: ag.sqrt(a))
    >>> ag.grad(root)(4.0)
    array(0.25)
    """
    check_callable(residual, "implicit_root")
    check_callable(solver, "implicit_root")
    solution = _solution(solver)

    def root(*params: Any) -> Any:
        y = solution(*stop_gradient(params))
        used = found_in(residual, y, *params)
        return _at_solution(lambda y, used, *others: substituted(residual, used)(y, *others), linear_solver)(
            y, used, *params
        )

    return root


def _solution(solver: Callable[..., Any]) -> Any:
    """A solver as a function of constants, which gets the plain arrays of members."""

    @custom_jvp
    def solution(*params: Any) -> Any:
        return mapped(lambda y: y if travelling(y) else bottom(y), stop_gradient(solver(*mapped(_plain, params))))

    def rule(params: Any, tangents: Any) -> Any:
        raise TypeError(f"{name_of(solver)} gets constants")

    solution.defjvp(rule)
    solution.by_loop = True
    return solution


def _plain(x: Any) -> Any:
    """The library's own array, to be read; numbers as they are."""
    return lent(bottom(x))


def _at_solution(residual: Callable[..., Any], linear_solver: LinearSolver | None) -> Callable[..., Any]:
    """A function of a solution and all parameters of its equation, that gives the solution with its derivative."""

    @custom_jvp
    def solution(y: Any, *params: Any) -> Any:
        return y

    def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
        # By another one, for this would hold itself in a cycle.
        y, params = _at_solution(residual, linear_solver)(*primals), primals[1:]
        leaves, _, structure = flatten(y)

        def of_vector(v: Any, *others: Any) -> Any:
            out, _, _ = flatten(residual(unflatten(structure, cut(v, leaves)), *others))
            return joined(out)

        point = joined(leaves)
        moved = _directional(lambda *others: of_vector(point, *others), params, tangents[1:])
        if tuple(moved.shape) != tuple(point.shape):
            raise ValueError(
                f"implicit_root: {name_of(residual)} must have as many elements as y, {point.shape[0]}, "
                f"given {moved.shape[0]}"
            )
        if linear_solver is None:
            found = solve(jacfwd(lambda v: of_vector(v, *params))(point), moved)
        else:
            found = linear_solver(lambda v: jvp(lambda u: of_vector(u, *params), (point,), (v,))[1], moved)
        return y, unflatten(structure, [-part for part in cut(found, leaves)])

    solution.defjvp(rule)
    return solution


def _directional(f: Callable[..., Any], params: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """The derivative of f in a direction; parts without a tangent are constant."""
    leaves, _, structure = flatten(params)
    moved = matching(mapped(lambda t: t, tangents), flatten(tangents)[2], "tangents", "params")
    places = [i for i, x in enumerate(leaves) if hasattr(x, "shape")]

    def of_arrays(*arrays: Any) -> Any:
        parts = list(leaves)
        for i, x in zip(places, arrays):
            parts[i] = x
        return f(*unflatten(structure, parts))

    return jvp(of_arrays, [leaves[i] for i in places], moved)[1]


def fixed_point(f: Callable[..., Any], init: Any, *params: Any, tolerance: float = 1e-10, max_steps: int = 1000) -> Any:
    """The point that a function maps to itself, found by applying it again and again; differentiable in the parameters.

    The derivative is that of the solution (see :func:`implicit_root`), not of the iteration: it costs one linear
    system, and no memory for the steps.

    Args:
        f: ``f(y, *params)`` has the structure and shapes of ``y``, and is a contraction near the solution.
        init: where to start: an array or containers of arrays; a constant.
        params: what the solution is differentiated in, with what else ``f`` uses.
        tolerance: the largest change of an element in the last step.
        max_steps: the number of steps after which to give up.

    Raises:
        RuntimeError: the iteration did not converge.

    >>> ag.fixed_point(lambda y, a: (y + a / y) / 2, np.array(1.0), np.array(2.0))
    array(1.41421356)
    """
    check_callable(f, "fixed_point")
    start = mapped(lambda x: floating(x, "fixed_point: init"), init)
    used = found_in(f, start, *params)

    def iterate(used: list[Any], *others: Any) -> Any:
        step, y = substituted(f, used), start
        for _ in range(max_steps):
            after = step(y, *others)
            changes = mapped(lambda a, b: max(abs(subtract(a, b))), after, y)
            y = after
            if all(float(_value(change)) <= tolerance for change in flatten(changes)[0]):
                return y
        raise RuntimeError(
            f"fixed_point: {name_of(f)} still moved by more than {tolerance} after {max_steps} steps; raise max_steps "
            f"or tolerance, or check that it is a contraction"
        )

    def residual(y: Any, used: list[Any], *others: Any) -> Any:
        return mapped(subtract, substituted(f, used)(y, *others), y)

    return _at_solution(residual, None)(stop_gradient(iterate(*stop_gradient((used, *params)))), used, *params)


def _value(x: Any) -> Any:
    """The array under wrappers; the largest of a batch."""
    while isinstance(x, ArrayMixin):
        x = max(x.data)  # type: ignore[attr-defined]
    return x
