"""Several scorers as one, wherever a scorer is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import autohighlight
from tests.cli.conftest import Outcome
from tests.media_factory import make_video
from tests.whole_runs import use_small_backbone

Command = Callable[..., Outcome]

BOTH = "movement+centre:0.3"


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve seconds that can be decoded."""
    use_small_backbone(monkeypatch)
    monkeypatch.chdir(tmp_path)
    return make_video(tmp_path / "clip.mp4", 300, 25, (64, 48), encoder=("-c:v", "libx264", "-preset", "ultrafast"))


def test_on_the_command_line_in_a_file_and_in_python(command: Command, clip: Path, tmp_path: Path) -> None:
    said = json.loads(command("score", clip, "--scorer", BOTH, "--format", "json").out)
    assert said["scorer"] == BOTH
    assert {"movement", "centre"} == set(said["clips"][0]["parts"])
    (tmp_path / "autohighlight.toml").write_text(f'scorer = "{BOTH}"')
    of_file = json.loads(command("reel", clip, "--dry-run", "--json").out)
    assert of_file["scorer"] == BOTH
    in_python = autohighlight.score(clip, scorer=BOTH)
    assert in_python.values.tolist() == pytest.approx([each["score"] for each in said["clips"]], abs=1e-6)


def test_side_by_side_with_others(command: Command, clip: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps({"video": "clip.mp4", "duration": 12, "highlights": [[2, 4]]}))
    words = ("--scorer", "centre", "--scorer", BOTH, "--scorer", "centre:2+movement:0")
    outcome = command("evaluate", labels, *words, "--json")
    assert outcome.code == 0
    rows = {row["scorer"]: row for row in json.loads(outcome.out)["rows"]}
    assert rows[BOTH]["kind"] == "scorer"
    assert rows["centre:2+movement:0"]["per_video"] == rows["centre"]["per_video"]


@pytest.mark.parametrize(
    ("scorer", "problem"),
    [
        ("movement+loudness", "no scorer is called 'loudness'"),
        ("movement:loud+centre", "the weight of movement cannot be 'loud'"),
        ("movement+", "a scorer is missing beside a +"),
        ("movement:0", "every scorer has weight 0"),
    ],
)
def test_what_cannot_be_meant_is_said_before_any_work(scorer: str, problem: str, command: Command, video: Path) -> None:
    outcome = command("score", video, "--scorer", scorer)
    assert outcome.code == 2
    assert problem in outcome.err


def test_a_selector_that_none_of_them_uses_is_refused(command: Command, video: Path) -> None:
    outcome = command("score", video, "--scorer", BOTH, "--adapt")
    assert outcome.code == 2
    assert f"the scorer {BOTH} has no use for --adapt" in outcome.err
