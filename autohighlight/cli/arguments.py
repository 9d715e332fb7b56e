"""Options on the command line, made from the option dataclasses; only those that are given become overrides."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Any

from autohighlight.config import Layered, Options, load, option_fields, option_flag
from autohighlight.scorers import may_use_selector

ALL_STAGES = tuple(spec.name for spec in dataclasses.fields(Options))

STAGES_OF_ONE = tuple(stage for stage in ALL_STAGES if stage != "batch")
"""Those that have a say in what is done with one video."""

JOINED = frozenset({"executor_options"})
"""Options that may stand several times on a command line; what they say is joined."""


class Joined(argparse.Action):
    """Puts its value behind what its option, or another of the same destination, has said before, with a comma.

    Args:
        prefix: stands before the value, as ``address=``.
    """

    def __init__(self, *arguments: Any, prefix: str = "", **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._prefix = prefix

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 -- argparse gives it
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Stores the joined text."""
        before = getattr(namespace, self.dest, None)
        setattr(namespace, self.dest, ",".join([*([before] if before else []), f"{self._prefix}{values}"]))


def add_options(
    parser: argparse.ArgumentParser,
    stages: Collection[str] = STAGES_OF_ONE,
    *,
    only: Collection[str] = (),
    without: Collection[str] = (),
) -> None:
    """Adds the options of the given stages, and ``--config``, to a command.

    Args:
        parser: of the command.
        stages: names of the fields of `autohighlight.config.Options`.
        only: names of single options of other stages to add as well.
        without: names of options that the command leaves out.
    """
    parser.add_argument("--config", metavar="FILE", type=Path, help="read defaults from this TOML file as well")
    groups: dict[str, argparse._ArgumentGroup] = {}
    for stage, spec in option_fields():
        if (stage in stages or spec.name in only) and spec.name not in without:
            if stage not in groups:
                groups[stage] = parser.add_argument_group(_title(stage))
            add_option(groups[stage], spec)


def _title(stage: str) -> str:
    """The first sentence of the stage's options class, without its full stop."""
    text = type(getattr(Options(), stage)).__doc__ or stage
    return text.partition(".")[0]


def add_option(group: argparse._ArgumentGroup, spec: dataclasses.Field[Any], *, depends: str = "") -> None:
    """Adds the option of one field; it becomes an attribute of the arguments only where it is given.

    Args:
        group: where help lists it.
        spec: a field made by `autohighlight.config.option`.
        depends: what its default is in which case, where it depends on another option; a switch can then be turned
            off too.
    """
    flag, text = option_flag(spec.name), help_text(spec, depends=depends)
    if spec.default is False and not depends:
        group.add_argument(flag, action="store_true", default=argparse.SUPPRESS, help=text)
    elif isinstance(spec.default, bool):
        # argparse adds a default of its own to the help of this action, unless it is None or SUPPRESS
        group.add_argument(flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=text)
    else:
        choices = spec.metadata["choices"]
        metavar = "{" + ",".join(choices) + "}" if choices else spec.metadata["metavar"]
        action = Joined if spec.name in JOINED else "store"
        group.add_argument(flag, metavar=metavar, default=argparse.SUPPRESS, help=text, action=action)


def help_text(spec: dataclasses.Field[Any], *, depends: str = "") -> str:
    """What ``--help`` says of an option: its text and its default, safe for argparse's formatting."""
    text = str(spec.metadata["text"])
    if depends:
        text = f"{text.partition(' (default')[0]} (default: {depends})"
    elif "(default" not in text and spec.default is not None and not isinstance(spec.default, bool):
        text += f" (default: {spec.default})"
    elif spec.default is True:
        text += " (default: yes)"
    return text.replace("%", "%%")


def given_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that stand on the command line, by name, as written there."""
    given = vars(arguments)
    return {spec.name: given[spec.name] for _, spec in option_fields() if spec.name in given}


def layered_options(arguments: argparse.Namespace) -> Layered:
    """Options from the built-in defaults, the files and the command line, each with where it came from.

    Raises:
        OptionError: a value or a file that cannot be meant.
    """
    return load(getattr(arguments, "config", None), _with_what_they_replace(given_options(arguments)))


def _with_what_they_replace(given: dict[str, Any]) -> dict[str, Any]:
    """The options given, and what a file says of others that exclude them as if it were not said.

    A file may name a selector; ``--adapt``, or a scorer that uses none, is then no mistake.
    """
    replaced: dict[str, Any] = {}
    if "scorer" in given and not may_use_selector(given["scorer"]):
        replaced = {"selector": None, "adapt": False}
    elif "adapt" in given:
        replaced = {"selector": None}
    elif "selector" in given:
        replaced = {"adapt": False}
    return replaced | given
