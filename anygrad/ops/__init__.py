"""The operations, a file for each chapter of the array API standard. They know no Tensor and no array library."""

from anygrad.core.specializing import places

places.append(f"{__name__}.")
