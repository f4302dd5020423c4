"""What every array that wraps another one shares, and what makes arrays."""
