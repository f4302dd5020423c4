"""The table of operations: the standard's extension of linear algebra.

Singular vectors and eigenvectors are compared by their absolute values, which do not depend on the library's choice of
signs and phases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import anygrad as ag
from tests.table.base import Draw, Operation, S, Sample

# --- matrices ---------------------------------------------------------------------------------------------------------


def adjoint(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def symmetrised(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the Hermitian part of its matrix."""
    return lambda x, **options: f((x + adjoint(x)) / 2, **options)


def regular(m: Draw, *shape: int) -> Any:
    """Well-conditioned square matrices, with distinct eigenvalues and singular values."""
    n = shape[-1]
    return (m(*shape) * 0.5 + np.diag(np.arange(n) + 2.0)).astype(m.dtype)


def near_diagonal(m: Draw, *shape: int) -> Any:
    """Matrices whose eigenvalues are real if they are."""
    n = shape[-1]
    return (m(*shape) * 0.2 + np.diag(np.arange(n) * 2.0)).astype(m.dtype)


def hermitian(m: Draw, *shape: int) -> Any:
    x = regular(m, *shape)
    return (x + adjoint(x)) / 2


def positive(m: Draw, *shape: int) -> Any:
    x = m(*shape)
    return (x @ adjoint(x) * 0.3 + np.diag(np.arange(shape[-1]) + 1.0)).astype(m.dtype)


# --- samples ----------------------------------------------------------------------------------------------------------


def squares(make: Callable[..., Any], **options: Any) -> Callable[[Draw], Iterator[Sample]]:
    def samples(m: Draw) -> Iterator[Sample]:
        yield S(make(m, 3, 3), **options)
        yield S(make(m, 1, 1), **options)
        yield S(make(m, 2, 2, 2), **options)
        yield S(make(m, 2, 1, 3, 3), **options)

    return samples


def oblong(m: Draw, **options: Any) -> Iterator[Sample]:
    """Matrices of every shape, with distinct singular values."""
    for shape in ((3, 3), (3, 2), (2, 3), (1, 2), (2, 3, 2), (2, 2, 3)):
        x = m(*shape) * 0.5
        k = min(shape[-2:])
        x[..., range(k), range(k)] += np.arange(k) + 2.0
        yield S(x.astype(m.dtype), **options)


def diagonalisable(m: Draw) -> Iterator[Sample]:
    yield from squares(near_diagonal)(m)
    if m.dtype.kind == "f":
        yield S(np.array([[0.5, -1.0], [1.0, 1.0]]).astype(m.dtype))  # a pair of complex eigenvalues


def exponents(m: Draw) -> Iterator[Sample]:
    yield from squares(regular)(m)
    yield S(np.zeros((2, 2), m.dtype))
    yield S(np.array([[0.0, 1.0], [0.0, 0.0]]).astype(m.dtype))  # defective
    yield S((m(3, 3) * 4.0).astype(m.dtype))


def powers(m: Draw) -> Iterator[Sample]:
    for n in (1, 2, 3, 5, -1, -2):
        yield S(regular(m, 2, 2), n)
    yield S(regular(m, 2, 3, 3), 3)
    yield S(m.integers(2, 2), 4)


def systems(m: Draw) -> Iterator[Sample]:
    yield S(regular(m, 3, 3), m(3, 2))
    yield S(regular(m, 3, 3), m(3))
    yield S(regular(m, 2, 3, 3), m(3))
    yield S(regular(m, 2, 3, 3), m(2, 3, 1))
    yield S(regular(m, 2, 2), m(2, 2, 3))
    yield S(regular(m, 2, 1, 2, 2), m(3, 2, 2))


def determinants(m: Draw) -> Iterator[Sample]:
    yield from squares(regular)(m)
    yield S(np.zeros((0, 0), m.dtype))
    yield S(np.zeros((1, 1), m.dtype))
    if m.dtype.kind == "f":
        yield S(np.array([[1.0, 2.0], [2.0, 4.0]]).astype(m.dtype))
        yield S(np.array([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 3.0], [2.0, -1.0]]]).astype(m.dtype))


def crossed(m: Draw) -> Iterator[Sample]:
    yield S(m(3), m(3))
    yield S(m(2, 3), m(2, 3))
    yield S(m(3, 2), m(3, 2), axis=-2)
    yield S(m(2, 1, 3), m(4, 3))


def diagonals(m: Draw) -> Iterator[Sample]:
    for offset in (0, 1, -1, 2, -2):
        yield S(m(3, 4), offset=offset)
    yield S(m(2, 3, 2))
    yield S(m(2, 3, 2), offset=-1)
    yield S(m.integers(3, 3))


def vectors(m: Draw) -> Iterator[Sample]:
    for order in (2, 1, 3, 2.5, 0.5, -1, -2, float("inf"), -float("inf")):
        yield S(m(4), ord=order)
        yield S(m(2, 3), ord=order, axis=-1)
    yield S(m(2, 3, 2), axis=(0, 2), keepdims=True)
    yield S(m(2, 3), axis=0, keepdims=True)
    yield S(m(2, 3))


def matrices(m: Draw) -> Iterator[Sample]:
    for order in ("fro", "nuc", 2, -2, 1, -1, float("inf"), -float("inf")):
        for sample in list(oblong(m))[1:3]:
            yield S(*sample.args, ord=order)
    yield S(regular(m, 2, 3, 3), keepdims=True)
    yield S(regular(m, 2, 3, 3), keepdims=True, ord="nuc")
    yield S(regular(m, 2, 3, 3), keepdims=True, ord=1)


# --- references -------------------------------------------------------------------------------------------------------


def np_vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    size = np.abs(x)
    if np.isinf(ord):
        return (np.max if ord > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    return np.sum(size**ord, axis=axis, keepdims=keepdims) ** size.dtype.type(1 / ord)


def np_slogdet(x: Any) -> Any:
    return tuple(np.linalg.slogdet(x))


def np_qr(x: Any, **options: Any) -> Any:
    q, r = np.linalg.qr(x, **options)
    r = r[..., : min(x.shape[-2:]), :]
    phases = np.diagonal(r, 0, -2, -1)
    return np.abs(q), np.conj(phases / np.abs(phases))[..., None] * r


def np_svd(x: Any, **options: Any) -> Any:
    u, s, vh = np.linalg.svd(x, **options)
    return np.abs(u), s, np.abs(vh)


def svd(x: Any, **options: Any) -> Any:
    u, s, vh = ag.linalg.svd(x, **options)
    return ag.abs(u), s, ag.abs(vh)


def qr(x: Any, **options: Any) -> Any:
    q, r = ag.linalg.qr(x, **options)
    r = r[..., : min(x.shape[-2:]), :]
    phases = ag.conj(ag.sign(ag.linalg.diagonal(r)))
    return ag.abs(q), ag.multiply(ag.expand_dims(phases, axis=-1), r)


def eig(x: Any) -> Any:
    values, vectors = ag.linalg.eig(x)
    return values, ag.abs(vectors)


def np_eig(x: Any) -> Any:
    values, vectors = np.linalg.eig(x)
    return values + 0j, np.abs(vectors)


def eigh(x: Any) -> Any:
    values, vectors = ag.linalg.eigh(x)
    return values, ag.abs(vectors)


def np_eigh(x: Any) -> Any:
    values, vectors = np.linalg.eigh(x)
    return values, np.abs(vectors)


def decomposed(name: str, call: Any, reference: Any, samples: Any, **more: Any) -> Operation:
    more = {"is_complex": True, "in_double": True, "rtol": 1e-12, **more}
    return Operation(name, call, reference, samples, **more)


def np_of_hermitian(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def of_matrix(x: Any) -> Any:
        values, vectors = np.linalg.eigh(x)
        return (vectors * f(values)[..., None, :].astype(values.dtype)) @ adjoint(vectors)

    return of_matrix


def np_expm(x: Any) -> Any:
    """By Taylor's series of a part of the matrix, squared."""
    part = x.astype(np.result_type(x, np.float64)) / 2**8
    power = total = np.eye(x.shape[-1]) + 0 * part
    for k in range(1, 14):
        power = power @ part / k
        total = total + power
    for _ in range(8):
        total = total @ total
    return total.astype(x.dtype)


def np_polar(x: Any) -> Any:
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return u @ vh, adjoint(vh) * s[..., None, :] @ vh


def symmetric(name: str, call: Any, reference: Any, samples: Any) -> Operation:
    def of_hermitian_part(x: Any, **options: Any) -> Any:
        return call(ag.multiply(ag.add(x, ag.matrix_transpose(ag.conj(x))), 0.5), **options)

    return decomposed(name, of_hermitian_part, symmetrised(reference), samples)


la, nla = ag.linalg, np.linalg

OPERATIONS = [
    decomposed("inv", la.inv, nla.inv, squares(regular)),
    decomposed("det", la.det, nla.det, determinants),
    decomposed("slogdet", lambda x: tuple(la.slogdet(x)), np_slogdet, squares(regular)),
    decomposed(
        "solve",
        la.solve,
        lambda a, b: nla.solve(a, b) if b.ndim > 1 else nla.solve(a, b[:, None])[..., 0],
        systems,
    ),
    decomposed("pinv", la.pinv, nla.pinv, oblong),
    decomposed("matrix_power", la.matrix_power, nla.matrix_power, powers),
    decomposed("expm", la.expm, np_expm, exponents, rtol=1e-11),
    symmetric("sqrtm", la.sqrtm, np_of_hermitian(np.sqrt), squares(positive)),
    symmetric("logm", la.logm, np_of_hermitian(np.log), squares(positive)),
    symmetric(
        "matrix_power", lambda x: la.matrix_power(x, -1.5), np_of_hermitian(lambda w: w**-1.5), squares(positive)
    ),
    symmetric(
        "matrix_function",
        lambda x: la.matrix_function(lambda w: ag.tanh(w) * w, x),
        np_of_hermitian(lambda w: np.tanh(w) * w),
        squares(hermitian),
    ),
    decomposed("polar", la.polar, np_polar, oblong),
    decomposed("matrix_rank", la.matrix_rank, nla.matrix_rank, oblong, is_differentiable=False),
    symmetric("cholesky", la.cholesky, nla.cholesky, squares(positive)),
    symmetric(
        "cholesky",
        la.cholesky,
        lambda x, upper: adjoint(nla.cholesky(x)),
        squares(positive, upper=True),
    ),
    symmetric("eigh", eigh, np_eigh, squares(hermitian)),
    symmetric("eigvalsh", la.eigvalsh, nla.eigvalsh, squares(hermitian)),
    decomposed("eig", eig, np_eig, diagonalisable),
    decomposed("eigvals", la.eigvals, lambda x: nla.eigvals(x) + 0j, diagonalisable),
    decomposed("svd", svd, np_svd, oblong),
    decomposed("svd", svd, np_svd, lambda m: oblong(m, full_matrices=False)),
    decomposed("svdvals", la.svdvals, lambda x: nla.svd(x, compute_uv=False), oblong),
    decomposed("qr", qr, np_qr, oblong),
    decomposed("qr", qr, np_qr, lambda m: oblong(m, mode="complete")),
    decomposed("cross", la.cross, lambda a, b, axis=-1: np.cross(a, b, axis=axis), crossed, in_double=False),
    decomposed("outer", la.outer, np.outer, lambda m: iter([S(m(3), m(2)), S(m(1), m(3))]), in_double=False),
    decomposed(
        "diagonal",
        la.diagonal,
        lambda x, offset=0: np.diagonal(x, offset, -2, -1),
        diagonals,
        in_double=False,
    ),
    decomposed("trace", la.trace, lambda x, offset=0: np.trace(x, offset, -2, -1), diagonals, in_double=False),
    decomposed("vector_norm", la.vector_norm, np_vector_norm, vectors, in_double=False),
    decomposed("vector_norm_beneath", la.vector_norm.beneath, np_vector_norm, vectors, in_double=False),
    decomposed(
        "matrix_norm",
        la.matrix_norm,
        lambda x, ord="fro", keepdims=False: nla.norm(x, ord, (-2, -1), keepdims),
        matrices,
    ),
]
