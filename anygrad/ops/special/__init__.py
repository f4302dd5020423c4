"""Special functions, and what statistics and machine learning make of them."""
