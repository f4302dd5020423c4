"""Special functions, differentiable: ``anygrad.special``, in the names and with the values of ``scipy.special``.

NumPy arrays go to SciPy (``pip install scipy``), arrays of CuPy, PyTorch and JAX to their own libraries'
functions. What those lack, and all arrays of other libraries, SciPy computes on the host, the result being moved back.
What can be composed of the standard's functions needs no SciPy: expit, logit, log_expit, softmax, log_softmax,
logsumexp, xlogy, xlog1py, entr, rel_entr, kl_div, sinc, relu, softplus, silu, the approximate gelu, standardize,
layer_norm, linear and cross_entropy.

>>> x = ag.Tensor([0.0, 1.0], requires_grad=True)
>>> ag.sum(ag.special.erf(x)).backward()
>>> x.grad
Tensor([1.12837917, 0.4151075 ])
"""

from anygrad.ops.special.bessels import (
    i0,
    i0e,
    i1,
    i1e,
    iv,
    ive,
    j0,
    j1,
    jv,
    k0,
    k0e,
    k1,
    k1e,
    kv,
    kve,
    sinc,
    y0,
    y1,
    yv,
)
from anygrad.ops.special.errors import erf, erfc, erfcinv, erfcx, erfinv, log_ndtr, ndtr, ndtri
from anygrad.ops.special.gammas import (
    beta,
    betainc,
    betaln,
    digamma,
    fdtr,
    fdtrc,
    gamma,
    gammainc,
    gammaincc,
    gammaln,
    polygamma,
    zeta,
)
from anygrad.ops.special.logarithms import entr, kl_div, rel_entr, xlog1py, xlogy
from anygrad.ops.special.logistic import (
    expit,
    gelu,
    log_expit,
    log_softmax,
    logit,
    logsumexp,
    relu,
    silu,
    softmax,
    softplus,
)
from anygrad.ops.special.networks import cross_entropy, linear
from anygrad.ops.special.normalization import layer_norm, standardize

psi = digamma  # both names are SciPy's

__all__ = [
    "beta",
    "betainc",
    "betaln",
    "cross_entropy",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "expit",
    "fdtr",
    "fdtrc",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "gelu",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iv",
    "ive",
    "j0",
    "j1",
    "jv",
    "k0",
    "k0e",
    "k1",
    "k1e",
    "kl_div",
    "kv",
    "kve",
    "layer_norm",
    "linear",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "rel_entr",
    "relu",
    "silu",
    "sinc",
    "softmax",
    "softplus",
    "standardize",
    "xlog1py",
    "xlogy",
    "y0",
    "y1",
    "yv",
    "zeta",
]
