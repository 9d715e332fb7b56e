"""Which forms of a timeline a command line asks for, and where each goes."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.answers import EDITORS
from autohighlight.cli.arguments import given_options
from autohighlight.cli.session import Session
from autohighlight.config import RESULT_SUFFIX, ExportOptions, Layered, Options, SelectOptions, option_flag
from autohighlight.errors import AutohighlightError, FormatError, OptionError, VerifyError, printable
from autohighlight.files import check_destination
from autohighlight.plugins import Exporter

if TYPE_CHECKING:
    from autohighlight.pipeline import Analysis
    from autohighlight.types import Selection


def asked_for(words: Sequence[str], exporters: Mapping[str, Exporter]) -> list[str]:
    """The names of exporters in words like ``edl,fcpxml``, each once; an editor's name means the format for it.

    Raises:
        OptionError: no exporter has one of the names.
    """
    names = [name.strip() for word in words for name in word.split(",") if name.strip()]
    names = [name if name in exporters else EDITORS.get(name, name) for name in names]
    for name in names:
        exporters[name]
    return list(dict.fromkeys(names))


def by_suffix(path: Path, exporters: Mapping[str, Exporter]) -> str:
    """The name of the one exporter that writes files with that suffix.

    Raises:
        OptionError: none does, or several do.
    """
    names = [name for name, exporter in exporters.items() if path.suffix.lower() in exporter.suffixes]
    if len(names) == 1:
        return names[0]
    known = ", ".join(exporters)
    if names:
        raise OptionError(f"{printable(path.name)} may be {' or '.join(names)}", f"say which: --to {names[0]}")
    raise OptionError(f"the suffix of {printable(path.name)} does not say which form to write", f"give --to: {known}")


def destinations(
    names: Sequence[str], output: Path | None, video: Path, exporters: Mapping[str, Exporter]
) -> dict[str, Path]:
    """Where each form goes: name of the exporter -> file.

    Args:
        names: of exporters; if empty, `output` says by its suffix which one.
        output: a file, for one form; a folder, for any number; beside the video if None.
        video: the source, the first of several.
        exporters: by name.

    Raises:
        OptionError: it is not said which form, one file is named for several, or its suffix says another form.
    """
    if output is not None and not output.is_dir():
        chosen = list(names) or [by_suffix(output, exporters)]
        if len(chosen) > 1:
            raise OptionError(
                f"{len(chosen)} forms cannot be one file", f"name a folder that is there with -o, not {output}"
            )
        _check_suffix(output, chosen[0], exporters)
        return {chosen[0]: output}
    if not names:
        raise OptionError("which form to write was not said", f"give --to: {', '.join(exporters)}")
    stem = (output or video.parent) / f"{video.stem}{RESULT_SUFFIX}"
    suffixes = {name: exporters[name].suffixes[0] for name in names}
    count = Counter(suffixes.values())
    return {
        name: Path(f"{stem}{suffix}" if count[suffix] == 1 else f"{stem}.{name}{suffix}")
        for name, suffix in suffixes.items()
    }


_SHARED_SUFFIXES = frozenset({".txt", ".xml", ".json"})
"""Of text, whoever wrote it; one of these says nothing of the form."""


def _check_suffix(output: Path, name: str, exporters: Mapping[str, Exporter]) -> None:
    suffix, usual = output.suffix.lower(), exporters[name].suffixes
    if suffix in usual or suffix in _SHARED_SUFFIXES:
        return
    others = [other for other, exporter in exporters.items() if suffix in exporter.suffixes]
    if others or not suffix:
        what = f"names {others[0]}" if others else "has no suffix, and is no folder that is there"
        raise OptionError(
            f"--to {name} writes {usual[0]}, and {printable(output.name)} {what}", f"end it in {usual[0]}"
        )


def check_places(places: Mapping[str, Path], videos: Sequence[Path], *, overwrite: bool) -> None:
    """Makes sure, before any work is done, that each form can be written where it goes."""
    for path in places.values():
        for video in videos:
            check_destination(path, source=video, overwrite=overwrite)


def check_options(layered: Layered, forms: Sequence[str], session: Session) -> None:
    """Refuses, before any work is done, options that some form cannot be written with.

    Raises:
        OptionError: see `pipeline.check_options`.
    """
    from autohighlight import pipeline

    for form in forms:
        options = layered.with_defaults(session.plugins.exporters[form].defaults)
        pipeline.check_options(options, session.plugins)


def warn_of_idle_options(arguments: argparse.Namespace, forms: Sequence[str], session: Session) -> None:
    """Warns of each option on the command line that changes nothing, since no form that is written reads it.

    Args:
        arguments: of the command line; what a configuration file says is meant for many commands, and passed over.
        forms: names of the exporters that write something.
        session: where to warn.
    """
    exporters = session.plugins.exporters
    given = given_options(arguments).keys() & {spec.name for spec in fields(ExportOptions)} - {"overwrite"}
    for name in sorted(given):
        if not any(exporters[form].reads(name) for form in forms):
            readers = [form for form, exporter in exporters.items() if exporter.reads(name)]
            session.warn(f"{option_flag(name)} has no effect here: it is for {', '.join(readers)}")


@dataclass
class Choices:
    """The highlights of some videos, chosen once for each set of options that a form needs.

    Args:
        analyses: of the videos.
        session: where each choice is printed when it is first made.
        options: of the run.
        film: the form that those highlights are for which have no options of their own; None: none in particular.
        is_silent: print none.
        made: the choices made so far.
    """

    analyses: Sequence[Analysis]
    session: Session
    options: Options
    film: str | None
    is_silent: bool = False
    made: dict[SelectOptions, tuple[Selection, ...]] = field(default_factory=dict)

    def of(self, options: Options) -> tuple[Selection, ...]:
        """The selections under these options, one a video."""
        if options.select not in self.made:
            self.made[options.select] = tuple(self._choose(analysis, options) for analysis in self.analyses)
        return self.made[options.select]

    def _choose(self, analysis: Analysis, options: Options) -> Selection:
        from autohighlight import pipeline
        from autohighlight.cli.commands.reel import print_highlights

        plugins, film = self.session.plugins, self.film if options.select == self.options.select else None
        selection = pipeline.select(analysis, options, plugins=plugins, exporter=film)
        if not self.is_silent:
            print_highlights(analysis, selection, self.session, film=film, options=options)
        return selection


@dataclass
class Written:
    """What `write_all` has written.

    Args:
        files: in the order of the forms.
        refused: why other forms were not written.
    """

    files: list[Path] = field(default_factory=list)
    refused: list[AutohighlightError] = field(default_factory=list)

    def check(self) -> None:
        """Raises the first reason why a form was not written; to be called when the other files have been told of."""
        for error in self.refused:
            raise error


def write_all(choices: Choices, places: Mapping[str, Path], layered: Layered, session: Session) -> Written:
    """Writes one timeline of all videos in each form, and warns of what it had to be content with.

    A form that cannot express the videos does not keep the others from being written.

    Args:
        choices: gives the highlights; a form with defaults of its own, as a GIF, has others than the rest.
        places: name of the exporter -> file.
        layered: the options of the run.
        session: whose plugins are used.
    """
    from autohighlight import pipeline

    written = Written()
    warned: set[str] = set()
    for name, path in places.items():
        exporter = session.plugins.exporters[name]
        options = layered.with_defaults(exporter.defaults)
        handles = None if exporter.renders else options.export.handles
        timeline = pipeline.build(*choices.of(options), handles=handles, plugins=session.plugins)
        for warning in timeline.warnings:
            if not exporter.renders and warning not in warned:  # they are about editing software
                warned.add(warning)
                session.warn(warning)
        try:
            with session.progress() as progress:
                files = pipeline.write_timeline(
                    timeline, path, name, options=options, plugins=session.plugins, progress=progress
                )
        except (FormatError, VerifyError) as error:
            written.refused.append(error)
            continue
        session.written += files
        written.files += files
    return written
