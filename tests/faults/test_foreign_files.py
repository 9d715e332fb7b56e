"""Whose file is this? What the program did not write itself is neither changed nor removed, wherever it is told to
keep things."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.cli.main import build_parser
from autohighlight.cli.session import Session
from autohighlight.config import Options, option_fields, user_cache_dir, user_config_file, user_data_dir
from autohighlight.features.cache import FeatureCache
from autohighlight_research.datasets import BENCHMARKS
from tests.benchmark_files import write_labels, write_youtube_folders
from tests.media_factory import make_video
from tests.servers import Site, served
from tests.whole_runs import QUICKLY, Command, files_in

Files = dict[str, tuple[bytes | None, int, int]]
"""Name -> content, mode, when it was changed; None for a directory."""


def state_of(folder: Path) -> Files:
    files: Files = {}
    for path in sorted([folder, *folder.rglob("*")]):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else None
        files[str(path.relative_to(folder))] = (content, status.st_mode, status.st_mtime_ns)
    return files


def changed(before: Files, folder: Path) -> set[str]:
    """Names of what is not as it was. That a directory's time changes when something is added to it is no change."""
    now = state_of(folder)
    return {
        name
        for name, (content, mode, time) in before.items()
        if now.get(name, ())[:2] != (content, mode) or (content is not None and now[name][2] != time)
    }


ENTRY = f"{0:032x}.features.npz"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: videos, labels, and files that are called as the program's own are."""
    folder = tmp_path / "footage"
    folder.mkdir(mode=0o755)
    monkeypatch.chdir(folder)
    lines = []
    for number, name in enumerate(("video.mp4", "other.mp4", "third.mp4")):
        _make_video(folder / name, 80, number)
        lines.append({"video": name, "duration": 8, "highlights": [[2 * number, 2 * number + 2]]})
    (folder / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name in ("notes.txt", ENTRY, ".writing-abcdefgh", f".{ENTRY}", ".lock", "lock", "batch.sqlite"):
        (folder / name).write_text("mine")
    for name in ("features", "copy-mine", "staging", ".downloads", ".new-mine", ".autohighlight-mine"):
        (folder / name).mkdir()
        (folder / name / ENTRY).write_text("mine")
        (folder / name / "lock").write_text("mine")
    (folder / "notes.txt").chmod(0o444)
    (folder / "features").chmod(0o750)
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (10**9, 10**9))
    return folder


def _make_video(path: Path, num_frames: int, number: int, rate: int = 10) -> None:
    """Each number gives another film."""

    def picture(frame: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        columns, rows = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
        return ((columns * (number + 1) + rows * (frame // 10 % 7) + 5 * frame) % 256).astype(np.uint8)

    make_video(path, num_frames, rate, (64, 48), picture=picture)


def _commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    def below(parser: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, inner in action.choices.items():
                    yield f"{words} {name}".strip(), inner
                    yield from below(inner, f"{words} {name}".strip())

    yield from below(build_parser(Session()), "")


WITH_CACHE = {
    name for name, parser in _commands() if any("--cache-dir" in action.option_strings for action in parser._actions)
}
TRAINING = ("--steps", "2", "--d", "8")
WORDS: dict[str, tuple[object, ...]] = {
    "analyse clusters": ("labels.jsonl", "--selector", "SELECTOR", "--runs", "1", "--seeds", "1"),
    "analyse dropout": ("labels.jsonl", *TRAINING, "--seeds", "1"),
    "analyse embedding": ("labels.jsonl", "--selector", "SELECTOR", "--runs", "1", "--json"),
    "batch": (
        "video.mp4",
        "other.mp4",
        *QUICKLY,
        "-o",
        "OUT",
        "--jobs",
        "1",
        "--backbone",
        "efficientnet-lite0-random",
    ),
    "benchmark tvsum": (),
    "benchmark vtw": (),
    "benchmark youtube-highlights": (),
    "config show": (),
    "demo": ("-o", "OUT", *QUICKLY),
    "evaluate": ("labels.jsonl", "--scorer", "movement"),
    "export": ("video.mp4", "--to", "otio", "--scorer", "movement", "-o", "OUT/x.otio"),
    "gif": ("video.mp4", "--scorer", "movement", "-o", "OUT/x.gif"),
    "reel": ("video.mp4", *QUICKLY, "-o", "OUT/x.mp4"),
    "score": ("video.mp4", "--scorer", "movement"),
    "webp": ("video.mp4", "--scorer", "movement", "-o", "OUT/x.webp"),
    "train": ("video.mp4", "other.mp4", "-o", "OUT/x.safetensors", *TRAINING),
}
"""What to run of each; OUT is a directory elsewhere, SELECTOR one for the small backbone."""


def test_every_command_with_a_cache_is_tried() -> None:
    assert set(WORDS) == WITH_CACHE


@pytest.fixture
def selector(tmp_path: Path) -> Path:
    import torch

    from autohighlight.selector.checkpoint import SelectorInfo, save_selector
    from autohighlight.selector.config import SelectorConfig
    from autohighlight.selector.model import HighlightSelector
    from tests.whole_runs import SmallBackbone

    torch.manual_seed(0)
    path = tmp_path / "small.safetensors"
    network = HighlightSelector(SelectorConfig(d_in=SmallBackbone.dim, d=16))
    save_selector(path, network, SelectorInfo("small", feature_kind="mean"))
    return path


def _benchmark(name: str, folder: Path) -> tuple[object, ...]:
    of = BENCHMARKS[name]
    videos = write_labels(of, folder).videos
    if name == "youtube-highlights":
        write_youtube_folders(folder)
    for number, video in enumerate(videos):
        path = folder / f"{of.video_places[0].format(name=video.name, category=video.category)}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_video(path, 650, number, 25)
    return ("--root", folder, "--partial", "--seeds", "1", *TRAINING, "--backbone", "efficientnet-lite0")


@pytest.mark.parametrize(("name", "size"), [*((name, "0") for name in sorted(WORDS)), ("score", "2000")])
def test_a_cache_in_a_directory_with_files_of_others_leaves_them_alone(
    name: str, size: str, command: Command, home: Path, tmp_path: Path, selector: Path
) -> None:
    (tmp_path / "out").mkdir()
    words = [str(word).replace("OUT", str(tmp_path / "out")) for word in WORDS[name]]
    words = [str(selector) if word == "SELECTOR" else word for word in words]
    if name.startswith("benchmark"):
        (tmp_path / "benchmark").mkdir()
        words = [str(word) for word in _benchmark(name.split()[1], tmp_path / "benchmark")]
    before = state_of(home)
    outcome = command(*name.split(), *words, "--cache-dir", ".", "--cache-size", size)
    assert outcome.code == 0, outcome.err
    assert changed(before, home) == set()
    made = files_in(home) - {Path(path).parts[0] for path in before if path != "."}
    assert made == (set() if name == "config show" else {"autohighlight-features"})
    if made:
        kept = files_in(home / "autohighlight-features")
        assert (len(kept), {len(entry) for entry in kept}) == ((0, set()) if size == "0" else (1, {len(ENTRY)}))


def test_what_is_put_into_the_caches_own_directory_stays_too(command: Command, home: Path) -> None:
    folder = home / "autohighlight-features"
    folder.mkdir(mode=0o755)
    strange = {"film.mp4", ".writing-abcdefgh", f"copy of {ENTRY}", f"{ENTRY}.txt", ENTRY.upper(), "x.features.npz"}
    for name in strange:
        (folder / name).write_text("mine")
    (folder / f"{1:032x}.features.npz").mkdir()
    (folder / f"{2:032x}.features.npz").symlink_to(home / "video.mp4")
    before = state_of(home)
    assert command("score", "video.mp4", "--cache-dir", ".").code == 0
    assert len(files_in(folder)) == len(strange) + 3
    assert command("score", "other.mp4", "--cache-dir", ".", "--cache-size", "0").code == 0
    assert changed(before, home) == set()
    assert len(files_in(folder)) == len(strange) + 2


ONE_AT_A_TIME = (
    "--scorer",
    "movement",
    "--backbone",
    "efficientnet-lite0-random",
    "--preset",
    "ultrafast",
    "--jobs",
    "1",
)


def test_a_scratch_directory_with_files_of_others_leaves_them_alone(
    command: Command, home: Path, tmp_path: Path
) -> None:
    for name in ("copy-holidays", "copy-of_last"):  # called as the program's own are
        (home / name / "copy").mkdir(parents=True)
        (home / name / "copy" / "film.mp4").write_text("mine")
        (home / name / "claim").write_text("1 100")
    before = state_of(home)
    with served(Site({"/film.mp4": (home / "video.mp4").read_bytes()})) as site:
        outcome = command("batch", f"{site.address}/film.mp4", *ONE_AT_A_TIME, "--scratch", ".", "-o", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    assert changed(before, home) == set()
    (made,) = files_in(home) - {Path(path).parts[0] for path in before if path != "."}
    assert made.startswith("autohighlight-scratch")
    assert files_in(home / made) <= {"lock"}


def test_a_batch_never_replaces_one_of_its_videos(command: Command, home: Path) -> None:
    """The reel of one would be called as another is."""
    (home / "third.mp4").rename(home / "video.highlights.mp4")
    words = ("batch", "video.mp4", "video.highlights.mp4", *ONE_AT_A_TIME, "-o", ".", "--overwrite")
    before = state_of(home)
    outcome = command(*words)
    assert outcome.code == 4, (outcome.out, outcome.err)
    assert "video.highlights.mp4 is one of the videos" in " ".join((outcome.out + outcome.err).split())
    assert changed(before, home) == set()
    assert command(*words, "--retry-failed").code == 4
    assert changed(before, home) == set()


def test_a_montage_never_replaces_one_of_the_videos(command: Command, home: Path, tmp_path: Path) -> None:
    before = state_of(home)
    words = ("video.mp4", "other.mp4", "third.mp4", *ONE_AT_A_TIME, "-o", tmp_path / "out", "--overwrite")
    outcome = command("batch", *words, "--count", "1", "--combined", "third.mp4")
    assert outcome.code == 3, (outcome.out, outcome.err)
    assert changed(before, home) == set()


def test_a_batch_replaces_no_summary_but_its_own(command: Command, home: Path) -> None:
    words = ("batch", "video.mp4", *ONE_AT_A_TIME, "-o", ".")
    (home / "summary.json").write_text("mine")
    outcome = command(*words)
    assert outcome.code == 3
    assert "summary.json: is there already" in outcome.err
    assert (home / "summary.json").read_text() == "mine"
    (home / "summary.json").unlink()
    assert command(*words).code == 0
    first = json.loads((home / "summary.json").read_text())
    assert command(*words, "--retry-failed").code == 0
    (home / "summary.json").write_text("mine")
    assert command(*words).code == 3
    assert (home / "summary.json").read_text() == "mine"
    assert command(*words, "--overwrite").code == 0
    assert json.loads((home / "summary.json").read_text())["totals"]["videos"] == first["totals"]["videos"]


def test_a_database_that_names_files_of_others_moves_and_removes_none(command: Command, home: Path) -> None:
    """As that of an output directory that was copied, or that somebody else has made."""
    from autohighlight.batch.database import Database, Result
    from autohighlight.batch.jobs import Staged
    from autohighlight.files import content_digest

    words = ("batch", "video.mp4", *ONE_AT_A_TIME, "-o", "out")
    assert command(*words).code == 0
    output, theirs = home / "out", home / "theirs" / "deep" / "more"
    theirs.mkdir(parents=True)
    (theirs / "a.mp4").write_text("theirs")
    before = state_of(home / "theirs") | state_of(home / "features")
    digest, size = content_digest(theirs / "a.mp4"), 6
    away = PurePosixPath("..", "theirs", "deep", "more", "a.mp4")
    with Database.open(output) as database:
        (record,) = database.records().values()
        database.put(
            dataclasses.replace(
                record,
                status="staged",
                staged=(Staged(theirs / "a.mp4", PurePosixPath("a.mp4"), size, digest),),
                results=(*record.results, Result(away, size, digest)),
            )
        )
    assert command(*words).code == 0
    with Database.open(output) as database:
        (record,) = database.records().values()
        database.put(dataclasses.replace(record, wishes="", results=(*record.results, Result(away, size, digest))))
    assert command(*words, "--crf", "30").code == 0
    assert state_of(home / "theirs") | state_of(home / "features") == before
    assert not (output / "a.mp4").exists()


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'


REFUSED = {
    "cache": True, "cache_dir": ".", "cache_size": 0, "executor": "local", "executor_options": "a=b",
    "ffmpeg": "/opt/x", "jobs": 1000, "limits": "hours=1000", "overwrite": True, "scratch": ".", "scratch_size": 1,
}  # fmt: skip
ALLOWED = {
    "adapt", "audio_tracks", "backbone", "background", "checkpoint", "chapters_of", "clip_length", "clip_sampler",
    "codec", "count", "crf", "device", "dither", "duration", "fcpxml_version", "fps", "handles", "loop", "markers",
    "max_bytes", "max_length", "min_length", "order", "policy", "preset", "scorer", "selector", "speed", "timeout",
    "transition", "verify", "video_order", "width", "window_stride",
}  # fmt: skip


def test_for_every_option_it_is_decided_whether_a_project_may_set_it() -> None:
    """A new option has to be put into one of the two lists: may it be set by whoever made the footage?"""
    decided = {spec.name: spec.metadata["in_project"] for _, spec in option_fields()}
    assert decided == dict.fromkeys(REFUSED, False) | dict.fromkeys(ALLOWED, True)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_projects_file_cannot_make_the_program_write_or_delete_elsewhere(
    name: str, command: Command, home: Path
) -> None:
    dashed = name.replace("_", "-")
    (home / "autohighlight.toml").write_text(f"{dashed} = {_toml(REFUSED[name])}\n")
    (home / "video.highlights.mp4").write_text("an earlier reel")
    before = state_of(home)
    for words in (
        ("reel", "video.mp4", *QUICKLY),
        ("reel", "video.mp4", "--dry-run"),
        ("batch", "."),
        ("config", "show"),
    ):
        outcome = command(*words)
        assert (outcome.code, outcome.out) == (2, "")
        assert f"autohighlight.toml: a project's file cannot set {dashed}" in outcome.err
        assert str(user_config_file()) in "".join(outcome.err.split("\n"))
    assert not user_cache_dir().exists()
    assert changed(before, home) == set()
    assert files_in(home) == {path for path in before if os.sep not in path} - {"."}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_the_users_own_file_and_one_that_is_asked_for_may(name: str, command: Command, home: Path) -> None:
    line = f"{name} = {_toml(REFUSED[name])}\n"
    (home / "autohighlight.toml").write_text(line)
    assert command("config", "show", "--config", "autohighlight.toml").code == 0
    assert command("config", "show", "--config", home / "autohighlight.toml").code == 0
    (home / "autohighlight.toml").unlink()
    user_config_file().parent.mkdir(parents=True)
    user_config_file().write_text(line)
    outcome = command("config", "show", "--json")
    assert json.loads(outcome.out)[name]["source"] == str(user_config_file())


@pytest.mark.parametrize(
    "line", [r"selector = '\\server\share\x'", 'checkpoint = "//server/x.pth"', r"selector = '\/a\b'"]
)
def test_a_projects_file_names_no_other_computer(line: str, command: Command, home: Path) -> None:
    (home / "autohighlight.toml").write_text(line)
    outcome = command("score", "video.mp4")
    assert outcome.code == 2
    assert "is on another computer" in outcome.err


def test_doctor_says_what_is_wrong_with_a_projects_file(command: Command, home: Path) -> None:
    (home / "autohighlight.toml").write_text('cache-dir = "."\n')
    outcome = command("doctor")
    assert "a project's file cannot set cache-dir" in " ".join(outcome.out.split())


def test_the_users_own_directories_keep_their_modes(command: Command, home: Path) -> None:
    folders: list[Callable[[], Path]] = [user_cache_dir, user_data_dir]
    for folder in folders:
        folder().mkdir(parents=True)
        folder().chmod(0o755)
        (folder() / "mine.txt").write_text("mine")
    assert command("score", "video.mp4").code == 0
    for folder in folders:
        assert stat.S_IMODE(folder().stat().st_mode) == 0o755
        assert (folder() / "mine.txt").read_text() == "mine"
    assert stat.S_IMODE((user_cache_dir() / "features").stat().st_mode) == 0o700


def test_the_cache_is_a_subdirectory_of_what_is_named(tmp_path: Path) -> None:
    options = Options.of(cache_dir=tmp_path).extract
    assert FeatureCache.from_options(options).folder == tmp_path / "autohighlight-features"
