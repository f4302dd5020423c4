"""Teach anygrad a new array library, here one in miniature: NumPy arrays that lie in a named box.

Run it with ``python examples/new_backend.py``.
"""

import operator

import array_api_compat.numpy as np

import anygrad as ag


class Boxed:
    """A NumPy array in a box."""

    def __init__(self, values, box):
        self.values, self.device = np.asarray(values), box
        self.shape, self.dtype = self.values.shape, self.values.dtype


def boxed(function):
    """Make a NumPy function one of boxed arrays."""

    def run(*args, device=None, **options):
        arrays = [a for arg in args for a in (arg if isinstance(arg, list) else [arg]) if isinstance(a, Boxed)]
        if len({a.device for a in arrays}) > 1:
            raise ValueError("arrays in different boxes")
        values = ([a.values for a in arg] if isinstance(arg, list) else getattr(arg, "values", arg) for arg in args)
        return Boxed(function(*values, **options), device or arrays[0].device)

    return run


for name in ("add", "sub", "mul", "lt", "ge", "gt", "eq", "getitem"):
    setattr(Boxed, f"__{name}__", boxed(getattr(operator, name)))


class Namespace:
    """The functions and dtypes of the array API standard."""

    def __getattr__(self, name):
        return getattr(np, name) if isinstance(getattr(np, name), type) else boxed(getattr(np, name))


boxes = {"red": "red", "blue": "blue"}
ag.register_backend("boxed", namespace=Namespace(), array_types=Boxed, devices=boxes, to_numpy=lambda x: x.values)


def main():
    """Differentiate in a box."""
    x = ag.Tensor([1.0, 2.0, 3.0], device="boxed:blue", requires_grad=True)
    first = x[ag.Tensor([0, 0, 2], device="boxed:blue")]
    ag.sum(ag.where(x > 1.5, ag.exp(-x), x) * first).backward()
    print(x.grad)
    print(ag.grad(lambda a: ag.sum(a**3))(x.data).values, "by ag.grad, of an array of the library's own")


if __name__ == "__main__":
    main()
