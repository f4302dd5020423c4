"""The linear algebra of the array API standard, differentiable: ``anygrad.linalg``.

>>> ag.linalg.solve(ag.Tensor([[2.0, 0.0], [0.0, 4.0]]), ag.Tensor([1.0, 1.0]))
Tensor([0.5 , 0.25])
"""

from anygrad.ops.linalg.determinants import det, slogdet
from anygrad.ops.linalg.norms import matrix_norm, vector_norm
from anygrad.ops.linalg.products import cross, diagonal, matmul, outer, tensordot, trace, vecdot
from anygrad.ops.linalg.solving import cholesky, inv, matrix_power, matrix_rank, pinv, solve
from anygrad.ops.linalg.spectral import eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from anygrad.ops.manipulation import matrix_transpose

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
