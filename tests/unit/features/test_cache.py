from __future__ import annotations

import multiprocessing
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autohighlight.config import ExtractOptions, user_cache_dir
from autohighlight.features.cache import FeatureCache, entry_key
from autohighlight.files import content_digest
from autohighlight.times import TimeRange
from autohighlight.types import FeatureTrack
from tests.factories import make_clips, make_features

KEY = "0" * 32


def make_track(num_clips: int = 5, dim: int = 7) -> FeatureTrack:
    random = np.random.default_rng(1)
    return make_features(
        num_clips,
        embeddings=(random.standard_normal((num_clips, dim)) * 100).astype(np.float32),
        cues={"movement": np.array([1, np.nan, 3, 1e-30, 5], np.float32)[:num_clips]},
        shot_boundaries=(Fraction(1001, 30000), Fraction(7, 3)),
        num_frames_lost=3,
        num_frames_read=99,
        undecoded=(TimeRange(Fraction(1001, 30000), Fraction(7, 3)),),
    )


def assert_same(one: FeatureTrack | None, other: FeatureTrack) -> None:
    assert one is not None
    assert one.clips == other.clips
    assert one.embeddings.dtype == other.embeddings.dtype == np.float32
    np.testing.assert_array_equal(one.embeddings, other.embeddings)
    assert one.cues.keys() == other.cues.keys()
    for name, values in other.cues.items():
        np.testing.assert_array_equal(one.cues[name], values)
    assert one.shot_boundaries == other.shot_boundaries
    assert (one.backbone, one.fingerprint) == (other.backbone, other.fingerprint)
    assert (one.num_frames_lost, one.num_frames_read) == (other.num_frames_lost, other.num_frames_read)
    assert one.undecoded == other.undecoded


def test_what_is_kept_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    cache, track = FeatureCache(tmp_path / "new" / "folder", 10**6), make_track()
    assert cache.load(KEY, track.clips) is None
    cache.store(KEY, track)
    assert_same(cache.load(KEY, track.clips), track)
    assert cache.load("1" * 32, track.clips) is None
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 1


def test_features_of_frames_that_were_counted_wrongly_are_measured_again(tmp_path: Path) -> None:
    track, cache = make_track(2), FeatureCache(tmp_path, 10**6)
    clips = make_clips([2, 2])
    key_in_version_1 = "af524c3a309031045b5483a10e75613c"  # fields and hidden frames counted as frames
    cache.store(key_in_version_1, track)
    assert cache.load(entry_key("c0ffee", clips, "network", "exact"), clips) is None


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    cache, track = FeatureCache(None, 10**6), make_track()
    cache.store(KEY, track)
    assert cache.load(KEY, track.clips) is None


@pytest.mark.parametrize("kept", [0, 1, 30, 200, -1, -30])
def test_an_entry_cut_short_is_made_anew(kept: int, tmp_path: Path) -> None:
    cache, track = FeatureCache(tmp_path, 10**6), make_track()
    cache.store(KEY, track)
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(entry.read_bytes()[:kept])
    assert cache.load(KEY, track.clips) is None
    cache.store(KEY, track)
    assert_same(cache.load(KEY, track.clips), track)


def test_an_entry_with_any_byte_changed_never_breaks_a_run(tmp_path: Path) -> None:
    cache, track = FeatureCache(tmp_path, 10**6), make_track()
    cache.store(KEY, track)
    (entry,) = tmp_path.iterdir()
    content = entry.read_bytes()
    for place in range(0, len(content), 7):
        entry.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        loaded = cache.load(KEY, track.clips)
        if loaded is not None:  # the byte means nothing, as one of a zip's time stamps
            assert_same(loaded, track)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"a shopping list", bytes(range(255)) * 4, b"\x93NUMPY\x01\x00"]
)
def test_an_entry_that_is_something_else_is_made_anew(content: bytes, tmp_path: Path) -> None:
    cache, track = FeatureCache(tmp_path, 10**6), make_track()
    cache.store(KEY, track)
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(content)
    assert cache.load(KEY, track.clips) is None


def test_an_entry_of_other_clips_is_made_anew(tmp_path: Path) -> None:
    cache, track = FeatureCache(tmp_path, 10**6), make_track()
    cache.store(KEY, track)
    assert cache.load(KEY, make_clips([2] * 4)) is None


def test_the_cache_stays_below_its_size_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    track = make_track()
    FeatureCache(tmp_path, 10**9).store(KEY, track)
    (entry,) = tmp_path.iterdir()
    size = entry.stat().st_size
    cache = FeatureCache(tmp_path, 3 * size)
    entry.unlink()
    for number in range(8):
        cache.store(f"{number:032}", track)
        for place, path in enumerate(sorted(tmp_path.iterdir())):
            os.utime(path, ns=(place, path.stat().st_mtime_ns - 10**9))
        if number >= 0:
            cache.load(f"{0:032}", track.clips)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= cache.max_bytes
    assert cache.load(f"{0:032}", track.clips) is not None
    assert cache.load(f"{7:032}", track.clips) is not None
    assert cache.load(f"{1:032}", track.clips) is None


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache, track = FeatureCache(tmp_path / "file" / "features", 10**6), make_track()
    cache.store(KEY, track)
    assert cache.load(KEY, track.clips) is None


def test_a_cache_that_may_only_be_read_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, track = FeatureCache(tmp_path, 10**6), make_track()
    cache.store(KEY, track)

    def refuse(*_arguments: object, **_others: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    cache.store("1" * 32, track)
    assert_same(cache.load(KEY, track.clips), track)


def test_a_full_disk_leaves_no_half_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_up(file: object, **_arrays: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", fill_up)
    FeatureCache(tmp_path, 10**6).store(KEY, make_track())
    assert list(tmp_path.iterdir()) == []


def _store_and_load(folder: Path, seed: int) -> int:
    cache, track = FeatureCache(folder, 30_000), make_track()
    num_loaded = 0
    for number in range(60):
        key = f"{(number * 7 + seed) % 20:032}"
        cache.store(key, track)
        loaded = cache.load(key, track.clips)
        if loaded is not None:
            assert_same(loaded, track)
            num_loaded += 1
    return num_loaded


def test_two_processes_share_it(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        loaded = pool.starmap(_store_and_load, [(tmp_path, 0), (tmp_path, 3)])
    assert min(loaded) > 0
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 40_000
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_key_says_all_that_features_depend_on() -> None:
    clips = make_clips([2, 2, 1])
    keys = {
        entry_key("a", clips, "f", "balanced"),
        entry_key("b", clips, "f", "balanced"),
        entry_key("a", make_clips([2, 2, 2]), "f", "balanced"),
        entry_key("a", make_clips([2, 2, 1], start=1), "f", "balanced"),
        entry_key("a", [*make_clips([3]), *clips[1:]], "f", "balanced"),  # the first over the second
        entry_key("a", clips, "g", "balanced"),
        entry_key("a", clips, "f", "exact"),
    }
    assert len(keys) == 7
    assert entry_key("a", clips, "f", "balanced") == entry_key("a", make_clips([2, 2, 1]), "f", "balanced")


def test_the_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    one, other, third = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    one.write_bytes(b"x" * 3_000_000)
    other.write_bytes(b"x" * 3_000_000)
    third.write_bytes(b"x" * 2_999_999 + b"y")
    os.utime(other, (0, 0))
    assert content_digest(one) == content_digest(other) != content_digest(third)


def test_the_options_say_where_and_how_large() -> None:
    assert FeatureCache.from_options(ExtractOptions()) == FeatureCache(user_cache_dir() / "features", 2_000_000_000)
    assert FeatureCache.from_options(ExtractOptions(cache=False, cache_size=1)) == FeatureCache(None, 1_000_000)
