"""Films that are made on the spot, by PyAV alone."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np


def make_film(path: Path, seconds: int, *, seed: int = 0, preset: str = "veryfast") -> None:
    """A film of 1280 x 720 at 25 frames/s with a shot every few seconds, which moves at a speed of its own."""
    random = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": preset, "g": "50"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for number in range(seconds * 25):
            if number % 90 == 0:
                scene = random.integers(0, 255, (24, 40, 3)).astype(np.uint8).repeat(36, 0).repeat(36, 1)
                speed = int(random.integers(0, 12))
            picture = np.ascontiguousarray(np.roll(scene, number * speed, axis=1)[72:792, 80:1360])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
