"""Which ffmpeg program encodes, and what its version makes of the command line."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autohighlight.config import FFMPEG_VARIABLE, Options, load, user_config_file
from autohighlight.errors import DependencyError
from autohighlight.media import ffmpeg
from autohighlight.media.ffmpeg import find_ffmpeg


@pytest.fixture(autouse=True)
def _nothing_is_chosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(FFMPEG_VARIABLE, raising=False)
    ffmpeg._usual.cache_clear()
    ffmpeg._chosen.cache_clear()
    yield
    ffmpeg._usual.cache_clear()
    ffmpeg._chosen.cache_clear()


def make_program(
    path: Path, *, release: str = "5.1.9", libavutil: str = "57. 28.100", encoders: str = "libx264"
) -> str:
    """A program that answers as an ffmpeg does."""
    version = f"ffmpeg version {release} Copyright\nlibavutil      {libavutil} / {libavutil}\n"
    listed = "".join(f" V....D {name}   words\n" for name in encoders.split())
    path.parent.mkdir(exist_ok=True)
    answers = f"if [ $1 = -version ]; then printf %s {shlex.quote(version)}; else printf %s {shlex.quote(listed)}; fi"
    path.write_text(f"#!/bin/sh\n{answers}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Another ffmpeg, which is the first on PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return make_program(tmp_path / "bin" / "ffmpeg")


def test_what_happens_to_be_installed_has_no_say(on_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", on_path)  # of other programs
    program = find_ffmpeg()
    assert program.origin == "imageio-ffmpeg"
    assert Path(program.path).parent.parent.name == "imageio_ffmpeg"
    assert {"libx264", "libx265", "aac"} <= program.encoders


def test_the_one_on_path_is_taken_where_the_package_has_none(on_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "_packaged", list)
    program = find_ffmpeg()
    assert (program.path, program.version, program.origin) == (on_path, "5.1.9", "PATH")


def test_the_one_on_path_is_taken_where_that_of_the_package_does_not_run(
    on_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "ffmpeg-of-another-system"
    broken.write_bytes(b"MZ")
    monkeypatch.setattr(ffmpeg, "_packaged", lambda: [str(broken)])
    assert find_ffmpeg().path == on_path


def test_the_package_without_programs_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert ffmpeg._packaged() == []


def test_the_variable_and_the_option_choose(on_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_program(tmp_path / "other", release="7.0", libavutil="59. 8.100")
    monkeypatch.setenv(FFMPEG_VARIABLE, "ffmpeg")  # a name
    assert (find_ffmpeg().path, find_ffmpeg().origin) == (on_path, "chosen")
    assert find_ffmpeg(other).path == other
    monkeypatch.delenv(FFMPEG_VARIABLE)
    assert find_ffmpeg().origin == "imageio-ffmpeg"


def test_the_variable_stands_above_the_users_file_and_below_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    file = user_config_file()
    file.parent.mkdir(parents=True)
    file.write_text('ffmpeg = "/opt/a"')
    assert (load().options.export.ffmpeg, load().sources["ffmpeg"]) == ("/opt/a", str(file))
    monkeypatch.setenv(FFMPEG_VARIABLE, "/opt/b")
    assert (load().options.export.ffmpeg, load().sources["ffmpeg"]) == ("/opt/b", FFMPEG_VARIABLE)
    assert load(overrides={"ffmpeg": "/opt/c"}).options.export.ffmpeg == "/opt/c"
    assert Options().export.ffmpeg is None


def test_a_choice_that_cannot_be_kept_is_an_error_and_nothing_else_is_used(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match="is not there or cannot be run"):
        find_ffmpeg(str(tmp_path / "gone"))
    with pytest.raises(DependencyError, match="is no ffmpeg program that runs"):
        find_ffmpeg(sys.executable)
    old = make_program(tmp_path / "old", release="4.2.2", libavutil="56. 31.100")
    with pytest.raises(DependencyError, match=r"old is too old: 4\.2\.2"):
        find_ffmpeg(old)


def test_only_programs_that_are_too_old_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = make_program(tmp_path / "old", release="4.2.2", libavutil="56. 31.100")
    monkeypatch.setattr(ffmpeg, "_packaged", lambda: [old])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DependencyError, match=r"\(.*old is too old: 4\.2\.2\)"):
        find_ffmpeg()


def test_one_without_h264_comes_after_one_with_it(
    on_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor = make_program(tmp_path / "poor", encoders="mpeg4")
    monkeypatch.setattr(ffmpeg, "_packaged", lambda: [poor])
    assert find_ffmpeg().path == on_path


@pytest.mark.parametrize(
    ("libavutil", "name"), [((56, 51), "vsync"), ((57, 17), "vsync"), ((57, 28), "fps_mode"), ((61, 1), "fps_mode")]
)
def test_an_option_has_the_name_of_its_version(libavutil: tuple[int, int], name: str) -> None:
    assert replace(find_ffmpeg(), libavutil=libavutil).every_frame() == {name: "passthrough"}
