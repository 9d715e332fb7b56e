"""Every option with every command that takes it: read from the command line and from a file, and used or refused."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autohighlight.cli.arguments import layered_options
from autohighlight.config import Limits, Options, load, option_fields, option_flag, parse_background, parse_value
from autohighlight.default_plugins import load_plugins
from autohighlight.discovery import PluginSources
from autohighlight.times import Length
from tests.batches import make_footage
from tests.combinations.parsers import flags_of, parsers
from tests.whole_runs import Command

SPECS = {spec.name: spec for _, spec in option_fields()}


def shared_options(parser: argparse.ArgumentParser) -> list[str]:
    """The names of the options that `autohighlight.cli.arguments.add_options` has added: only they have no default."""
    added = {action.dest for action in parser._actions if action.default == argparse.SUPPRESS}
    return [option for option in SPECS if option in added and option_flag(option) in flags_of(parser)]


SHARED = {name: shared_options(parser) for name, parser in parsers().items()}

TAKEN = [(command, option) for command, options in SHARED.items() for option in options]

EXCLUDED_BY = {"selector": {"adapt"}, "adapt": {"selector"}}


def sample(spec: dataclasses.Field[Any]) -> str | bool:
    """A value of an option, as a word, that is not its default; made from what the option says of itself."""
    meta, default = spec.metadata, spec.default
    if isinstance(default, bool):
        return not default
    if meta["choices"]:
        return str(next(choice for choice in meta["choices"] if choice != default))
    for parse, word in ((Length.parse, "3.5s"), (Limits.parse, "hours=2"), (parse_background, "skyblue")):
        if meta["parse"] == parse:
            return word
    if meta["parse"] in (str, Path):
        return "name=value" if spec.name == "executor_options" else "something"
    return str(int(max(meta["at_least"] or 0, 2)))


def as_words(spec: dataclasses.Field[Any]) -> list[str]:
    value = sample(spec)
    if isinstance(value, bool):
        return [option_flag(spec.name) if value else f"--no-{spec.name.replace('_', '-')}"]
    return [option_flag(spec.name), value]


def positionals(parser: argparse.ArgumentParser) -> list[str]:
    """A word for each place of a command line that must not be empty, and for each option that it needs."""
    words: list[str] = []
    for action in parser._actions:
        if not action.option_strings and action.nargs not in ("?", "*"):
            words.append(str(next(iter(action.choices))) if action.choices else "thing")
        elif action.required and action.option_strings:
            words += [action.option_strings[0], "thing"]
    return words


@pytest.mark.parametrize(("command", "option"), TAKEN)
def test_it_is_read_from_the_command_line(command: str, option: str) -> None:
    spec, parser = SPECS[option], parsers()[command]
    arguments = parser.parse_args([*positionals(parser), *as_words(spec)])
    layered = layered_options(arguments)
    assert layered.options.get(option) == parse_value(spec, sample(spec)) != spec.default
    assert layered.sources[option] == "command line"
    others = {name for name in SPECS if layered.options.get(name) != Options().get(name)}
    assert others == {option}


@pytest.mark.parametrize("option", SPECS)
def test_it_is_read_from_a_file_and_gives_way_to_the_command_line(option: str, tmp_path: Path) -> None:
    spec = SPECS[option]
    value = sample(spec)
    file = tmp_path / "settings.toml"
    file.write_text(f"{option.replace('_', '-')} = {json.dumps(value)}\n", "utf-8")
    from_file = load(file).options.get(option)
    assert from_file in (parse_value(spec, value), tmp_path / str(value), str(tmp_path / str(value)))
    given = spec.default if spec.default is not None and not isinstance(spec.default, Limits) else value
    assert load(file, {option: given}).options.get(option) == parse_value(spec, given)


EXPORTERS = tuple(load_plugins(PluginSources.none()).exporters)
TIMELINES = ",".join(name for name in EXPORTERS if name != "reel")
QUICK = ("--scorer", "movement", "--clip-length", "1s")

RUNS: dict[str, tuple[str, ...]] = {
    "reel": ("reel", "a.mp4", "--export", TIMELINES, *QUICK),
    "batch": ("batch", "a.mp4", "--reel", "--export", TIMELINES, *QUICK),
    "export": ("export", "a.mp4", "--to", TIMELINES, *QUICK),
    "gif": ("gif", "a.mp4", *QUICK),
    "webp": ("webp", "a.mp4", *QUICK),
    "score": ("score", "a.mp4", *QUICK),
    "evaluate": ("evaluate", "labels.jsonl", *QUICK),
    "train": ("train", "a.mp4", "b.mp4", "-o", "new.safetensors", "--d", "8", "--steps", "2", "--batch-size", "2"),
}
"""A run of each command that writes all it can."""

OTHERWISE = {
    "checkpoint": "for networks whose weights are a file; that of this test has none",
    "device": "for networks in torch; that of this test is not",
    "scorer": "read through `ScoreOptions.scorer_name`",
    "window_stride": "for networks that look at several frames at once; that of this test looks at one",
    "scratch": "for videos at an address",
    "scratch_size": "for videos at an address",
    "executor_options": "for executors that have settings; the inline one of this test has none",
    "timeout": "for the executor, which is the inline one here",
}
"""Options that have no effect in these runs, and why."""


class Reads:
    """Which options were read by the code that works with them, rather than by what carries them about."""

    CARRIERS = frozenset({"dataclasses", "autohighlight.config", "autohighlight.batch.jobs"})

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: set[str] = set()
        for stage in dataclasses.fields(Options):
            monkeypatch.setattr(type(getattr(Options(), stage.name)), "__getattribute__", self._watched())

    def _watched(self) -> Any:
        def read(options: object, name: str) -> Any:
            if name in SPECS and sys._getframe(1).f_globals.get("__name__") not in self.CARRIERS:
                self.names.add(name)
            return object.__getattribute__(options, name)

        return read


@pytest.fixture
def desk(tmp_path: Path, command: Command) -> Iterator[Path]:
    """The working directory, with two videos and labels of one."""
    make_footage(tmp_path, "a.mp4", "b.mp4")
    line = {"video": "a.mp4", "duration": 6.0, "highlights": [[2.0, 3.0]]}
    (tmp_path / "labels.jsonl").write_text(json.dumps(line) + "\n")
    return tmp_path


@pytest.mark.parametrize("name", RUNS)
def test_it_has_an_effect_or_is_said_to_have_none(
    name: str, desk: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Reads(monkeypatch)
    done = command(*RUNS[name])
    assert done.code == 0, done.out + done.err
    idle = [option for option in SHARED[name] if option not in reads.names | OTHERWISE.keys()]
    again = ["--overwrite"] if "overwrite" in SHARED[name] else []
    said = {option: command(*RUNS[name], *again, *as_words(SPECS[option])).err for option in idle}
    silent = [option for option in idle if f"{option_flag(option)} has no effect here" not in said[option]]
    assert silent == []


CONTRADICTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "lengths": (("--min-length", "9s", "--max-length", "8s"), "--max-length 8s is less than --min-length 9s"),
    "policy": (("--policy", "nonsense"), "'nonsense'"),
    "scorer": (("--scorer", "nonsense"), "'nonsense'"),
    "backbone": (("--backbone", "nonsense"), "'nonsense'"),
    "clip sampler": (("--clip-sampler", "nonsense"), "'nonsense'"),
    "selector": (("--scorer", "movement", "--adapt"), "has no use for --adapt"),
}


@pytest.mark.parametrize("contradiction", CONTRADICTIONS)
@pytest.mark.parametrize("name", ["reel", "export", "gif", "webp", "score", "batch"])
def test_what_cannot_be_done_is_refused_before_any_work(
    name: str, contradiction: str, desk: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autohighlight import pipeline

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a video was opened")

    monkeypatch.setattr(pipeline, "probe", never)
    words, problem = CONTRADICTIONS[contradiction]
    before = set(desk.iterdir())
    refused = command(*RUNS[name][: -len(QUICK)], *words)
    assert refused.code == 2, refused.err
    assert problem in refused.err
    assert set(desk.iterdir()) == before


@pytest.mark.parametrize("words", [("batch", "a.mp4", "--gif"), ("export", "a.mp4", "--to", "gif,edl"),
                                   ("reel", "a.mp4", "--export", "webp")])  # fmt: skip
def test_a_length_that_a_form_cannot_have_is_refused_before_any_work(
    words: tuple[str, ...], desk: Path, command: Command
) -> None:
    refused = command(*words, "--min-length", "8s")
    assert refused.code == 2, refused.err
    assert "--max-length 6s is less than --min-length 8s" in refused.err
    assert not list(desk.glob("*highlight*"))
