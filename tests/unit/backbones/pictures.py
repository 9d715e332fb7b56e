"""Pictures made by formula, the same everywhere: what the golden features are of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pictures() -> NDArray[np.uint8]:
    """Rings in colour, a chequered slope, and flat grey: uint8 (3, 1, 224, 224, 3)."""
    y, x = np.mgrid[:224, :224]
    squared = (x - 80) ** 2 + (y - 120) ** 2
    rings = np.stack([squared // 40 % 256, squared // 90 % 256, (x + 2 * y) % 256], -1)
    slope = np.stack([x, y, ((x // 16 + y // 16) % 2) * 255], -1)
    return np.stack([rings, slope, np.full_like(rings, 128)])[:, None].astype(np.uint8)
