"""Forward mode: Dual, and how tangents travel through operations."""
