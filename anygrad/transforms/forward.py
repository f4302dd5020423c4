"""Forward mode: jvp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from anygrad.arrays.levels import next_level
from anygrad.core.containers import flatten, matching, unflatten
from anygrad.core.types import rank, scalar_results
from anygrad.forward.dual import Dual
from anygrad.ops.creation import zeros_like
from anygrad.transforms._arguments import (
    apart,
    as_came,
    as_given,
    check_callable,
    check_each,
    held_by,
    name_of,
    select,
    split_aux,
    untraced,
)
from anygrad.transforms.reverse import like


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False) -> Any:
    """The value of a function and its derivative in a direction, by forward mode: one evaluation, nothing is recorded.

    Args:
        f: takes arrays, or containers of arrays, and returns an array or containers of arrays.
        primals: the arguments of ``f``.
        tangents: the direction: for each argument what has its structure, shapes and dtypes.
        has_aux: whether ``f`` returns a pair, whose second part is handed back as it is.

    Returns:
        ``(out, tangent)``, or ``(out, tangent, aux)``; the tangent has the structure of ``out``.

    Raises:
        TypeError: primals or tangents are no tuple, an array among them is not floating, or an operation has no forward
            rule.
        ValueError: a tangent has another structure or shape than its argument.

    >>> ag.jvp(lambda x: x**2, (np.array([1.0, 2.0]),), (np.array([1.0, 0.5]),))
    (array([1., 4.]), array([2., 2.]))
    """
    check_callable(f, "jvp")
    what = f"jvp of {name_of(f)}"
    check_each(primals, what, "primals")
    check_each(tangents, what, "tangents")
    primals, tangents = tuple(primals), tuple(tangents)
    if len(primals) != len(tangents):
        raise ValueError(f"{what}: {len(primals)} primals and {len(tangents)} tangents were given")
    chosen = select(what, primals, {}, tuple(range(len(primals))), None)
    _, _, structure = flatten(primals)
    given = chosen.picked(matching(tangents, structure, "tangents", "primals"))
    moved = [like(t, x, path, "tangent") for t, x, path in zip(given, chosen.leaves, chosen.paths)]
    with next_level(Dual) as dual_type:
        duals = [
            as_given(dual_type(x, t), is_number) for x, t, is_number in zip(chosen.leaves, moved, chosen.are_numbers)
        ]
        out, aux = split_aux(f(*chosen.called(duals)[0]), has_aux, what)
        leaves, _, out_structure = flatten(out)
        pairs = [_primal_and_tangent(x, dual_type, chosen.leaves) for x in leaves]
        aux = untraced(aux, dual_type, chosen.leaves) if has_aux else None
    parts = iter(apart([x for pair in pairs for x in pair], (*chosen.leaves, *moved)))
    pairs = list(zip(parts, parts))
    results = tuple(unflatten(out_structure, part) for part in zip(*pairs)) if pairs else (out, out)
    return (*results, aux) if has_aux else results


def _primal_and_tangent(out: Any, dual_type: type[Dual], given: list[Any]) -> tuple[Any, Any]:
    held = held_by(out, dual_type)
    primal, tangent = as_came(held, given), None if held is out else out.tangent
    if tangent is None:
        tangent = zeros_like(primal) if rank(type(primal)) >= 0 else 0.0
    tangent = as_came(tangent, given)
    return primal, scalar_results[type(tangent)](tangent) if type(tangent) in scalar_results else tangent
