"""Keeps features on disk, so that choosing again need not decode again.

An entry's name says all that its features depend on: the bytes of the video (not its path or time stamp), the
backbone with its weights, the clips, the speed. Entries are written in a hidden directory and renamed into place, so
several processes may share the cache; the least recently used are removed when it grows too large.

The cache is a subdirectory of its own in the directory that people choose, and only files with the name of an entry
are ever removed from it: whatever else is there belongs to somebody else.

Each entry holds a checksum of all that is in it and of its name. It tells damage, and an entry that was given another
name. It is not a signature: whoever may write to the directory can make entries that pass. So the directory and the
files are made for their owner alone, whatever the umask is; a directory that was there before stays as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from autohighlight.config import ExtractOptions, user_cache_dir
from autohighlight.errors import OutputError
from autohighlight.files import make_private_folder, move_into_place
from autohighlight.hidden_folders import hidden_folder
from autohighlight.times import TimeRange
from autohighlight.types import Clip, FeatureTrack

_LOG = logging.getLogger(__name__)

FORMAT_VERSION = 2
"""Grows whenever the same video and settings would give other features; 2: frames are counted as they are shown."""

_SUBDIRECTORY = "autohighlight-features"
"""In a directory that a person chose, where another ``features`` may well be."""

_SUFFIX = ".features.npz"
_ENTRY = re.compile(rf"[0-9a-f]{{32}}{re.escape(_SUFFIX)}")
_CHECKSUM = "checksum"


def entry_key(content: str, clips: Sequence[Clip], fingerprint: str, speed: str) -> str:
    """The name under which features are kept: a digest of all that they depend on."""
    edges = [str(edge) for clip in clips for edge in (clip.time_range.start, clip.time_range.end)]  # they may overlap
    parts = json.dumps([FORMAT_VERSION, content, edges, fingerprint, speed])
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class FeatureCache:
    """A directory of feature tracks.

    Args:
        folder: the directory; made when first needed. None keeps nothing.
        max_bytes: largest total size of the entries.
    """

    folder: Path | None
    max_bytes: int

    @classmethod
    def from_options(cls, options: ExtractOptions) -> FeatureCache:
        """The user's cache, one in a directory of the user's choice, or none, as the options say."""
        max_bytes = options.cache_size * 1_000_000
        if not options.cache:
            return cls(None, max_bytes)
        if options.cache_dir is None:
            return cls(user_cache_dir() / "features", max_bytes)
        return cls(options.cache_dir / _SUBDIRECTORY, max_bytes)

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
        """Keeps `track`; does without where the cache cannot be written to (full disk, read-only)."""
        if self.folder is None:
            return
        arrays = _pack(track)
        entry: dict[str, Any] = {**arrays, _CHECKSUM: np.array(_checksum(key, arrays))}
        with contextlib.suppress(OSError, OutputError):
            make_private_folder(self.folder)
            with hidden_folder(self.folder) as hidden:
                unfinished = hidden / "entry"
                with open(unfinished, "wb", opener=_open_private) as file:
                    np.savez(file, **entry)
                move_into_place(unfinished, self.folder / f"{key}{_SUFFIX}", overwrite=True)
            self._shrink(self.folder)

    def _shrink(self, folder: Path) -> None:
        """Removes the entries that were not used for longest, until the others fit."""
        entries = []
        for path in folder.iterdir():
            if not _ENTRY.fullmatch(path.name):
                continue
            with contextlib.suppress(FileNotFoundError):  # another process has just removed it
                status = path.lstat()
                if stat.S_ISREG(status.st_mode):
                    entries.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.max_bytes:
                return
            with contextlib.suppress(PermissionError):  # on Windows, another process is reading it
                path.unlink(missing_ok=True)
                total -= size


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


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
        "undecoded": [[str(gap.start), str(gap.end)] for gap in track.undecoded],
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
        undecoded=tuple(TimeRange(Fraction(start), Fraction(end)) for start, end in about["undecoded"]),
    )
