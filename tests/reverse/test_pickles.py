"""Pickles of Tensors."""

import base64
import pickle

import anygrad as ag

BEFORE_THE_ROOMS = (
    "fCQBY0RR910001t4q<M2XL4a=E_7vXb8m8#j0s<IWpi|Ia%E(clawfE0E`AyWo~nCa+H&lj23QnZE$%mUt@1_WiD-XY;<X1a&lpL"
    "l#C2ta%E$0ZgX^Ubz^jtla!1FZgp*Nd6bL?Ze(F{a$$LtlaxyUg_J`9Vw8uJQj{o50ZRgflxPTy1!Q!2aAlN}l#BvqIFyNqhm=y3"
    "C`$v30X&pWPEJby|Ns9=|NsC0O8|6~Vu?c#00000008hm000000000$lysD0h-d;RXar~nXbMXJg_LLvhm=y3C`$oL0)>=l6p2F+"
    "000000000$00000000m`lysD0iB5f#bd*w*eUx;RQj{("
)
"""A leaf [1, 2] with the gradient [2, 4], written when Tensor stood in the module ``anygrad.tensor``."""


def test_a_pickle_made_when_tensor_stood_elsewhere_still_loads():
    x = pickle.loads(base64.b85decode(BEFORE_THE_ROOMS))
    assert type(x) is ag.Tensor
    assert (x.tolist(), x.requires_grad, x.grad.tolist()) == ([1.0, 2.0], True, [2.0, 4.0])


def test_a_pickle_gives_the_leaf_again():
    x = ag.Tensor([3.0], requires_grad=True)
    twin = pickle.loads(pickle.dumps(x))
    assert (type(twin), twin.tolist(), twin.requires_grad, twin.grad) == (ag.Tensor, [3.0], True, None)


def test_a_number_is_restored_as_a_number():
    total = ag.sum(ag.Tensor([1.0, 2.0]))
    restored = pickle.loads(pickle.dumps(total))
    assert restored.is_scalar
    assert restored.item() == 3.0
