"""The same batch given again finds nothing to do, whatever is asked for; and what was planned is what was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autohighlight.default_plugins import load_plugins
from autohighlight.discovery import PluginSources
from autohighlight.files import FileState
from tests.batches import make_footage
from tests.whole_runs import Command

EXPORTERS = tuple(load_plugins(PluginSources.none()).exporters)

QUICK = ("--preset", "ultrafast", "--width", "16", "--fps", "1", "--jobs", "1")

ASKED_FOR: dict[str, tuple[str, ...]] = {
    **{name: ("--export", name) for name in EXPORTERS},
    "--reel": ("--reel",),
    "--gif": ("--gif",),
    "nothing": (),
    "all": ("--export", ",".join(EXPORTERS)),
    "reel and GIF": ("--reel", "--gif"),
    "GIF and timelines": ("--gif", "--export", "edl,json,csv"),
    "count": ("--count", "5"),
    "count of GIFs": ("--gif", "--count", "2"),
    "one GIF": ("--gif", "--count", "1"),
    "duration": ("--gif", "--reel", "--duration", "3s"),
    "lengths": ("--gif", "--min-length", "1s", "--max-length", "2s"),
    "order": ("--order", "score", "--export", "edl,gif"),
    "output directory": ("-o", "out/deep"),
    "output directory that is there": ("-o", "there", "--gif", "--count", "5"),
    "configuration file": ("--config", "settings.toml", "--gif", "--reel"),
    "montage": ("--combined", "best.mp4", "--combined", "best.edl"),
    "montage of GIFs": ("--combined", "best.gif"),
    "montage among the videos": ("--combined", "footage/best.mp4", "--gif"),
    "train first": ("--train-first", "--gif", "--export", "csv"),
    "train first and montage": ("--train-first", "--combined", "best.webp"),
    "not verified": ("--export", "edl", "--no-verify"),
    "other clips": ("--clip-length", "1s", "--handles", "5f", "--markers", "--export", "fcpxml"),
    "no cache": ("--no-cache", "--gif"),
}


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """Two videos, with a configuration file and a directory beside them."""
    make_footage(tmp_path / "footage", "a.mp4", "day/b.mp4")
    (tmp_path / "there").mkdir()
    (tmp_path / "settings.toml").write_text('count = 2\nmin-length = "1s"\n')
    return tmp_path / "footage"


def files_below(folder: Path) -> dict[Path, FileState]:
    """What people look at: the state of the program itself, and what tells of the run, are left out."""
    return {
        path: FileState.of(path)
        for path in folder.rglob("*")
        if path.is_file() and ".autohighlight" not in path.parts and path.name != "summary.json"
    }


@pytest.mark.parametrize("name", ASKED_FOR)
def test_a_second_run_finds_nothing_to_do(name: str, footage: Path, tmp_path: Path, command: Command) -> None:
    scorer = () if "--train-first" in ASKED_FOR[name] else ("--scorer", "movement")
    words = ("batch", "footage", *QUICK, *scorer, *ASKED_FOR[name])
    first = command(*words)
    assert first.code == 0, first.out + first.err
    written = files_below(tmp_path)
    planned = json.loads(command(*words, "--dry-run", "--json").out)["videos"]
    assert [(video["task"], video["reason"]) for video in planned] == [("nothing", "is done")] * 2
    again = command(*words, "--json")
    assert again.code == 0
    assert [json.loads(line)["worked_on"] for line in again.out.splitlines()] == [False, False]
    assert files_below(tmp_path) == written


@pytest.mark.parametrize("form", ["gif", "webp", "avif"])
def test_every_way_to_ask_for_gifs_gives_the_same(form: str, footage: Path, tmp_path: Path, command: Command) -> None:
    common = ("--scorer", "movement", "--width", "16", "--fps", "1", "--min-length", "0.5s", "--max-length", "1s")
    (tmp_path / "alone").mkdir()
    (tmp_path / "exported").mkdir()
    video = footage / "a.mp4"
    assert command("gif", video, "--format", form, "-o", "alone", *common).code == 0
    assert command("export", video, "--to", f"{form},edl", "-o", "exported", *common).code == 0
    assert command("reel", video, "--export", form, "-o", "exported/a.mp4", "--overwrite", *common).code == 0
    assert command("batch", video, "--export", form, "-o", "batch", *common).code == 0
    contents = [sorted(path.read_bytes() for path in tmp_path.rglob(f"{where}/*.{form}")) for where in
                ("alone", "exported", "batch")]  # fmt: skip
    assert 1 < len(contents[0]) <= 3
    assert contents[0] == contents[1] == contents[2]


SEVERAL = (*QUICK, "--scorer", "movement", "--min-length", "0.5s", "--max-length", "1s")


def test_a_montage_of_gifs_replaces_no_file_of_others(footage: Path, tmp_path: Path, command: Command) -> None:
    mine = tmp_path / "best-2.gif"
    mine.write_bytes(b"a holiday")
    refused = command("batch", "footage", "--combined", "best.gif", *SEVERAL)
    assert refused.code == 3
    assert "best-2.gif" in refused.err
    assert "is there already" in refused.err
    assert [path.name for path in tmp_path.glob("best*")] == ["best-2.gif"]
    assert mine.read_bytes() == b"a holiday"
    assert command("batch", "footage", "--combined", "best.gif", *SEVERAL, "--overwrite").code == 0
    assert mine.read_bytes() != b"a holiday"


def test_a_montage_of_fewer_gifs_leaves_no_old_one(footage: Path, tmp_path: Path, command: Command) -> None:
    assert command("batch", "footage", "--combined", "best.gif", *SEVERAL).code == 0
    assert sorted(path.name for path in tmp_path.glob("best*")) == ["best-1.gif", "best-2.gif", "best-3.gif"]
    assert command("batch", "footage", "--combined", "best.gif", *SEVERAL, "--count", "2").code == 0
    assert sorted(path.name for path in tmp_path.glob("best*")) == ["best-1.gif", "best-2.gif"]
    assert command("batch", "footage", "--combined", "best.gif", *SEVERAL, "--count", "1").code == 0
    assert [path.name for path in tmp_path.glob("best*")] == ["best.gif"]


def test_a_montage_never_replaces_one_of_its_videos(footage: Path, tmp_path: Path, command: Command) -> None:
    before = (footage / "a.mp4").read_bytes()
    words = ("footage/a.mp4", "footage/day/b.mp4", "--combined", "footage/a.mp4", "--overwrite")
    assert command("batch", *words, *QUICK, "--scorer", "movement").code == 3
    assert (footage / "a.mp4").read_bytes() == before
