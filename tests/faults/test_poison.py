"""Files that hold code run none of it; a cache entry that is not what was kept is noticed and made anew."""

from __future__ import annotations

import os
import pickle
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from autohighlight.config import user_cache_dir, user_data_dir
from autohighlight.features.cache import FeatureCache
from autohighlight.files import make_private_folder
from tests.factories import make_features
from tests.media_factory import make_video
from tests.unit.backbones.test_checkpoints import save_resnet
from tests.whole_runs import Command, files_in

KEY = "0" * 32


class Canary:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    return Canary(tmp_path / "executed")


def test_the_canary_sings(canary: Canary) -> None:
    pickle.loads(pickle.dumps(canary))  # noqa: S301 -- this one may
    assert canary.path.exists()


def _torch_file(path: Path, canary: Canary) -> None:
    torch.save({"state_dict": {"weight": torch.zeros(3)}, "optimiser": canary}, path)


def _old_torch_file(path: Path, canary: Canary) -> None:
    torch.save({"weight": canary}, path, _use_new_zipfile_serialization=False)


def _plain_pickle(path: Path, canary: Canary) -> None:
    path.write_bytes(pickle.dumps(canary))


def _objects(path: Path, canary: Canary) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([canary], object), allow_pickle=True)


def _named_objects(path: Path, canary: Canary) -> None:
    with path.open("wb") as file:
        np.savez(file, features=np.array([canary], object))


FORMS = [_torch_file, _old_torch_file, _plain_pickle, _objects, _named_objects]


@pytest.mark.parametrize("make", FORMS)
@pytest.mark.parametrize("suffix", [".pth", ".pickle", ".safetensors"])
def test_no_checkpoint_is_executed(
    make: Callable[[Path, Canary], None], suffix: str, canary: Canary, command: Command, tmp_path: Path
) -> None:
    path, video = tmp_path / f"weights{suffix}", make_video(tmp_path / "video.mp4")
    make(path, canary)
    outcome = command("models", "add", path)
    assert outcome.code == 1
    assert outcome.err.startswith("error: ")
    outcome = command("score", "--backbone", "resnet3d-34", "--checkpoint", path, video)
    assert outcome.code == 1
    assert outcome.err.startswith("error: ")
    assert not canary.path.exists()
    assert not user_data_dir().exists() or not [path for path in user_data_dir().rglob("*") if path.is_file()]


@pytest.mark.parametrize("make", FORMS)
def test_no_selector_and_no_state_of_a_training_is_executed(
    make: Callable[[Path, Canary], None], canary: Canary, command: Command, tmp_path: Path
) -> None:
    path, video = tmp_path / "selector.safetensors", make_video(tmp_path / "video.mp4")
    make(path, canary)
    outcome = command("score", "--selector", path, video)
    assert outcome.code == 1
    assert "is no safetensors file, or a damaged one" in outcome.err
    features = tmp_path / "features"
    features.mkdir()
    for number in range(4):
        np.save(features / f"{number}.npy", np.random.default_rng(number).random((20, 8), np.float32))
    outcome = command("train", features, "-o", tmp_path / "new.safetensors", "--state", path, "--steps", "1")
    assert outcome.code in (1, 2), outcome
    assert not canary.path.exists()


@pytest.mark.parametrize(("make", "suffix"), [(_objects, ".npy"), (_named_objects, ".npz"), (_plain_pickle, ".npy")])
def test_no_features_are_executed(
    make: Callable[[Path, Canary], None], suffix: str, canary: Canary, command: Command, tmp_path: Path
) -> None:
    path = tmp_path / f"features{suffix}"
    make(path, canary)
    outcome = command("train", path, "-o", tmp_path / "new.safetensors")
    assert outcome.code != 0
    assert "Traceback" not in outcome.err
    assert not canary.path.exists()


@pytest.mark.parametrize("make", FORMS)
def test_no_entry_of_the_cache_is_executed(
    make: Callable[[Path, Canary], None], canary: Canary, command: Command, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "video.mp4", 100)
    assert command("score", video).code == 0
    (entry,) = (user_cache_dir() / "features").iterdir()
    whole = entry.read_bytes()
    make(entry, canary)
    assert command("score", video).code == 0
    assert not canary.path.exists()
    assert _content(entry) == _content_of(whole, tmp_path)


def _content(entry: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(entry) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _content_of(whole: bytes, folder: Path) -> dict[str, bytes]:
    (folder / "whole.npz").write_bytes(whole)
    return _content(folder / "whole.npz")


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "cache", 10**6)


def test_an_entry_that_was_changed_and_packed_again_is_noticed(cache: FeatureCache) -> None:
    """The zip's own checksums are right then."""
    track = make_features(5)
    cache.store(KEY, track)
    assert cache.folder is not None
    (entry,) = cache.folder.iterdir()
    with np.load(entry) as arrays:
        content = {name: arrays[name] for name in arrays.files}
    for name, array in content.items():
        changed = dict(content)
        if name == "checksum":
            del changed[name]
        elif name == "about":
            changed[name] = np.array(str(array).replace('"num_frames_lost": 0', '"num_frames_lost": 1'))
        else:
            values = array.copy()
            values.view(np.uint8).ravel()[0] ^= 1
            changed[name] = values
        np.savez(entry, allow_pickle=False, **changed)
        assert cache.load(KEY, track.clips) is None, name
    np.savez(entry, allow_pickle=False, **content)
    assert cache.load(KEY, track.clips) is not None


def test_an_entry_under_another_name_is_noticed(cache: FeatureCache) -> None:
    track = make_features(5)
    cache.store(KEY, track)
    assert cache.folder is not None
    (entry,) = cache.folder.iterdir()
    other = "1" * 32
    entry.rename(entry.with_name(entry.name.replace(KEY, other)))
    assert cache.load(other, track.clips) is None


def test_an_entry_that_claims_to_be_huge_is_made_anew(cache: FeatureCache) -> None:
    track = make_features(5)
    cache.store(KEY, track)
    assert cache.folder is not None
    (entry,) = cache.folder.iterdir()
    content = _content(entry)
    header = content["embeddings.npy"]
    huge = header.replace(b"'shape': (5, ", b"'shape': (5" + b"0" * 12 + b", ", 1).replace(b" " * 12, b"", 1)
    content["embeddings.npy"] = huge
    with zipfile.ZipFile(entry, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    assert cache.load(KEY, track.clips) is None


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_open_umask")
def test_what_is_kept_for_the_user_is_not_for_others_to_write(command: Command, tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", 100)
    assert command("score", video).code == 0
    assert command("models", "add", save_resnet(tmp_path / "weights.pth")).code == 0
    kept = [path for folder in (user_cache_dir(), user_data_dir()) for path in (folder, *folder.rglob("*"))]
    assert len([path for path in kept if path.is_file()]) == 3
    for path in kept:
        assert not stat.S_IMODE(path.stat().st_mode) & (stat.S_IWGRP | stat.S_IWOTH), path
    assert stat.S_IMODE((user_cache_dir() / "features").stat().st_mode) == 0o700


@pytest.mark.usefixtures("_open_umask")
def test_folders_above_are_private_too_and_those_that_are_there_stay(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(0o755)
    make_private_folder(tmp_path / "there" / "a" / "b")
    make_private_folder(tmp_path / "there")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "there").rglob("*")}
    assert modes == {"a": 0o700, "b": 0o700}
    assert stat.S_IMODE((tmp_path / "there").stat().st_mode) == 0o755
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        make_private_folder(tmp_path / "file")
    assert files_in(tmp_path) == {"there", "file"}
