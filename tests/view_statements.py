"""The statements of random NumPy programs: new arrays, views, and values without axes; and how a program is drawn.

To extend them, write a function with ``@statement`` that returns source code. It gets the scene: the names so far and
what they hold, and ways to draw one of them, a view, a place to write to and a value to write.
"""

from __future__ import annotations

import random

import numpy as np

import tests.view_writes  # noqa: F401  # more statements
from tests.view_grammar import (
    STATEMENTS,
    Scene,
    Statement,
    Unfit,
    halves,
    is_array,
    is_cell,
    is_complex,
    is_list,
    is_matrix,
    is_scalar,
    is_vector,
    is_weighed,
    statement,
)

# New arrays. None of them shares memory with what it was made of.


@statement(2)
def smooth_function(s: Scene) -> str:
    form = s.rng.choice(
        ("{} * 1.2", "np.sin({})", "np.cos({}) + 0.2", "np.exp(-{0} * {0})", "np.tanh({})", "{} / 2 + 0.3")
    )
    return f"{s.new('a')} = {form.format(s.name())}"


@statement(2)
def read_of_a_view(s: Scene) -> str:
    return f"{s.new('k')} = {s.view(s.name())} * {s.factor()}"


@statement(2)
def copy(s: Scene) -> str:
    a = s.name(lambda v: is_array(v) or is_complex(v))
    if s.rng.random() < 0.5:
        a = s.view(a)
    forms = ("{}.copy()", "np.copy({})", "np.array({}, like=x)", "{}.flatten()", "+{}")
    return f"{s.new('k')} = {s.rng.choice(forms).format(a)}"


@statement(2)
def creation(s: Scene) -> str:
    n, m = s.rng.sample((2, 3, 4), 2)
    shape = s.rng.choice((f"({n}, {m})", f"({m},)", "(2, 3, 2)", f"({n}, {n})"))
    forms = (
        f"np.zeros({shape}, like=x)",
        f"np.ones({shape}, like=x)",
        f"np.full({shape}, {s.number()}, like=x)",
        "np.zeros_like(x)",
        "np.ones_like(x)",
        f"np.arange({float(n)}, like=x) * 0.4",
        f"np.eye({n}, like=x)",
    )
    return f"{s.new('a')} = {s.rng.choice(forms)}"


@statement()
def empty_then_filled(s: Scene) -> str:
    name, of = s.new("a"), s.name()
    return f"{name} = np.empty_like({of})\n{name}[...] = {s.value(s.values[of].shape)}"


@statement()
def filled_row_by_row(s: Scene) -> str:
    name, of = s.new("a"), s.name(is_matrix)
    n, m = s.values[of].shape
    form = s.rng.choice(("np.sin({})", "{} * 0.6", "{}[::-1]", "{}"))
    return f"{name} = np.zeros(({n}, {m}), like=x)\nfor i in range({n}):\n    {name}[i] = {form.format(f'{of}[i]')}"


@statement()
def recursion(s: Scene) -> str:
    name, of = s.new("a"), s.name(is_vector)
    n = len(s.values[of])
    lines = (
        f"{name} = np.zeros({n}, like=x)",
        f"{name}[0] = {of}[0]",
        f"for i in range(1, {n}):",
        f"    {name}[i] = 0.5 * {name}[i - 1] + np.sin({of}[i])",
    )
    return "\n".join(lines)


@statement()
def product(s: Scene) -> str:
    a, b = s.name(), s.name()
    operator = s.rng.choice(("*", "+", "-", "@"))
    return f"{s.new('a')} = {a} {operator} {b}{' * 0.5' if operator == '@' else ''}"


@statement()
def square_matrix(s: Scene) -> str:
    a = s.name(is_vector)
    return f"{s.new('m')} = np.outer({a}, np.cos({a})) * 0.7"


@statement()
def reduction(s: Scene) -> str:
    a = s.name(lambda v: is_array(v) and v.ndim > 1)
    function = s.rng.choice(("sum", "mean", "cumsum", "max"))
    keep = ", keepdims=True" if function != "cumsum" and s.rng.random() < 0.3 else ""
    return f"{s.new('a')} = np.{function}({a}, axis={s.axis(s.values[a])}{keep}) * 0.5"


@statement()
def joined(s: Scene) -> str:
    a = s.name()
    b = s.one([a, f"{a}[::-1]", s.name(lambda v: is_array(v) and v.shape == s.values[a].shape)])
    return f"{s.new('a')} = np.{s.rng.choice(('concatenate', 'stack'))}([{a}, {b}])"


@statement()
def chosen(s: Scene) -> str:
    a = s.name()
    v = s.values[a]
    return f"{s.new('a')} = np.where({a} > {s.threshold(v)}, {s.value(v.shape)}, {a} * 0.5)"


@statement()
def taken(s: Scene) -> str:
    a = s.name()
    return f"{s.new('k')} = {a}[{s.indices(len(s.values[a]))}]"


@statement(reads_mask=True)
def taken_by_mask(s: Scene) -> str:
    a = s.name()
    return f"{s.new('s')} = np.mean({a}[{a} > {s.threshold(s.values[a])}])"


@statement()
def array_of_elements(s: Scene) -> str:
    elements = [s.name(lambda v: is_scalar(v) or is_cell(v)) for _ in range(3)] + [str(s.number())]
    s.rng.shuffle(elements)
    return f"{s.new('a')} = np.array([{', '.join(elements)}], like=x)"


@statement(2)
def complex_array(s: Scene) -> str:
    return f"{s.new('z')} = {s.name()} * (1 + 0.5j)"


@statement(3)
def real_of_complex(s: Scene) -> str:
    z = s.name(is_complex)
    form = s.rng.choice(("np.real({0} * np.conj({0})) * 0.3", "np.imag({0} * {0}) * 0.3", "np.real({0} * 1j)"))
    return f"{s.new('a')} = {form.format(z)}"


# Names for views, and for lists of them.


@statement(6)
def part_of_complex(s: Scene) -> str:
    z = s.name(is_complex)
    part = s.rng.choice(
        ("{}.real", "{}.imag", "np.real({})", "np.imag({})", "{}[0:1].real", "{}.T.imag", "{}[::-1].imag")
    )
    return f"{s.new('v')} = {part.format(z)}"


@statement(9)
def view(s: Scene) -> str:
    return f"{s.new('v')} = {s.view(s.name(lambda v: is_array(v) or is_complex(v)))}"


@statement(2)
def same_object(s: Scene) -> str:
    return f"{s.new('b')} = {s.name(lambda v: is_weighed(v) and not is_list(v))}"


@statement()
def list_of_rows(s: Scene) -> str:
    a = s.name(lambda v: is_array(v) and v.ndim > 1)
    form = s.rng.choice(("list({})", "[r for r in {}]", "[r * 1.1 for r in {}]", "[{}[0], {}[-1]]"))
    return f"{s.new('rows')} = {form.format(a, a)}"


@statement()
def list_of_parts(s: Scene) -> str:
    a = s.name(lambda v: is_array(v) and len(v) in (2, 3, 4, 6))
    v = s.values[a]
    return f"{s.new('parts')} = np.split({a}, {halves(s, v, 0)})"


@statement()
def unpacked(s: Scene) -> str:
    a = s.name(lambda v: is_array(v) and len(v) in (2, 3))
    names = [s.new("p") for _ in s.values[a]]
    return f"{', '.join(names)} = {a}"


@statement(3)
def base_dropped(s: Scene) -> str:
    names = [n for n, v in s.values.items() if isinstance(v, np.ndarray) and n not in s.arguments and s.shares(n)]
    return f"del {s.one(names)}"


@statement()
def name_for_its_own_view(s: Scene) -> str:
    a = s.name()
    return f"{a} = {s.view(a) if s.rng.random() < 0.6 else f'{a} * 0.9'}"


# Scalars, their histories, and arrays without axes.


@statement(4)
def scalar(s: Scene) -> str:
    a = s.name()
    if s.rng.random() < 0.4:
        return f"{s.new('s')} = {a}[{s.item(s.values[a])}]"
    form = s.rng.choice(
        ("np.sum({}) * 0.2", "np.mean({})", "{}.sum() * 0.3", "np.sin(np.sum({}))", "{}.max()", "np.min({})")
    )
    return f"{s.new('s')} = {form.format(s.view(a) if s.rng.random() < 0.3 else a)}"


@statement(3)
def scalar_rebound(s: Scene) -> str:
    name = s.name(is_scalar)
    old = s.new("old")
    change = s.rng.choice(("+= {v}", "-= {v}", "*= {c}", "/= 1.4", "**= 2", "*= {v}"))
    return f"{old} = {name}\n{name} {change.format(v=s.value(()), c=s.factor())}"


@statement()
def scalar_rebound_alone(s: Scene) -> str:
    return f"{s.name(is_scalar)} {s.rng.choice(('+=', '-='))} {s.value(())}"


@statement(3)
def history(s: Scene) -> str:
    a = s.name(is_vector)
    t, h = s.new("t"), s.new("h")
    first = s.rng.choice((f"{a}[0]", "0.0", f"np.sum({a}) * 0.2", f"{a}[0] * 1.0"))
    change = s.rng.choice(("+= q * 0.5", "-= np.sin(q)", "*= np.cos(q)", "= {t} * 0.5 + q")).format(t=t)
    kept = s.rng.choice((t, t, f"{t} * 0.5", "q"))
    return f"{t} = {first}\n{h} = []\nfor q in {a}[1:]:\n    {t} {change}\n    {h}.append({kept})"


@statement()
def history_of_a_vector(s: Scene) -> str:
    a = s.name(lambda v: is_matrix(v) and len(v) > 1)
    t, h = s.new("t"), s.new("h")
    first = s.rng.choice((f"{a}[0]", f"{a}[0].copy()", f"np.zeros({s.values[a].shape[1]}, like=x)"))
    change = s.rng.choice(("+= 0.5 * r", "*= np.cos(r)", "= {t} + 0.4 * r", "[0] = r[-1]")).format(t=t)
    space = "" if change.startswith("[") else " "
    kept = s.rng.choice((t, f"{t}.copy()", f"{t}[0]", f"{t}[:1]"))
    return f"{t} = {first}\n{h} = []\nfor r in {a}[1:]:\n    {t}{space}{change}\n    {h}.append({kept})"


@statement(4)
def list_of_scalars(s: Scene) -> str:
    h = s.name(lambda v: is_list(v) and all(is_scalar(part) for part in v))
    forms = (
        "{h}[-1] += {v}",
        "{h}.append({v})",
        "{a} = np.stack({h})",
        "{a} = np.array({h}, like=x)",
        "{a} = sum({h}) * 0.3",
        "{a} = np.array([{h}, {h}], like=x)",
        "{h}[0], {h}[-1] = {h}[-1], {h}[0]",
    )
    v = f"np.sin({s.name(lambda v: is_scalar(v) or is_cell(v))})"
    return s.rng.choice(forms).format(h=h, v=v, a=s.new("a"))


@statement(2)
def cell(s: Scene) -> str:
    a = s.name()
    item = s.item(s.values[a])
    number = [n for n, v in s.values.items() if is_scalar(v)]
    forms = [
        "np.zeros((), like=x)",
        f"np.array({s.number()}, like=x)",
        f"np.full((), {s.number()}, like=x)",
        f"{a}[{item}, ...]",
        f"{a}[{item}, ...]",
        f"{a}[{item}].reshape(())",
    ]
    forms += [form.format(n) for n in number for form in ("np.asarray({}, like=x)", "np.array({}, like=x)")]
    return f"{s.new('c')} = {s.rng.choice(forms)}"


@statement(6)
def cell_written(s: Scene) -> str:
    c = s.name(is_cell)
    forms = (
        "{c} += {v}",
        "{c} -= {v}",
        "{c} *= {k}",
        "{c}[...] = {v}",
        "{c}[()] = {v}",
        "{c}[...] += {v}",
        "{c}.fill({v})",
        "np.copyto({c}, {v})",
        "{c} **= 2",
    )
    return s.rng.choice(forms).format(c=c, v=s.value(()), k=s.factor())


@statement(4)
def cell_read(s: Scene) -> str:
    c = s.name(is_cell)
    forms = (
        "{} + 0.5",
        "{}[()]",
        "{}[...]",
        "{}.copy()",
        "np.sin({})",
        "{}.reshape(1)",
        "-{}",
        "{}.view()",
        "{}[None]",
        "np.sum({})",
    )
    return f"{s.new('k')} = {s.rng.choice(forms).format(c)}"


@statement()
def cell_accumulates(s: Scene) -> str:
    a, c, h = s.name(is_vector), s.new("c"), s.new("h")
    kept = s.rng.choice((c, f"{c}.copy()", f"{c}[()]", f"{c} * 0.7", f"{c}[...]"))
    change = s.rng.choice(("+= 0.5 * q", "-= np.sin(q)", "+= q * q * 0.2"))
    return f"{c} = np.zeros((), like=x)\n{h} = []\nfor q in {a}:\n    {c} {change}\n    {h}.append({kept})"


# --- programs ---------------------------------------------------------------------------------------------------------


SHAPES = (
    ((3, 4),),
    ((4,),),
    ((2, 3, 2),),
    ((3, 3),),
    ((6,),),
    ((3, 4), (4,)),
    ((2, 3, 2), (3, 2)),
    ((3, 3), (3,)),
    ((3, 4), (3, 4)),
    ((4,), (4,)),
)
"""Of the arguments, of which there are one or two."""


FIRST = ("smooth_function", "copy", "creation", "read_of_a_view", "view")
"""What a program may begin with."""


def arguments_of(rng: random.Random) -> dict[str, np.ndarray]:
    """Values of three decimals, none close to another."""
    shapes = rng.choice(SHAPES)
    count = sum(int(np.prod(shape)) for shape in shapes)
    values = np.round([n / 10 + rng.randint(-20, 20) / 1000 for n in rng.sample(range(-14, 15), count)], 3)
    split = np.split(values, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
    return {name: part.reshape(shape) for name, part, shape in zip("xy", split, shapes)}


def drawn(seed: int, *, any_layout: bool = False) -> Scene:
    """The program with this number, and what its names hold at its end."""
    rng = random.Random(seed)
    scene = Scene(rng, arguments_of(rng), writes_arguments=rng.random() < 0.35, any_layout=any_layout)
    length = rng.randint(5, 12)
    weights = [kind.weight for kind in STATEMENTS.values()]
    for _ in range(20 * length):
        (rule,) = rng.choices(list(STATEMENTS), weights) if scene.statements else [rng.choice(FIRST)]
        try:
            scene.add(Statement(rule, STATEMENTS[rule].write(scene)))
        except Unfit:
            continue
        if len(scene.statements) == length:
            break
    return scene
