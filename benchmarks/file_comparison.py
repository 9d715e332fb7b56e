"""Compares a reel, and a timeline in FCPXML, with a full decode of the source; says in words what is wrong."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.full_decode import SAMPLE_RATE, SIDE, Decoded, DecodeError, Sound
from tests.media_factory import read_number

MOST_LATE_SECONDS = 0.005
"""Between a sound in the reel and the same sound in the source."""

_REACH_SECONDS = 0.15  # in which a sound that is misplaced is looked for
_LONGEST_GAP_SECONDS = 1
_MOST_STRETCHED = 0.04  # sides of small pictures are rounded to even numbers
_MOST_MISCOLOURED = 12  # of 255, on average
_SILENT = 0.004  # root of the mean square
_KEPT_LAYOUTS = {"mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1"}
_STRETCH = tuple[Fraction, Fraction]

Turn = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def _turn(quarters: int, *, is_mirrored: bool) -> Turn:
    def turn(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.rot90(picture[:, ::-1] if is_mirrored else picture, quarters)

    return turn


TURNS: tuple[Turn, ...] = tuple(
    _turn(quarters, is_mirrored=is_mirrored) for is_mirrored in (False, True) for quarters in range(4)
)
"""The eight ways in which a picture can lie; the first leaves it as it is."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What a full decode of a source shows.

    Args:
        decoded: the full decode.
        numbers: the number that each frame carries.
        turn: how its pictures are to be turned for their numbers to be read.
        rate: frames/s that editors count its frames at.
        layouts: of its sound tracks.
        start_seconds: its start timecode.
    """

    decoded: Decoded
    numbers: tuple[int, ...]
    turn: Turn
    rate: Fraction
    layouts: tuple[str, ...]
    start_seconds: int

    @property
    def duration(self) -> Fraction:
        """In seconds; the last frame is as long as the others."""
        return self.decoded.times[-1] + 1 / self.rate

    @property
    def is_uneven(self) -> bool:
        """Whether frames are not equally long; editors then do not count one that begins within the last."""
        gaps = [b - a for a, b in itertools.pairwise(self.decoded.times)]
        return bool(gaps) and max(gaps) > Fraction(11, 10) * min(gaps)

    @property
    def heard(self) -> Sound | None:
        """Its sound as one track: mono ones in pairs as left and right, others mixed; None where it has none."""
        sounds = self.decoded.sounds
        if len(sounds) < 2:
            return sounds[0] if sounds else None
        start = min(sound.start for sound in sounds)
        end = max(sound.start + len(sound.samples) / SAMPLE_RATE for sound in sounds)
        tracks = [sound.between(start, end) for sound in sounds]
        if len(tracks) % 2 == 0 and all(track.shape[1] == 1 for track in tracks):
            return Sound(np.concatenate([sum(tracks[::2]), sum(tracks[1::2])], axis=1), start)
        return Sound(sum(np.broadcast_to(track, (len(track), 2)) for track in tracks), start)

    @property
    def longest_head(self) -> Fraction:
        """How many seconds may come before the first frame that can be decoded: what was recorded of its group."""
        return self.numbers[0] / self.rate

    def frames(self, stretches: Sequence[_STRETCH]) -> list[int]:
        """Places in `numbers` of what is shown at each instant of some stretches (seconds from the first frame on)."""
        limits = [
            s + n / self.rate + 1 / (2 * self.rate) for s, e in stretches for n in range(round((e - s) * self.rate))
        ]
        return [bisect.bisect_right(self.decoded.times, limit) - 1 for limit in limits]


def read_truth(
    decoded: Decoded, num_frames: int, least_shown: float, rate: Fraction, layouts: Sequence[str], start_seconds: int
) -> Truth:
    """Reads the numbers of a full decode.

    Raises:
        DecodeError: it does not give back the frames that the file was made of.
    """
    longest = max((b - a for a, b in itertools.pairwise(decoded.times)), default=Fraction(0))
    if longest > _LONGEST_GAP_SECONDS:
        raise DecodeError(f"its full decode shows one frame for {float(longest):.1f} s")
    numbers = list[int]()
    for turn in TURNS:
        numbers = [_number(turn(picture)) for picture in decoded.pictures]
        is_ascending = all(a < b for a, b in itertools.pairwise(numbers))
        if is_ascending and 0 <= numbers[0] <= numbers[-1] < num_frames and len(numbers) >= least_shown * num_frames:
            return Truth(decoded, tuple(numbers), turn, rate, tuple(layouts), start_seconds)
    raise DecodeError(f"its full decode gives {len(decoded.pictures)} frames of {num_frames}: {_shortened(numbers)}")


def _number(picture: NDArray[np.uint8]) -> int:
    return read_number(picture.astype(np.float32).mean(axis=2))


def _shortened(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers[:8])) + (" ..." if len(numbers) > 8 else "")


def compare_reel(reel: Decoded, truth: Truth, stretches: Sequence[_STRETCH]) -> Iterator[str]:
    """What is wrong with a reel of some stretches of a source (seconds from its first frame on), a line each."""
    places = truth.frames(stretches)
    yield from _compare_pictures(reel, truth, places)
    spacing = {round(float((b - a) * truth.rate), 2) for a, b in itertools.pairwise(reel.times)}
    if spacing - {1.0}:
        yield f"frames of the reel are {sorted(spacing)} frames apart"
    if abs(reel.aspect / truth.decoded.aspect - 1) > _MOST_STRETCHED:
        yield f"the picture is {float(reel.aspect):.2f} times as wide as high, not {float(truth.decoded.aspect):.2f}"
    yield from _compare_sound(reel, truth, stretches)


def _compare_pictures(reel: Decoded, truth: Truth, places: Sequence[int]) -> Iterator[str]:
    wanted = [truth.numbers[place] for place in places]
    shown = [_number(truth.turn(picture)) for picture in reel.pictures]
    if shown != wanted:
        if any([_number(turn(picture)) for picture in reel.pictures] == wanted for turn in TURNS):
            yield "the picture is turned or mirrored"
        elif len(shown) != len(wanted):
            yield f"the reel has {len(shown)} frames, not {len(wanted)}"
        else:
            wrong = [n for n, (a, b) in enumerate(zip(shown, wanted, strict=True)) if a != b]
            got, due = ([numbers[n] for n in wrong] for numbers in (shown, wanted))
            yield f"{len(wrong)} of {len(wanted)} frames are others: {_shortened(got)} for {_shortened(due)}"
    else:
        error = float(np.abs(_blurred(truth.decoded.pictures[list(places)]) - _blurred(reel.pictures)).mean())
        if error > _MOST_MISCOLOURED:
            yield f"colours are off by {error:.0f} of 255 on average"


def _blurred(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (N, SIDE / 8, SIDE / 8, 3): so that grain, as of few colours, does not count."""
    blocks = pictures.reshape(len(pictures), SIDE // 8, 8, SIDE // 8, 8, 3)
    return blocks.mean(axis=(2, 4), dtype=np.float32)


def _compare_sound(reel: Decoded, truth: Truth, stretches: Sequence[_STRETCH]) -> Iterator[str]:
    source = truth.heard
    if source is None or len(reel.sounds) != 1:
        if (source is None) == bool(reel.sounds) or len(reel.sounds) > 1:
            yield f"the reel has {len(reel.sounds)} sound tracks"
        return
    heard, layout = reel.sounds[0], truth.layouts[0] if len(truth.layouts) == 1 else "stereo"
    num_channels = source.samples.shape[1]
    wanted = num_channels if num_channels <= 2 or layout in _KEPT_LAYOUTS else 2
    if heard.samples.shape[1] != wanted:
        yield f"the reel has {heard.samples.shape[1]} sound channels, not {wanted}"
        return
    length = float(reel.times[-1] + 1 / truth.rate)
    end = heard.start + len(heard.samples) / SAMPLE_RATE
    if not -MOST_LATE_SECONDS <= end - length <= 0.05:
        yield f"the sound of the reel ends {end - length:+.3f} s after the picture"
    begin = 0.0
    for start, stop in stretches:
        duration = float(stop - start)
        due = source.between(float(start), float(stop))
        reach = heard.between(begin - _REACH_SECONDS, begin + duration + _REACH_SECONDS)
        if fault := _misplaced(due, reach, _names(layout, num_channels)):
            yield f"the sound of {float(start):.2f} s {fault}"
        begin += duration


def _names(layout: str, num_channels: int) -> list[str]:
    names = [channel.name for channel in av.AudioLayout(layout).channels]
    return names if len(names) == num_channels else [""] * num_channels


def _misplaced(due: NDArray[np.float32], heard: NDArray[np.float32], names: Sequence[str]) -> str:
    """What is wrong with a stretch of sound; `heard` reaches further on both sides."""
    if len(due) < SAMPLE_RATE * _REACH_SECONDS:
        return ""  # too short to be found again
    if _level(due) < _SILENT:
        margin = round(_REACH_SECONDS * SAMPLE_RATE)
        level = _level(heard[margin:-margin])
        return f"is at a level of {level:.3f} where there is silence" if level > 5 * _SILENT else ""
    if due.shape[1] != heard.shape[1]:
        alike, late = _best_place(_mixed(due, names), _mixed(heard), 8000)
        return _fault_of("", alike, late, least_alike=0.4)
    for channel, name in enumerate(names):
        if _level(due[:, channel]) < _SILENT or name == "LFE":
            continue  # of that one encoders keep the lowest frequencies alone
        alike, late = _best_place(_envelope(due[:, channel]), _envelope(heard[:, channel]), 1000)
        if fault := _fault_of(f" in channel {channel + 1}", alike, late, least_alike=0.6):
            return fault
    return ""


def _fault_of(where: str, alike: float, late: float, *, least_alike: float) -> str:
    if alike < least_alike:
        return f"is another one{where} (alike by {alike:.2f})"
    return f"is {late * 1000:+.0f} ms late{where}" if abs(late) > MOST_LATE_SECONDS else ""


def _level(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0


def _mixed(samples: NDArray[np.float32], names: Sequence[str] = ()) -> NDArray[np.float32]:
    """float32 (S / 6,): all channels together but for the low frequencies; at 8 kHz, which holds all that marks do."""
    kept = [channel for channel in range(samples.shape[1]) if "LFE" not in names[channel : channel + 1]]
    return samples[::6, kept].sum(axis=1)


def _envelope(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (S / 48,): how loud each millisecond is."""
    whole = len(samples) // 48 * 48
    return np.sqrt(np.mean(np.square(samples[:whole]).reshape(-1, 48), axis=1, dtype=np.float32))


def _best_place(due: NDArray[np.float32], heard: NDArray[np.float32], rate: int) -> tuple[float, float]:
    """How alike a sound and the best place for it in a longer one are, at most 1, and how late that is, in seconds."""
    windows = np.lib.stride_tricks.sliding_window_view(heard, len(due))
    spread = len(due) * due.std() * np.maximum(windows.std(axis=1), 1e-6)
    alike = windows @ (due - due.mean()) / spread
    best = int(np.argmax(alike))
    return float(alike[best]), best / rate - _REACH_SECONDS


def compare_fcpxml(path: Path, truth: Truth, stretches: Sequence[_STRETCH]) -> Iterator[str]:
    """What is wrong with a timeline of some stretches of a source, a line each."""
    root = ET.parse(path).getroot()  # noqa: S314 -- written by the program itself
    (asset,) = root.iter("asset")
    formats = {element.attrib["id"]: element.attrib for element in root.iter("format")}
    form = formats[asset.attrib["format"]]
    if (rate := 1 / _seconds(form["frameDuration"])) != truth.rate:
        yield f"FCPXML has {float(rate):.3f} frames/s, not {float(truth.rate):.3f}"
        return
    pixel = Fraction(int(form.get("paspH", 1)), int(form.get("paspV", 1)))
    aspect = pixel * int(form["width"]) / int(form["height"])
    if abs(aspect / truth.decoded.aspect - 1) > _MOST_STRETCHED:
        yield f"FCPXML has a picture {float(aspect):.2f} times as wide as high, not {float(truth.decoded.aspect):.2f}"
    if (start := _seconds(asset.attrib["start"])) != truth.start_seconds:
        yield f"the asset starts at {float(start):.3f} s, not {truth.start_seconds}"
    clips = [
        (_seconds(clip.attrib["start"]) - start, _seconds(clip.attrib["duration"])) for clip in root.iter("asset-clip")
    ]
    head = clips[0][0] - stretches[0][0]  # editors count what comes before the first picture that can be decoded
    if not 0 <= head <= truth.longest_head:
        yield f"the first clip begins {float(head):.3f} s before or after what it is to show"
    duration = _seconds(asset.attrib["duration"]) - head
    if abs(duration - truth.duration) > (2 if truth.is_uneven else 1) / truth.rate:
        yield f"the asset lasts {float(duration):.3f} s, not {float(truth.duration):.3f}"
    tracks, channels = (int(asset.get(name, "0")) for name in ("audioSources", "audioChannels"))
    sounds = truth.decoded.sounds
    if (tracks, channels) != (len(sounds), sum(sound.samples.shape[1] for sound in sounds)):
        yield f"the asset has {channels} channels in {tracks} sound tracks"
    named = truth.frames([(begin - head, begin - head + length) for begin, length in clips])
    if named != truth.frames(stretches):
        yield f"the clips show other frames: {[(float(b), float(d)) for b, d in clips]}"


def _seconds(text: str) -> Fraction:
    return Fraction(text.removesuffix("s"))
