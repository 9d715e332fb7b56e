"""What an exporter has to keep to: see `autohighlight.plugins.Exporter`."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from autohighlight import pipeline
from autohighlight.config import ExportOptions, Options, SelectOptions
from autohighlight.errors import AutohighlightError, OutputExistsError
from autohighlight.plugins import Exporter
from autohighlight.testing.examples import example_timeline, write_example_video
from autohighlight.testing.state import Contract, assert_says_why, process_left_alone
from autohighlight.timeline.model import Timeline
from autohighlight.types import Progress

_VIDEOS: list[Path] = []
"""The example's source, once it was made."""


class ExporterContract(Contract):
    """Tests of an exporter; a subclass says in `factory` which.

    They write three highlights of a real video of 8 s with sound, 128 x 96 at 25 frames/s.

    Attributes:
        is_reproducible: whether the same timeline, written twice, gives the same bytes.
    """

    is_reproducible: bool = True

    def factory(self) -> Exporter:
        """What the plugin registers."""
        raise NotImplementedError(f"{type(self).__name__} does not say what to test: define factory()")

    @pytest.fixture
    def video(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """The source, in a folder of its own, made once for all tests; it must not be changed."""
        if not _VIDEOS:
            _VIDEOS.append(write_example_video(tmp_path_factory.mktemp("source") / "über 100% 'long' & wide.mp4"))
        return _VIDEOS[0]

    @pytest.fixture
    def timeline(self, video: Path) -> Timeline:
        """What is written."""
        return example_timeline(pipeline.probe(video))

    @pytest.fixture
    def options(self) -> ExportOptions:
        """What the exporter is given."""
        return ExportOptions()

    @pytest.fixture
    def destination(self, tmp_path: Path) -> Path:
        """Where it is written, in an empty folder."""
        folder = tmp_path / "result & more"
        folder.mkdir()
        return folder / f"über 100%{self.factory().suffixes[0]}"

    def test_it_says_what_it_is(self) -> None:
        exporter = self.factory()
        assert exporter.suffixes, "it names no suffix"
        for suffix in exporter.suffixes:
            assert suffix.startswith("."), f"the suffix {suffix!r} has no dot"
            assert suffix == suffix.lower(), f"the suffix {suffix!r} is not in lower case"
            assert len(suffix) > 1, "a suffix is empty"
        assert exporter.summary.strip(), "summary is empty: --help and 'plugins list' print it"
        assert "\n" not in exporter.summary, "summary is more than one line"

    def test_its_defaults_are_of_selection_options(self) -> None:
        defaults = dict(self.factory().defaults)
        known = {spec.name for spec in dataclasses.fields(SelectOptions)}
        assert defaults.keys() <= known, f"defaults may be of {', '.join(sorted(known))} alone"
        Options.of(**defaults)  # raises where a value is not allowed

    def test_it_reads_the_options_that_it_names(
        self, timeline: Timeline, destination: Path, options: ExportOptions
    ) -> None:
        named = self.factory().options
        known = {spec.name for spec in dataclasses.fields(ExportOptions)}
        if named is None:
            return
        assert named <= known, f"options may be of {', '.join(sorted(known))} alone"
        read = set[str]()

        class Watched(ExportOptions):
            def __getattribute__(self, name: str) -> object:
                read.add(name)
                return super().__getattribute__(name)

        watched = Watched(**{name: getattr(options, name) for name in known})
        read.clear()
        self._write(timeline, destination, watched)
        unnamed = read & known - named - {"overwrite"}
        assert not unnamed, f"it reads {', '.join(sorted(unnamed))}, which its options do not name"

    def test_it_writes_just_the_files_that_it_names(
        self, timeline: Timeline, destination: Path, options: ExportOptions
    ) -> None:
        written = self._write(timeline, destination, options)
        assert written, "it names no file"
        assert len(set(written)) == len(written), "it names a file twice"
        assert set(destination.parent.iterdir()) == set(written), "the folder holds other files than it names"
        for path in written:
            assert path.stat().st_size > 0, f"{path.name} is empty"
            assert path.suffix.lower() in self.factory().suffixes, f"{path.name} has another suffix than was said"

    def test_its_verifier_finds_nothing_wrong(
        self, timeline: Timeline, destination: Path, options: ExportOptions
    ) -> None:
        verify = self.factory().verify
        for path in self._write(timeline, destination, options) if verify is not None else ():
            assert verify is not None
            assert verify(path, timeline).errors == ()

    def test_its_verifier_finds_a_file_that_is_empty(
        self, timeline: Timeline, destination: Path, options: ExportOptions
    ) -> None:
        verify = self.factory().verify
        for path in self._write(timeline, destination, options) if verify is not None else ():
            assert verify is not None
            path.write_bytes(b"")
            try:
                assert verify(path, timeline).errors, f"{path.name} is empty, and is taken for right"
            except AutohighlightError as error:
                assert_says_why(error)

    def test_the_same_timeline_gives_the_same_files(
        self, timeline: Timeline, destination: Path, options: ExportOptions
    ) -> None:
        once = {path.name: path.read_bytes() for path in self._write(timeline, destination, options)}
        other = destination.parent.with_name("again")
        other.mkdir()
        again = {path.name: path.read_bytes() for path in self._write(timeline, other / destination.name, options)}
        assert again.keys() == once.keys()
        if self.is_reproducible:
            assert again == once, "the files differ from one time to the next"

    def test_a_file_that_is_there_is_not_replaced(
        self, timeline: Timeline, destination: Path, options: ExportOptions
    ) -> None:
        for path in self._write(timeline, destination, options):
            path.write_bytes(b"precious")
        before = self._contents(destination)
        with pytest.raises(OutputExistsError):
            self._write(timeline, destination, options)
        assert self._contents(destination) == before, "a file that was there has changed"

    def test_a_file_that_is_there_is_replaced_on_request(
        self, timeline: Timeline, destination: Path, options: ExportOptions
    ) -> None:
        for path in self._write(timeline, destination, options):
            path.write_bytes(b"old")
        for path in self._write(timeline, destination, dataclasses.replace(options, overwrite=True)):
            assert path.read_bytes() != b"old", f"{path.name} was not replaced"

    def test_a_folder_that_is_not_there_is_said(
        self, timeline: Timeline, destination: Path, options: ExportOptions
    ) -> None:
        missing = destination.parent / "missing"
        with pytest.raises(AutohighlightError):
            self._write(timeline, missing / destination.name, options)
        assert not missing.exists(), "it made the folder"

    def test_the_sources_are_only_read(
        self, timeline: Timeline, video: Path, destination: Path, options: ExportOptions
    ) -> None:
        def state() -> list[tuple[str, int, int]]:
            files = sorted(video.parent.iterdir())
            return [(file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files]

        before = state()
        self._write(timeline, destination, options)
        assert state() == before, "the folder of the source has changed"

    def test_it_changes_nothing_for_the_rest_of_the_program(
        self, timeline: Timeline, destination: Path, options: ExportOptions
    ) -> None:
        with process_left_alone():
            self._write(timeline, destination, options)

    def test_it_can_be_sent_to_a_worker(self) -> None:
        exporter = pickle.loads(pickle.dumps(self.factory()))  # noqa: S301 -- our own bytes
        assert exporter.suffixes == self.factory().suffixes

    def _write(self, timeline: Timeline, path: Path, options: ExportOptions) -> list[Path]:
        told: list[Progress] = []
        written = self.factory().write(timeline, path, options, told.append)
        assert all(isinstance(each, Progress) for each in told), "it tells of something that is no Progress"
        return written

    @staticmethod
    def _contents(destination: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in destination.parent.iterdir()}
