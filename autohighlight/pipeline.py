"""Joins the stages; each arrow of the data flow is one function, and the whole is `highlight`.

    file -> MediaInfo -> Clips -> FeatureTrack -> ScoreTrack -> Selection -> Timeline -> files

Knows neither the command line nor the terminal.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autohighlight.config import AudioTracks, ExportOptions, Options, SelectOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import OptionError, VerifyError
from autohighlight.files import check_destination, hidden_beside, move_into_place
from autohighlight.plugins import Exporter, Faults, Plugins, TimelineVerifier, TimelineWriter, timeline_built
from autohighlight.scorers import check_selector
from autohighlight.scorers.combined import find_scorer
from autohighlight.times import Length
from autohighlight.types import FeatureTrack, MediaInfo, Progress, ProgressCallback, ScoreTrack, Selection

if TYPE_CHECKING:
    from autohighlight.selection.filling import Chosen
    from autohighlight.timeline.build import FormatOf
    from autohighlight.timeline.model import Timeline


_LOG = logging.getLogger(__name__)


def no_progress(progress: Progress) -> None:
    """A progress callback for those who do not want to know."""


def _usual_plugins() -> Plugins:
    """The plugins where nobody hands any over; what is wrong with one is logged, as nobody else would say it."""
    plugins = load_plugins()
    for error in plugins.errors:
        _LOG.warning("%s", error)
    return plugins


@dataclass(frozen=True, eq=False)
class Analysis:
    """All that is known of one video before anything is chosen.

    Args:
        media: the file.
        features: what was measured of each clip.
        scores: how much each clip matters.
    """

    media: MediaInfo
    features: FeatureTrack
    scores: ScoreTrack


def probe(video: Path | str, options: Options | None = None) -> MediaInfo:
    """What the container says of the video.

    Args:
        video: the file.
        options: say what it may have at most, and which of its sound tracks are used; the defaults if None.

    Raises:
        InputError: the file cannot be read, is no video, has no video stream, has more of something than is allowed, or
            lacks a sound track that is asked for.
    """
    from autohighlight.media.probe import probe as probe_file

    options = options or Options()
    return probe_file(Path(video), options.extract.limits, options.sound.audio_tracks)


def extract(
    media: MediaInfo,
    options: Options | None = None,
    *,
    plugins: Plugins | None = None,
    progress: ProgressCallback = no_progress,
) -> FeatureTrack:
    """The features of each clip, from the cache where they are kept, else by decoding the video once.

    They name the video, as `FeatureTrack.media`, whose gaps are then all that are known.

    Args:
        media: a probed file.
        options: see `autohighlight.config`; the defaults if None.
        plugins: the built-in and installed ones if None.
        progress: is told how far the work has come.

    Raises:
        InputError: nothing of the video can be decoded.
        WeightsError: the backbone's weights are missing or wrong.
        DependencyError: the device asked for is not there.
    """
    from autohighlight.features.cache import FeatureCache
    from autohighlight.features.extract import extract_features
    from autohighlight.media.gaps import joined

    options, plugins = options or Options(), plugins or _usual_plugins()
    clips = plugins.clip_samplers[options.sample.clip_sampler](media, options.sample)
    factory = plugins.backbones[options.extract.backbone]
    cache = FeatureCache.from_options(options.extract)
    track = extract_features(media, clips, factory, options.extract, cache=cache, progress=progress)
    if track.undecoded:
        media = dataclasses.replace(media, gaps=joined(track.undecoded, media))
    return dataclasses.replace(track, media=media)  # not kept in the cache: the same file may lie elsewhere by then


def check_options(options: Options, plugins: Plugins) -> None:
    """Refuses, before any work is done, names that nothing has and values that contradict each other.

    Raises:
        OptionError: see above.
    """
    from autohighlight.selection.budget import check_lengths

    find_scorer(options.score.scorer_name, plugins.scorers)
    check_selector(options.score)
    check_lengths(options.select)
    for registry, name in (
        (plugins.clip_samplers, options.sample.clip_sampler),
        (plugins.backbones, options.extract.backbone),
        (plugins.selection_policies, options.select.policy),
    ):
        registry[name]  # raises


def analyse(
    video: Path | str,
    options: Options | None = None,
    *,
    plugins: Plugins | None = None,
    progress: ProgressCallback = no_progress,
) -> Analysis:
    """Measures and scores every clip of a video.

    Args:
        video: the file.
        options: see `autohighlight.config`; the defaults if None.
        plugins: what backbones, scorers, ... are made of; the built-in and installed ones if None.
        progress: is told how far the work has come.

    Raises:
        AutohighlightError: see `autohighlight.errors`.
    """
    from autohighlight.media.remarks import picture_remarks

    options, plugins = options or Options(), plugins or _usual_plugins()
    check_options(options, plugins)
    scorer = find_scorer(options.score.scorer_name, plugins.scorers)
    progress(Progress("probe", 0, None))
    media = probe(video, options)
    for line in picture_remarks(media):
        _LOG.warning("%s", line)
    features = extract(media, options, plugins=plugins, progress=progress)
    progress(Progress("score", 0, None, "clips"))
    return Analysis(features.media or media, features, scorer(features, options.score))


def select(
    analysis: Analysis,
    options: Options | None = None,
    *,
    plugins: Plugins | None = None,
    exporter: str | None = None,
) -> Selection:
    """Chooses highlights by the scores of an analysis.

    Args:
        analysis: of the video.
        options: see `autohighlight.config`; the defaults if None.
        plugins: the built-in and installed ones if None.
        exporter: the form that they are for: in a reel with crossfades, more highlights are as long together. None: the
            form does not matter.
    """
    from autohighlight.selection.budget import limits_of

    options, plugins = options or Options(), plugins or _usual_plugins()
    policy = plugins.selection_policies[options.select.policy]

    def choose(limits: SelectOptions) -> tuple[Selection]:
        return (policy(analysis.media, analysis.scores, analysis.features.shot_boundaries, limits),)

    if exporter is None:
        return choose(options.select)[0]
    allowed = limits_of(analysis.media, options.select).budget
    return filled_for(plugins.exporters[exporter], choose, allowed, options)[0]


def filled_for(
    form: Exporter,
    choose: Callable[[SelectOptions], Chosen],
    allowed: Fraction,
    options: Options,
    *,
    format_of: FormatOf = "first",
) -> Chosen:
    """What `choose` gives; where the form shows it for less long than it is, enough more.

    Args:
        form: that it is for.
        choose: gives the choice under given limits.
        allowed: for how many seconds it may be shown.
        options: of the run.
        format_of: as in `timeline.build.build_timeline`.
    """
    from autohighlight.selection.filling import filled
    from autohighlight.timeline.build import build_timeline

    def shown(some: Chosen) -> Fraction:
        return _shown(form, build_timeline(*some, format_of=format_of), options) if any(some) else Fraction(0)

    chosen = choose(options.select)
    if not any(chosen) or shown(chosen) == build_timeline(*chosen, format_of=format_of).duration:
        return chosen

    def choose_within(budget: Fraction) -> Chosen:
        return chosen if budget == allowed else choose(dataclasses.replace(options.select, duration=Length(budget)))

    return filled(choose_within, shown, allowed, options.select)


def shown_as(exporter: str, selections: Sequence[Selection], options: Options, plugins: Plugins) -> Fraction:
    """For how many seconds selections are shown once they are written, one after the other, in a form."""
    if not any(selections):
        return Fraction(0)
    return _shown(plugins.exporters[exporter], build(*selections, plugins=plugins), options)


def _shown(form: Exporter, timeline: Timeline, options: Options) -> Fraction:
    return timeline.duration if form.duration is None else form.duration(timeline, options.export)


def film_among(forms: Iterable[str], plugins: Plugins) -> str | None:
    """The first of some forms that tells for how long it is shown; the others are to hold the same highlights."""
    return next((name for name in forms if plugins.exporters[name].duration is not None), None)


def score(video: Path | str, **options: Any) -> ScoreTrack:
    """The score of every clip of a video.

    Args:
        video: the file.
        options: as on the command line, with underscores: ``clip_length="100f"``, ``scorer="contrastive"``.

    Raises:
        AutohighlightError: see `autohighlight.errors`.
    """
    return analyse(video, Options.of(**options)).scores


def highlight(video: Path | str, **options: Any) -> Selection:
    """The highlights of a video.

    Args:
        video: the file.
        options: as on the command line, with underscores: ``duration=30``, ``count=5``, ``speed="fast"``.

    Raises:
        AutohighlightError: see `autohighlight.errors`.
    """
    chosen, plugins = Options.of(**options), _usual_plugins()
    return select(analyse(video, chosen, plugins=plugins), chosen, plugins=plugins, exporter="reel")


def build(
    *selections: Selection,
    handles: Length | None = None,
    name: str = "",
    format_of: FormatOf = "first",
    plugins: Plugins | None = None,
) -> Timeline:
    """Lays selections, one for each video, on the frames of one timeline; see `autohighlight.timeline.build`.

    Plugins may then change it, one after the other (hook ``autohighlight_timeline_built``).

    Raises:
        OptionError: nothing was chosen from any.
        PluginError: a plugin fails, or makes something else of the timeline.
    """
    from autohighlight.timeline.build import build_timeline

    if not any(selections):
        names = ", ".join(selection.media.path.name for selection in selections) or "no video"
        raise OptionError(f"nothing was chosen from {names}", "allow a longer --duration")
    timeline = build_timeline(*selections, handles=handles, name=name, format_of=format_of)
    return timeline_built(plugins or _usual_plugins(), timeline, selections)


def write(
    selection: Selection,
    path: Path | str,
    exporter: str = "reel",
    *,
    options: Options | None = None,
    plugins: Plugins | None = None,
    progress: ProgressCallback = no_progress,
) -> list[Path]:
    """Writes a selection as files and returns their paths.

    Args:
        selection: what to write.
        path: the file to write.
        exporter: which form: ``reel``, or one that a plugin brings.
        options: see `autohighlight.config`; the defaults if None.
        plugins: the built-in and installed ones if None.
        progress: is told how far the work has come.

    Raises:
        OutputError: it cannot be written; nothing was left behind.
    """
    options, plugins = options or Options(), plugins or _usual_plugins()
    handles = None if plugins.exporters[exporter].renders else options.export.handles
    timeline = build(selection, handles=handles, plugins=plugins)
    return write_timeline(timeline, path, exporter, options=options, plugins=plugins, progress=progress)


def write_timeline(
    timeline: Timeline,
    path: Path | str,
    exporter: str,
    *,
    options: Options | None = None,
    plugins: Plugins | None = None,
    progress: ProgressCallback = no_progress,
) -> list[Path]:
    """As `write`, from a timeline, as `build` lays one of several videos.

    What points into the sources is read again and checked before it gets its name, unless the options say otherwise; a
    file that is there is kept until then.

    Raises:
        InputError: a source is not what it was when it was probed, or lacks a sound track that is asked for.
        OutputError: it cannot be written; nothing was left behind.
        VerifyError: it would not be right; what was there is kept.
    """
    from autohighlight.media.source import check_unchanged

    options, plugins = options or Options(), plugins or _usual_plugins()
    form = plugins.exporters[exporter]
    for media in {part.media.path: part.media for part in timeline.parts}.values():
        check_unchanged(media)
    timeline = _with_sound(timeline, options.sound.audio_tracks)
    if form.verify is None or not options.export.verify:
        return form.write(timeline, Path(path), options.export, progress)
    return _write_verified(timeline, Path(path), form.write, form.verify, options.export, progress)


def _with_sound(timeline: Timeline, wanted: AudioTracks | None) -> Timeline:
    """The timeline with other sound tracks in use; None leaves those that were chosen when its sources were probed."""
    from autohighlight.media.sound_tracks import with_sound

    if wanted is None:
        return timeline
    sources = {s: dataclasses.replace(s, media=with_sound(s.media, wanted)) for s in timeline.sources}
    parts = tuple(dataclasses.replace(part, source=sources[part.source]) for part in timeline.parts)
    return dataclasses.replace(timeline, parts=parts)


def _write_verified(
    timeline: Timeline,
    path: Path,
    write: TimelineWriter,
    verify: TimelineVerifier,
    options: ExportOptions,
    progress: ProgressCallback,
) -> list[Path]:
    """Writes a timeline in a hidden directory, and moves its files into place once they were found to be right."""
    check_destination(path, overwrite=True)  # whether there is a directory; what is there is looked at later
    with hidden_beside(path) as folder:
        files = write(timeline, folder / path.name, options, progress)
        for file in files:
            _check_written(file, verify(file, timeline))
        places = [path.with_name(file.name) for file in files]
        for place in places:
            for source in {part.media.path for part in timeline.parts}:
                check_destination(place, source=source, overwrite=options.overwrite)
            check_destination(place, overwrite=options.overwrite)
        for file, place in zip(files, places, strict=True):
            move_into_place(file, place, overwrite=options.overwrite)
    return places


def _check_written(file: Path, faults: Faults) -> None:
    for warning in faults.warnings:
        _LOG.warning("%s: %s", file.name, warning)
    if faults.errors:
        problem = f"would not be right, so it is not written: {faults.errors[0]}"
        raise VerifyError(file, problem, "--no-verify writes it all the same")
