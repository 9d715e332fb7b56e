"""URLs of files on both kinds of system, and the files that editors' URLs name."""

from __future__ import annotations

import re
from pathlib import PurePath, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.file_urls import file_of_url, url_of_file


def _read(url: str, system: type[PurePath]) -> PurePath | None:
    match = re.fullmatch(r"file://([^/]*)(/.*)", url)
    assert match, url
    return file_of_url(match[1], match[2], system)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        (PurePosixPath("/media/a b#1.mp4"), "file:///media/a%20b%231.mp4"),
        (PurePosixPath("/media/\udcff.mp4"), "file:///media/%FF.mp4"),
        (PurePosixPath("/media/C:\\x.mp4"), "file:///media/C%3A%5Cx.mp4"),
        (PureWindowsPath(r"C:\Films\a b#1.mp4"), "file:///C:/Films/a%20b%231.mp4"),
        (PureWindowsPath("D:/zażółć/映画.mov"), "file:///D:/za%C5%BC%C3%B3%C5%82%C4%87/%E6%98%A0%E7%94%BB.mov"),
        (PureWindowsPath(r"\\server\share name\a.mp4"), "file://server/share%20name/a.mp4"),
        (PureWindowsPath(r"\\wsl$\Ubuntu\home\a.mp4"), "file://wsl%24/Ubuntu/home/a.mp4"),
        (PureWindowsPath("C:\\half \ud83d.mp4"), "file:///C:/half%20%ED%A0%BD.mp4"),
    ],
)
def test_a_path_and_its_url_name_the_same_file(path: PurePath, url: str) -> None:
    assert url_of_file(path) == url
    assert _read(url, type(path)) == path


@pytest.mark.parametrize(
    ("path", "url"),
    [
        (r"\\?\C:\deep\a.mp4", "file:///C:/deep/a.mp4"),
        (r"\\?\UNC\server\share\a.mp4", "file://server/share/a.mp4"),
        (r"\\.\D:\a.mp4", "file:///D:/a.mp4"),
    ],
)
def test_the_prefix_of_long_paths_is_no_part_of_a_url(path: str, url: str) -> None:
    assert url_of_file(PureWindowsPath(path)) == url


@pytest.mark.parametrize("path", [PurePosixPath("a.mp4"), PureWindowsPath("a.mp4"), PureWindowsPath(r"\a.mp4")])
def test_a_relative_path_has_no_url(path: PurePath) -> None:
    with pytest.raises(ValueError, match="not absolute"):
        url_of_file(path)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file://localhost/C%3a/Films/a.mp4", r"C:\Films\a.mp4"),  # Premiere
        ("file://localhost/C:/Films/a.mp4", r"C:\Films\a.mp4"),
        ("file:///c|/Films/a.mp4", r"c:\Films\a.mp4"),
        ("file:////server/share/a.mp4", r"\\server\share\a.mp4"),
        ("file://///server/share/a.mp4", r"\\server\share\a.mp4"),
        ("file:///C:", "C:\\"),
        ("file:///C:x/a.mp4", r"\C:x\a.mp4"),
    ],
)
def test_what_other_programs_write_on_windows_is_read(url: str, path: str) -> None:
    assert _read(url, PureWindowsPath) == PureWindowsPath(path)


def test_another_computer_is_reached_on_windows_alone() -> None:
    assert _read("file://server/share/a.mp4", PurePosixPath) is None
    assert _read("file://LOCALHOST/share/a.mp4", PurePosixPath) == PurePosixPath("/share/a.mp4")


@pytest.mark.parametrize("system", [PurePosixPath, PureWindowsPath])
def test_a_nul_and_bytes_that_are_no_utf_8_are_survived(system: type[PurePath]) -> None:
    assert _read("file:///C:/a%00b", system) is None
    assert _read("file:///C:/a%FFb", system) is not None


_FIT_FOR_WINDOWS = st.text(
    st.characters(blacklist_characters='<>:"/\\|?*', min_codepoint=32), min_size=1, max_size=20
).filter(lambda name: name not in (".", ".."))


@given(parts=st.lists(_FIT_FOR_WINDOWS, min_size=1, max_size=4), is_remote=st.booleans())
def test_every_name_of_windows_comes_back(parts: list[str], is_remote: bool) -> None:
    path = PureWindowsPath(r"\\server\share" if is_remote else "C:\\", *parts)
    url = url_of_file(path)
    assert re.fullmatch(r"[A-Za-z0-9:/._~%-]+", url)
    assert _read(url, PureWindowsPath) == path
