"""What decodes: PyAV and the FFmpeg libraries inside it."""

from __future__ import annotations

import av
import av.codec

DECODERS = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores")
"""FFmpeg's names of the decoders that most video needs."""


def library_versions() -> dict[str, str]:
    """The versions of PyAV and of the FFmpeg libraries that it carries, by name."""
    versions = {name: ".".join(str(part) for part in version) for name, version in av.library_versions.items()}
    return {"PyAV": av.__version__, **versions}


def missing_decoders() -> list[str]:
    """Those of `DECODERS` that the libraries lack."""
    available = av.codec.codecs_available
    return [name for name in DECODERS if name not in available]
