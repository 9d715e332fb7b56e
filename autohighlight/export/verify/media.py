"""Holds what a timeline file says of its media against the media files."""

from __future__ import annotations

from fractions import Fraction

from autohighlight.export.verify.contents import DeclaredMedia, Said
from autohighlight.export.verify.inspection import Inspection, in_words
from autohighlight.timecode import Timecode, TimecodeFormat
from autohighlight.times import STANDARD_FRAME_RATES
from autohighlight.types import ColourInfo, FieldOrder, MediaInfo

_COLOUR_SPACES = {
    "bt709": "1-1-1",
    "unknown": "1-1-1",
    "bt2020": "9-1-9",
    "smpte170m": "6-1-6",
    "bt470bg": "5-1-6",
}
"""Primaries -> primaries, transfer and matrix by their numbers in ITU-T H.273, of pictures of standard range."""


def check_media(inspection: Inspection, declared: DeclaredMedia) -> None:
    """Reports a file that is not there, and whatever it is said to have that it has not."""
    if declared.path is None:
        return
    media = inspection.media(declared.path, declared.place)
    if media is None:
        return
    if _check_rate(inspection, declared, media):
        _check_length(inspection, declared.num_frames, media)
    _check_start(inspection, declared, media)
    _check_picture(inspection, declared, media)
    _check_sound(inspection, declared, media)


def first_label(media: MediaInfo) -> Timecode:
    """The label of a file's first frame; files without timecode begin at 00:00:00:00."""
    return media.start_timecode or Timecode(TimecodeFormat(media.frame_rate))


def _check_rate(inspection: Inspection, declared: DeclaredMedia, media: MediaInfo) -> bool:
    """Whether frames are counted as the file's are."""
    if declared.rate is None or declared.rate.value == media.frame_rate:
        return True
    rate, place = declared.rate.value, declared.rate.place
    if not media.is_variable_rate:
        problem = f"{media.path.name} is said to have {in_words(rate)} frames/s; it has {in_words(media.frame_rate)}"
        inspection.error(place, problem, "rates are exact: 29.97 is 30000/1001")
    elif rate not in STANDARD_FRAME_RATES:
        problem = f"{media.path.name} has a variable rate and is said to have {in_words(rate)} frames/s, an average"
        inspection.error(place, problem, f"lay it out at the nearest standard rate, {in_words(media.frame_rate)}")
    else:
        problem = f"{media.path.name} has a variable rate and is laid out at {in_words(rate)} frames/s"
        inspection.odd(place, problem, f"most of its frames come at {in_words(media.frame_rate)}")
    return False


def _check_length(inspection: Inspection, said: Said[Fraction] | None, media: MediaInfo) -> None:
    if said is None:
        return
    difference = abs(said.value - media.grid_length)
    if difference and (inspection.timeline is not None or difference > 1):
        problem = f"{media.path.name} is said to be {said.value} frames long; it has {media.grid_length}"
        inspection.error(said.place, problem, "give the length of the picture")


def _check_start(inspection: Inspection, declared: DeclaredMedia, media: MediaInfo) -> None:
    label = first_label(media)
    if (drop := declared.is_drop_frame) and drop.value != label.format.is_drop_frame:
        words = ("non-drop-frame", "drop-frame")
        problem = f"the timecode of {media.path.name} is {words[not drop.value]}, and said to be {words[drop.value]}"
        inspection.error(drop.place, problem, "keep the counting that the file has")
    if (start := declared.start) and start.value != label.seconds:
        problem = f"{media.path.name} is said to begin {start.value} s after 00:00:00:00"
        if media.start_timecode is None:
            inspection.odd(start.place, f"{problem}; it has no timecode", "begin it at 0")
        else:
            remedy = "count from the file's own timecode, or editors do not find the clip"
            inspection.error(start.place, f"{problem}; its timecode begins at {label}, {label.seconds} s", remedy)


def _upright(media: MediaInfo) -> tuple[int, int]:
    """Width and height in stored pixels, turned as the picture is to be shown."""
    return (media.height, media.width) if media.rotation % 180 else (media.width, media.height)


def _check_picture(inspection: Inspection, declared: DeclaredMedia, media: MediaInfo) -> None:
    if (size := declared.size) and size.value != (upright := _upright(media)):
        problem = f"{media.path.name} is said to be {_by(size.value)}; it is {_by(upright)}"
        turned = f" when turned upright by {media.rotation} degrees" if media.rotation % 180 else ""
        inspection.error(size.place, problem + turned, "give each file its own size, upright")
    if aspect := declared.pixel_aspect:
        is_turned = media.rotation % 180 != 0
        expected = 1 / media.sample_aspect_ratio if is_turned else media.sample_aspect_ratio
        if aspect.value != expected:
            problem = f"pixels of {media.path.name} are said to have the aspect {aspect.value}; it is {expected}"
            inspection.error(aspect.place, problem, "or its picture is stretched")
    if (fields := declared.field_order) and fields.value != (order := media.shown_field_order):
        problem = f"{media.path.name} is said to be {fields_in_words(fields.value)}; it is {fields_in_words(order)}"
        inspection.odd(fields.place, problem, "or its fields are shown in the wrong order, or as combs")
    if (space := declared.colour_space) and (expected_space := _colour_space(media.colour)) not in ("", space.value):
        problem = f"the colours of {media.path.name} are said to be {space.value}; they are {expected_space}"
        remedy = "numbers of ITU-T H.273: primaries, transfer, matrix; 9-16-9 is PQ, 9-18-9 HLG, 1-1-1 Rec. 709"
        inspection.error(space.place, problem, remedy)


def _colour_space(colour: ColourInfo) -> str:
    """Its numbers; empty where none of those that editors have words for fits."""
    if colour.transfer in ("smpte2084", "arib-std-b67"):
        return "9-16-9" if colour.transfer == "smpte2084" else "9-18-9"
    return _COLOUR_SPACES.get(colour.primaries, "")


def fields_in_words(order: FieldOrder) -> str:
    """The order for people: ``interlaced, top field first``."""
    return order if order == "progressive" else f"interlaced, {order} field first"


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _check_sound(inspection: Inspection, declared: DeclaredMedia, media: MediaInfo) -> None:
    name, present = media.path.name, tuple(stream.num_channels for stream in media.audio)
    remedy = "describe every sound track of the file, or sound is lost"
    if (channels := declared.channels) and channels.value != present:
        problem = f"the sound tracks of {name} are said to have {_listed(channels.value)} channels; {_listed(present)}"
        inspection.error(channels.place, problem + " are there", remedy)
    if (number := declared.num_channels) and number.value != sum(present):
        problem = f"{name} is said to have {number.value} sound channels; it has {sum(present)}"
        inspection.error(number.place, problem, remedy)
    if (tracks := declared.num_tracks) and tracks.value != len(present):
        problem = f"{name} is said to have {tracks.value} sound tracks; it has {len(present)}"
        inspection.error(tracks.place, problem, remedy)
    for said, stream in zip(declared.sample_rates, media.audio, strict=False):
        if said.value != stream.sample_rate:
            problem = f"the sound of {name} is said to have {said.value} samples/s; it has {stream.sample_rate}"
            inspection.error(said.place, problem, "or it drifts")


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers)) or "no"
