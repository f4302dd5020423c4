"""Linear algebra: that of the standard's main namespace and of its extension."""
