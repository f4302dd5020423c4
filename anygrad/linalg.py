"""The linear algebra of the array API standard, differentiable: ``anygrad.linalg``.

>>> ag.linalg.solve(ag.Tensor([[2.0, 0.0], [0.0, 4.0]]), ag.Tensor([1.0, 1.0]))
Tensor([0.5 , 0.25])
"""

from anygrad.ops.linalg.determinants import det, slogdet
from anygrad.ops.linalg.eigenvalues import eig, eigh, eigvals, eigvalsh
from anygrad.ops.linalg.functions import expm, logm, matrix_power, sqrtm
from anygrad.ops.linalg.norms import matrix_norm, vector_norm
from anygrad.ops.linalg.orthogonal import qr
from anygrad.ops.linalg.polar import polar
from anygrad.ops.linalg.products import cross, diagonal, matmul, outer, tensordot, trace, vecdot
from anygrad.ops.linalg.singular_values import svd, svdvals
from anygrad.ops.linalg.solving import cholesky, inv, matrix_rank, pinv, solve
from anygrad.ops.manipulation import matrix_transpose
from anygrad.transforms.matrix_functions import matrix_function

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "inv",
    "logm",
    "matmul",
    "matrix_function",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "polar",
    "qr",
    "slogdet",
    "solve",
    "sqrtm",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
