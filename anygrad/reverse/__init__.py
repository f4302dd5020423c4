"""Reverse mode: Tensor, how operations are recorded, and how cotangents travel back."""
