"""The table that drives the tests of all operations, and what is not in it."""

from __future__ import annotations

from anygrad import transforms
from tests.table import arrays, elementwise, fft, linalg, linalg_pieces, shapes, signal, special
from tests.table.base import Operation, Sample, outputs_of
from tests.table.elementwise import CONVENTIONS

__all__ = ["CONVENTIONS", "NOT_OPERATIONS", "OPERATIONS", "Operation", "Sample", "outputs_of"]

OPERATIONS = [
    *elementwise.OPERATIONS,
    *arrays.OPERATIONS,
    *shapes.OPERATIONS,
    *linalg.OPERATIONS,
    *linalg_pieces.OPERATIONS,
    *fft.OPERATIONS,
    *signal.OPERATIONS,
    *special.OPERATIONS,
]

CREATION = {
    "arange",
    "asarray",
    "empty",
    "eye",
    "fftfreq",
    "from_dlpack",
    "full",
    "linspace",
    "ones",
    "rfftfreq",
    "zeros",
}
DEVICES = {"default_device", "device", "devices", "is_available", "set_default_device", "synchronize"}
BACKENDS = {"Backend", "backends", "register_backend"}
GRADIENTS = {"Tensor", "detect_anomaly", "enable_grad", "graph", "is_grad_enabled", "no_grad", "register_container"}
GRADIENTS |= set(transforms.__all__)
ON_SHAPES = {"broadcast_shapes"}
ON_DTYPES = {"__array_namespace_info__", "can_cast", "finfo", "iinfo", "isdtype", "result_type"}
HINTS = {"may_have_zero", "may_have_nan", "may_be_equal", "has_zero"}  # a bool, which a library may answer either way
HINTS |= {"are_hermitian", "is_near_singular", "squarings"}  # about all matrices of a stack

NOT_OPERATIONS = CREATION | DEVICES | BACKENDS | GRADIENTS | ON_SHAPES | ON_DTYPES | HINTS
