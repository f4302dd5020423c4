"""Batches: an array that hides an axis, and how operations run on it."""
