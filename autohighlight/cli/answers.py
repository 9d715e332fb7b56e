"""Answers to words that people try because other programs have them, or because they expect them here."""

from __future__ import annotations

from pathlib import PurePath

from autohighlight.cli.quoting import quoted
from autohighlight.errors import printable
from autohighlight.finding import VIDEO_SUFFIXES

EDITORS = {
    "resolve": "fcpxml",
    "premiere": "fcp7xml",
    "final-cut": "fcpxml",
    "avid": "aaf",
    "kdenlive": "otio",
    "shotcut": "mlt",
}
"""Name of an editor, accepted by ``--to`` and ``--export`` -> the format that docs/editors.md recommends for it."""

_SHAPE = "A reel has the shape and size of its source. docs/how-to/vertical-video.md shows how to make it vertical"
_MUSIC = "Music is not added. Put it under the reel in an editor: 'autohighlight export' writes a timeline"

_OPTIONS = {
    **dict.fromkeys(("aspect", "crop", "portrait", "resolution", "scale", "size", "vertical"), _SHAPE),
    **dict.fromkeys(("background-music", "music", "soundtrack"), _MUSIC),
    **dict.fromkeys(("length", "seconds", "target-duration"), "Use --duration"),
    **dict.fromkeys(("force", "yes"), "Use --overwrite"),
    **dict.fromkeys(("clips", "highlights", "number", "top"), "Use --count"),
    **dict.fromkeys(("format", "form"), "Choose a format with --to or --export"),
}


def answer_to_option(flag: str) -> str | None:
    """What to do instead of an option that does not exist; None where nothing is known."""
    return _OPTIONS.get(flag.lstrip("-"))


def answer_to_command(word: str) -> str | None:
    """The command that someone means who names a video in its place; None if the word is no video's name."""
    if PurePath(word).suffix.lower() in VIDEO_SUFFIXES:
        return f"for a reel of that video: autohighlight reel {printable(quoted(word))}"
    return None
