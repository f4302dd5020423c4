"""Operations of one's own: declared as anygrad's are, by what they are.

>>> from anygrad.primitive import elementwise
>>> @elementwise(lambda x: 3 * x**2)
... def cubed(x, /):
...     return x * x * x
>>> ag.grad(cubed)(2.0)
array(12.)
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
