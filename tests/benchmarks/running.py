"""What several tests of the benchmarks share: sizes that take no time, who can take part, and the command."""

from __future__ import annotations

import importlib.util

from benchmarks import command
from benchmarks.contestants import PEERS
from benchmarks.options import parse

TINY = {
    "multiply": (3,),
    "chain": (6, 3),
    "gelu": (7,),
    "reductions": (3, 4),
    "matmul": (4,),
    "embedding": (5, 2, 8),
    "convolution": (2, 3, 5),
    "softmax": (2, 3),
    "attention": (2, 3, 4),
    "cholesky": (4,),
    "logistic": (6, 3),
    "mlp-small": (3,),
    "mlp": (3, 4),
    "rnn": (3, 2, 4),
    "transformer": (2, 3, 8),
    "convnet": (2, 6),
    "gp": (5,),
    "rosenbrock": (4,),
}


def installed(names):
    return [name for name in names if importlib.util.find_spec(PEERS[name][0])]


def run(*arguments, capsys):
    status = command.run(parse([str(argument) for argument in arguments]))
    return status, capsys.readouterr()
