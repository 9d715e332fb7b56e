"""A part of the files that ``benchmarks/files.py`` tries, and whether its judge sees what is wrong."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from autohighlight.errors import InputError
from benchmarks import file_judge, files
from benchmarks.file_combinations import Combination, all_combinations, share_of
from benchmarks.file_comparison import Truth
from benchmarks.file_judge import Stretches, Verdict, compare, judge, run_program, truth_of
from benchmarks.file_making import make_file
from benchmarks.full_decode import run_program as run_ffmpeg

_PLAIN = Combination("mp4", "h264", "aac", "plain")
_SHARE = share_of(all_combinations(), 10)

_ONCE_WRONG = {
    "a Matroska file without an index": Combination("mkv", "dirac", "mp3", "plain"),
    "packets of several frames with one time": Combination("mpg", "h264", "ac3", "plain"),
    "a stream alone with frames that change places": Combination("raw mpeg1", "mpeg1", "", "plain"),
    "times of decoding beside those of sound": Combination("asf", "h264", "mp3", "coding: B-frames"),
    "packets that end within a sample": Combination("vob", "mpeg2", "pcm_dvd", "plain"),
    "a sound track that holds nothing": Combination("m2ts", "h264", "truehd", "plain"),
    "one frame, timed by a clock of hundredths": Combination("gif", "gif", "", "time: one frame"),
    "VP9 without its first key frame": Combination("mkv", "vp9", "mp2", "time: begins between key frames"),
    "guessed times before the first key frame": Combination("mpg", "mpeg2", "mp2", "time: recorded from the middle"),
    "a key frame that an edit list hides": Combination("mov", "mpeg4", "aac", "time: edit list that hides frames"),
    "one frame, said to be two fields": Combination("ts", "h264", "", "time: one frame"),
    "a frame of Vorbis with a wrong time after a seek": Combination("ogg", "theora", "vorbis", "time: start at 5.3 s"),
}


@pytest.mark.slow
@pytest.mark.parametrize("combination", _SHARE, ids=str)
def test_a_file_is_right_or_refused(combination: Combination, tmp_path: Path) -> None:
    verdict = judge(combination, tmp_path)
    assert verdict.outcome != "wrong", verdict.reason


@pytest.mark.parametrize("name", _ONCE_WRONG)
def test_what_was_wrong_once_is_right(name: str, tmp_path: Path) -> None:
    assert judge(_ONCE_WRONG[name], tmp_path) == Verdict("right")


def test_the_matrix_is_large_and_its_part_has_all_kinds() -> None:
    everything = all_combinations()
    assert len(everything) == len(set(everything)) >= 400
    assert set(_SHARE) <= set(everything)
    assert len(everything) / 12 < len(_SHARE) < len(everything) / 8
    assert {combination.kind for combination in _SHARE} == {combination.kind for combination in everything}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth, Stretches]:
    """The folder of a reel and a timeline, the truth of their source, and what they are to show of it."""
    folder = tmp_path_factory.mktemp("made")
    file = make_file(_PLAIN, folder)
    return folder, truth_of(file), run_program(file.path, folder)


_ONE_FRAME_LATE = "trim=start_frame=1,setpts=PTS-STARTPTS,tpad=stop=1:stop_mode=clone"
_SOUND_EARLY = "atrim=start=0.02,asetpts=N/SR/TB,apad=pad_dur=0.02"


def _altered(made: tuple[Path, Truth, Stretches], folder: Path, *options: object) -> list[str]:
    """What is said of a reel that ffmpeg has altered."""
    source, truth, stretches = made
    (folder / "timeline.fcpxml").write_bytes((source / "timeline.fcpxml").read_bytes())
    run_ffmpeg(["-i", source / "reel.mp4", *options, "-preset", "ultrafast", folder / "reel.mp4"])
    return compare(folder, truth, stretches)


def test_a_reel_that_is_right_is_found_right(made: tuple[Path, Truth, Stretches], tmp_path: Path) -> None:
    assert _altered(made, tmp_path, "-af", "anull") == []


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            ("-vf", _ONE_FRAME_LATE),
            "35 of 36 frames are others: 1 2 3 4 5 6 7 8 ... for 0 1",
        ),
        (("-vf", "trim=end_frame=35"), "the reel has 35 frames, not 36"),
        (("-vf", "hflip"), "the picture is turned or mirrored"),
        (("-vf", "transpose,setsar=9/4"), "the picture is turned or mirrored"),
        (("-vf", "setsar=2"), "the picture is 3.00 times as wide as high, not 1.50"),
        (("-vf", "hue=s=0"), "colours are off"),
        (("-af", "adelay=20:all=1,atrim=end=1.44"), "the sound of 0.00 s is +20 ms late in channel 1"),
        (
            ("-af", _SOUND_EARLY),
            "the sound of 0.00 s is -20 ms late in channel 1",
        ),
        (("-af", "channelmap=1|0"), "the sound of 0.00 s is another one in channel 1"),
        (("-ac", 1), "the reel has 1 sound channels, not 2"),
        (("-an",), "the reel has 0 sound tracks"),
    ],
)
def test_a_reel_that_is_wrong_is_found_wrong(
    options: Sequence[object], fault: str, made: tuple[Path, Truth, Stretches], tmp_path: Path
) -> None:
    assert fault in "; ".join(_altered(made, tmp_path, *options))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('frameDuration="1/25s"', 'frameDuration="1/24s"', "FCPXML has 24.000 frames/s, not 25.000"),
        ('offset="3600s" start="0s"', 'offset="3600s" start="1/25s"', "the clips show other frames"),
        ('height="64"', 'height="96"', "FCPXML has a picture 1.00 times as wide as high, not 1.50"),
        ('duration="3s"', 'duration="4s"', "the asset lasts 4.000 s, not 3.000"),
        ('audioChannels="2"', 'audioChannels="1"', "the asset has 1 channels in 1 sound tracks"),
    ],
)  # fmt: skip
def test_a_timeline_that_is_wrong_is_found_wrong(
    old: str, new: str, fault: str, made: tuple[Path, Truth, Stretches], tmp_path: Path
) -> None:
    source, truth, stretches = made
    written = (source / "timeline.fcpxml").read_text("utf-8")
    assert old in written
    (tmp_path / "timeline.fcpxml").write_text(written.replace(old, new), "utf-8")
    (tmp_path / "reel.mp4").write_bytes((source / "reel.mp4").read_bytes())
    assert fault in "; ".join(compare(tmp_path, truth, stretches))


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (InputError("made.mp4", "is no video"), Verdict("refused", "made.mp4: is no video")),
        (InputError("other.mp4", "is no video"), Verdict("wrong", "names no file: other.mp4: is no video")),
        (ZeroDivisionError("why"), Verdict("wrong", "ZeroDivisionError in test_matrix_of_files.py: why")),
    ],
)
def test_an_error_must_name_the_file(
    error: Exception, verdict: Verdict, made: tuple[Path, Truth, Stretches], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_video: Path, _folder: Path) -> Stretches:
        raise error

    folder, truth, _ = made
    monkeypatch.setattr(file_judge, "make_file", lambda combination, _: file_judge.MadeFile(
        folder / "made.mp4", combination, 75, Fraction(25)))  # fmt: skip
    monkeypatch.setattr(file_judge, "truth_of", lambda _made: truth)
    monkeypatch.setattr(file_judge, "run_program", fail)
    assert judge(_PLAIN, folder) == verdict


def test_what_ffmpeg_cannot_write_is_counted_apart(tmp_path: Path) -> None:
    assert judge(Combination("webm", "h264", "aac", "plain"), tmp_path).outcome == "not writable"


@pytest.mark.parametrize(("outcome", "code"), [("right", 0), ("refused", 0), ("not writable", 0), ("wrong", 1)])
def test_the_benchmark_fails_where_anything_is_wrong(
    outcome: file_judge.Outcome, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks/files.py", "--only", str(_PLAIN)])
    monkeypatch.setattr(files, "judge", functools.partial(lambda verdict, *_: verdict, Verdict(outcome, "why")))
    assert files.main() == code
    assert capsys.readouterr().out.splitlines()[-1].split(", ").count(f"{outcome}: 1") == 1
