"""What somebody asks of a batch, and the plan that it comes to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autohighlight.batch import remote
from autohighlight.batch.combined import POLICY
from autohighlight.batch.database import Record
from autohighlight.batch.inputs import FoundInputs, Input, find_inputs
from autohighlight.batch.jobs import Job, Wishes
from autohighlight.batch.outputs import plan_names
from autohighlight.batch.plan import Step, plan
from autohighlight.config import Layered, Options
from autohighlight.discovery import PluginSources
from autohighlight.errors import OptionError
from autohighlight.pipeline import check_options
from autohighlight.plugins import Exporter, Plugins


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Args:
        places: files, folders, patterns and addresses; see `batch.inputs.find_inputs`.
        output: the folder for results, absolute.
        forms: names of exporters, for each video.
        layered: the options of the run, and which of them the user set.
        plugins: where workers load plugins from.
        suffixes: by which videos in folders are known; the usual ones if None.
        montages: over all videos: exporter -> file.
        train_first: whether a selector is fitted to all videos before any is scored.
        retry_failed: whether to try those again that failed before.
    """

    places: tuple[str, ...]
    output: Path
    forms: tuple[str, ...]
    layered: Layered
    plugins: PluginSources = field(default_factory=PluginSources.usual)
    suffixes: tuple[str, ...] | None = None
    montages: Mapping[str, Path] = field(default_factory=dict)
    train_first: bool = False
    retry_failed: bool = False

    @property
    def options(self) -> Options:
        """The options of the run."""
        return self.layered.options

    def options_of(self, exporter: Exporter) -> Options:
        """The options that a form is written with: its own defaults hold where the user says nothing."""
        return self.layered.with_defaults(exporter.defaults)

    def check(self, plugins: Plugins) -> None:
        """Refuses, before any work is done, what cannot be done of any video.

        Raises:
            OptionError: names that nothing has, or values that contradict each other.
        """
        check_options(self.options, plugins)
        for form in (*self.forms, *self.montages):
            check_options(self.options_of(plugins.exporters[form]), plugins)

    def find(self) -> FoundInputs:
        """The videos that there are now.

        Raises:
            InputError: a place is not there.
        """
        written = list(self.montages.values())
        return find_inputs(
            self.places,
            suffixes=self.suffixes,
            exclude=self.output,
            written=written,
            joins_chapters=self.joins_chapters,
        )

    @property
    def joins_chapters(self) -> bool:
        """Whether the chapters of a recording are one video: only one policy chooses over several files."""
        return self.options.select.policy == POLICY


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Args:
        output: the output folder.
        steps: one a video.
        wishes: what is wanted of each.
    """

    output: Path
    steps: tuple[Step, ...]
    wishes: Wishes


def make_job(
    request: Request, each: Input, forms: Mapping[str, Options] | None = None, stem: PurePosixPath | None = None
) -> Job:
    """What is to be done with one video.

    Args:
        request: what is asked for.
        each: the video.
        forms: as in `Job`; none if None, as where the video is only to be measured.
        stem: of its results; plainly after the video if None.
    """
    return Job(
        each.source, stem or each.name, forms or {}, request.options, request.output, request.plugins, each.chapters
    )


def make_plan(
    request: Request, inputs: Sequence[Input], records: Mapping[str, Record], exporters: Mapping[str, Exporter]
) -> Plan:
    """Gives each video its name and decides what there is to do; only looks.

    Args:
        request: what is asked for.
        inputs: the videos.
        records: what became of videos before, by key.
        exporters: by name.

    Raises:
        OptionError: what is asked for cannot be had of a video that lies at an address.
    """
    _check_addresses(request, inputs, exporters)
    stems = plan_names(inputs, {record.source: record.stem for record in records.values()})
    forms = {form: request.options_of(exporters[form]) for form in request.forms}
    jobs = [make_job(request, each, forms, stems[each.source]) for each in inputs]
    wishes = Wishes.of(request.options, forms, exporters)
    return Plan(request.output, plan(jobs, records, wishes, retry_failed=request.retry_failed), wishes)


def _check_addresses(request: Request, inputs: Collection[Input], exporters: Mapping[str, Exporter]) -> None:
    distant = next((each for each in inputs if remote.is_remote(each.source)), None)
    pointing = [form for form in request.forms if not exporters[form].renders]
    if request.train_first:
        what = "training on all videos"
    elif request.montages:
        what = "a montage of all videos"
    elif pointing:
        what = f"a timeline as {pointing[0]}"
    else:
        return
    if distant is not None:
        raise OptionError(
            f"{what} needs them on this computer, and {remote.shown(distant.source)} is at an address",
            "copy the videos first, or ask for reels and GIFs alone",
        )
