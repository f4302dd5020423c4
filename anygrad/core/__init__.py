"""What an operation is and how it is called. Knows no array library, no wrapper and no operation."""
