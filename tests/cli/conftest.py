"""A pipeline that decodes nothing, so that these tests are about the command line alone."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from autohighlight import pipeline
from autohighlight.cli.main import run
from autohighlight.config import Options
from autohighlight.pipeline import Analysis
from autohighlight.times import TimeRange
from autohighlight.types import Highlight, Progress, Selection
from tests.factories import make_features, make_scores, media_of


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The width and the colours of whoever runs the tests change nothing."""
    for name in ("COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


@dataclass(frozen=True)
class Outcome:
    """What one command line did."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs a command line in this process."""

    def run_command(*words: str | Path) -> Outcome:
        code = run([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run_command


@dataclass
class FakePipeline:
    """Stands in for the stages; each attribute may be changed by a test."""

    reason: str = "more movement than 9 of 10 clips"
    start: int = 0
    num_frames_lost: int = 0
    options: list[Options] = field(default_factory=list)
    failure: BaseException | None = None

    def analyse(self, video: Path, options: Options, *, progress: Callable[..., None], **_: object) -> Analysis:
        """Six clips of 2 s."""
        self.options.append(options)
        progress(Progress("extract", 150, 150))
        if self.failure is not None:
            raise self.failure
        scores = make_scores(
            [0.1, 0.9, 0.2, 0.3, 0.8, 0.0],
            start=self.start,
            scorer=options.score.scorer_name,
            parts={"movement": [0.5] * 6},
        )
        features = make_features(6, num_frames_lost=self.num_frames_lost)
        return Analysis(media_of(scores, path=Path(video)), features, scores)

    def select(self, analysis: Analysis, *_: object, **__: object) -> Selection:
        """The second and the fifth clip."""
        chosen = tuple(
            Highlight(
                TimeRange(Fraction(start + self.start), Fraction(start + 2 + self.start)), 0.85, reason=self.reason
            )
            for start in (2, 8)
        )
        return Selection(analysis.media, chosen, analysis.scores)

    def write(self, _selection: Selection, path: Path, **_: object) -> list[Path]:
        """A file that says it is a reel."""
        Path(path).write_bytes(b"reel")
        return [Path(path)]


@pytest.fixture
def fake_pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    """The pipeline of every command of this test."""
    fake = FakePipeline()
    for name in ("analyse", "select", "write"):
        monkeypatch.setattr(pipeline, name, getattr(fake, name))
    return fake


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A file that the fake pipeline takes for a video."""
    path = tmp_path / "video.mp4"
    path.write_bytes(b"video")
    return path


@pytest.fixture
def plugin_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Installs a plugin of the given source, as a distribution of its own would be."""
    site = tmp_path / "site"

    def install(source: str) -> None:
        info = site / "sample_plugin-1.2.dist-info"
        info.mkdir(parents=True)
        (site / "sample_plugin.py").write_text(source, "utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sample-plugin\nVersion: 1.2\n", "utf-8")
        (info / "entry_points.txt").write_text("[autohighlight]\nsample = sample_plugin\n", "utf-8")
        monkeypatch.syspath_prepend(str(site))
        importlib.invalidate_caches()

    yield install
    sys.modules.pop("sample_plugin", None)
