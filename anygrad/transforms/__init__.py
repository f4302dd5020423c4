"""Functions of functions: derivatives of code over arrays that the caller already has."""

from anygrad.transforms._arguments import stop_gradient
from anygrad.transforms.custom import custom_jvp, custom_vjp
from anygrad.transforms.forward import jvp
from anygrad.transforms.jacobians import hessian, hvp, jacfwd, jacobian, jacrev
from anygrad.transforms.loops import fixed_point, implicit_root, scan
from anygrad.transforms.mapping import vmap
from anygrad.transforms.recomputation import checkpoint
from anygrad.transforms.reverse import elementwise_grad, grad, linearize, value_and_grad, vjp
from anygrad.transforms.vectors import ravel_pytree

__all__ = [
    "checkpoint",
    "custom_jvp",
    "custom_vjp",
    "elementwise_grad",
    "fixed_point",
    "grad",
    "hessian",
    "hvp",
    "implicit_root",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "ravel_pytree",
    "scan",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]
