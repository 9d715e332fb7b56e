from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import autohighlight
from autohighlight.cli.arguments import ALL_STAGES, STAGES_OF_ONE
from autohighlight.cli.main import build_parser
from autohighlight.cli.session import Session
from autohighlight.config import option_fields, option_flag
from tests.cli.conftest import Outcome

Command = Callable[..., Outcome]


def all_commands() -> list[tuple[str, ...]]:
    """Every command and subcommand, as words."""

    def below(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield words
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, inner in action.choices.items():
                    yield from below(inner, (*words, name))

    return list(below(build_parser(Session()), ()))


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_help_of_every_command_says_what_it_does_and_gives_examples(command: Command, words: tuple[str, ...]) -> None:
    outcome = command(*words, "--help")
    assert outcome.code == 0
    assert outcome.err == ""
    head = " ".join(("usage: autohighlight", *words))
    assert outcome.out.startswith(head)
    assert "\nexamples:\n  autohighlight " in outcome.out
    assert max(len(line) for line in outcome.out.splitlines()) <= 118


def test_main_help_names_every_command(command: Command) -> None:
    out = command("--help").out
    deeper = ("demo", "evaluate", "analyse", "benchmark", "config", "doctor", "plugins", "schema")
    for name in ("reel", "batch", "export", "gif", "webp", "score", *deeper):
        assert re.search(rf"^    {name}\s+\w", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "stages"),
    [
        (("reel",), STAGES_OF_ONE),
        (("demo",), STAGES_OF_ONE),
        (("config", "show"), ALL_STAGES),
        (("batch",), ALL_STAGES),
    ],
)
def test_every_option_appears_with_its_text_and_default(
    command: Command, words: tuple[str, ...], stages: tuple[str, ...]
) -> None:
    out = " ".join(command(*words, "--help").out.split()).replace("- ", "-")  # undoes the wrapping at hyphens
    for stage, spec in option_fields():
        if stage not in stages:
            continue
        assert option_flag(spec.name) in out
        assert " ".join(spec.metadata["text"].split()).replace("- ", "-") in out
        if spec.default is not None and not isinstance(spec.default, bool):
            assert f"(default: {spec.default})" in out


def test_version(command: Command) -> None:
    assert command("--version") == Outcome(0, f"autohighlight {autohighlight.__version__}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["reel", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\n"
        "from autohighlight.cli.main import run\n"
        f"code = run({words!r})\n"
        "heavy = {'torch', 'numpy', 'av', 'rich', 'PIL', 'ffmpeg'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "problem", "hint"),
    [
        (["rel"], "no command is called 'rel'", "did you mean reel?"),
        (["xyzzy"], "no command is called 'xyzzy'", "there are: reel, batch, export, gif, webp, score"),
        (["config", "shwo"], "no command is called 'shwo'", "did you mean show?"),
        (["reel", "v.mp4", "--duraton", "3"], "no option is called --duraton", "did you mean --duration?"),
        (["reel", "v.mp4", "--duraton=3"], "no option is called --duraton", "did you mean --duration?"),
        (["reel", "v.mp4", "--dur", "3"], "no option is called --dur", "--dur"),
        (["reel", "v.mp4", "w.mp4"], "one argument too many: w.mp4", "see autohighlight reel --help"),
        (["reel"], "the following arguments are required: VIDEO", "see autohighlight reel --help"),
        (["reel", "-q", "-v", "v.mp4"], "not allowed with", "see autohighlight reel --help"),
        (["reel", "v.mp4", "-o"], "expected one argument", "see autohighlight reel --help"),
        (["reel", "v.mp4", "--device", "gpu"], "--device is one of auto, cpu, cuda, mps, not 'gpu'", ""),
        (["reel", "v.mp4", "--duration", "soon"], "--duration: cannot read 'soon' as a length", "write 60s"),
        (["reel", "v.mp4", "--count", "0"], "--count is at least 1, not 0", ""),
        (["score", "v.mp4", "--format", "jsn"], "--format cannot be 'jsn'", "did you mean json?"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_a_hint(
    command: Command, words: list[str], problem: str, hint: str
) -> None:
    outcome = command(*words)
    assert (outcome.code, outcome.out) == (2, "")
    first, *rest = outcome.err.splitlines()
    assert first.startswith("error: ")
    assert problem in first
    assert hint in " ".join(rest)
    assert len(rest) <= 1


def test_a_file_that_looks_like_an_option_is_told_how_to_be_named(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-name.mp4").touch()
    assert "write ./-name.mp4" in command("reel", "-name.mp4").err


def test_a_bare_command_prints_the_help(command: Command) -> None:
    outcome = command()
    assert outcome.code == 0
    assert outcome.out == command("--help").out
