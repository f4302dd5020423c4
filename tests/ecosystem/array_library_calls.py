"""Calls of array-api-extra, einops and opt_einsum on Tensors: what keeps the gradient, what has none, what refuses."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import array_api_extra as xpx
import einops
import einops.array_api
import numpy as np
import opt_einsum

from tests.ecosystem.calls import Call
from tests.ecosystem.scipy_harness import Constant

rng = np.random.default_rng(3)
line = rng.normal(size=6)
grid = rng.normal(size=(4, 6))
cube = (rng.permutation(48) / 16 - 1.51).reshape(2, 4, 6)  # no two nearer than the steps of the finite differences
holes = np.where(grid > 0.9, np.nan, grid)
at = Constant(np.array([2, 0, 3]))
numbers = Constant(np.array([3, 1, 3, 0]))


def namespace(x: Any) -> Any:
    return np if isinstance(x, np.ndarray) else x.__array_namespace__()


# --- array-api-extra --------------------------------------------------------------------------------------------------


def extra(name: str, *args: Any, call: Callable[..., Any] | None = None, **options: Any) -> Call:
    """A call of a function of array-api-extra, or of what ``call`` does with it."""
    function = functools.partial(getattr(xpx, name), **options)
    run = function if call is None else functools.partial(call, function)
    return Call(f"array_api_extra.{name}", run, *args)


def branches(f: Any, x: Any) -> Any:
    return f(x > 0, x, lambda x: namespace(x).sqrt(x), lambda x: x**2)


def filled(f: Any, x: Any, y: Any) -> Any:
    return f(x > 0, (x, y), lambda x, y: x * y, fill_value=1.0)


def updated(method: str) -> Callable[..., Any]:
    return lambda f, x, value: getattr(f(x)[1:3], method)(value, copy=True)


def selected(f: Any, x: Any) -> Any:
    """What the indices of a triangle or a diagonal select."""
    return x[f(4, xp=namespace(x))]


EXTRA = [
    extra("angle", line + 1j * line[::-1]),
    extra("apply_where", grid, call=branches),
    extra("apply_where", grid, grid[::-1].copy(), call=filled),
    extra("argpartition", line, call=lambda f, x: namespace(x).take(x, f(x, 2), axis=0)[2]),
    *(
        extra("at", grid, grid[1:3] + 2.5, call=updated(method))
        for method in ("set", "add", "subtract", "multiply", "divide", "min", "max")
    ),
    extra("at", np.abs(grid) + 0.1, grid[1:3] + 2.5, call=updated("power")),
    extra("at", grid, call=lambda f, x: f(x + 0, x > 0).set(0.0)),
    extra("atleast_nd", grid, ndim=3),
    extra("broadcast_shapes", line, grid, call=lambda f, x, y: namespace(x).broadcast_to(x, f(x.shape, y.shape))),
    extra("cov", grid),
    extra("cov", grid, np.abs(line), call=lambda f, x, w: f(x, aweights=w)),
    extra("create_diagonal", grid, offset=1),
    extra("default_dtype", grid, call=lambda f, x: namespace(x).astype(x, f(namespace(x)))),
    extra("deg2rad", grid),
    extra("diag_indices", grid, call=selected),
    extra("expand_dims", grid, axis=(0, 2)),
    extra("kron", grid, line),
    extra("lazy_apply", grid, call=lambda f, x: f(lambda x: x**2, x)),
    extra("nan_to_num", holes),
    *(extra(name, holes, axis=0) for name in ("nanmax", "nanmean", "nanmin", "nansum")),
    extra("one_hot", grid, numbers, call=lambda f, x, n: x[:, :4] * f(n, 4, dtype=x.dtype)),
    extra("pad", grid, call=lambda f, x: f(x, ((1, 0), (2, 1)), constant_values=2.0)),
    extra("partition", grid, call=lambda f, x: f(x, 2, axis=1)[:, 2]),
    extra("rad2deg", grid),
    extra("setdiff1d", line, call=lambda f, x: f(x, x[2:4])),
    extra("sinc", grid),
    extra("tril_indices", grid, call=selected),
    extra("triu_indices", grid, call=selected),
    extra("union1d", line, call=lambda f, x: f(x, x[2:4])),
    extra("unravel_index", grid, at, call=lambda f, x, i: x[f(i, (4, 6))]),
]

# Their results are integers and truth values.
EXTRA_STEPS = [
    extra("isclose", grid, grid + 0.5),
    extra("isin", line, call=lambda f, x: f(x, x[:2])),
    extra("nunique", line),
    extra("searchsorted", np.sort(line), line[1:3] + 0.01),
]

EXTRA_REFUSED = [
    # with copy=None, the default, at() changes an array that can be changed, and a leaf must not be
    extra("at", grid, call=lambda f, x: f(x)[1:3].set(0.0)).shown_as("at(leaf)[i].set(v)"),
    extra("lazy_apply", grid, call=lambda f, x: f(lambda x: x**2, x, as_numpy=True)).shown_as(
        "lazy_apply(..., as_numpy=True)"
    ),
]

# --- einops -----------------------------------------------------------------------------------------------------------

PATTERNS: list[tuple[str, tuple[str, ...], dict[str, int]]] = [
    ("rearrange", ("a b (c d) -> (a c) d b",), {"d": 2}),
    *(("reduce", ("a (b n) c -> b c", how), {"n": 2}) for how in ("max", "mean", "min", "prod", "sum")),
    ("repeat", ("a b c -> (a n) b c m",), {"n": 2, "m": 3}),
]
SPACES = {"einops": einops, "einops.array_api": einops.array_api}
EINOPS = [
    *(
        Call(f"{space}.{name}", lambda x, f=getattr(module, name), p=pattern, n=lengths: f(x, *p, **n), cube)
        for space, module in SPACES.items()
        for name, pattern, lengths in PATTERNS
    ),
    *(
        Call(f"{space}.rearrange", lambda x, y, m=module: m.rearrange([x, y], "n a b -> a (n b)"), grid, grid + 1)
        for space, module in SPACES.items()
    ),
    *(
        Call(f"{space}.pack", lambda x, y, m=module: m.pack([x, y], "a * c")[0], cube, cube[:, 0])
        for space, module in SPACES.items()
    ),
    *(
        Call(f"{space}.unpack", lambda x, m=module: m.unpack(x, [(2, 1), (2,)], "a * c"), cube)
        for space, module in SPACES.items()
    ),
    Call("einops.einsum", lambda x, y: einops.einsum(x, y, "batch a b, a c -> batch b c"), cube, grid),
    Call("einops.parse_shape", lambda x: x * einops.parse_shape(x, "_ b _")["b"], cube),
]
EINOPS_STEPS = [
    Call("einops.reduce", lambda x, how=how: einops.reduce(x > 0, "a b c -> b", how), cube) for how in ("any", "all")
]
EINOPS_REFUSED = [Call(f"{space}.asnumpy", lambda x, m=module: m.asnumpy(x), cube) for space, module in SPACES.items()]

# --- opt_einsum -------------------------------------------------------------------------------------------------------


def contracted(subscripts: str, **options: Any) -> Callable[..., Any]:
    return lambda *arrays: opt_einsum.contract(subscripts, *arrays, **options)


def expression(*arrays: Any) -> Any:
    return opt_einsum.contract_expression("aij,kj,il->akl", *(x.shape for x in arrays))(*arrays)


def with_constants(x: Any, y: Any) -> Any:
    return opt_einsum.contract_expression("aij,kj->aik", x, y.shape, constants=[0])(y)


def shared(x: Any, y: Any) -> Any:
    with opt_einsum.shared_intermediates():
        return [opt_einsum.contract(to, x, y, y) for to in ("aij,kj,lj->akl", "aij,kj,lj->aik")]


square = grid[:, :4].copy()
OPT_EINSUM = [
    *(
        Call("opt_einsum.contract", contracted("aij,kj,il->akl", optimize=optimize), cube, grid, grid)
        for optimize in (True, "optimal", "dp", "greedy", "random-greedy", "branch-all", "branch-2", "auto-hq")
    ),
    Call("opt_einsum.contract", contracted("aij,kj,il->akl", use_blas=False), cube, grid, grid),
    Call("opt_einsum.contract", contracted("ij,jk"), square, square + 1),
    Call("opt_einsum.contract", contracted("ij->ji"), grid),
    Call("opt_einsum.contract", contracted("ij->"), grid),
    Call("opt_einsum.contract", contracted("ii->i"), square),
    Call("opt_einsum.contract", contracted("ij,ij,ij->ji"), grid, grid + 1, grid - 1),
    Call("opt_einsum.contract", contracted("i,j,k->kji"), line, line + 1, line[:3].copy()),
    Call("opt_einsum.contract", contracted("...ij,kj->k...i"), cube, grid),
    Call("opt_einsum.contract", contracted("ij,jk->ik"), square + 1j, square * 1j),
    Call("opt_einsum.contract", lambda x, y: opt_einsum.contract(x, [0, 1, 2], y, [3, 2], [0, 3, 1]), cube, grid),
    # without an order to find, NumPy's einsum is called whatever the arrays are
    Call("opt_einsum.contract", contracted("ij,jk->ik", optimize=False), square, square),
    Call("opt_einsum.contract_expression", expression, cube, grid, grid),
    Call("opt_einsum.contract_expression", with_constants, cube, grid),
    Call("opt_einsum.shared_intermediates", shared, cube, grid),
]

DIFFERENTIATED: list[Call] = [*EXTRA, *EINOPS, *OPT_EINSUM]
STEPS: list[Call] = [*EXTRA_STEPS, *EINOPS_STEPS]
REFUSED: list[Call] = [*EXTRA_REFUSED, *EINOPS_REFUSED]
