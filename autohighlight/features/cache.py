"""Keeps features on disk, so that choosing again need not decode again.

An entry's name says all that its features depend on: the bytes of the video (not its path or time stamp), the
backbone with its weights, the clips, the speed. Entries are written beside their place and renamed into it, so two
processes may share the cache; the least recently used go when it grows too large.

Each entry holds a checksum of all that is in it and of its name. It tells damage, and an entry that has come under
another name; it is no signature: whoever may write into the folder may make entries that pass. So the folder and the
files are made for their owner alone, whatever the umask says.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from autohighlight.config import ExtractOptions, user_cache_dir
from autohighlight.files import make_private_folder
from autohighlight.types import Clip, FeatureTrack

_LOG = logging.getLogger(__name__)

FORMAT_VERSION = 1
"""Grows whenever the same video and settings would give other features."""

_SUFFIX = ".features.npz"
_CHECKSUM = "checksum"


def entry_key(content: str, clips: Sequence[Clip], fingerprint: str, speed: str) -> str:
    """The name under which features are kept: a digest of all that they depend on."""
    edges = [str(edge) for clip in clips for edge in (clip.time_range.start, clip.time_range.end)]  # they may overlap
    parts = json.dumps([FORMAT_VERSION, content, edges, fingerprint, speed])
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class FeatureCache:
    """A folder of feature tracks.

    Args:
        folder: where; made when first needed. None keeps nothing.
        max_bytes: largest total size.
    """

    folder: Path | None
    max_bytes: int

    @classmethod
    def from_options(cls, options: ExtractOptions) -> FeatureCache:
        """The user's cache, that of a folder, or none, as the options say."""
        folder = (options.cache_dir or user_cache_dir() / "features") if options.cache else None
        return cls(folder, options.cache_size * 1_000_000)

    def load(self, key: str, clips: Sequence[Clip]) -> FeatureTrack | None:
        """The features kept under `key`, or None: there are none, or the entry is damaged."""
        if self.folder is None:
            return None
        entry = self.folder / f"{key}{_SUFFIX}"
        try:
            with entry.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                track = _unpack(_checked(key, {name: arrays[name] for name in arrays.files}), clips)
        except FileNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 -- zipfile, zlib, json and numpy each have their own words for damage
            # Not ours, of another version, or cut short by a crash of the machine: it is made anew.
            _LOG.info("%s in the cache is damaged (%s) and made anew", entry.name, error)
            return None
        with contextlib.suppress(OSError):  # a cache that may only be read
            os.utime(entry)  # used just now
        return track

    def store(self, key: str, track: FeatureTrack) -> None:
        """Keeps `track`; a cache that cannot be written (full disk, read-only) is done without."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            make_private_folder(self.folder)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".writing-")
            try:
                with os.fdopen(handle, "wb") as file:
                    arrays = _pack(track)
                    np.savez(file, allow_pickle=False, **arrays, **{_CHECKSUM: np.array(_checksum(key, arrays))})
                Path(name).replace(self.folder / f"{key}{_SUFFIX}")
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._shrink()

    def _shrink(self) -> None:
        assert self.folder is not None  # noqa: S101 -- for the type checker; store() has looked
        entries = []
        for path in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process may shrink it too
                status = path.stat()
                entries.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size


def _checksum(key: str, arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.blake2b(key.encode(), digest_size=16)
    for name, array in sorted(arrays.items()):
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _checked(key: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of an entry without their checksum, which they must have; raises KeyError or ValueError."""
    said = str(arrays.pop(_CHECKSUM))
    if said != _checksum(key, arrays):
        raise ValueError("its checksum is another")
    return arrays


def _pack(track: FeatureTrack) -> dict[str, np.ndarray]:
    about = {
        "backbone": track.backbone,
        "fingerprint": track.fingerprint,
        "shot_boundaries": [str(time) for time in track.shot_boundaries],
        "num_frames_lost": track.num_frames_lost,
        "num_frames_read": track.num_frames_read,
    }
    arrays = {f"cue_{name}": np.asarray(values) for name, values in track.cues.items()}
    return {"about": np.array(json.dumps(about)), "embeddings": track.embeddings, **arrays}


def _unpack(arrays: dict[str, np.ndarray], clips: Sequence[Clip]) -> FeatureTrack:
    about = json.loads(str(arrays["about"]))
    return FeatureTrack(
        clips=tuple(clips),
        embeddings=arrays["embeddings"].astype(np.float32),
        cues={name.removeprefix("cue_"): array for name, array in arrays.items() if name.startswith("cue_")},
        shot_boundaries=tuple(Fraction(time) for time in about["shot_boundaries"]),
        backbone=about["backbone"],
        fingerprint=about["fingerprint"],
        num_frames_lost=about["num_frames_lost"],
        num_frames_read=about["num_frames_read"],
    )
