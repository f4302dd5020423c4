"""Contractions, padding, segments, convolutions and interpolation, beyond the table of operations."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import anygrad as ag
from anygrad.ops import convolutions

# --- einsum -----------------------------------------------------------------------------------------------------------


@st.composite
def contractions(draw):
    """Subscripts and the shapes of operands that fit them; some axes of length 1 broadcast."""
    sizes = {c: draw(st.integers(1, 3)) for c in "abcD"}
    dots = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    terms, shapes = [], []
    for _ in range(draw(st.integers(1, 4))):
        term = draw(st.lists(st.sampled_from("abcD"), max_size=3))
        shape = [1 if term.count(c) == 1 and draw(st.integers(0, 5)) == 0 else sizes[c] for c in term]
        if draw(st.booleans()):
            at = draw(st.integers(0, len(term)))
            own = dots[draw(st.integers(0, len(dots))) :]
            shape[at:at] = [1 if draw(st.integers(0, 5)) == 0 else n for n in own]
            term.insert(at, "...")
        terms.append("".join(term))
        shapes.append(tuple(shape))
    subscripts = ",".join(terms)
    if draw(st.booleans()):
        letters = sorted(set(subscripts) - set(",."))
        kept = draw(st.permutations(letters))[: draw(st.integers(0, len(letters)))]
        kept.insert(draw(st.integers(0, len(kept))), "...")
        subscripts += "->" + "".join(kept if "..." in subscripts else [c for c in kept if c != "..."])
    return subscripts, shapes


@settings(max_examples=300, deadline=None, derandomize=True)
@given(case=contractions(), data=st.data())
def test_einsum_and_its_gradients_are_those_of_numpy_for_random_subscripts(case, data):
    subscripts, shapes = case
    rng = np.random.default_rng(data.draw(st.integers(0, 100)))
    optimize = data.draw(st.sampled_from([True, False]))
    operands = [rng.normal(size=shape) for shape in shapes]
    expected = np.einsum(subscripts, *operands)
    leaves = [ag.Tensor(x, requires_grad=True) for x in operands]
    out = ag.einsum(subscripts, *leaves, optimize=optimize)
    assert out.shape == expected.shape
    np.testing.assert_allclose(out.detach().numpy(), expected, rtol=1e-11, atol=1e-11)
    g = rng.normal(size=expected.shape)
    out.backward(ag.Tensor(g))
    for i, leaf in enumerate(leaves):  # linear in each operand: <g, einsum(.., t, ..)> = <gradient, t>
        t = rng.normal(size=leaf.shape)
        along = np.einsum(subscripts, *operands[:i], t, *operands[i + 1 :])
        np.testing.assert_allclose(np.sum(leaf.grad.numpy() * t), np.sum(g * along), rtol=1e-10, atol=1e-10)


def test_einsum_takes_a_strategy_of_opt_einsum():
    pytest.importorskip("opt_einsum")
    operands = [np.random.default_rng(0).normal(size=shape) for shape in ((2, 3), (3, 4), (4, 2), (2,))]
    for strategy in ("greedy", "optimal"):
        got = ag.einsum("ij,jk,kl,l->i", *operands, optimize=strategy)
        np.testing.assert_allclose(got, np.einsum("ij,jk,kl,l->i", *operands), rtol=1e-13)


def test_einsum_without_opt_einsum_goes_from_left_to_right(monkeypatch):
    monkeypatch.setitem(sys.modules, "opt_einsum", None)
    operands = [np.random.default_rng(0).normal(size=shape) for shape in ((5, 3), (3, 4), (4, 2))]
    expected = np.einsum("ij,jk,kl->il", *operands)
    np.testing.assert_allclose(ag.einsum("ij,jk,kl->il", *operands), expected, rtol=1e-13)
    with pytest.raises(ImportError, match=r"install it with: pip install opt-einsum"):
        ag.einsum("ij,jk,kl->il", *operands, optimize="dp")


ONES = np.ones((2, 3))
WRONG_SUBSCRIPTS = [
    ("ij,jk", (ONES, np.ones((4, 2))), "the label 'j' has length 3 in operand 0 and 4 in operand 1"),
    ("...,...", (ONES, np.ones(2)), "an axis of '...' has length 3 in operand 0 and 2 in operand 1"),
    ("ii", (np.ones((1, 3)),), "the label 'i' has lengths 1 and 3 in operand 0"),
    ("ij,j", (ONES,), "names 2 operands, and 1 are given"),
    ("ijk", (ONES,), "does not fit operand 0, which has 2 axes"),
    ("i", (ONES,), "does not fit operand 0, which has 2 axes"),
    ("ij->k", (ONES,), "the result's label 'k' is in none of the operands"),
    ("ij->ii", (ONES,), "the label 'i' stands twice in the result"),
    ("...j->j", (ONES,), "the axes that '...' stands for must be in the result"),
    ("i-", (np.ones(2),), r"'i-' in 'i-' may have letters and one '...'"),
    ("......", (ONES,), "may have letters and one '...'"),
]


@pytest.mark.parametrize(("subscripts", "operands", "message"), WRONG_SUBSCRIPTS, ids=[c[0] for c in WRONG_SUBSCRIPTS])
def test_subscripts_that_do_not_fit_are_refused(subscripts, operands, message):
    with pytest.raises(ValueError, match=message):
        ag.einsum(subscripts, *operands)


def test_wrong_paths_and_numbers_alone_are_refused():
    with pytest.raises(ValueError, match=r"leaves 2 of 3 operands unmultiplied"):
        ag.einsum("i,i,i", np.ones(2), np.ones(2), np.ones(2), optimize=[(0, 1)])
    with pytest.raises(ValueError, match=r"the step \(0, 3\) of the path does not name some of the 3 arrays left"):
        ag.einsum("i,i,i", np.ones(2), np.ones(2), np.ones(2), optimize=[(0, 3), (0, 1)])
    with pytest.raises(TypeError, match="at least one operand must be an array, given 2, 3"):
        ag.einsum(",", 2, 3)


# --- pad and segment_sum ----------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
    mode=st.sampled_from(["constant", "edge", "reflect", "symmetric", "wrap"]),
    data=st.data(),
)
def test_padding_of_any_width_is_that_of_numpy_and_its_gradient_counts_the_copies(shape, mode, data):
    widths = [(data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))) for _ in shape]
    x = np.arange(float(np.prod(shape))).reshape(shape)
    leaf = ag.Tensor(x, requires_grad=True)
    out = ag.pad(leaf, widths, mode, *([-1.0] if mode == "constant" else []))
    expected = np.pad(x, widths, mode, **({"constant_values": -1.0} if mode == "constant" else {}))
    np.testing.assert_array_equal(out.detach().numpy(), expected)
    ag.sum(out).backward()
    copies = np.bincount(expected[expected >= 0].astype(int), minlength=x.size).reshape(shape)
    np.testing.assert_array_equal(leaf.grad.numpy(), copies)


WRONG_PADDING = [
    ((ONES, -1), ValueError, "must not be negative"),
    ((ONES, 1.5), TypeError, "integer"),
    ((ONES, ((1, 1),) * 3), ValueError, "a pair for each of 2 axes"),
    ((ONES, (1, 2, 3)), ValueError, "a number, a pair, or a pair for each axis"),
    ((ONES, {2: 1}), IndexError, "pad: axis 2 is out of bounds"),
    ((ONES, 1, "median"), ValueError, "given 'median'"),
    ((np.ones((0, 2)), 1, "edge"), ValueError, "nothing to repeat along axis 0"),
]


@pytest.mark.parametrize(("args", "error", "message"), WRONG_PADDING, ids=[c[2] for c in WRONG_PADDING])
def test_wrong_paddings_are_refused(args, error, message):
    with pytest.raises(error, match=message):
        ag.pad(*args)


def test_wrong_segments_are_refused():
    with pytest.raises(TypeError, match="segment_ids must be integers"):
        ag.segment_sum(ONES, np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="one number for each row"):
        ag.segment_sum(ONES, np.array([0, 1, 2]))


# --- convolutions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("portion", [1, 30, 200, 1000])
@pytest.mark.parametrize("options", [{}, {"groups": 2, "stride": 2, "padding": 1}])
def test_a_convolution_in_portions_is_that_at_once(monkeypatch, portion, options):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 4, 6, 5))
    w = rng.normal(size=(6, 4 // options.get("groups", 1), 3, 2))

    def value_and_gradients():
        value, gradients = ag.value_and_grad(lambda x, w: ag.sum(ag.square(ag.conv(x, w, **options))), (0, 1))(x, w)
        return [value, *gradients]

    at_once = value_and_gradients()
    monkeypatch.setattr(convolutions, "PORTION", portion)
    for got, expected in zip(value_and_gradients(), at_once, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-11)


def test_a_convolution_with_one_channel_is_the_correlation():
    a, v = np.random.default_rng(0).normal(size=(2, 6))
    got = ag.conv(a.reshape(1, 1, -1), v[:3].reshape(1, 1, -1))
    np.testing.assert_allclose(got[0, 0], ag.correlate(a, v[:3]), rtol=1e-13)


IMAGE, KERNEL = np.ones((1, 2, 4)), np.ones((2, 2, 3))
WRONG_CONVOLUTIONS = [
    ((np.ones((2, 4)), np.ones((2, 3))), {}, "x must have the axes"),
    ((IMAGE, np.ones((2, 2, 3, 3))), {}, "and w as many"),
    ((IMAGE, np.ones((2, 1, 3))), {}, "2 channels in and 2 out, in groups=1"),
    ((IMAGE, np.ones((3, 1, 3))), {"groups": 2}, "2 channels in and 3 out, in groups=2"),
    ((IMAGE, KERNEL), {"groups": 0}, "groups=0"),
    ((IMAGE, KERNEL), {"stride": 0}, "stride must be a positive number"),
    ((IMAGE, KERNEL), {"dilation": (1, 1)}, "dilation must be a positive number, or one for each of 1 axes"),
    ((IMAGE, KERNEL), {"dilation": 2}, "spatial axis 0 the kernel reaches over 5 of 4 places"),
    ((IMAGE, KERNEL), {"padding": "full"}, "given 'full'"),
    ((IMAGE, KERNEL), {"padding": -1}, "none of them negative"),
    ((IMAGE, KERNEL), {"padding": ((1, 2, 3),)}, "padding must be"),
]


@pytest.mark.parametrize(("args", "options", "message"), WRONG_CONVOLUTIONS, ids=[c[2] for c in WRONG_CONVOLUTIONS])
def test_wrong_convolutions_are_refused(args, options, message):
    with pytest.raises(ValueError, match=message):
        ag.conv(*args, **options)


@pytest.mark.parametrize("function", [ag.convolve, ag.correlate], ids=["convolve", "correlate"])
def test_wrong_signals_are_refused(function):
    name = function.__name__
    with pytest.raises(ValueError, match=f"{name}: a must have one axis"):
        function(ONES, np.ones(2))
    with pytest.raises(ValueError, match=f"{name}: v must have one axis and not be empty"):
        function(np.ones(2), np.ones(0))
    with pytest.raises(ValueError, match=f"{name}: mode must be 'full', 'same' or 'valid', given 'all'"):
        function(np.ones(2), np.ones(2), "all")


# --- interp -----------------------------------------------------------------------------------------------------------


def test_interp_at_its_points_has_their_values_and_the_slope_on_the_right():
    xp, fp = np.array([0.0, 1.0, 3.0]), np.array([1.0, 0.1, 0.7])
    np.testing.assert_array_equal(ag.interp(xp, xp, fp), fp)
    slope = ag.grad(lambda x: ag.sum(ag.interp(x, xp, fp)))
    np.testing.assert_allclose(slope(np.array([-1.0, 0.0, 1.0, 3.0, 4.0])), [0, -0.9, 0.3, 0.3, 0], rtol=1e-14)


def test_interp_takes_integers_complex_values_and_what_is_not_finite():
    xp, fp = np.array([0, 2]), np.array([1, 5])
    np.testing.assert_array_equal(ag.interp(np.array([1, 3]), xp, fp), [3.0, 5.0])
    assert ag.interp(1, ag.Tensor(xp), ag.Tensor(fp)).item() == 3.0
    x, values = np.array([0.5, np.inf, -np.inf, np.nan]), fp * (1 + 2j)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(ag.interp(x, xp, fp), np.interp(x, xp, fp))
        np.testing.assert_allclose(ag.interp(x[:3], xp, values), np.interp(x[:3], xp, values))
    g = ag.grad(lambda x: ag.sum(ag.interp(x, xp, fp)))(x[:3])
    np.testing.assert_array_equal(g, [2.0, 0.0, 0.0])


def test_wrong_interpolations_are_refused():
    with pytest.raises(ValueError, match="xp and fp must be of one axis and of one length"):
        ag.interp(ONES, np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="not 0, given"):
        ag.interp(ONES, np.ones(0), np.ones(0))
    with pytest.raises(ValueError, match="period must not be 0"):
        ag.interp(ONES, np.ones(2), np.ones(2), period=0)
