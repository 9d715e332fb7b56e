"""HDR pictures as an SDR network expects to see them.

A PQ or HLG picture read as if it were sRGB looks grey and flat, and a network trained on sRGB photographs would judge
it so. For scoring, light is brought back from the transfer function, mapped to the SDR range, and put into sRGB with
BT.709 primaries. What is written in SDR from HDR passes through here as well: GIFs and their like, thumbnails,
and reels that mix SDR with HDR or HDR of two kinds; see `media.pictures`. A reel of HDR alone keeps its light.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_REFERENCE_WHITE_NITS = 203.0  # ITU-R BT.2408-7, section 2: HDR reference white
_BT2020_TO_BT709 = np.array(  # ITU-R BT.2087-0, annex 2, inverted
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)


def _pq_to_nits(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084, equation 4.1."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    power = signal ** (1 / m2)
    return 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)


def _hlg_to_nits(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """ITU-R BT.2100-2, table 5: inverse OETF, with a system gamma of 1.2 for a display of 1,000 nits."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return 1000 * scene**1.2


def _light_table(transfer: str) -> NDArray[np.float32]:
    """float32 (65536,): 16-bit code value -> light, 1 being SDR white; highlights are rolled off to at most 1."""
    signal = np.linspace(0, 1, 65536)
    light = (_pq_to_nits if transfer == "smpte2084" else _hlg_to_nits)(signal) / _REFERENCE_WHITE_NITS
    return (light * (1 + light / 25) / (1 + light)).clip(0, 1).astype(np.float32)  # Reinhard 2002, eq. 4, white at 5


class SdrMapper:
    """Maps HDR pictures to sRGB.

    Args:
        transfer: ``smpte2084`` (PQ) or ``arib-std-b67`` (HLG).
    """

    def __init__(self, transfer: str) -> None:
        self._light = _light_table(transfer)
        light = np.linspace(0, 1, 4096)
        # The sRGB transfer function, IEC 61966-2-1.
        encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        self._srgb = np.rint(255 * encoded).astype(np.uint8)

    def __call__(self, picture: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """uint16 BT.2020 (H, W, 3) -> uint8 sRGB of the same shape."""
        light = self._light[picture] @ _BT2020_TO_BT709.T
        picture_srgb: NDArray[np.uint8] = self._srgb[np.rint(light.clip(0, 1) * 4095).astype(np.int32)]
        return picture_srgb
