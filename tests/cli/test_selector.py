"""``--selector`` and ``--adapt``: which scorer they ask for, and where they are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import FakePipeline, Outcome

Command = Callable[..., Outcome]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the project's configuration file."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return lambda text: (folder / "autohighlight.toml").write_text(text) and None


@pytest.mark.parametrize("name", ["reel", "score"])
@pytest.mark.parametrize(("words", "whose"), [(["--selector", "mine"], "mine"), (["--adapt"], "fitted to this video")])
def test_it_asks_for_the_scorer_that_uses_it_and_says_so(
    command: Command, fake_pipeline: FakePipeline, video: Path, name: str, words: list[str], whose: str
) -> None:
    outcome = command(name, video, *words)
    assert outcome.code == 0
    assert "scored by contrastive" in outcome.out
    assert "scored by contrastive with" in outcome.err
    assert whose in outcome.err
    assert "in place of the default, fusion" in outcome.err


def test_where_the_scorer_is_named_nothing_need_be_said(
    command: Command, fake_pipeline: FakePipeline, video: Path
) -> None:
    assert command("score", video, "--scorer", "contrastive", "--selector", "mine").err == ""
    assert command("score", video).err == ""


@pytest.mark.parametrize("name", ["reel", "score"])
@pytest.mark.parametrize("words", [["--selector", "mine"], ["--adapt"]])
@pytest.mark.parametrize("scorer", ["fusion", "movement", "random"])
def test_a_scorer_without_use_for_it_is_an_error_before_any_work(
    command: Command, video: Path, name: str, words: list[str], scorer: str
) -> None:
    outcome = command(name, video, "--scorer", scorer, *words)
    assert (outcome.code, outcome.out) == (2, "")
    problem, hint = outcome.err.splitlines()
    assert problem == f"error: the scorer {scorer} has no use for {words[0]}"
    assert "give --scorer contrastive with it" in hint


def test_evaluation_takes_it_for_those_of_its_scorers_that_use_it(command: Command, tmp_path: Path) -> None:
    words = ("evaluate", tmp_path / "none.jsonl", "--selector", "mine")
    assert "the scorer fusion has no use for --selector" in command(*words, "--scorer", "fusion").err
    assert "the labels cannot be read" in command(*words, "--scorer", "fusion", "--scorer", "contrastive").err


@pytest.mark.parametrize(
    ("in_file", "words", "selector", "adapt"),
    [
        ('selector = "mine"', [], True, False),
        ('selector = "mine"', ["--scorer", "contrastive"], True, False),
        ('selector = "mine"', ["--scorer", "movement"], False, False),
        ('selector = "mine"', ["--adapt"], False, True),
        ("adapt = true", ["--selector", "other"], True, False),
        ("adapt = true", ["--scorer", "fusion"], False, False),
    ],
)
def test_what_a_file_says_of_selectors_gives_way_to_the_command_line(
    command: Command,
    fake_pipeline: FakePipeline,
    video: Path,
    project: Callable[[str], None],
    in_file: str,
    words: list[str],
    selector: bool,
    adapt: bool,
) -> None:
    project(f"{in_file}\n")
    assert command("score", video, *words).code == 0
    score = fake_pipeline.options[0].score
    assert ((score.selector is not None), score.adapt) == (selector, adapt)


def test_two_selectors_are_one_too_many(command: Command, video: Path) -> None:
    outcome = command("reel", video, "--adapt", "--selector", "mine")
    assert outcome.code == 2
    assert "--adapt fits a selector of its own" in outcome.err
