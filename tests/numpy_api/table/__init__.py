"""The table that drives the tests of NumPy's functions, and the lists of names that must be in it."""

from __future__ import annotations

import tests.numpy_api.table.calls
import tests.numpy_api.table.calls_at_edges
import tests.numpy_api.table.calls_of_algebra  # noqa: F401  these enter their calls
from tests.numpy_api.table.cases import CASES, Case

__all__ = ["AUTOGRAD", "CASES", "MISSING_IN_AUTOGRAD", "Case"]

AUTOGRAD = """
    absolute add all allclose amax amin angle any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
    argpartition argsort argwhere around array_equal array_equiv array_split astype atleast_1d atleast_2d atleast_3d
    broadcast_to ceil clip concatenate conjugate cos cosh count_nonzero cross cumsum deg2rad degrees diag diagonal diff
    divide dot dsplit einsum empty_like equal exp exp2 expand_dims expm1 fabs fix flatnonzero fliplr flipud floor
    floor_divide fmax fmin full_like gradient greater greater_equal hsplit hypot imag inner isclose iscomplex
    iscomplexobj isfinite isinf isnan isneginf isposinf isreal kron less less_equal linspace log log10 log1p log2
    logaddexp logaddexp2 logical_and logical_not logical_or logical_xor matmul max maximum mean min minimum mod moveaxis
    multiply nan_to_num ndim negative nonzero not_equal ones_like outer pad partition power prod rad2deg radians ravel
    real real_if_close reciprocal remainder repeat reshape result_type rint roll rollaxis rot90 round searchsorted shape
    sign sin sinc sinh size sort split sqrt square squeeze std subtract sum swapaxes tan tanh tensordot tile trace
    transpose tril triu true_divide trunc var vsplit where zeros_like linalg.cholesky linalg.det linalg.eig linalg.eigh
    linalg.inv linalg.norm linalg.pinv linalg.slogdet linalg.solve linalg.svd fft.fft fft.fft2 fft.fftn fft.fftshift
    fft.ifft fft.ifft2 fft.ifftn fft.ifftshift fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn
"""
"""What autograd's wrapper of NumPy differentiates, or knows to have no derivative."""

MISSING_IN_AUTOGRAD = """
    append apply_along_axis apply_over_axes average bincount block broadcast_arrays cbrt choose column_stack compress
    convolve copysign corrcoef correlate cov cumprod cumulative_prod cumulative_sum delete diagflat divmod dstack
    ediff1d extract flip float_power fmod geomspace heaviside histogram hstack i0 insert interp ldexp logspace
    matrix_transpose matvec median meshgrid modf nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile
    nanprod nanquantile nanstd nansum nanvar percentile permute_dims piecewise poly polyadd polyder polydiv polyfit
    polyint polymul polysub polyval positive ptp quantile resize roots select sort_complex stack take take_along_axis
    trapezoid trim_zeros unique unstack unwrap vander vdot vecdot vecmat vstack linalg.cond linalg.cross
    linalg.diagonal linalg.eigvals linalg.eigvalsh linalg.lstsq linalg.matmul linalg.matrix_norm linalg.matrix_power
    linalg.matrix_transpose linalg.multi_dot linalg.outer linalg.qr linalg.svdvals linalg.tensordot linalg.tensorinv
    linalg.tensorsolve linalg.trace linalg.vecdot linalg.vector_norm fft.hfft fft.ihfft
"""
"""What autograd runs and does not differentiate, the gaps that HIPS/autograd#788 is about."""
