"""Which sound tracks of a file are used.

Files do not say what their tracks are to each other. A camera records left and right as two tracks, a screen recorder
game and microphone; a film has languages, a broadcast the same sound in two codecs. `docs/how-to/sound-tracks.md` has
the rule for users.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from autohighlight.config import AudioTracks
from autohighlight.errors import InputError, printable
from autohighlight.media.same_sound import contained_tracks
from autohighlight.types import AudioStream, MediaInfo, SoundChoice

_UNKNOWN_LANGUAGES = frozenset({"", "und", "mis", "mul", "zxx"})
"""ISO 639-2: undetermined, uncoded, several, none."""

_ASIDE = frozenset({
    "dub", "comment", "lyrics", "karaoke", "hearing_impaired", "visual_impaired", "clean_effects", "descriptions",
    "dependent",
})  # fmt: skip
"""Dispositions of tracks that are a version of another one."""

_TITLE_ASIDE = re.compile(r"comment|descri|narrat|dub|karaoke|isolated|director", re.IGNORECASE)

_PUBLISHED_CODECS = frozenset(
    {"ac3", "eac3", "ac4", "dts", "truehd", "mlp", "mp2", "aac_latm", "pcm_dvd", "pcm_bluray"}
)
"""Of discs and broadcasts, whose tracks are versions of one sound, and which often do not say in which language."""

_SIDE = re.compile(r"\b(?:left|right|l|r|ch|channel|\d+)\b", re.IGNORECASE)
"""What differs in the names of two tracks that are left and right."""

_NOT_SHOWN_SECONDS = 2
"""Sound that lasts so much longer than the picture is no rounding of the container."""

_SAME_TIME = Fraction(1, 10)
"""Two tracks of one recording begin and end within so many seconds."""


def with_sound(media: MediaInfo, wanted: AudioTracks | None) -> MediaInfo:
    """The media with a choice of its sound tracks.

    Args:
        media: a probed file.
        wanted: which; None for ``auto``.

    Raises:
        InputError: the file lacks one that is asked for.
    """
    wanted = wanted or AudioTracks()
    if media.sound is not None and media.sound.rule == str(wanted):
        return media
    return replace(media, sound=choose_sound(media, wanted))


def sound_of(media: MediaInfo) -> SoundChoice:
    """Which sound tracks are used; by the rule ``auto`` for media described without a file."""
    return media.sound or choose_sound(media, AudioTracks())


def choose_sound(media: MediaInfo, wanted: AudioTracks) -> SoundChoice:
    """Which sound tracks of a file are used, and how they are joined.

    A file without sound is silent, whatever is asked for.

    Raises:
        InputError: the file lacks a track that is asked for by its number.
    """
    main, rule = media.main_audio, str(wanted)
    if wanted.rule == "none" or main is None:
        return SoundChoice((), rule=rule)
    if wanted.rule == "auto":
        return _usual(media, main)
    if wanted.rule == "default":
        return SoundChoice((main,), rule=rule)
    tracks = media.audio if wanted.rule == "all" else tuple(_numbered(media, number) for number in wanted.numbers)
    return _joined(tracks, rule, is_mixed=wanted.is_mixed)


def _numbered(media: MediaInfo, number: int) -> AudioStream:
    found = next((track for track in media.audio if media.track_number(track) == number), None)
    if found is None:
        count = len(media.audio) + len(media.undecodable_audio)
        is_there = number <= count
        problem = (
            f"its sound track {number} is in a codec that cannot be decoded here"
            if is_there
            else (f"--audio-tracks asks for sound track {number}, and the file has {count}")
        )
        raise InputError(media.path, problem, "name others; 'all' takes those that each file has")
    return found


def _usual(media: MediaInfo, main: AudioStream) -> SoundChoice:
    """The rule ``auto``."""
    if len(media.audio) == 1:
        return SoundChoice((main,))
    alike = [track for track in media.audio if not _is_version(track)]
    reason = _why_apart(media, alike) if main in alike else "the default track is marked as a version of another"
    if reason:
        return SoundChoice((main,), reason=reason)
    left_out = "marked as commentary, dub or the like" if len(alike) < len(media.audio) else ""
    whole = replace(_joined(alike, "auto"), reason=left_out)
    contained = contained_tracks(media, whole) if media.snapshot is not None else ()
    if not contained:
        return whole
    rest = [track for track in alike if track not in contained]
    return replace(_joined(rest, "auto", is_mixed=whole.join == "mixed"), contained=contained, reason=left_out)


def _is_version(track: AudioStream) -> bool:
    """Whether a track is marked as a version of another: a commentary, a dub, for those who do not see."""
    return bool(_ASIDE & set(track.dispositions) or _TITLE_ASIDE.search(track.title))


def _why_apart(media: MediaInfo, tracks: Sequence[AudioStream]) -> str:
    """Why tracks are not to be heard at once; empty where they are parts of one recording."""
    languages = {"" if t.language in _UNKNOWN_LANGUAGES else t.language for t in tracks}
    codecs = {"pcm" if t.codec.startswith("pcm_") and t.codec not in _PUBLISHED_CODECS else t.codec for t in tracks}
    channels = {track.num_channels for track in tracks}
    reasons = {
        "languages differ": len(languages) > 1,
        "codecs differ, so several may hold the same sound": len(codecs) > 1,
        "only some are surround sound, so several may hold the same sound": len(channels) > 1 and max(channels) > 2,
        f"tracks in {min(codecs)}, a codec of discs and broadcasts, are mostly versions of one sound": bool(
            codecs & _PUBLISHED_CODECS
        ),
        "a file with subtitles is mostly a film, whose tracks are versions of one sound": media.num_subtitles > 0,
    }
    return next((reason for reason, holds in reasons.items() if holds and len(tracks) > 1), "")


def _joined(tracks: Sequence[AudioStream], rule: str, *, is_mixed: bool = False) -> SoundChoice:
    """The tracks as left and right where they are such pairs, else mixed."""
    if len(tracks) < 2:
        return SoundChoice(tuple(tracks), rule=rule)
    is_pairs = not is_mixed and len(tracks) % 2 == 0 and all(map(_is_pair, tracks[::2], tracks[1::2]))
    return SoundChoice(tuple(tracks), "pairs" if is_pairs else "mixed", rule)


def _is_pair(one: AudioStream, other: AudioStream) -> bool:
    """Whether two tracks are mono, of the same rate, beginning and length, and not named as different things."""
    if (one.num_channels, other.num_channels, one.sample_rate) != (1, 1, other.sample_rate):
        return False
    if _SIDE.sub("", one.title) != _SIDE.sub("", other.title):
        return False
    if one.duration is not None and other.duration is not None and abs(one.duration - other.duration) > _SAME_TIME:
        return False
    return abs(one.start - other.start) <= _SAME_TIME


def left_out(media: MediaInfo) -> tuple[AudioStream, ...]:
    """The sound tracks that could be decoded, and are not used."""
    choice = sound_of(media)
    return tuple(track for track in media.audio if track not in (*choice.tracks, *choice.contained))


def describe_sound(media: MediaInfo) -> str:
    """Which sound tracks are used, in words; empty for a file that has one or none, and uses it."""
    choice, count = sound_of(media), len(media.audio) + len(media.undecodable_audio)
    if count == 0 or (count == 1 and choice.tracks):
        return ""
    if not choice.tracks:
        return f"none of {count} track{'' if count == 1 else 's'}" if media.audio else "no track can be decoded"
    numbers = [media.track_number(track) for track in choice.tracks]
    if choice.join == "pairs" and len(numbers) == 2:
        words = f"{_listed(numbers)} as left and right"
    elif choice.join == "pairs":
        words = f"{_listed(numbers[::2])} as left, {_listed(numbers[1::2])} as right"
    else:
        words = _listed(numbers) + (" mixed" if len(numbers) > 1 else "")
    words += f" of {count}" if len(numbers) < count else ""
    names = [name for track in choice.tracks if (name := track.title or track.language) not in _UNKNOWN_LANGUAGES]
    words += f" ({', '.join(dict.fromkeys(names))})" if names else ""
    if choice.contained:
        same = _listed([media.track_number(track) for track in choice.contained])
        words += f"; the sound of {same} is in {'it' if len(numbers) == 1 else 'them'} already"
    return words


def _listed(numbers: Sequence[int]) -> str:
    """``track 1``, ``tracks 1 and 2``, ``tracks 1, 2 and 3``."""
    words = [str(number) for number in numbers]
    return f"track {words[0]}" if len(words) == 1 else f"tracks {', '.join(words[:-1])} and {words[-1]}"


def _p2_sound(video: Path) -> Path | None:
    """Where a P2 card has the sound of a clip: ``CONTENTS/AUDIO/NAME00.MXF`` of ``CONTENTS/VIDEO/NAME.MXF``."""
    folder = video.absolute().parent
    if folder.name.upper() != "VIDEO" or video.suffix.upper() != ".MXF":
        return None
    first = folder.with_name("AUDIO") / f"{video.stem}00{video.suffix}"
    return first.parent if first.is_file() else None


def sound_warnings(media: MediaInfo) -> list[str]:
    """What is lost of a file's sound though no one asked for it, a line each, without the file's name."""
    choice, lines = sound_of(media), []
    others = [media.track_number(track) for track in left_out(media)]
    if choice.reason and others:
        used = f"sound {_listed([media.track_number(t) for t in choice.tracks])}"
        verb = "is" if len(others) == 1 else "are"
        lines.append(
            f"the reel uses {used}; {_listed(others)} {verb} left out ({choice.reason}); --audio-tracks chooses"
        )
    ends = [track.start + track.duration for track in choice.tracks if track.duration is not None]
    if ends and (rest := max(ends) - media.time_range.end) > _NOT_SHOWN_SECONDS:
        lines.append(f"its sound goes on for {float(rest):.0f} s after its last picture, where the reel has none of it")
    if not media.audio and (folder := _p2_sound(media.path)) is not None:
        lines.append(f"its sound is in files of its own in {printable(folder)}, which are not read; the reel is silent")
    if media.undecodable_audio:
        number = len(media.undecodable_audio)
        lines.append(f"{number} sound track{' is' if number == 1 else 's are'} in a codec that cannot be decoded here")
    return lines
