"""What a batch works on: the videos among files, folders, patterns and lists."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from autohighlight.batch.inputs import FoundInputs, find_inputs, read_list
from autohighlight.errors import InputError, OptionError, RemoteError


def make(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(found: FoundInputs) -> list[str]:
    return [str(each.name) for each in found.inputs]


def sources(found: FoundInputs) -> list[str]:
    return [os.path.relpath(each.source) for each in found.inputs]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    return


def test_a_folder_is_searched_to_its_depths_and_names_lead_down_from_it(tmp_path: Path) -> None:
    make("f/b.MP4", "f/a/z.mov", "f/a/deep/er/c.webm", "f/notes.txt", "f/.b.mp4", "f/.trash/c.mp4")
    for place in ("f", "./f/", str(tmp_path / "f"), "f/../f"):
        found = find_inputs([place])
        assert names(found) == ["b.MP4", "a/z.mov", "a/deep/er/c.webm"]
        assert sources(found) == ["f/b.MP4", "f/a/z.mov", "f/a/deep/er/c.webm"]
        assert all(Path(each.source).is_absolute() for each in found.inputs)
        assert (found.others, found.num_results, found.passed_over) == ({".txt": 1}, 0, ())


def test_a_file_that_is_named_may_be_called_anything() -> None:
    make("clip", ".hidden.mp4", "a.highlights.mp4")
    assert names(find_inputs(["clip", ".hidden.mp4", "a.highlights.mp4"])) == [
        "clip",
        ".hidden.mp4",
        "a.highlights.mp4",
    ]


def test_a_relative_path_is_its_own_name_and_of_others_the_last_part(tmp_path: Path) -> None:
    make("cam1/a.mp4", "cam2/a.mp4", "cam3/b.mp4")
    found = find_inputs(["cam1/a.mp4", "./cam2//a.mp4", str(tmp_path / "cam3/b.mp4")])
    assert names(found) == ["cam1/a.mp4", "cam2/a.mp4", "b.mp4"]
    Path("elsewhere").mkdir()
    os.chdir("elsewhere")
    assert names(find_inputs(["../cam1/a.mp4"])) == ["a.mp4"]


def test_dots_lead_up_from_where_a_link_leads_to() -> None:
    make("far/away/x.mp4", "far/y.mp4", "y.mp4")
    Path("link").symlink_to("far/away")
    found = find_inputs(["link/../y.mp4"])
    assert sources(found) == ["far/y.mp4"]


def test_suffixes_may_be_given_with_or_without_a_dot_in_any_case() -> None:
    make("f/a.mp4", "f/b.DAT", "f/c.h264", "f/dat")
    assert names(find_inputs(["f"], suffixes=["dat", ".H264"])) == ["b.DAT", "c.h264"]
    assert names(find_inputs(["f"], suffixes=())) == []


def test_the_output_folder_and_results_are_left_out(tmp_path: Path) -> None:
    make("a.mp4", "a.highlights.mp4", "out/best.mp4", "out/a.highlights.mp4", "out/.autohighlight/staging/x.mp4")
    found = find_inputs(["."], exclude=Path("out"))
    assert names(found) == ["a.mp4"]
    assert found.num_results == 1
    for place in ("**/*.mp4", "*", "o*", "**"):
        assert names(find_inputs([place], exclude=tmp_path / "out")) == (["a.mp4"] if place != "o*" else [])


def test_where_results_go_beside_the_videos_these_are_found_all_the_same() -> None:
    make("f/a.mp4", "f/g/b.mp4", "f/a.highlights.mp4", "f/.autohighlight/staging/x.mp4", "f/best.mp4")
    found = find_inputs(["f"], exclude=Path("f"), written=[Path("f/best.mp4"), Path("not/there.mp4")])
    assert names(found) == ["a.mp4", "g/b.mp4"]
    assert found.num_results == 2
    assert names(find_inputs(["f/g"], exclude=Path("f"))) == ["b.mp4"]
    assert names(find_inputs(["f/*/*.mp4", "f/a*"], exclude=Path("f"))) == ["f/g/b.mp4", "f/a.mp4"]


def test_a_file_that_several_ways_lead_to_is_one_input_by_its_own_name() -> None:
    make("d/a.mp4", "d/b.mp4", "elsewhere/c.mp4")
    Path("d/0.mp4").symlink_to("b.mp4")
    Path("d/1.mp4").symlink_to("../elsewhere/c.mp4")
    Path("d/round").symlink_to(".")
    assert names(find_inputs(["d/b.mp4", "d", "d/../d/a.mp4", "d/*"])) == ["d/b.mp4", "a.mp4", "1.mp4"]
    assert names(find_inputs(["d/0.mp4", "d"])) == ["b.mp4", "a.mp4", "1.mp4"]


def test_circles_of_links_end() -> None:
    make("d/e/a.mp4")
    Path("d/e/up").symlink_to("..")
    Path("d/itself.mp4").symlink_to("itself.mp4")
    for place in ("d", "d/**", "d/**/*.mp4", "**/e/**/*.mp4"):
        found = find_inputs([place])
        assert sources(found) == ["d/e/a.mp4"]
    with pytest.raises(InputError, match="cannot be looked at"):
        find_inputs(["d/itself.mp4"])


def test_what_is_called_a_video_and_is_no_file_is_told_of() -> None:
    make("d/a.mp4")
    os.mkfifo("d/pipe.mp4")
    Path("d/lost.mp4").symlink_to("nowhere")
    Path("d/folder.mp4").mkdir()
    found = find_inputs(["d"])
    assert names(found) == ["a.mp4"]
    assert {each.place: each.reason for each in found.passed_over} == {
        "d/pipe.mp4": "is no ordinary file",
        "d/lost.mp4": "is a link to something that is not there",
    }


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("none.mp4", "there is no such file or folder"),
        ("a.mp4/b.mp4", "there is no such file or folder"),
        ("none/*.mp4", "nothing fits this pattern"),
        ("[x].mp4", "nothing fits this pattern"),
        ("pipe", "is no ordinary file"),
        ("lost", "is a link to something that is not there"),
        ("x" * 300, "cannot be looked at: File name too long"),
        ("nul\0", "cannot be looked at"),
        ("file:///none.mp4", "there is no such file or folder"),
    ],
)
def test_a_place_that_is_not_there_is_named(place: str, problem: str) -> None:
    make("a.mp4")
    os.mkfifo("pipe")
    Path("lost").symlink_to("nowhere")
    with pytest.raises(InputError, match=problem) as caught:
        find_inputs(["a.mp4", place])
    assert str(caught.value.path) == place.removeprefix("file://")


def test_an_empty_name_is_not_the_working_folder() -> None:
    with pytest.raises(OptionError, match="empty name"):
        find_inputs([""])


def refuse_to_list(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(place: Path) -> object:
        if Path(place).absolute() == folder:
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refusing)


def test_a_subfolder_that_cannot_be_looked_into_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make("d/a.mp4", "d/e/b.mp4")
    refuse_to_list(tmp_path / "d/e", monkeypatch)
    for place in ("d", "d/**/*.mp4", "d/*"):
        found = find_inputs([place])
        assert sources(found) == ["d/a.mp4"]
        assert [(each.place, each.reason) for each in found.passed_over] == [
            ("d/e", "cannot be looked into: Permission denied")
        ]
    with pytest.raises(InputError, match="cannot be looked into: Permission denied"):
        find_inputs(["d/e"])


def test_patterns() -> None:
    make("cam1/2024-1.mp4", "cam1/2023-1.mp4", "cam2/2024-2.mp4", "cam2/deep/2024-3.mp4", "cam2/2024.txt", "cam3.mp4")
    make(".cam4/2024-4.mp4", "cam1/.2024.mp4", "cam2/2024-2.highlights.mp4", "cam2/2024.dat")
    assert names(find_inputs(["cam*/2024-*.mp4"])) == ["cam1/2024-1.mp4", "cam2/2024-2.mp4"]
    assert names(find_inputs(["cam?/**/2024-[23].mp4"])) == ["cam2/2024-2.mp4", "cam2/deep/2024-3.mp4"]
    assert names(find_inputs(["**/*3.mp4"])) == ["cam3.mp4", "cam2/deep/2024-3.mp4"]
    assert names(find_inputs(["cam2/*"])) == ["cam2/2024-2.mp4", "cam2/deep/2024-3.mp4"]
    assert names(find_inputs(["cam2/*.dat"])) == ["cam2/2024.dat"]
    assert names(find_inputs([".cam*/*"])) == [".cam4/2024-4.mp4"]
    assert len(find_inputs(["**"]).inputs) == 5


def test_names_of_a_pattern_from_the_root_lead_down_from_its_first_wildcard(tmp_path: Path) -> None:
    make("x/cam1/a.mp4", "x/cam2/b.mp4")
    assert names(find_inputs([f"{tmp_path}/x/cam*/*.mp4"])) == ["cam1/a.mp4", "cam2/b.mp4"]
    assert names(find_inputs([f"{tmp_path}/x/cam*"])) == ["cam1/a.mp4", "cam2/b.mp4"]


def test_a_name_that_is_there_is_no_pattern() -> None:
    make("take [1].mp4", "take 1.mp4", "f*/a.mp4", "fg/b.mp4")
    assert names(find_inputs(["take [1].mp4"])) == ["take [1].mp4"]
    assert names(find_inputs(["f*"])) == ["a.mp4"]


@pytest.mark.parametrize(
    "name",
    ["new\nline.mp4", "\udcff\udcfe.mp4", "é" * 125 + ".mp4", " .mp4", "-.mp4", "a;b|c&d$(x).mp4", "\x1b[31m.mp4"],
)
def test_any_name_is_found_in_a_folder_by_name_and_in_a_list(name: str) -> None:
    make(f"d/{name}")
    expected = find_inputs(["d"])
    assert names(expected) == [name]
    by_name = find_inputs([f"d/{name}"])
    assert [each.source for each in by_name.inputs] == [each.source for each in expected.inputs]
    listed = read_list(io.BytesIO(os.fsencode(f"d/{name}") + b"\0"))
    assert find_inputs(listed) == by_name


@pytest.mark.parametrize(
    "name", ["http:", "concat:foo", "s3:", "c:\\a.mp4", "data:,x", "http:x.mp4", "subfile,,start,0,,:a"]
)
def test_a_file_that_looks_like_an_address_is_a_file(name: str) -> None:
    make(name)
    assert sources(find_inputs([name])) == [name]


def test_file_addresses_are_files_of_this_computer(tmp_path: Path) -> None:
    make("a b%20.mp4", "c d.mp4")
    for address in (f"file://{tmp_path}/a b%20.mp4", f"file://localhost{tmp_path}/c%20d.mp4", f"file://{tmp_path}/c*"):
        assert len(find_inputs([address]).inputs) == 1
    assert names(find_inputs([f"FILE://{tmp_path}"])) == ["a b%20.mp4", "c d.mp4"]


def test_nothing_is_known_of_other_addresses() -> None:
    with pytest.raises(RemoteError, match=r"^gopher://x/a.mp4: nothing is known of gopher://"):
        find_inputs(["gopher://x/a.mp4"])


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (b"", ()),
        (b"a.mp4\nb c.mp4", ("a.mp4", "b c.mp4")),
        (b"a.mp4\r\n\r\n  \nb.mp4\r\n", ("a.mp4", "b.mp4")),
        (b"a\nb.mp4\0c\r\0", ("a\nb.mp4", "c\r")),
        (b" a.mp4 \n", (" a.mp4 ",)),
        (b"\xff.mp4\n", ("\udcff.mp4",)),
        (b"\xef\xbb\xbfa.mp4\n", ("a.mp4",)),
        ("a.mp4\r\né.mp4\r\n".encode("utf-16"), ("a.mp4", "é.mp4")),
        (b"s3://bucket/a.mp4\n", ("s3://bucket/a.mp4",)),
    ],
)
def test_lists(data: bytes, places: tuple[str, ...]) -> None:
    assert read_list(io.BytesIO(data)) == places


def test_on_windows_a_list_that_is_no_utf_8_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsdecode", lambda name: name.decode("utf-8", "surrogatepass"))  # as Windows does it
    with pytest.raises(OptionError, match=r"not UTF-8: .*caf\\xe9\.mp4.*save it as UTF-8"):
        read_list(io.BytesIO(b"caf\xe9.mp4\n"))


def test_a_pattern_that_is_no_name_on_windows_is_a_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows says of ``*.mp4`` that no file can have that name, not that there is none."""
    make("cam1/1.mp4", "cam2/2.mp4")
    stat = Path.stat

    def stat_of_windows(path: Path, **options: bool) -> os.stat_result:
        if "*" in str(path):
            raise OSError(errno.EINVAL, "The filename, directory name, or volume label syntax is incorrect", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", stat_of_windows)
    assert names(find_inputs(["cam*/*.mp4"])) == ["cam1/1.mp4", "cam2/2.mp4"]


def test_the_order_is_that_of_places_and_the_same_each_time() -> None:
    make(*(f"d/{i:03}/{j}.mp4" for i in range(20) for j in "ba"), "c.mp4")
    found = find_inputs(["d", "c.mp4"])
    assert names(found)[:3] == ["000/a.mp4", "000/b.mp4", "001/a.mp4"]
    assert names(found)[-1] == "c.mp4"
    assert find_inputs(["d", "c.mp4"]) == found
    assert found.inputs[0].name == PurePosixPath("000/a.mp4")


def test_proxies_are_left_out_unless_they_are_named(tmp_path: Path) -> None:
    make("card/CLIP/C0001.MP4", "card/CLIP/C0002.MP4", "card/SUB/C0001S03.MP4", "card/SUB/C0009S03.MP4")
    found = find_inputs(["card"])
    assert sources(found) == ["card/CLIP/C0001.MP4", "card/CLIP/C0002.MP4", "card/SUB/C0009S03.MP4"]
    assert found.companions == {"proxy": (str(tmp_path / "card/SUB/C0001S03.MP4"),)}
    named = find_inputs(["card", "card/SUB/C0001S03.MP4"])
    assert len(named.inputs) == 4
    assert named.companions == {}


CHAPTERS = ["GX010041.MP4", "GX020041.MP4", "GX010042.MP4", "GX020042.MP4"]


def test_files_come_in_the_order_in_which_they_were_shot() -> None:
    make(*(f"d/{name}" for name in CHAPTERS), "e/clip10.mp4", "e/clip2.mp4")
    found = find_inputs(["d", "e"], joins_chapters=False)
    assert names(found) == [*CHAPTERS, "clip2.mp4", "clip10.mp4"]
    found = find_inputs(["d/*", "e/*.mp4"], joins_chapters=False)
    assert names(found) == [*(f"d/{name}" for name in CHAPTERS), "e/clip2.mp4", "e/clip10.mp4"]


@pytest.mark.parametrize("places", [["d"], ["d/*"], [f"d/{name}" for name in CHAPTERS], ["d/GX02*", "d"]])
def test_the_chapters_of_a_recording_are_one_input(places: list[str], tmp_path: Path) -> None:
    make(*(f"d/{name}" for name in CHAPTERS), "d/other/GX030041.MP4")
    found = {PurePosixPath(each.source).name: each for each in find_inputs(places).inputs if "other" not in each.source}
    assert {name: each.chapters for name, each in found.items()} == {
        "GX010041.MP4": (str(tmp_path / "d/GX020041.MP4"),),
        "GX010042.MP4": (str(tmp_path / "d/GX020042.MP4"),),
    }


@pytest.mark.parametrize("name", ["a.MOD", "a.tod", "a.insv", "a.360", "a.vro", "a.wtv"])
def test_suffixes_of_camcorders_and_recorders_are_known(name: str) -> None:
    make(f"d/{name}")
    assert names(find_inputs(["d"])) == [name]
