"""The values that flow from stage to stage; all frozen, all checked when made.

file -> MediaInfo -> Clips -> FeatureTrack -> ScoreTrack -> Selection -> Timeline -> files
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from autohighlight.files import Snapshot
from autohighlight.timecode import Timecode
from autohighlight.times import FrameGrid, TimeRange, format_clock

if TYPE_CHECKING:
    from autohighlight.config import Limits


FieldOrder = Literal["progressive", "top", "bottom"]
"""Whether frames are whole, or hold two fields taken one after the other: ``top`` where that of the first line is
earlier, ``bottom`` where it is later."""


@dataclass(frozen=True)
class ColourInfo:
    """How a picture's numbers are meant, in FFmpeg's names (ITU-T H.273); ``unknown`` where the file is silent."""

    primaries: str = "unknown"
    transfer: str = "unknown"
    matrix: str = "unknown"
    range: str = "unknown"

    @property
    def dynamic_range(self) -> Literal["sdr", "hlg", "pq"]:
        """By the transfer function: HLG is ARIB STD-B67, PQ is SMPTE ST 2084, all else counts as standard."""
        if self.transfer == "arib-std-b67":
            return "hlg"
        return "pq" if self.transfer == "smpte2084" else "sdr"

    @property
    def is_hdr(self) -> bool:
        """Whether the dynamic range is above the standard one."""
        return self.dynamic_range != "sdr"


@dataclass(frozen=True)
class HdrMetadata:
    """The static metadata of HDR10: for which display a film was graded, and how bright it becomes.

    Args:
        mastering_display: x and y of red, green, blue and white in 1/50000, then the highest and the lowest luminance
            in 1/10000 cd/m² (SMPTE ST 2086); None where the file does not say.
        light_levels: MaxCLL and MaxFALL in cd/m² (CTA-861.3); None where the file does not say.
    """

    mastering_display: tuple[int, ...] | None = None
    light_levels: tuple[int, int] | None = None


Projection = Literal["flat", "equirectangular", "cubemap", "other"]
"""How a picture is to be shown: as it is, or as the unrolled inside of a sphere (360° video)."""


@dataclass(frozen=True)
class AudioStream:
    """One sound track of a file.

    Args:
        index: the stream's number in the container.
        codec: FFmpeg's name of the codec.
        sample_rate: samples/s.
        layout: FFmpeg's name of the channel layout, as ``stereo`` or ``5.1``.
        num_channels: how many channels.
        language: ISO 639 code, or empty.
        start: presentation time of the first sample, in seconds.
        is_default: whether the container marks it as the one to play.
        duration: in seconds, as the container says; None where it is silent.
        bit_depth: bits of one sample where the sound is uncompressed, else 16: what editors take compressed sound for.
        title: what the file calls it; empty where it has no name.
        dispositions: what the container marks it as, in FFmpeg's words: ``comment``, ``dub``, ``visual_impaired``, ...
    """

    index: int
    codec: str
    sample_rate: int
    layout: str
    num_channels: int
    language: str = ""
    start: Fraction = Fraction(0)
    is_default: bool = False
    duration: Fraction | None = None
    bit_depth: int = 16
    title: str = ""
    dispositions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SoundChoice:
    """Which sound tracks of a file are used, and how they are joined.

    Args:
        tracks: those that are used; empty for silence.
        join: ``single``: one track as it is. ``pairs``: mono tracks, the first of each two on the left, the second on
            the right. ``mixed``: all at once.
        rule: what was asked for, as ``auto`` or ``1,2``.
        contained: tracks that are not used because those that are have the same sound.
        reason: why further tracks are left out, though no one asked for it; empty if none are.
    """

    tracks: tuple[AudioStream, ...]
    join: Literal["single", "pairs", "mixed"] = "single"
    rule: str = "auto"
    contained: tuple[AudioStream, ...] = ()
    reason: str = ""

    @property
    def sample_rate(self) -> int:
        """That of the tracks, in samples/s; the highest where they differ. 0 for silence."""
        return max((track.sample_rate for track in self.tracks), default=0)

    @property
    def layout(self) -> tuple[str, int]:
        """FFmpeg's name of the layout of the joined sound, and its number of channels; of unlike tracks, stereo."""
        layouts = {(track.layout, track.num_channels) for track in self.tracks}
        if self.join == "mixed" and {number for _, number in layouts} == {1}:
            return "mono", 1
        return layouts.pop() if len(layouts) == 1 and self.join != "pairs" else ("stereo", 2)


def _frozen_array(array: NDArray[Any], shape: tuple[int, ...], name: str) -> NDArray[Any]:
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, not {shape}")
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, eq=False)
class PacketIndex:
    """The packets of a video stream in the order of decoding: what can be known without decoding.

    Args:
        pts: int64 (P,): presentation time of each, in ticks of the stream's time base.
        size: int64 (P,): bytes of each.
        is_key: bool (P,): whether the container marks it as a key frame.
        is_shown: bool (P,): whether it brings a frame that is shown. False where an edit list hides it, of the second
            field of a frame, and of pictures that only others are predicted from.
        stamp: int64 (P,): the container's own time of each, where `pts` is one that was worked out; None where they
            are the same.
        has_timestamps: False where it is not known which of the times a packet's frame has, but only that the first
            frame out of the decoder has the first, and so on.
    """

    pts: NDArray[np.int64]
    size: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    is_shown: NDArray[np.bool_]
    has_timestamps: bool = True
    stamp: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        shape = (len(self.pts),)
        for name in ("pts", "size", "is_key", "is_shown", *(["stamp"] if self.stamp is not None else [])):
            object.__setattr__(self, name, _frozen_array(getattr(self, name), shape, name))

    def __len__(self) -> int:
        return len(self.pts)

    def __repr__(self) -> str:
        return f"PacketIndex({len(self)} packets, {int(self.is_key.sum())} key)"


@dataclass(frozen=True)
class MediaInfo:
    """What is known of a video file before a frame of it is decoded.

    Times are presentation times in seconds on the container's clock; the picture is shown during `time_range`.

    Args:
        path: the file.
        container: FFmpeg's name of the container format.
        video_stream: number of the video stream in the container (never a cover picture).
        codec: FFmpeg's name of the video codec.
        time_base: seconds per tick of the stream's time stamps.
        time_range: from the first frame's presentation to the end of the last.
        frame_rate: nominal frames/s; for a variable rate the nearest standard one.
        is_variable_rate: whether the frames are not evenly spaced.
        width, height: the stored picture, in pixels, before rotation.
        rotation: clockwise degrees that the picture is turned by to be shown: 0, 90, 180 or 270.
        is_mirrored: whether its left and right are exchanged before it is turned.
        has_alpha: whether pixels may be transparent.
        is_orientation_exact: False where the file asks for an angle that is not a quarter turn; the nearest one counts.
        sample_aspect_ratio: width of a stored pixel over its height.
        pixel_format: FFmpeg's name.
        bit_depth: bits of one component.
        colour: how the numbers are meant.
        audio: the sound tracks that can be decoded.
        num_frames: how many frames the stream shows, where nothing is damaged.
        field_order: ``progressive``; or, of interlaced video, the field that is shown first.
        num_frames_absent: how many more the container announces than the file holds, where it is cut short.
        packets: the stream's packets; None for media described without a file.
        start_timecode: the label of the first frame shown, at `frame_rate`; None where the file has no timecode.
        reel_name: of the tape or card, as the camera wrote it; empty where it did not.
        creation_time: when the recording began, with its time zone; None where the file does not say.
        hdr: light levels of HDR10; None where the file has none.
        projection: ``flat``, unless it is a 360° video.
        moving_tracks: numbers of the video streams that `video_stream` was chosen from; covers and stills are left out.
        num_chapters, num_subtitles: chapters, and tracks of subtitles.
        gaps: stretches in which nothing can be shown, in time order and apart: what comes before the first picture that
            can be decoded, and where picture and sound are missing. No highlight is chosen there.
        snapshot: tells whether the file is still what was probed; None for media described without a file.
        limits: within which it was probed, and may be read; None for the usual ones.
        sound: which of the sound tracks are used; None for media described without a file.
        undecodable_audio: stream numbers of sound tracks that cannot be decoded.
    """

    path: Path
    container: str
    video_stream: int
    codec: str
    time_base: Fraction
    time_range: TimeRange
    frame_rate: Fraction
    is_variable_rate: bool
    width: int
    height: int
    rotation: int
    sample_aspect_ratio: Fraction
    pixel_format: str
    bit_depth: int
    colour: ColourInfo
    audio: tuple[AudioStream, ...]
    num_frames: int
    is_mirrored: bool = False
    is_orientation_exact: bool = True
    has_alpha: bool = False
    field_order: FieldOrder = "progressive"
    num_frames_absent: int = 0
    packets: PacketIndex | None = field(default=None, repr=False, compare=False)
    start_timecode: Timecode | None = None
    reel_name: str = ""
    creation_time: datetime | None = None
    hdr: HdrMetadata | None = None
    projection: Projection = "flat"
    moving_tracks: tuple[int, ...] = ()
    num_chapters: int = 0
    num_subtitles: int = 0
    gaps: tuple[TimeRange, ...] = field(default=(), compare=False)
    snapshot: Snapshot | None = field(default=None, repr=False)
    limits: Limits | None = field(default=None, repr=False, compare=False)
    sound: SoundChoice | None = None
    undecodable_audio: tuple[int, ...] = ()

    @property
    def duration(self) -> Fraction:
        """How long the picture is shown, in seconds."""
        return self.time_range.duration

    @property
    def grid(self) -> FrameGrid:
        """The instants of the frames at the nominal rate, from the first frame on."""
        return FrameGrid(self.frame_rate, self.time_range.start)

    @property
    def grid_length(self) -> int:
        """How many frames of `grid` the picture fills, at least 1: the length that editors know the file by.

        Containers round the end to a tick or to a millisecond. But for that, it is on the grid of a constant rate; of a
        variable one it may lie between two frames, and the one that has begun is not counted.
        """
        end = self.time_range.end
        rounding = max(self.time_base, Fraction(1, 1000))
        return max(1, self.grid.floor(end + rounding) if self.is_variable_rate else self.grid.nearest(end))

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in square pixels as shown: aspect ratio and rotation applied, both even.

        The longer of the stored sides in question is kept and the other stretched, so no detail is lost.
        """
        width, height = Fraction(self.width), Fraction(self.height)
        if self.sample_aspect_ratio >= 1:
            width *= self.sample_aspect_ratio
        else:
            height /= self.sample_aspect_ratio
        if self.is_on_its_side:
            width, height = height, width
        return max(2, round(width / 2) * 2), max(2, round(height / 2) * 2)

    @property
    def shown_field_order(self) -> FieldOrder:
        """`field_order` of the picture as shown; of one that is turned on its side, fields are no lines."""
        return "progressive" if self.is_on_its_side else self.field_order

    @property
    def is_on_its_side(self) -> bool:
        """Whether the stored picture's width is the height of the one shown."""
        return self.rotation in (90, 270)

    @property
    def gap_warning(self) -> str:
        """Where nothing of the file can be shown, for people; empty where there is no `gaps` of a second or more."""
        gaps = [gap for gap in self.gaps if gap.duration >= 1]
        if not gaps:
            return ""
        first = f"from {format_clock(gaps[0].start)} to {format_clock(gaps[0].end)}"
        if len(gaps) == 1:
            return f"nothing can be shown {first}; no highlight is chosen there"
        total = float(sum(gap.duration for gap in gaps))
        return f"nothing can be shown in {len(gaps)} places, the first {first}; no highlight is in these {total:.1f} s"

    @property
    def main_audio(self) -> AudioStream | None:
        """The sound track that a player would play: the one marked default, else the first; None if silent."""
        return next((a for a in self.audio if a.is_default), self.audio[0] if self.audio else None)

    def track_number(self, track: AudioStream) -> int:
        """The number of a sound track among all of the file, from 1 on; those that cannot be decoded are counted."""
        known = [other.index for other in self.audio]
        return 1 + sum(index < track.index for index in (*known, *self.undecodable_audio))


@dataclass(frozen=True)
class Clip:
    """One window of analysis: number `index`, shown during `time_range` (seconds, presentation time)."""

    index: int
    time_range: TimeRange


def _remade(kind: type, values: dict[str, Any]) -> Any:
    return kind(**values)


class _Picklable:
    """A dataclass with read-only mappings, which Python cannot pickle by itself, and arrays to be read-only again."""

    def __reduce__(self) -> tuple[Any, ...]:
        values = {spec.name: getattr(self, spec.name) for spec in dataclasses.fields(self)}  # type: ignore[arg-type]
        plain = {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}
        return _remade, (type(self), plain)


@dataclass(frozen=True, eq=False)
class FeatureTrack(_Picklable):
    """What was measured of each clip of one video.

    Args:
        clips: the N clips, in time order.
        embeddings: float32 (N, 2 * dim): the mean of the backbone's features over each clip, then the mean of the
            absolute steps from one to the next.
        cues: name -> float32 (N,): other measures of each clip, as movement or change; NaN where one could
            not be measured (too few frames, a network that cannot tell).
        shot_boundaries: presentation times, in seconds, at which the picture cuts; ascending.
        backbone: name of the network that made the embeddings.
        fingerprint: what the features depend on besides the video: backbone, weights, settings.
        num_frames_lost: frames that could not be decoded.
        num_frames_read: frames that were decoded.
        undecoded: stretches of a second or more of which no frame could be decoded.
        media: the video, for a scorer that looks at the file itself, as at its sound; None for features without one,
            as those of a published collection.
    """

    clips: tuple[Clip, ...]
    embeddings: NDArray[np.floating]
    cues: Mapping[str, NDArray[np.floating]]
    shot_boundaries: tuple[Fraction, ...]
    backbone: str
    fingerprint: str
    num_frames_lost: int = 0
    num_frames_read: int = 0
    undecoded: tuple[TimeRange, ...] = ()
    media: MediaInfo | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.clips:
            raise ValueError("a feature track has at least one clip")
        num_clips = len(self.clips)
        dim = self.embeddings.shape[-1]
        object.__setattr__(self, "embeddings", _frozen_array(self.embeddings, (num_clips, dim), "embeddings"))
        cues = {name: _frozen_array(values, (num_clips,), name) for name, values in self.cues.items()}
        object.__setattr__(self, "cues", MappingProxyType(cues))

    def __len__(self) -> int:
        return len(self.clips)

    def __repr__(self) -> str:
        return (
            f"FeatureTrack({len(self)} clips, embeddings {self.embeddings.shape} of {self.backbone!r}, "
            f"cues {sorted(self.cues)}, {len(self.shot_boundaries)} shot boundaries)"
        )


@dataclass(frozen=True, eq=False)
class ScoreTrack(_Picklable):
    """How much each clip of one video matters.

    Args:
        clips: the N clips, in time order.
        values: float64 (N,), each in [0, 1]: higher matters more. Only the order within one video means anything.
        scorer: name of the scorer.
        parts: name -> float64 (N,) in [0, 1]: what the score is made of, as rank within the video.
        part_weights: name of a part -> how much say it has, above 0, where that is not the same for all: 1 for those
            that are not named.
    """

    clips: tuple[Clip, ...]
    values: NDArray[np.floating]
    scorer: str
    parts: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    part_weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        num_clips = len(self.clips)
        object.__setattr__(self, "values", _frozen_array(self.values, (num_clips,), "values"))
        if not (np.isfinite(self.values).all() and (self.values >= 0).all() and (self.values <= 1).all()):
            raise ValueError(f"scores of {self.scorer!r} lie in [0, 1]")
        parts = {name: _frozen_array(values, (num_clips,), name) for name, values in self.parts.items()}
        object.__setattr__(self, "parts", MappingProxyType(parts))
        object.__setattr__(self, "part_weights", MappingProxyType(dict(self.part_weights)))

    def __len__(self) -> int:
        return len(self.clips)

    def __repr__(self) -> str:
        return f"ScoreTrack({len(self)} clips by {self.scorer!r}, parts {sorted(self.parts)})"


@dataclass(frozen=True, order=True)
class Highlight:
    """One chosen stretch of the source.

    Args:
        time_range: presentation time in the source, in seconds.
        score: mean score of its clips, in [0, 1].
        reason: why it was chosen, a few words for people.
    """

    time_range: TimeRange
    score: float
    reason: str


@dataclass(frozen=True)
class Selection(Sequence[Highlight]):
    """The highlights of one video, in the order in which they are to be shown; no two overlap.

    Args:
        media: the video they were chosen from.
        highlights: the chosen stretches.
        scores: the curve they were chosen by.
    """

    media: MediaInfo
    highlights: tuple[Highlight, ...]
    scores: ScoreTrack = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        ordered = sorted(h.time_range for h in self.highlights)
        for before, after in itertools.pairwise(ordered):
            if before.end > after.start:
                raise ValueError(f"highlights overlap: {before} and {after}")

    @property
    def duration(self) -> Fraction:
        """Sum of the highlights' lengths, in seconds."""
        return sum((h.time_range.duration for h in self.highlights), Fraction(0))

    def __len__(self) -> int:
        return len(self.highlights)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self.highlights[index]

    def __iter__(self) -> Iterator[Highlight]:
        return iter(self.highlights)


@dataclass(frozen=True)
class Progress:
    """How far a stage has come.

    Args:
        stage: its verb: ``probe``, ``extract``, ``train``, ``score``, ``select``, ``export``.
        done: how much is done, in `unit`.
        total: how much there is; None where unknown.
        unit: what is counted.
        note: a few words that stand beside: which of many files it is, how well it goes.
    """

    stage: str
    done: float
    total: float | None
    unit: str = "frames"
    note: str = ""


ProgressCallback = Callable[[Progress], None]
"""Is told how far a stage has come; may be called from any thread, often; must return at once."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What a network that knows about places and things sees in P pictures.

    Args:
        features: float32 (P, dim): as `Backbone.embed` gives them.
        cells: float32 (P, C, dim): the same for each of C places of the picture, of length 1 each.
        living: float32 (P,): in [0, 1], how sure the network is to see somebody or an animal.
    """

    features: NDArray[np.float32]
    cells: NDArray[np.float32]
    living: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.features)


class Backbone(Protocol):
    """A pretrained network that turns windows of frames into features.

    Attributes:
        name: as registered, with what distinguishes its weights.
        dim: length of one feature.
        window_length: T, frames in one window; 1 for a network of single images.
        frame_rate: frames/s at which the T frames of a window are sampled; None: the video's own.
        resize: what a frame is scaled to: height and width, whatever its shape; or its shorter side, in pixels.
        input_size: height and width of a frame as the network is given it: the middle of what it was scaled to.
        fingerprint: changes whenever the features would (weights, precision, preprocessing).
        device: where it runs, in torch's words.
    """

    name: str
    dim: int
    window_length: int
    frame_rate: float | None
    resize: tuple[int, int] | int
    input_size: tuple[int, int]
    fingerprint: str
    device: str

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 sRGB frames (N, T, H, W, 3) -> float32 (N, dim). N may be 0. Safe to call from several threads."""
        ...


@runtime_checkable
class SeeingBackbone(Backbone, Protocol):
    """A backbone of single pictures that can say more of them than a feature."""

    def see(self, pictures: NDArray[np.uint8]) -> Sight:
        """What is seen in uint8 sRGB pictures (P, H, W, 3). P may be 0. Safe to call from several threads."""
        ...
