"""Runs a file of the matrix through the program, as ``reel`` and ``export --to fcpxml`` do, and judges the results."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

from autohighlight import pipeline
from autohighlight.config import Options, SelectOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import AutohighlightError
from autohighlight.plugins import Plugins
from autohighlight.times import TimeRange
from autohighlight.types import Highlight, MediaInfo, ScoreTrack, Selection
from benchmarks.file_combinations import Combination
from benchmarks.file_comparison import Truth, compare_fcpxml, compare_reel, read_truth
from benchmarks.file_making import MadeFile, make_file
from benchmarks.file_traits import TRAITS
from benchmarks.full_decode import Decoded, DecodeError, decode
from tests.whole_runs import SmallBackbone

Outcome = Literal["right", "refused", "wrong", "not writable"]
Stretches = list[tuple[Fraction, Fraction]]

OPTIONS = Options.of(backbone="small", scorer="movement", policy="ends-and-middle", preset="ultrafast", cache=False)
"""Quick ones: nothing here depends on what is chosen, nor on how it looks."""


@dataclass(frozen=True)
class Verdict:
    """What became of a file.

    Args:
        outcome: ``right``; ``refused`` with an error that names file and cause; ``wrong``; or ``not writable``, where
            the ffmpeg program cannot make the file, or cannot read its own frames back.
        reason: in words; empty where it is right.
    """

    outcome: Outcome
    reason: str = ""


def judge(combination: Combination, folder: Path) -> Verdict:
    """Makes the file of a combination in an empty folder, and says what the program does with it."""
    try:
        made = make_file(combination, folder)
        truth = truth_of(made)
    except DecodeError as error:
        return Verdict("not writable", str(error))
    try:
        stretches = run_program(made.path, folder)
    except AutohighlightError as error:
        names_it = made.path.name in str(error)
        return Verdict("refused", str(error)) if names_it else Verdict("wrong", f"names no file: {error}")
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is a fault of the program
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Verdict("wrong", f"{type(error).__name__} in {Path(place.filename).name}: {error}")
    faults = compare(folder, truth, stretches)
    return Verdict("wrong", "; ".join(faults)) if faults else Verdict("right")


def truth_of(made: MadeFile) -> Truth:
    """The full decode of a file that was made.

    Raises:
        DecodeError: it does not give the frames back.
    """
    trait = TRAITS[made.combination.trait]
    layouts = trait.layouts if made.combination.sound else ()
    decoded = decode(made.path, len(layouts), trait.video_track)
    if len(decoded.sounds) < len(layouts):
        raise DecodeError(f"its full decode gives {len(decoded.sounds)} sound tracks of {len(layouts)}")
    if (made.combination.container, made.combination.video) in _GUESSED:
        decoded = _as_recorded(decoded, made.rate, has_no_clock=made.combination.container != "mpg")
    return read_truth(decoded, made.num_frames, trait.least_shown, made.rate, layouts, trait.start_seconds)


_GUESSED = frozenset({("avi", "h264"), ("mxf", "h264"), ("mpg", "h264")})
"""Files that do not say when each frame is shown, if frames change places: FFmpeg shows some late, or two at once."""


def _as_recorded(decoded: Decoded, rate: Fraction, *, has_no_clock: bool) -> Decoded:
    """The same with its frames evenly spaced; without a clock, picture and sound begin together, as recorded."""
    times = [number / rate for number in range(len(decoded.times))]
    sounds = tuple(replace(sound, start=0.0 if has_no_clock else sound.start) for sound in decoded.sounds)
    return replace(decoded, times=times, sounds=sounds)


def run_program(video: Path, folder: Path) -> Stretches:
    """Writes a reel and a timeline of a video into a folder, and gives back what they are to show.

    Returns:
        The stretches, in seconds from the video's first frame on.

    Raises:
        AutohighlightError: it is refused.
    """
    plugins = _plugins()
    analysis = pipeline.analyse(video, OPTIONS, plugins=plugins)
    selection = pipeline.select(analysis, OPTIONS, plugins=plugins, exporter="reel")
    pipeline.write(selection, folder / "reel.mp4", "reel", options=OPTIONS, plugins=plugins)
    pipeline.write(selection, folder / "timeline.fcpxml", "fcpxml", options=OPTIONS, plugins=plugins)
    origin = _shown(selection.media).start
    return [(h.time_range.start - origin, h.time_range.end - origin) for h in selection]


def compare(folder: Path, truth: Truth, stretches: Stretches) -> list[str]:
    """What is wrong with the reel and the timeline in a folder."""
    reel = decode(folder / "reel.mp4", num_tracks=min(1, len(truth.decoded.sounds)))
    return [*compare_reel(reel, truth, stretches), *compare_fcpxml(folder / "timeline.fcpxml", truth, stretches)]


@functools.cache
def _plugins() -> Plugins:
    plugins = load_plugins(installed=False)
    plugins.backbones.add("small", lambda _options: SmallBackbone(), "benchmarks")
    plugins.selection_policies.add("ends-and-middle", _ends_and_middle, "benchmarks")
    return plugins


def _shown(media: MediaInfo) -> TimeRange:
    """The media without what comes before its first picture that can be decoded."""
    head = next((gap for gap in media.gaps if gap.start <= media.time_range.start), None)
    return TimeRange(head.end if head else media.time_range.start, media.time_range.end)


def _ends_and_middle(
    media: MediaInfo, scores: ScoreTrack, _shot_boundaries: Sequence[Fraction], _options: SelectOptions
) -> Selection:
    """A sixth of the video each: its beginning, a part behind its middle, its end; of a very short one, all."""
    begin = media.grid.nearest(_shown(media).start)
    count = media.grid_length - begin
    length = count // 6
    firsts = [begin, begin + count * 11 // 20, begin + count - length] if length else [begin]
    spans = [TimeRange(media.grid.time(n), media.grid.time(n + (length or count))) for n in firsts]
    return Selection(media, tuple(Highlight(span, 0.5, "") for span in spans), scores)
