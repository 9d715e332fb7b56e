from __future__ import annotations

import random
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.camera_files import companions, path_order, recordings, shooting_order


@pytest.mark.parametrize(
    "expected",
    [
        ["clip1.mp4", "clip2.mp4", "clip10.mp4", "clip10b.mp4"],
        ["clip.mp4", "clip (2).mp4", "clip (10).mp4"],
        ["A.mp4", "a.mp4", "b.mp4", "C.mp4"],
        ["GX010041.MP4", "GX020041.MP4", "GX030041.MP4", "GX010042.MP4", "GX020042.MP4"],
        ["GH010041.MP4", "GX010042.MP4", "GH010043.MP4"],
        ["GOPR0041.MP4", "GP010041.MP4", "GP020041.MP4", "GOPR0042.MP4"],
        ["00000.MTS", "00001.MTS", "00010.MTS"],
        ["DJI_0009.MP4", "DJI_0010.MP4"],
        ["VID_20240501_080000_00_001.insv", "VID_20240501_090000_00_002.insv"],
        ["VTS_01_1.VOB", "VTS_01_2.VOB", "VTS_02_1.VOB"],
        ["1", "a", "a.b"],
    ],
)
def test_files_come_in_the_order_in_which_they_were_shot(expected: list[str]) -> None:
    for rest in range(len(expected)):
        rotated = expected[rest:] + expected[:rest]
        assert sorted(rotated, key=shooting_order) == expected


@given(st.lists(st.text(max_size=12), unique=True, max_size=12), st.randoms(use_true_random=False))
def test_any_names_have_one_order(names: list[str], chance: random.Random) -> None:
    expected = sorted(names, key=shooting_order)
    chance.shuffle(names)
    assert sorted(names, key=shooting_order) == expected


def test_paths_come_in_the_order_of_their_directories() -> None:
    shuffled = [PurePosixPath(name) for name in ("day10/clip1.mp4", "day2/clip10.mp4", "day2/clip2.mp4")]
    assert list(map(str, sorted(shuffled, key=path_order))) == ["day2/clip2.mp4", "day2/clip10.mp4", "day10/clip1.mp4"]


def parts_of(*names: str) -> list[list[str]]:
    return sorted([str(path) for path in files] for files in recordings(map(PurePosixPath, names)))


@pytest.mark.parametrize(
    "files",
    [
        ["GX010041.MP4", "GX020041.MP4", "GX100041.MP4"],
        ["a/GOPR0041.MP4", "a/GP010041.MP4", "a/GP020041.MP4"],
        ["GS010041.360", "GS020041.360"],
        ["gx020041.mp4", "gx030041.mp4"],
        ["VIDEO_TS/VTS_01_1.VOB", "VIDEO_TS/VTS_01_2.VOB"],
    ],
)
def test_a_recording_in_several_files_is_found_and_is_in_order(files: list[str]) -> None:
    assert parts_of(*reversed(files)) == [files]


def test_files_of_several_recordings_are_not_joined() -> None:
    assert parts_of("GX010041.MP4", "GX010042.MP4", "b/GX020041.MP4", "GH020041.MP4", "GX020041.LRV") == []
    assert parts_of("VTS_01_1.VOB", "VTS_02_1.VOB", "VTS_01_0.VOB", "00000.MTS", "00001.MTS") == []


def kinds(*names: str) -> dict[str, str]:
    return {str(path): kind for path, kind in companions([PurePosixPath(name) for name in names])}


@pytest.mark.parametrize(
    ("original", "proxy"),
    [
        ("M4ROOT/CLIP/C0001.MP4", "M4ROOT/SUB/C0001S03.MP4"),
        ("XDROOT/Clip/C0001.MXF", "XDROOT/Sub/C0001S01.MP4"),
        ("CONTENTS/VIDEO/0001AB.MXF", "CONTENTS/PROXY/0001AB.MP4"),
        ("day/A001.mov", "day/Proxy/A001.mov"),
        ("day/A001.mov", "day/Proxies/A001_Proxy.mp4"),
        ("day/A001.mov", "day/A001_Proxy.mp4"),
        ("day/A001.mov", "day/a001 proxy.mov"),
    ],
)
def test_a_proxy_is_found_where_its_original_is_there(original: str, proxy: str) -> None:
    assert kinds(original, proxy) == {proxy: "proxy"}
    assert kinds(proxy) == {}
    assert kinds(proxy, "elsewhere/CLIP/other.mp4") == {}


def test_equal_names_in_any_other_directories_are_no_proxies() -> None:
    assert kinds("day1/clip1.mp4", "sub/clip1.mp4", "clip1.mp4", "a_proxy_war.mp4", "a.mp4", "C0001S03.mp4") == {}


def test_the_menus_of_a_dvd() -> None:
    titles = ("VIDEO_TS/VTS_01_1.VOB", "VIDEO_TS/VTS_01_2.VOB")
    menus = ("VIDEO_TS/VIDEO_TS.VOB", "VIDEO_TS/VTS_01_0.VOB")
    assert kinds(*titles, *menus) == dict.fromkeys(menus, "DVD menu")
    assert kinds(*menus) == {}


def test_the_separate_sound_of_a_p2_card() -> None:
    sound = ("CONTENTS/AUDIO/0001AB00.MXF", "CONTENTS/AUDIO/0001AB01.MXF")
    assert kinds("CONTENTS/VIDEO/0001AB.MXF", *sound) == dict.fromkeys(sound, "P2 sound file")
    assert kinds(*sound) == {}
