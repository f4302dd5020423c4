"""Statements of random NumPy programs that write to arrays; the others are in ``view_statements.py``."""

from __future__ import annotations

import numpy as np

from tests.view_grammar import (
    Scene,
    Unfit,
    is_array,
    is_complex,
    is_list,
    is_matrix,
    is_square,
    is_vector,
    statement,
)


@statement(6)
def assignment(s: Scene) -> str:
    place = s.place(s.name())
    return f"{place} = {s.value(np.shape(s.eval(place)))}"


@statement(6)
def in_place_operator(s: Scene) -> str:
    place = s.place(s.name())
    operator = s.rng.choice(("+=", "-=", "*=", "/="))
    value = s.value(np.shape(s.eval(place))) if operator in ("+=", "-=") else s.rng.choice((0.6, 1.25, -0.8))
    return f"{place} {operator} {value}"


@statement(5)
def in_place_operator_on_a_name(s: Scene) -> str:
    a = s.name()
    form = s.rng.choice(("+= {v}", "-= {v}", "*= {c}", "/= 1.6", "**= 2", "*= np.cos({v})"))
    return f"{a} {form.format(v=s.value(s.values[a].shape), c=s.factor())}"


@statement(2)
def through_its_own_memory(s: Scene) -> str:
    a = s.name(lambda v: is_array(v) and len(v) > 1)
    forms = (
        "{0}[1:] = {0}[:-1] * 0.8",
        "{0}[:-1] = {0}[1:]",
        "{0}[1:] += {0}[:-1]",
        "{0}[:] = {0}[::-1]",
        "{0}[::-1] -= {0} * 0.5",
        "{0} -= {0}[::-1] * 0.4",
        "{0} += {0}",
        "{0} -= {0}[0] * 0.5",
        "{0}[...] = np.roll({0}, 1)",
        "{0}[0], {0}[-1] = {0}[-1], {0}[0]",
    )
    return s.rng.choice(forms).format(a)


@statement(3)
def through_its_own_transpose(s: Scene) -> str:
    a = s.name(is_square)
    return s.rng.choice(
        ("{0} += {0}.T", "{0}[...] = {0}.T", "{0}[:] = {0} @ {0}.T * 0.3", "{0}[0] = {0}[:, 0]")
    ).format(a)


@statement()
def row_with_an_axis_more(s: Scene) -> str:
    a = s.name(lambda v: is_array(v) and v.ndim > 1)
    row = f"{a}[{s.at(len(s.values[a]))}]"
    value = s.value(s.eval(row).shape)
    row_of_one = f"({value} + np.zeros({s.eval(row).shape}, like=x))[None]"
    return f"{row} = {row_of_one}"


@statement(3)
def assignment_by_mask(s: Scene) -> str:
    a = s.name()
    v = s.values[a]
    of = s.name(lambda w: is_array(w) and w.shape in (v.shape, v.shape[:1]))
    place = f"{a}[{of} > {s.threshold(s.values[of])}]"
    rest = v.shape[s.values[of].ndim :]
    return f"{place} = {s.value(rest)}"


@statement()
def mask_with_a_name(s: Scene) -> str:
    a = s.name()
    mask = s.new("mask")
    sign = s.rng.choice(("", "~"))
    return f"{mask} = {a} < {s.threshold(s.values[a])}\n{a}[{sign}{mask}] = {s.value(())}"


@statement(2, reads_mask=True)
def in_place_operator_by_mask(s: Scene) -> str:
    a = s.name()
    v = s.values[a]
    of = s.name(lambda w: is_array(w) and w.shape in (v.shape, v.shape[:1]))
    operator = s.rng.choice(("*= 0.7", "+= 0.4", "-= {v}", "*= {c}")).format(v=s.value(()), c=s.factor())
    return f"{a}[{of} > {s.threshold(s.values[of])}] {operator}"


@statement(reads_mask=True)
def assignment_between_masks(s: Scene) -> str:
    a = s.name()
    b = s.name(lambda w: is_array(w) and w.shape == s.values[a].shape)
    mask = f"{a} > {s.threshold(s.values[a])}"
    return f"{a}[{mask}] = {b}[{mask}] * 0.9"


@statement()
def swap_of_rows(s: Scene) -> str:
    a = s.name(lambda v: is_array(v) and v.ndim > 1)
    p, q = s.new("p"), s.new("p")
    forms = (
        f"{p}, {q} = {a}[0], {a}[1]\n{p}[:] = {q}",
        f"{p} = {a}[0].copy()\n{a}[0] = {a}[1]\n{a}[1] = {p}",
        f"{p} = {a}[0]\n{a}[0] = {a}[1]\n{a}[1] = {p}",
        f"{a}[[0, 1]] = {a}[[1, 0]]",
        f"{a}[0], {a}[1] = {a}[1], {a}[0]",
        f"{a}[:, [0, 1]] = {a}[:, [1, 0]]",
    )
    return s.rng.choice(forms)


@statement(2)
def loop_over_rows(s: Scene) -> str:
    a = s.name(lambda v: is_array(v) and v.ndim > 1)
    v = s.values[a]
    forms = (
        f"for r in {a}:\n    r *= 0.8",
        f"for r in {a}:\n    r[0] = {s.number()}",
        f"for i, r in enumerate({a}):\n    r += 0.2 * i",
        f"for i in range({len(v)}):\n    {a}[i] -= np.mean({a}[i])",
        f"for r, q in zip({a}, {a}[::-1]):\n    r -= 0.5 * q",
        f"for i in range({len(v) - 1}):\n    {a}[i + 1] += 0.5 * {a}[i]",
        f"for r in {a}.T:\n    r[1:] = r[:-1] * 0.9",
        f"for r in {a}:\n    r = r * 2.0",
    )
    return s.rng.choice(forms)


@statement()
def loop_over_elements(s: Scene) -> str:
    a = s.name(is_vector)
    n = len(s.values[a])
    forms = (
        f"for i in range(1, {n}):\n    {a}[i] = {a}[i - 1] * 0.7 + {a}[i] * 0.3",
        f"for i in range({n}):\n    {a}[i] += 0.1 * i",
        f"for q in {a}:\n    q += 1.0",
        f"i = 0\nwhile i < {n}:\n    {a}[i] *= 0.9\n    i += 2",
    )
    return s.rng.choice(forms)


@statement()
def helper_that_writes(s: Scene) -> str:
    a = s.name()
    view = s.view(a)
    body = s.rng.choice(("part += 0.4", "part *= 0.7", "part[...] = 0.5", "part[0] = 0.3", "part = part * 2.0"))
    return f"def change(part):\n    {body}\nchange({view})"


@statement()
def fill(s: Scene) -> str:
    view = s.name() if s.rng.random() < 0.3 else s.view(s.name())
    return f"{view}.fill({s.value(())})"


@statement()
def copyto(s: Scene) -> str:
    a = s.name() if s.rng.random() < 0.3 else s.view(s.name())
    v = s.eval(a)
    if not is_array(v):
        raise Unfit
    where = f", where={a} > {s.threshold(v)}" if s.rng.random() < 0.4 else ""
    return f"np.copyto({a}, {s.value(v.shape)}{where})"


@statement()
def fill_diagonal(s: Scene) -> str:
    a = s.name(is_matrix)
    a = f"{a}.T" if s.rng.random() < 0.2 else a
    return f"np.fill_diagonal({a}, {s.value(())})"


@statement(2)
def write_to_the_diagonal(s: Scene) -> str:
    a = s.name(is_square)
    n = len(s.values[a])
    forms = (
        'np.einsum("ii->i", {a})[...] = {v}',
        'np.einsum("ii->i", {a})[:] += {v}',
        "np.diagonal({a}).copy()[:] = {v}",
        "{a}[range({n}), range({n})] -= {v}",
    )
    return s.rng.choice(forms).format(a=a, n=n, v=s.value((n,)))


@statement()
def sort(s: Scene) -> str:
    a = s.name() if s.rng.random() < 0.5 else s.view(s.name())
    v = s.eval(a)
    if not is_array(v) or _ties(v):
        raise Unfit
    return f"{a}.sort({s.rng.choice(('', f'axis={s.axis(v)}'))})"


def _ties(v: np.ndarray) -> bool:
    """Whether values are too close to each other for their order to be smooth."""
    return bool(np.any(np.diff(np.sort(v, axis=None)) < 0.02))


@statement()
def flat(s: Scene) -> str:
    a = s.name()
    a = f"{a}.T" if s.rng.random() < 0.3 else a
    n = s.eval(a).size
    forms = (
        f"{a}.flat[{s.at(n)}] = {s.value(())}",
        f"{a}.flat[{s.part(n)}] = {s.number()}",
        f"{a}.flat[{s.indices(n)}] = {s.value(())}",
        f"{a}.flat[{s.at(n)}] += {s.value(())}",
    )
    return s.rng.choice(forms)


@statement()
def ufunc_at(s: Scene) -> str:
    a = s.name() if s.rng.random() < 0.5 else s.view(s.name())
    v = s.eval(a)
    if not is_array(v) or not v.flags.writeable:  # which ufunc.at does not look at
        raise Unfit
    indices = s.indices(len(v))
    value = s.value((len(indices), *v.shape[1:]))
    return f"np.{s.rng.choice(('add', 'subtract'))}.at({a}, {indices}, {value})"


@statement()
def put(s: Scene) -> str:
    a = s.name()
    v = s.values[a]
    if s.rng.random() < 0.5:
        return f"np.put({a}, {s.indices(v.size)}, {s.value(())})"
    indices = "np.array([[0], [1]])" if v.ndim == 2 else "np.array([0, 1])"
    if v.ndim > 2 or len(v) < 2 or (v.ndim == 2 and v.shape[0] != 2):
        raise Unfit
    return f"np.put_along_axis({a}, {indices}, {s.value(())}, axis=-1)"


@statement(4)
def list_element(s: Scene) -> str:
    name = s.name(lambda v: is_list(v) and all(is_array(part) for part in v))
    parts = s.values[name]
    i = s.at(len(parts))
    part = f"{name}[{i}]"
    forms = (
        "{p} *= {c}",
        "{p} += {v}",
        "{p}[0] = {k}",
        "{p}[...] = {v}",
        "for r in {n}:\n    r -= 0.2",
        "{n}.append({p})",
        "{n}.append({p} * 1.1)",
        "{n}.reverse()\n{n}[0] -= 0.3",
    )
    v = s.value(parts[i].shape)
    return s.rng.choice(forms).format(n=name, p=part, c=s.factor(), k=s.number(), v=v)


@statement(8)
def complex_write(s: Scene) -> str:
    z = s.name(is_complex)
    v = s.values[z]
    forms = (
        "{z}.real += {v}",
        "{z}.imag *= {c}",
        "{z}.real = {v}",
        "{z}.imag[0] = {k}",
        "{z}.real[...] = {v}",
        "{z} *= 0.8j",
        "{z}[0] *= 1 - 0.5j",
        "{z}[...] = np.conj({z})",
        "{z}[1:] = {z}[:-1]",
        "{z} += {v}",
    )
    return s.rng.choice(forms).format(z=z, v=s.value(v.shape), c=s.factor(), k=s.number())
