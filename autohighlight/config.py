"""Every option, its default and what it means: the one place where a default lives.

The command line, the TOML files, ``autohighlight config show`` and the reference in the documentation are made
from these dataclasses. An option's name is its field's name with dashes.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import platformdirs

from autohighlight.errors import OptionError, printable
from autohighlight.times import Length

RESULT_SUFFIX = ".highlights"
"""What stands between the name of a video and the suffix of a result that is written beside it."""

REEL_SUFFIX = f"{RESULT_SUFFIX}.mp4"
"""Ends the name of a reel, after the name of its video, where nobody says otherwise."""

Speed = Literal["fast", "balanced", "exact"]
"""How much of a video is decoded: key frames, what is needed, or everything."""

PROJECT_FILE = "autohighlight.toml"
"""Read from the working directory, above the user's file.

It may come with somebody else's footage and is read without being asked for, so it may only say what results look
like: see the argument `in_project` of `option`.
"""


def user_config_file() -> Path:
    """Where the user's own defaults are read from, if the file is there."""
    return Path(platformdirs.user_config_dir("autohighlight", appauthor=False)) / "config.toml"


def user_cache_dir() -> Path:
    """Where features are kept between runs; ``AUTOHIGHLIGHT_CACHE_DIR`` overrules it."""
    override = os.environ.get("AUTOHIGHLIGHT_CACHE_DIR")
    return Path(override) if override else Path(platformdirs.user_cache_dir("autohighlight", appauthor=False))


def user_data_dir() -> Path:
    """Where installed checkpoints are kept; ``AUTOHIGHLIGHT_DATA_DIR`` overrules it."""
    override = os.environ.get("AUTOHIGHLIGHT_DATA_DIR")
    return Path(override) if override else Path(platformdirs.user_data_dir("autohighlight", appauthor=False))


PLUGINS_DIR_VARIABLE = "AUTOHIGHLIGHT_PLUGINS_DIR"


def user_plugins_dir() -> Path:
    """Where the user's own plugins of one file each lie; ``AUTOHIGHLIGHT_PLUGINS_DIR`` overrules it."""
    override = os.environ.get(PLUGINS_DIR_VARIABLE)
    return Path(override) if override else user_data_dir() / "plugins"


FFMPEG_VARIABLE = "AUTOHIGHLIGHT_FFMPEG"
"""The environment variable that chooses the ffmpeg program, above the files and below the command line."""


def option(
    default: Any,
    text: str,
    *,
    metavar: str | None = None,
    choices: tuple[str, ...] | None = None,
    parse: Callable[[str], Any] = str,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    in_project: bool = True,
) -> Any:
    """A field of an options dataclass.

    Args:
        default: its value where nobody says otherwise.
        text: what it does, one line, as ``--help`` prints it.
        metavar: how its value is called in help.
        choices: the only values allowed.
        parse: reads the value from a word; a TOML value that is no string is turned into one first.
        at_least, at_most: bounds of a number that it may have.
        above, below: bounds of a number that it may not have.
        in_project: whether `PROJECT_FILE` may set it. No for whatever makes this program write or delete anything but
            a new result, run a program, use other computers, or take more of this one.
    """
    return field(
        default=default,
        metadata={
            "text": text,
            "metavar": metavar,
            "choices": choices,
            "parse": parse,
            "at_least": at_least,
            "at_most": at_most,
            "above": above,
            "below": below,
            "in_project": in_project,
        },
    )


def name_or_file(word: str) -> str:
    """Reads the name of something that is installed, or the path of a file; in a TOML file, one beside that file."""
    return word


def parse_settings(text: str) -> dict[str, str]:
    """Reads ``name=value,other=value``.

    Raises:
        OptionError: the text is not of that form, or a name comes twice.
    """
    settings: dict[str, str] = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = word.partition("=")
        if not name or not equals or name in settings:
            raise OptionError(f"{printable(word)!r} is no new setting", "write them as name=value,other=value")
        settings[name] = value
    return settings


_RATE = re.compile(r"\d{1,9}/[1-9]\d{0,8}|\d{1,6}(?:\.\d{1,9})?")
_BYTES = re.compile(r"(?P<n>\d{1,15}(?:\.\d{1,6})?) ?(?:(?P<power>[kmg])(?P<binary>i?))?b?", re.IGNORECASE)


def parse_rate(text: str) -> Fraction:
    """Reads frames/s: ``15``, ``12.5`` or ``30000/1001``.

    Raises:
        OptionError: the text is none of these.
    """
    if not _RATE.fullmatch(text.strip()):
        raise OptionError(f"cannot read {text[:40]!r} as a rate", "write 15, 12.5 or 30000/1001")
    return Fraction(text.strip())


def parse_bytes(text: str) -> int:
    """Reads a number of bytes: ``8MB`` and ``500k`` in powers of 1000, ``8MiB`` in powers of 1024, ``8000000``.

    Raises:
        OptionError: the text is none of these.
    """
    match = _BYTES.fullmatch(text.strip())
    if match is None:
        raise OptionError(f"cannot read {text[:40]!r} as a size", "write 8MB, 500k, 2MiB or a number of bytes")
    power = " kmg".index((match["power"] or " ").lower())
    return int(Fraction(match["n"]) * (1024 if match["binary"] else 1000) ** power)


def parse_background(text: str) -> str:
    """Reads a colour: one of the names of CSS, or ``#rrggbb``.

    Raises:
        OptionError: the text is neither.
    """
    from PIL import ImageColor  # noqa: PLC0415 -- the command line is to be there at once

    word = text.strip().lower()
    if word not in ImageColor.colormap and not re.fullmatch("#[0-9a-f]{6}", word):
        raise OptionError(f"cannot read {printable(text[:40])!r} as a colour", "write black, skyblue or #1e90ff")
    return word


_LIMIT = re.compile(r"\d{1,18}(?:\.\d{1,9})?(?:e\d{1,2})?", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """What a video may have at most; more is taken for damage or an attack, and refused before memory is spent on it.

    Args:
        pixels: of one picture, as stored and as shown: 16K, 15360 x 8640, has 133 million.
        frames: of the stream, as the file says and as there are: four days at 60 frames/s.
        streams: of the file: pictures, sound tracks, subtitles, attached fonts.
        hours: from the first picture to the end of the last. Clips of 2 s take up to 50 kB of memory each, 2.7 GB in
            all.
        min_fps: frames/s of a stream whose frames are evenly spaced: one in 100 s.
        max_fps: frames/s on average.
    """

    pixels: Fraction = Fraction(150_000_000)
    frames: Fraction = Fraction(20_000_000)
    streams: Fraction = Fraction(500)
    hours: Fraction = Fraction(30)
    min_fps: Fraction = Fraction(1, 100)
    max_fps: Fraction = Fraction(1000)

    @classmethod
    def parse(cls, text: str) -> Limits:
        """Reads ``pixels=900e6,hours=100``; what is not named keeps its default, and ``usual`` names nothing.

        Raises:
            OptionError: a name that no limit has, or a value that is no number.
        """
        settings = parse_settings("" if text == "usual" else text)
        names = [spec.name for spec in dataclasses.fields(cls)]
        for name, value in settings.items():
            if name not in names:
                raise OptionError(f"no limit is called {printable(name)!r}", f"there are: {', '.join(names)}")
            if not _LIMIT.fullmatch(value):
                raise OptionError(f"the limit {name} cannot be {printable(value[:40])!r}", f"write {name}=900e6")
        return cls(**{name: Fraction(value) for name, value in settings.items()})

    def __str__(self) -> str:
        others = [spec.name for spec in dataclasses.fields(self) if getattr(self, spec.name) != spec.default]
        return ",".join(f"{name}={float(getattr(self, name)):.12g}" for name in others) or "usual"


class Checked:
    """Checks choices and bounds when an options object is made; fields that `option` did not make are left alone.

    Raises:
        OptionError: a value is not allowed; the message names the option.
    """

    def __post_init__(self) -> None:
        for spec in dataclasses.fields(self):  # type: ignore[arg-type]
            value, meta = getattr(self, spec.name), spec.metadata
            if not meta:
                continue
            flag = option_flag(spec.name)
            if meta["choices"] and value not in meta["choices"]:
                raise OptionError(f"{flag} is one of {', '.join(meta['choices'])}, not {value!r}")
            if value is None or isinstance(value, Length | Limits | AudioTracks):
                continue
            if meta["at_least"] is not None and value < meta["at_least"]:
                raise OptionError(f"{flag} is at least {meta['at_least']}, not {value}")
            if meta["at_most"] is not None and value > meta["at_most"]:
                raise OptionError(f"{flag} is at most {meta['at_most']}, not {value}")
            if meta["above"] is not None and not value > meta["above"]:
                raise OptionError(f"{flag} is above {meta['above']}, not {value}")
            if meta["below"] is not None and not value < meta["below"]:
                raise OptionError(f"{flag} is below {meta['below']}, not {value}")


@dataclass(frozen=True)
class SampleOptions(Checked):
    """How a video is divided into clips."""

    clip_length: Length = option(
        Length.parse("2s"),
        "length of one clip of analysis: seconds, or frames as 100f (the paper's choice on VTW, section 4.1); "
        "2 s is the unit that TVSum was rated in",
        metavar="LENGTH",
        parse=Length.parse,
    )
    clip_sampler: str = option("fixed", "how the video is divided into clips", metavar="NAME")


@dataclass(frozen=True)
class ExtractOptions(Checked):
    """How features are measured."""

    backbone: str = option("efficientnet-lite0", "the network that turns frames into features", metavar="NAME")
    checkpoint: str | None = option(
        None,
        "the backbone's weights: a file, or a name that `autohighlight models list` shows (default: its usual ones)",
        metavar="FILE|NAME",
        parse=name_or_file,
    )
    window_stride: int = option(
        16,
        "for backbones that look at several frames at once: frames from the start of one window to that of the next; "
        "1, as in the paper, is sixteen times the work of 16",
        metavar="N",
        parse=int,
        at_least=1,
    )
    device: str = option(
        "auto",
        "where the network runs; auto takes CUDA, else the CPU; mps (Apple) was not measured",
        choices=("auto", "cpu", "cuda", "mps"),
    )
    speed: Speed = option(
        "balanced",
        "how much is decoded: key frames only where they are dense enough, what is needed, or every frame",
        choices=("fast", "balanced", "exact"),
    )
    limits: Limits = option(
        Limits(),
        "what a video may have at most; more is taken for damage or an attack, and refused. Usual are pixels 150e6, "
        "frames 20e6, streams 500, hours 30, min_fps 0.01, max_fps 1000; those not named stay so",
        metavar="NAME=N[,...]",
        parse=Limits.parse,
        in_project=False,
    )
    cache: bool = option(
        True, "keep features on disk, so that the next run on the same video need not decode", in_project=False
    )
    cache_size: int = option(
        2000,
        "largest size of that cache, in MB; the least recently used go first",
        metavar="MB",
        parse=int,
        at_least=0,
        in_project=False,
    )
    cache_dir: Path | None = option(
        None,
        "a directory that gets a subdirectory for that cache (default: the user's cache directory)",
        metavar="DIRECTORY",
        parse=Path,
        in_project=False,
    )


TrackRule = Literal["auto", "default", "all", "none", "numbers"]
_TRACK_RULES: dict[str, TrackRule] = {"auto": "auto", "default": "default", "all": "all", "none": "none"}
_TRACK_NUMBERS = re.compile(r"[1-9]\d{0,3}(?:[,+][1-9]\d{0,3})*")


@dataclass(frozen=True)
class AudioTracks:
    """Which sound tracks of a video are used.

    Args:
        rule: ``auto``, ``default`` (the one that players play), ``all``, ``none`` or ``numbers``.
        numbers: of the tracks, from 1 on, in the order of the file; for the rule ``numbers`` alone.
        is_mixed: whether mono tracks are mixed too, rather than put on the left and on the right.
    """

    rule: TrackRule = "auto"
    numbers: tuple[int, ...] = ()
    is_mixed: bool = False

    @classmethod
    def parse(cls, text: str) -> AudioTracks:
        """Reads ``auto``, ``default``, ``all``, ``none``, ``2``, ``1,2``, or ``1+2`` for a mix.

        Raises:
            OptionError: the text is none of these, or names a track twice.
        """
        word = text.replace(" ", "").lower()
        if (rule := _TRACK_RULES.get(word)) is not None:
            return cls(rule)
        numbers = tuple(sorted(map(int, re.split("[,+]", word)))) if _TRACK_NUMBERS.fullmatch(word) else ()
        if not numbers or len(set(numbers)) < len(numbers) or ("+" in word and "," in word):
            problem = f"cannot read {text[:40]!r} as sound tracks"
            raise OptionError(problem, "write auto, default, all, none, 2, 1,2 or 1+2")
        return cls("numbers", numbers, "+" in word)

    def __str__(self) -> str:
        return ("+" if self.is_mixed else ",").join(map(str, self.numbers)) if self.numbers else self.rule


@dataclass(frozen=True)
class SoundOptions(Checked):
    """Which sound is used."""

    audio_tracks: AudioTracks | None = option(
        None,
        "which sound tracks of a video are heard in its reel and by scorers that listen: auto, default (the one that "
        "players play), all, none, or their numbers, as 2 or 1,2; mono tracks become left and right, 1+2 mixes them "
        "(default: auto, which joins what was recorded together and leaves out other languages and commentaries)",
        metavar="TRACKS",
        parse=AudioTracks.parse,
    )


DEFAULT_SCORER = "fusion"
"""Scores where `ScoreOptions.scorer` is not given ..."""

SELECTOR_SCORER = "contrastive"
"""... unless a highlight selector is: this is the scorer that uses one."""


@dataclass(frozen=True)
class ScoreOptions(Checked):
    """How clips are scored."""

    scorer: str | None = option(
        None,
        f"what gives a clip its score; {SELECTOR_SCORER} is the paper's alone, and what --selector and --adapt ask "
        f"for; several count together, each as much as its weight says, or 1 (default: {DEFAULT_SCORER})",
        metavar="NAME[:WEIGHT][+...]",
    )
    selector: Path | None = option(
        None,
        "trained highlight selector to use in place of the one in the package; 'autohighlight train' makes one",
        metavar="FILE",
        parse=Path,
    )
    adapt: bool = option(
        False, "fit a highlight selector to this one video before it scores it; for videos of a minute or more"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.adapt and self.selector is not None:
            raise OptionError("--adapt fits a selector of its own, so --selector has no say", "give one of the two")

    @property
    def scorer_name(self) -> str:
        """The scorer that was named; unless one was, the one that uses a selector where there is one to use."""
        if self.scorer is not None:
            return self.scorer
        return SELECTOR_SCORER if self.adapt or self.selector is not None else DEFAULT_SCORER


GIF_DEFAULTS = {"count": "3", "max_length": "6s", "duration": "50%"}
"""What the exporters of GIFs and their like register as their `autohighlight.plugins.Exporter.defaults`: a longer one
is too large to send, and the length of each matters more than that of all of them together."""

DEFAULT_DURATION_SHARE = Length.parse("15%")
"""Of the video, that its highlights take up at most where `SelectOptions.duration` is not given ..."""

DEFAULT_DURATION_CEILING = Length.parse("60s")
"""... and the longest they then are: what people watch to the end, and what most places for short videos take."""


@dataclass(frozen=True)
class SelectOptions(Checked):
    """How highlights are chosen from scores."""

    duration: Length | None = option(
        None,
        "longest total length of the highlights: 60s, 1:30 or 10% "
        f"(default: {DEFAULT_DURATION_SHARE} of the video, at most {DEFAULT_DURATION_CEILING})",
        metavar="LENGTH",
        parse=Length.parse,
    )
    count: int | None = option(None, "largest number of highlights", metavar="N", parse=int, at_least=1, at_most=9999)
    min_length: Length = option(Length.parse("2s"), "shortest highlight", metavar="LENGTH", parse=Length.parse)
    max_length: Length = option(Length.parse("20s"), "longest highlight", metavar="LENGTH", parse=Length.parse)
    order: str = option("time", "in which order the highlights are shown", choices=("time", "score"))
    policy: str = option("budget", "how highlights are chosen from scores", metavar="NAME")


@dataclass(frozen=True)
class ExportOptions(Checked):
    """How results are written."""

    codec: str = option(
        "auto",
        "video codec of the reel; auto takes H.264, and HEVC Main 10 for sources of more than 8 bits",
        choices=("auto", "h264", "hevc"),
    )
    crf: int | None = option(
        None,
        "constant rate factor, lower is better (default: 20 for H.264, 22 for HEVC)",
        metavar="N",
        parse=int,
        at_least=0,
        at_most=51,
    )
    preset: str = option(
        "medium",
        "the encoder's balance of speed and size",
        choices=(
            "ultrafast",
            "superfast",
            "veryfast",
            "faster",
            "fast",
            "medium",
            "slow",
            "slower",
            "veryslow",
        ),
    )
    background: str = option(
        "black",
        "what a reel shows where the video is transparent: a colour's name, as black or skyblue, or #rrggbb",
        metavar="COLOUR",
        parse=parse_background,
    )
    transition: str = option("cut", "what joins two highlights", choices=("cut", "crossfade"))
    overwrite: bool = option(False, "replace an output that is there already", in_project=False)
    ffmpeg: str | None = option(
        None,
        "the ffmpeg program that encodes: a file, or a name on PATH (default: the one in the package imageio-ffmpeg, "
        "or on PATH where that has none for this platform)",
        metavar="FILE|NAME",
        parse=name_or_file,
        in_project=False,
    )
    handles: Length | None = option(
        None,
        "lengthen each part of a timeline by this much at both ends, as far as the file goes; an editor reaches the "
        "whole file without it too (default: none)",
        metavar="LENGTH",
        parse=Length.parse,
    )
    markers: bool = option(False, "mark each highlight in a timeline with its score and the reason")
    fcpxml_version: str = option(
        "1.10",
        "of the FCPXML file; Resolve 18 reads up to 1.10",
        choices=("1.8", "1.9", "1.10", "1.11"),
    )
    chapters_of: str = option(
        "auto",
        "whose times chapters have: the source's, or the reel's; auto takes the source's where there is one source",
        choices=("auto", "source", "reel"),
    )
    verify: bool = option(True, "read each timeline again after writing it, and check it against the media it names")
    width: int | None = option(
        None,
        "width of a GIF in pixels, at most that of the video (default: longer side 480)",
        metavar="N",
        parse=int,
        at_least=1,
        at_most=4096,
    )
    fps: Fraction | None = option(
        None,
        "frames/s of a GIF, at most those of the video; unless given, every n-th frame is taken, so that movement is "
        "even (default: about 15)",
        metavar="N",
        parse=parse_rate,
        at_least=1,
        at_most=50,
    )
    dither: str = option(
        "bayer",
        "how a GIF mixes the colours of its palette; sierra2_4a and floyd_steinberg are finer, up to twice as large",
        choices=("bayer", "sierra2_4a", "floyd_steinberg", "none"),
    )
    max_bytes: int | None = option(
        None,
        "largest size of each GIF, as 8MB or 500k; picture and rate become smaller until it fits (default: any)",
        metavar="SIZE",
        parse=parse_bytes,
        at_least=1,
    )
    loop: int = option(
        0, "how often a GIF is played; 0 is without end", metavar="N", parse=int, at_least=0, at_most=65535
    )


@dataclass(frozen=True)
class BatchOptions(Checked):
    """How the tasks of a batch are run, and how its montage is ordered."""

    video_order: str = option(
        "name",
        "in which order --combined shows videos: by their names, or by when they were recorded, as the files say",
        choices=("name", "recorded"),
    )
    executor: str = option(
        "local",
        "what runs the tasks; local: processes on this computer; a plugin may bring others",
        metavar="NAME",
        in_project=False,
    )
    executor_options: str | None = option(
        None,
        "settings of the executor's own, which its documentation names",
        metavar="NAME=VALUE[,...]",
        in_project=False,
    )
    jobs: int | None = option(
        None,
        "how many videos are worked on at once (default: by cores and memory)",
        metavar="N",
        parse=int,
        at_least=1,
        at_most=4096,
        in_project=False,
    )
    timeout: Length | None = option(
        None,
        "longest time that one video may take before it counts as failed: 600s or 1:30:00 (default: any)",
        metavar="LENGTH",
        parse=Length.parse,
    )
    scratch: Path | None = option(
        None,
        "a directory that gets a subdirectory for temporary copies of videos at addresses such as s3:// "
        "(default: the system's directory for temporary files)",
        metavar="DIRECTORY",
        parse=Path,
        in_project=False,
    )
    scratch_size: int = option(
        50_000,
        "largest size of the temporary copies of one computer, in MB; a larger video is refused",
        metavar="MB",
        parse=int,
        at_least=1,
        in_project=False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.settings  # noqa: B018 -- said now, not when the work has begun

    @property
    def settings(self) -> dict[str, str]:
        """`executor_options` by name."""
        return parse_settings(self.executor_options or "")


@dataclass(frozen=True)
class Options:
    """All options of a run, by stage."""

    sample: SampleOptions = field(default_factory=SampleOptions)
    extract: ExtractOptions = field(default_factory=ExtractOptions)
    sound: SoundOptions = field(default_factory=SoundOptions)
    score: ScoreOptions = field(default_factory=ScoreOptions)
    select: SelectOptions = field(default_factory=SelectOptions)
    export: ExportOptions = field(default_factory=ExportOptions)
    batch: BatchOptions = field(default_factory=BatchOptions)

    @classmethod
    def of(cls, **values: Any) -> Options:
        """Options from names and values, as ``Options.of(duration="30s", device="cpu")``.

        Values may be of the option's own type, or words as on the command line.

        Raises:
            OptionError: a name that no option has, or a value that its option does not allow.
        """
        return Options().replace(**values)

    def replace(self, **values: Any) -> Options:
        """A copy in which the named options have new values; see `of`."""
        by_stage: dict[str, dict[str, Any]] = {}
        known = {spec.name: (stage, spec) for stage, spec in option_fields()}
        for name, value in values.items():
            if name not in known:
                raise OptionError(f"no option is called {name!r}", _similar(name, known))
            stage, spec = known[name]
            by_stage.setdefault(stage, {})[name] = parse_value(spec, value)
        stages = {stage: dataclasses.replace(getattr(self, stage), **new) for stage, new in by_stage.items()}
        return dataclasses.replace(self, **stages)

    def get(self, name: str) -> Any:
        """The value of the option called `name` (underscores)."""
        stage = next(stage for stage, spec in option_fields() if spec.name == name)
        return getattr(getattr(self, stage), name)


def option_fields() -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    """Every option with the stage it belongs to, in the order in which help lists them."""
    defaults = Options()
    for stage in dataclasses.fields(Options):
        for spec in dataclasses.fields(getattr(defaults, stage.name)):
            yield stage.name, spec


def option_flag(name: str) -> str:
    """How the option is written on the command line."""
    return f"--{name.replace('_', '-')}"


def parse_value(spec: dataclasses.Field[Any], value: Any) -> Any:
    """A value of one option, from the option's own type, a word, or a TOML value.

    Raises:
        OptionError: it cannot be read; the message names the option.
    """
    flag = option_flag(spec.name)
    default = spec.default
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise OptionError(f"{flag} is true or false, not {value!r}")
        return value
    if value is None:
        if default is not None:
            raise OptionError(f"{flag} needs a value")
        return None
    if isinstance(value, bool):
        raise OptionError(f"{flag} needs a value, not {str(value).lower()}")
    parse = spec.metadata["parse"]
    as_it_is = parse == Length.parse and isinstance(value, Length | int | float | Fraction)
    try:
        return parse(value if as_it_is else str(value))
    except ValueError:
        raise OptionError(f"{flag} cannot be {value!r}") from None
    except OptionError as error:
        raise OptionError(f"{flag}: {error.problem}", error.hint) from None


def _similar(name: str, known: Mapping[str, object]) -> str:
    import difflib  # noqa: PLC0415 -- only for a message

    close = difflib.get_close_matches(name.replace("-", "_"), known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(known))}"


@dataclass(frozen=True)
class Layered:
    """Options together with where each that is not a built-in default came from.

    Args:
        options: the values.
        sources: option name -> the file (or ``command line``) that set it.
    """

    options: Options
    sources: Mapping[str, str]

    def with_defaults(self, defaults: Mapping[str, Any]) -> Options:
        """The options with other defaults: each holds where neither a file nor the command line sets the option."""
        return self.options.replace(**{name: value for name, value in defaults.items() if name not in self.sources})

    def replace(self, **values: Any) -> Layered:
        """A copy in which the named options have new values, which no defaults change."""
        return Layered(self.options.replace(**values), {**self.sources, **dict.fromkeys(values, "program")})


def load(explicit: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Layered:
    """Options from, in rising order: built-in defaults, the user's file, the project's file, ``--config``, overrides.

    Between the files and the overrides stands ``AUTOHIGHLIGHT_FFMPEG``, for the option ``ffmpeg``.

    A path in a file is relative to the directory that the file is in; ``~`` is the user's home. The project's file may
    set only what `option` lets it, unless `explicit` names it.

    Args:
        explicit: a TOML file to read above the others; it must exist.
        overrides: names and values from the command line.

    Raises:
        OptionError: a file that is not TOML, an unknown name, a value that is not allowed, or an option that the
            project's file may not set; the message names the file.
    """
    options, sources = Options(), dict[str, str]()
    for file in _config_files(explicit):
        values = _read_toml(file)
        try:
            if file == Path(PROJECT_FILE) and file != explicit:
                _check_project(values)
            options = options.replace(**_with_paths(values, file.parent))
        except OptionError as error:
            raise OptionError(f"{printable(file)}: {error.problem}", error.hint) from None
        sources.update(dict.fromkeys(values, str(file)))
    if program := os.environ.get(FFMPEG_VARIABLE):
        options = options.replace(ffmpeg=program)
        sources["ffmpeg"] = FFMPEG_VARIABLE
    if overrides:
        options = options.replace(**overrides)
        sources.update(dict.fromkeys(overrides, "command line"))
    return Layered(options, sources)


def _config_files(explicit: Path | None) -> list[Path]:
    """The files that are there, in rising order; the project's once, even where `explicit` names it."""
    files = [file for file in (user_config_file(), Path(PROJECT_FILE)) if file.is_file()]
    if explicit is None:
        return files
    if not explicit.is_file():
        raise OptionError(f"the configuration file {printable(explicit)} is not there")
    return [*(file for file in files if not file.samefile(explicit)), explicit]


def _check_project(values: Mapping[str, Any]) -> None:
    """Refuses what a file must not decide that is read only because it lies in the working directory."""
    user_only = {spec.name for _, spec in option_fields() if not spec.metadata["in_project"]}
    refused = [name.replace("_", "-") for name in values if name in user_only]
    if refused:
        raise OptionError(
            f"a project's file cannot set {', '.join(refused)}",
            f"move it to your own file {printable(user_config_file())}, give it on the command line, or, if you trust "
            f"the file, give --config {PROJECT_FILE}",
        )
    for name, word in _paths(values):
        if word.replace("\\", "/").startswith("//"):  # Windows would log on to that computer to look
            raise OptionError(f"{name.replace('_', '-')} = {word!r} is on another computer", "copy the file here")


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text("utf-8-sig"))  # some editors put a byte order mark before the text
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{printable(file)} is not valid TOML: {error}") from None
    except OSError as error:
        raise OptionError(f"cannot read {printable(file)}: {error.strerror}") from None
    for name, value in table.items():
        if isinstance(value, dict):
            problem = f"{printable(file)}: options stand in no table, so [{printable(name)}] is not one"
            raise OptionError(problem, 'write one option a line at the top, as duration = "30s"')
    return {name.replace("-", "_"): value for name, value in table.items()}


def _paths(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The options among `values` that are or may be paths, and their words."""
    for _, spec in option_fields():
        if spec.metadata["parse"] in (Path, name_or_file) and isinstance(values.get(spec.name), str):
            yield spec.name, values[spec.name]


def _with_paths(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The values of a file in `folder`, with its paths relative to the working directory."""
    parsers = {spec.name: spec.metadata["parse"] for _, spec in option_fields()}
    placed = dict(values)
    for name, word in _paths(values):
        path = folder / os.path.expanduser(word)  # noqa: PTH111 -- Path.expanduser raises where there is no such user
        if parsers[name] is Path:
            placed[name] = path
        elif "/" in word or os.sep in word or path.is_file():
            placed[name] = str(path)
    return placed
