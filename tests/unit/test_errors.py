"""Errors: one tree, one line each, exit codes that scripts can rely on."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path

import pytest

from autohighlight import errors
from autohighlight.errors import (
    AutohighlightError,
    DependencyError,
    FileError,
    NotAVideoError,
    OptionError,
    OutputExistsError,
    PluginError,
    WeightsError,
    printable,
)

ALL = [thing for thing in vars(errors).values() if inspect.isclass(thing) and issubclass(thing, AutohighlightError)]


def made(kind: type[AutohighlightError]) -> AutohighlightError:
    words = ("what is wrong", "what to do")
    return kind("a video.mp4", *words) if issubclass(kind, FileError) else kind(*words)


@pytest.mark.parametrize("kind", ALL)
def test_every_error_is_drawn_in_the_tree(kind: type[AutohighlightError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", ALL)
def test_every_error_says_what_is_wrong_and_what_to_do(kind: type[AutohighlightError]) -> None:
    assert str(made(kind)).endswith("what is wrong (what to do)")
    assert made(kind).problem == "what is wrong"
    assert made(kind).hint == "what to do"


@pytest.mark.parametrize("kind", ALL)
def test_every_error_comes_back_from_another_process(kind: type[AutohighlightError]) -> None:
    copy = pickle.loads(pickle.dumps(made(kind)))  # noqa: S301 -- our own bytes
    assert type(copy) is kind
    assert str(copy) == str(made(kind))
    assert vars(copy) == vars(made(kind))


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (AutohighlightError, 1),
        (OptionError, 2),
        (NotAVideoError, 3),
        (OutputExistsError, 3),
        (DependencyError, 1),
        (WeightsError, 1),
        (PluginError, 1),
    ],
)
def test_exit_codes(kind: type[AutohighlightError], code: int) -> None:
    assert made(kind).exit_code == code


def test_without_a_hint_there_are_no_brackets() -> None:
    assert str(OptionError("--count is at least 1, not 0")) == "--count is at least 1, not 0"


def test_a_file_error_names_its_file_on_one_line() -> None:
    error = NotAVideoError(Path("a\nb\x1b[31m.mp4"), "is no video")
    assert str(error) == "a\\nb\\x1b[31m.mp4: is no video"
    assert error.path == Path("a\nb\x1b[31m.mp4")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain.mp4", "plain.mp4"),
        ("Füße 日本.mp4", "Füße 日本.mp4"),
        ("a\tb", "a\\tb"),
        ("\udcff.mp4", "\\udcff.mp4"),
    ],
)
def test_names_are_shown_so_that_a_terminal_does_not_act_on_them(name: str, shown: str) -> None:
    assert printable(name) == shown
