"""Operations of one's own: declared as anygrad's are, by what they are.

>>> from anygrad.primitive import elementwise
>>> @elementwise(lambda x: 3 * x**2)
... def cubed(x, /):
...     return x * x * x
>>> ag.grad(cubed)(2.0)
array(12.)

Such an operation is known by its name after that of its module: two libraries may both have a ``logcosh``. One that is
not elementwise says how it runs on a whole batch, by its method ``vmap``. ``backend.implement(operation)`` gives it a
function of a library's own.

>>> from anygrad.primitive import linear
>>> @linear(lambda g, x_shape: ag.broadcast_to(ag.expand_dims(g, axis=-1), x_shape))
... def row_sum(x, /):
...     return ag.sum(x, axis=-1)
>>> row_sum.vmap("leading")
>>> ag.vmap(row_sum)(np.ones((2, 3)))
array([3., 3.])
"""

from anygrad.core.primitive import (
    Primitive,
    bilinear,
    elementwise,
    linear,
    nondifferentiable,
    primitive,
    primitives,
)

__all__ = ["Primitive", "bilinear", "elementwise", "linear", "nondifferentiable", "primitive", "primitives"]
