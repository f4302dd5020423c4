"""The table of operations: what derivatives of linear algebra are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.ops.linalg import _matrices as matrices
from anygrad.ops.linalg import determinants, eigenvalues, functions, polar, singular_values
from anygrad.ops.linalg._differences import Divided
from tests.table.base import Draw, S, Sample
from tests.table.linalg import adjoint, decomposed, hermitian, near_diagonal, oblong, positive, regular, squares


def part(x: Any) -> Any:
    """The Hermitian part, in anygrad's operations or NumPy's."""
    if isinstance(x, np.ndarray):
        return (x + adjoint(x)) / 2
    return ag.multiply(ag.add(x, ag.matrix_transpose(ag.conj(x))), 0.5)


def with_values(make: Callable[..., Any]) -> Callable[[Draw], Iterator[Sample]]:
    def samples(m: Draw) -> Iterator[Sample]:
        for shape in ((3, 3), (1, 1), (2, 2, 2)):
            yield S(make(m, *shape), m(*shape[:-1]).real)

    return samples


def with_matrix(make: Callable[..., Any]) -> Callable[[Draw], Iterator[Sample]]:
    return lambda m: iter([S(make(m, *shape), m(*shape)) for shape in ((3, 3), (1, 1), (2, 2, 2))])


def with_singular(of_values: bool) -> Callable[[Draw], Iterator[Sample]]:
    def samples(m: Draw) -> Iterator[Sample]:
        for sample in list(oblong(m))[:6]:
            (x,) = sample.args
            yield S(x, m(*x.shape[:-2], min(x.shape[-2:])).real if of_values else m(*x.shape))

    return samples


def np_frame(x: Any) -> Any:
    values, vectors = np.linalg.eig(x)
    order = np.argsort(np.real(values))
    adjoined = adjoint(np.take_along_axis(vectors, order[..., None, :], axis=-1) + 0j)
    return np.linalg.inv(adjoined), adjoined


def np_from_eigenvalues(x: Any, v: Any) -> Any:
    vectors = np.linalg.eigh(part(x))[1]
    return (vectors * v[..., None, :]) @ adjoint(vectors)


def np_along_eigenvectors(x: Any, y: Any) -> Any:
    vectors = np.linalg.eigh(part(x))[1]
    return np.real(np.diagonal(adjoint(vectors) @ part(y) @ vectors, 0, -2, -1))


def np_from_singular_values(x: Any, v: Any) -> Any:
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return (u * v[..., None, :]) @ vh


def np_along_singular_vectors(x: Any, y: Any) -> Any:
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return np.real(np.diagonal(adjoint(u) @ y @ adjoint(vh), 0, -2, -1))


def np_from_values(x: Any, v: Any) -> Any:
    p, q = np_frame(x)
    return (p * v[..., None, :]) @ q


def np_along_vectors(x: Any, y: Any) -> Any:
    p, q = np_frame(x)
    return np.conj(np.diagonal(q @ adjoint(y) @ p, 0, -2, -1))


def np_sylvester(p: Any, c: Any) -> Any:
    values, vectors = np.linalg.eigh(part(p))
    inner = adjoint(vectors) @ c @ vectors
    return vectors @ (inner / (values[..., None, :] + values[..., :, None])) @ adjoint(vectors)


def order_of(x: Any) -> Any:
    """What sorts the eigenvalues, which come in an order that may change with rounding."""
    return ag.argsort(ag.real(ag.linalg.eigvals(x)))


def derivative_of_cube(order: int) -> Callable[[Any], Any]:
    factor = (1.0, 3.0, 6.0, 6.0)[order] if order < 4 else 0.0
    return lambda w: ag.multiply(ag.pow(w, max(3 - order, 0)), factor)


CUBE = Divided("cube", derivative_of_cube)


def np_with_factors(x: Any, ys: Any) -> Any:
    """The divided differences of a cube are sums of products, so this is the sum of all products of that degree."""
    x = part(x)
    ys = [ys[..., i, :, :] for i in range(ys.shape[-3])]
    if len(ys) == 1:
        return x @ x @ ys[0] + x @ ys[0] @ x + ys[0] @ x @ x
    return x @ ys[0] @ ys[1] + ys[0] @ x @ ys[1] + ys[0] @ ys[1] @ x


def factors(m: Draw) -> Iterator[Sample]:
    yield S(hermitian(m, 3, 3), m(1, 3, 3))
    yield S(hermitian(m, 3, 3), m(2, 3, 3))
    yield S(hermitian(m, 2, 2, 2), m(2, 1, 2, 2))


def np_rounding(x: Any, axis: Any = (-2, -1)) -> Any:
    unit = np.finfo(x.dtype).eps
    return np.max(np.abs(x), axis=axis, keepdims=True) * np.asarray(16 * max(x.shape[-2:]) * unit, x.real.dtype)


def np_is_hermitian(x: Any) -> Any:
    return np.all(np.abs(x - adjoint(x)) <= np_rounding(x), axis=(-2, -1), keepdims=True)


def halves(m: Draw) -> Iterator[Sample]:
    x = hermitian(m, 3, 3)
    yield S(x)
    yield S(np.stack([x, np.tril(x)]))


def vectors_of(x: Any) -> Any:
    return ag.linalg.eigh(x).eigenvectors


def singular_of(x: Any) -> Any:
    u, _, vh = ag.linalg.svd(x, full_matrices=False)
    return u, vh


OPERATIONS = [
    decomposed("rounding", matrices.rounding, np_rounding, oblong, is_differentiable=False),
    decomposed("is_hermitian", matrices.is_hermitian, np_is_hermitian, halves, is_differentiable=False),
    decomposed(
        "up_to",
        matrices.up_to,
        lambda noise, x: np.where(np.abs(x) <= noise, x, 0),
        lambda m: iter([S(abs(m(3, 1)), m(3, 3))]),
        is_differentiable=False,
    ),
    decomposed(
        "cofactors",
        lambda x: determinants._cofactors(x, ag.linalg.det(x)),
        lambda x: np.linalg.det(x)[..., None, None] * np.swapaxes(np.linalg.inv(x), -1, -2),
        squares(regular),
    ),
    decomposed(
        "from_eigenvalues",
        lambda x, v: eigenvalues._from_eigenvalues(part(x), v, vectors_of(part(x))),
        np_from_eigenvalues,
        with_values(hermitian),
    ),
    decomposed(
        "along_eigenvectors",
        lambda x, y: eigenvalues._along_eigenvectors(part(x), part(y), vectors_of(part(x))),
        np_along_eigenvectors,
        with_matrix(hermitian),
    ),
    decomposed(
        "from_values",
        lambda x, v: eigenvalues._from_values(x, ag.take_along_axis(v, ag.argsort(order_of(x)))),
        np_from_values,
        with_values(near_diagonal),
    ),
    decomposed(
        "along_vectors",
        lambda x, y: ag.take_along_axis(eigenvalues._along_vectors(x, y), order_of(x)),
        np_along_vectors,
        with_matrix(near_diagonal),
    ),
    decomposed(
        "from_singular_values",
        lambda x, v: singular_values._from_singular_values(x, v, *singular_of(x)),
        np_from_singular_values,
        with_singular(True),
    ),
    decomposed(
        "along_singular_vectors",
        lambda x, y: singular_values._along_singular_vectors(x, y, *singular_of(x)),
        np_along_singular_vectors,
        with_singular(False),
    ),
    decomposed("polar_factor", polar._polar_factor, lambda x: np_from_singular_values(x, np.ones(1, x.dtype)), oblong),
    decomposed("nuclear_norm", polar.nuclear_norm, lambda x: np.linalg.norm(x, "nuc", (-2, -1)), oblong),
    decomposed("sylvester", lambda p, c: polar._sylvester(part(p), c), np_sylvester, with_matrix(positive)),
    decomposed(
        "with_factors",
        lambda x, ys: functions._with_factors(part(x), ys, function=CUBE),
        np_with_factors,
        factors,
    ),
]
