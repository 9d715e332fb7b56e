"""What the results of a batch are called."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from autohighlight.batch.inputs import Input
from autohighlight.batch.names import LONGEST_STEM, portable, same_name_key
from autohighlight.batch.outputs import plan_names


def inputs(*named: tuple[str, str] | str) -> list[Input]:
    """Each as source and name, or a name that lies in /footage."""
    pairs = [(f"/footage/{each}", each) if isinstance(each, str) else each for each in named]
    return [Input(source, PurePosixPath(name)) for source, name in pairs]


def planned(*named: tuple[str, str] | str, taken: dict[str, str] | None = None) -> list[str]:
    stems = plan_names(inputs(*named), {source: PurePosixPath(stem) for source, stem in (taken or {}).items()})
    assert len({same_name_key(stem) for stem in stems.values()}) == len(named)
    return [str(stem) for stem in stems.values()]


def test_results_mirror_the_tree_of_inputs() -> None:
    assert planned("a.mp4", "match/first.half.mkv", "match/x/clip") == ["a", "match/first.half", "match/x/clip"]


def test_files_that_differ_in_their_suffix_keep_it() -> None:
    assert planned("d/a.mp4", "d/a.mov", "d/b.mp4") == ["d/a.mp4", "d/a.mov", "d/b"]


def test_files_of_like_folders_get_the_folder_s_name() -> None:
    assert planned(("/x/cam1/a.mp4", "a.mp4"), ("/x/cam2/a.mp4", "a.mp4")) == ["cam1/a", "cam2/a"]
    same_folder_names = [("/day1/card/PRIVATE/0.MTS", "0.MTS"), ("/day2/card/PRIVATE/0.MTS", "0.MTS")]
    assert planned(*same_folder_names) == ["day1/card/PRIVATE/0", "day2/card/PRIVATE/0"]
    deep = [("/x/cam1/d/a.mp4", "d/a.mp4"), ("/x/cam2/d/a.mp4", "d/a.mp4"), ("/x/cam2/d/a.mov", "d/a.mov")]
    assert planned(*deep) == ["cam1/d/a", "cam2/d/a", "d/a.mov"]


def test_addresses_are_told_apart_by_their_folders_and_show_no_secrets() -> None:
    assert planned(("s3://one/x/a.mp4", "a.mp4"), ("s3://two/x/a.mp4", "a.mp4")) == ["one/x/a", "two/x/a"]
    secret = [("https://me:pass@h/a.mp4?key=1", "a.mp4"), ("https://h/b/a.mp4?key=2", "a.mp4")]
    assert planned(*secret) == ["h/a", "b/a"]


def test_the_same_address_but_for_its_query_gets_a_digest() -> None:
    first, second = planned(("https://h/get.php?v=1", "get.php"), ("https://h/get.php?v=2", "get.php"))
    assert first.startswith("get~")
    assert second.startswith("get~")


def test_names_that_a_disk_may_hold_for_one_are_told_apart() -> None:
    upper, lower = planned("d/A.mp4", "d/a.mp4")
    assert upper.startswith("d/A~")
    assert lower.startswith("d/a~")
    composed, decomposed = planned("d/\u00e9.mp4", "d/e\u0301.mp4")
    assert composed.startswith("d/\u00e9~")
    assert decomposed.startswith("d/e\u0301~")
    assert planned("D/a.mp4", "d/b.mp4") == ["D/a", "d/b"]


def test_a_name_made_for_a_clash_is_not_somebody_else_s() -> None:
    assert planned("a.mp4", "a.mov", "a.mov.mkv") == ["a.mp4", "footage/a", "a.mov"]


def test_an_old_input_keeps_its_name_when_new_ones_come() -> None:
    taken = {"/footage/a.mp4": "a"}
    assert planned("a.mov", "a.mp4", taken=taken) == ["a.mov", "a"]
    assert planned("A.mp4", "a.mp4", taken=taken)[1] == "a"


def test_a_name_is_kept_for_an_input_that_is_gone() -> None:
    assert planned("a.mov", taken={"/footage/a.mp4": "a"}) == ["a.mov"]


def test_a_name_that_was_never_planned_is_planned_anew() -> None:
    for stem in ("../a", "/etc/a", ".autohighlight/a", "a\nb"):
        assert planned("a.mp4", taken={"/footage/a.mp4": stem}) == ["a"]
    twice = {"/footage/a.mp4": "x", "/footage/b.mp4": "X"}
    assert planned("a.mp4", "b.mp4", taken=twice) == ["x", "b"]


def test_the_order_of_inputs_has_no_say() -> None:
    every = inputs("a.mp4", "a.mov", "A.mov", "d/a.mp4", ("/other/a.mp4", "a.mp4"), "a.mov.mp4")
    assert plan_names(every) == plan_names(every[::-1])
    assert list(plan_names(every)) == [each.source for each in every]


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("d/a b-c (1) Füße 日本", "d/a b-c (1) Füße 日本"),
        ("../../etc/passwd", "__/__/etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("//host/share", "host/share"),
        ("", "_"),
        (".", "_"),
        ("..", "__"),
        ("C:/x", "C_/x"),
        ("C:x", "C_x"),
        ("..\\..\\x", "_._.._x"),
        ("new\nline\x1b[31m", "new_line_[31m"),
        ('a<b>c:d"e|f?g*h', "a_b_c_d_e_f_g_h"),
        ("d. /a.", "d__/a_"),
        (".hidden/.autohighlight", "_hidden/_autohighlight"),
        ("con/NUL.tar/com1/aux .x/console", "con_/NUL_.tar/com1_/aux_ .x/console"),
        ("\udcff\udc80\ud800", "%FF%80_"),
        ("x.highlights.mp4/x.highlights", "x_highlights_mp4/x.highlights"),
        ("X.HIGHLIGHTS/a", "X_HIGHLIGHTS/a"),
        ("Summary.JSON/summary.json", "Summary_JSON/summary.json"),
    ],
)
def test_names_are_made_fit_for_any_disk(name: str, fit: str) -> None:
    assert str(portable(PurePosixPath(name))) == fit


def test_names_that_are_too_long_are_cut_and_told_apart() -> None:
    names = [f"{'é' * 200}{end}" for end in "ab"]
    cut = [str(portable(PurePosixPath(name))) for name in names]
    assert [len(stem.encode()) <= LONGEST_STEM for stem in cut] == [True, True]
    assert cut[0] != cut[1]
    assert cut[0].startswith("é" * 80)
    first, second = planned(*(f"{name}.mp4" for name in names))
    assert first != second
