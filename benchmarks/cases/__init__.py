"""The cases, a file for each family; importing this makes all of them known."""

from benchmarks.cases import models, operations, training

__all__ = ["models", "operations", "training"]
