"""Options: read from words and files, layer over layer; an error names the option and the file."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from autohighlight import config
from autohighlight.config import AudioTracks, Options, SelectOptions, load, option_fields, option_flag
from autohighlight.errors import OptionError
from autohighlight.times import Length


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's own file would be."""
    file = tmp_path / "user" / "config.toml"
    file.parent.mkdir()
    monkeypatch.setattr(config, "user_config_file", lambda: file)
    return file


@pytest.fixture
def project_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the project's file would be, in the working folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder / "autohighlight.toml"


def test_every_option_has_a_text_and_a_name_of_its_own() -> None:
    names = [spec.name for _, spec in option_fields()]
    assert len(set(names)) == len(names)
    assert all(spec.metadata["text"] for _, spec in option_fields())
    assert option_flag("clip_length") == "--clip-length"


def test_every_default_is_allowed_and_reads_back_as_itself() -> None:
    defaults = Options()
    assert Options.of(**{spec.name: defaults.get(spec.name) for _, spec in option_fields()}) == defaults
    assert Options.of(clip_length=str(defaults.sample.clip_length)) == defaults


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("duration", "1:30", Length(Fraction(90))),
        ("duration", 30, Length(Fraction(30))),
        ("duration", 0.1, Length(Fraction(1, 10))),
        ("duration", Fraction(1, 3), Length(Fraction(1, 3))),
        ("duration", Length(Fraction(1, 3)), Length(Fraction(1, 3))),
        ("duration", None, None),
        ("clip_length", "100f", Length(Fraction(100), "frames")),
        ("count", "5", 5),
        ("count", 5, 5),
        ("selector", "a/b.safetensors", Path("a/b.safetensors")),
        ("selector", Path("a"), Path("a")),
        ("cache", False, False),
        ("order", "score", "score"),
        ("backbone", "of-a-plugin", "of-a-plugin"),
    ],
)
def test_values_are_read_from_words_and_from_their_own_type(name: str, given: Any, expected: Any) -> None:
    assert Options.of(**{name: given}).get(name) == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"duration": "soon"}, "--duration: cannot read 'soon' as a length"),
        ({"duration": True}, "--duration needs a value, not true"),
        ({"duration": Path("a")}, "--duration: cannot read 'a'"),
        ({"clip_length": None}, "--clip-length needs a value"),
        ({"clip_length": 0}, "--clip-length: a length is above 0"),
        ({"count": "many"}, "--count cannot be 'many'"),
        ({"count": 2.5}, r"--count cannot be 2\.5"),
        ({"count": 0}, "--count is at least 1, not 0"),
        ({"count": 10000}, "--count is at most 9999, not 10000"),
        ({"crf": 52}, "--crf is at most 51, not 52"),
        ({"cache": "no"}, "--cache is true or false, not 'no'"),
        ({"order": "size"}, "--order is one of time, score, not 'size'"),
        ({"device": "tpu"}, "--device is one of auto, cpu, cuda, mps, not 'tpu'"),
        ({"min_lenght": "2s"}, r"no option is called 'min_lenght' \(did you mean min_length\?\)"),
        ({"zzz": 1}, r"no option is called 'zzz' \(there are: .*min_length.*\)"),
    ],
)
def test_an_error_names_the_option_and_says_what_is_allowed(values: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Options.of(**values)


def test_choices_and_bounds_hold_for_whoever_makes_the_options() -> None:
    with pytest.raises(OptionError, match="--order is one of"):
        SelectOptions(order="size")
    with pytest.raises(OptionError, match="--count is at least"):
        dataclasses.replace(SelectOptions(), count=0)


def test_without_files_all_is_default(user_file: Path, project_file: Path) -> None:
    layered = load()
    assert layered.options == Options()
    assert layered.sources == {}


def test_each_layer_goes_over_the_one_below(user_file: Path, project_file: Path, tmp_path: Path) -> None:
    explicit = tmp_path / "mine.toml"
    user_file.write_text('order = "score"\ncount = 1\nmin-length = "1s"\ncrf = 10\n')
    project_file.write_text('count = 2\nmin_length = "3s"\ncrf = 11\n')
    explicit.write_text('min-length = "4s"\ncrf = 12\n')
    layered = load(explicit, {"crf": 13})
    select, export = layered.options.select, layered.options.export
    assert (select.order, select.count, str(select.min_length), export.crf) == ("score", 2, "4s", 13)
    assert layered.sources == {
        "order": str(user_file),
        "count": "autohighlight.toml",
        "min_length": str(explicit),
        "crf": "command line",
    }


def test_a_path_in_a_file_is_relative_to_that_file(user_file: Path, project_file: Path) -> None:
    user_file.write_text('selector = "mine.safetensors"\n')
    assert load().options.score.selector == user_file.parent / "mine.safetensors"
    project_file.write_text('selector = "/models/ours.safetensors"\n')
    assert load().options.score.selector == Path("/models/ours.safetensors")


@pytest.mark.parametrize("where", ["user", "project", "explicit"])
def test_a_checkpoint_in_a_file_is_relative_to_that_file_or_a_name(
    where: str, user_file: Path, project_file: Path, tmp_path: Path
) -> None:
    explicit = tmp_path / "elsewhere" / "mine.toml"
    explicit.parent.mkdir()
    file = {"user": user_file, "project": project_file, "explicit": explicit}[where]
    folder = Path() if where == "project" else file.parent
    (file.parent / "weights.pth").touch()
    expected = {
        "weights.pth": str(folder / "weights.pth"),
        "models/missing.pth": str(folder / "models" / "missing.pth"),
        "c3d-sports1m": "c3d-sports1m",
        "~/weights.pth": str(Path("~/weights.pth").expanduser()),
        str(tmp_path / "x.pth"): str(tmp_path / "x.pth"),
    }
    for word, checkpoint in expected.items():
        file.write_text(f'checkpoint = "{word}"\n')
        assert load(explicit if where == "explicit" else None).options.extract.checkpoint == checkpoint


def test_a_home_that_is_not_there_stays_a_name(user_file: Path, project_file: Path) -> None:
    user_file.write_text('selector = "~nobody-of-this-name/mine.safetensors"\n')
    assert load().options.score.selector == user_file.parent / "~nobody-of-this-name" / "mine.safetensors"


def test_a_byte_order_mark_is_no_mistake(user_file: Path, project_file: Path) -> None:
    user_file.write_bytes(b"\xef\xbb\xbfcount = 3\r\n")
    assert load().options.select.count == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"count = \n", "is not valid TOML"),
        (b"\xff\xfe\x00", "is not valid TOML"),
        (b"colour = 1\n", "no option is called 'colour'"),
        (b'count = "x"\n', "--count cannot be 'x'"),
        (b"[select]\ncount = 1\n", "options stand in no table"),
        (b"duration = [1]\n", "--duration: cannot read"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_name(
    content: bytes, message: str, user_file: Path, project_file: Path
) -> None:
    project_file.write_bytes(content)
    with pytest.raises(OptionError, match=message) as caught:
        load()
    assert "autohighlight.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_asked_for_must_be_there(user_file: Path, project_file: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"the configuration file .*none\.toml is not there"):
        load(tmp_path / "none.toml")


def test_a_name_that_would_act_on_a_terminal_is_shown_escaped(user_file: Path, project_file: Path) -> None:
    with pytest.raises(OptionError, match=r"a\\nb"):
        load(Path("a\nb"))


def test_the_cache_folder_can_be_set_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOHIGHLIGHT_CACHE_DIR", str(tmp_path / "here"))
    assert config.user_cache_dir() == tmp_path / "here"
    monkeypatch.delenv("AUTOHIGHLIGHT_CACHE_DIR")
    assert config.user_cache_dir().name == "autohighlight"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "fusion"),
        ({"selector": "a"}, "contrastive"),
        ({"adapt": True}, "contrastive"),
        ({"scorer": "movement"}, "movement"),
        ({"scorer": "of-a-plugin", "selector": "a"}, "of-a-plugin"),
    ],
)
def test_a_selector_asks_for_the_scorer_that_uses_it(values: dict[str, Any], name: str) -> None:
    assert Options.of(**values).score.scorer_name == name


def test_one_selector_at_a_time() -> None:
    with pytest.raises(OptionError, match="--adapt fits a selector of its own"):
        Options.of(adapt=True, selector="a")


def test_tests_do_not_see_the_files_of_who_runs_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert tmp_path_factory.getbasetemp() in config.user_cache_dir().parents
    assert not config.user_config_file().is_file()


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("auto", AudioTracks()),
        (" All ", AudioTracks("all")),
        ("default", AudioTracks("default")),
        ("none", AudioTracks("none")),
        ("2", AudioTracks("numbers", (2,))),
        ("3, 1", AudioTracks("numbers", (1, 3))),
        ("1+2", AudioTracks("numbers", (1, 2), is_mixed=True)),
    ],
)
def test_sound_tracks_are_read_from_words_and_written_as_such(word: str, expected: AudioTracks) -> None:
    assert Options.of(audio_tracks=word).sound.audio_tracks == expected
    assert AudioTracks.parse(str(expected)) == expected


@pytest.mark.parametrize("word", ["", "0", "01", "1,1", "1+2,3", "1,", "first", "-1", "10000", "1.5"])
def test_what_is_no_choice_of_sound_tracks_is_refused(word: str) -> None:
    with pytest.raises(OptionError, match="--audio-tracks: cannot read"):
        Options.of(audio_tracks=word)


def test_numbers_of_sound_tracks_may_be_numbers_in_a_file(project_file: Path) -> None:
    project_file.write_text("audio-tracks = 2\n")
    assert load().options.sound.audio_tracks == AudioTracks("numbers", (2,))
