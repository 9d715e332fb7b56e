"""What a command works with: the plugins, the two output streams, and how much it may say.

Results go to standard output; progress, remarks and errors to standard error, so that output can be piped.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight import interruption
from autohighlight.cli import commands
from autohighlight.default_plugins import load_plugins
from autohighlight.discovery import PluginSources
from autohighlight.errors import AutohighlightError, FileError, PluginError, printable
from autohighlight.plugins import CURE, Plugins

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from autohighlight.types import Progress, ProgressCallback

PIPED_WIDTH = 120
"""Columns of a table that goes to a file or a pipe, unless the variable COLUMNS says otherwise."""


class Session:
    """One run of the command line.

    Attributes:
        quiet: print nothing but errors and what was asked for as data.
        verbose: print logs, timings and tracebacks as well.
        written: the files that exist because of this run.
        what_stays: what Ctrl-C leaves behind, if it is not just `written`.
        interruption_hint: what Ctrl-C leaves the user to do.
        sources: where plugins are looked for.
    """

    def __init__(self, sources: PluginSources | None = None) -> None:
        self.quiet = False
        self.verbose = False
        self.written: list[Path] = []
        self.what_stays = ""
        self.interruption_hint = ""
        self.sources = sources or PluginSources.usual()
        self._command_errors: list[PluginError] = []
        self._is_warned = False

    @cached_property
    def plugins(self) -> Plugins:
        """The built-in plugins and those that are found, but for what `plugin_errors` names."""
        return load_plugins(self.sources)

    @property
    def plugin_errors(self) -> tuple[PluginError, ...]:
        """What is wrong with plugins, each error naming its plugin; that is left out, and the rest works."""
        return (*self.plugins.errors, *self._command_errors)

    def add_commands(self, subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        """Adds the commands of this package and of every plugin; of one that fails none is added."""
        manager = self.plugins.manager
        if not manager.is_registered(commands):
            manager.register(commands, commands.__name__)
        for implementation in reversed(manager.hook.autohighlight_register_commands.get_hookimpls()):
            parsers, lines = dict(subparsers._name_parser_map), list(subparsers._choices_actions)
            try:
                implementation.function(subparsers)
            except Exception as error:  # noqa: BLE001 -- whatever a plugin does wrong, the rest is to work
                subparsers._name_parser_map.clear()
                subparsers._name_parser_map.update(parsers)
                subparsers._choices_actions[:] = lines
                failure = PluginError(
                    f"the plugin {implementation.plugin_name} cannot add its commands: {error!r}", CURE
                )
                failure.__cause__ = error
                self._command_errors.append(failure)

    def warn_of_plugins(self) -> None:
        """Says, once, which plugins were left out and why; with ``-v`` where each failed."""
        if not self._is_warned:
            self._is_warned = True
            for error in self.plugin_errors:
                self.warn(str(error))
                if self.verbose and error.__cause__ is not None:
                    self.show_traceback(error.__cause__)

    def show_traceback(self, error: BaseException) -> None:
        """Prints where an error comes from, on standard error."""
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            self.remarks.print(printable(line), markup=False, highlight=False, soft_wrap=True)

    @cached_property
    def output(self) -> Console:
        """Standard output."""
        return _console(stderr=False)

    @cached_property
    def remarks(self) -> Console:
        """Standard error."""
        return _console(stderr=True)

    def print(self, *things: RenderableType) -> None:
        """Prints a result for people; nothing with ``-q``. Words are printed as they are, without markup."""
        if not self.quiet:
            self.output.print(*things, markup=False, highlight=False, soft_wrap=isinstance(things[0], str))

    def remark(self, text: str) -> None:
        """Prints one line beside the result, on standard error; nothing with ``-q``."""
        if not self.quiet:
            self.remarks.print(printable(text), style="dim", markup=False, highlight=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Prints one line that the user should not miss, on standard error; nothing with ``-q``."""
        if not self.quiet:
            self.remarks.print(
                f"warning: {printable(text)}", style="yellow", markup=False, highlight=False, soft_wrap=True
            )

    def emit(self, text: str) -> None:
        """Writes data to standard output, whatever ``-q`` says, ending in one line feed."""
        sys.stdout.write(text.rstrip("\n") + "\n")
        sys.stdout.flush()

    def report(self, error: AutohighlightError) -> None:
        """Prints an error: one line with what is wrong, one with what to do."""
        problem = f"{error.path}: {error.problem}" if isinstance(error, FileError) else error.problem
        self.fail(problem, error.hint)

    def fail(self, problem: str, hint: str = "") -> None:
        """Prints what is wrong as one line and, if there is one, the hint as the next."""
        self.remarks.print(
            f"error: {printable(problem)}", style="bold red", markup=False, highlight=False, soft_wrap=True
        )
        if hint:
            self.remarks.print(f"       {printable(hint)}", markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator[ProgressCallback]:
        """Shows how far the work has come, on standard error, for as long as the context lasts.

        Work that tells of its progress ends there if it was interrupted, see `interruption`.
        """
        from autohighlight.cli.progress import show_progress

        with show_progress(self.remarks, quiet=self.quiet, timings=self.verbose) as callback:

            def unless_interrupted(progress: Progress) -> None:
                interruption.check()
                callback(progress)

            yield unless_interrupted

    def start_logging(self) -> None:
        """Prints the log of this package on standard error with ``-v``, and its warnings alone otherwise."""
        import logging

        logger = logging.getLogger("autohighlight")
        warn = self.warn

        class _Warnings(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                warn(record.getMessage())

        logger.handlers = [_Warnings(logging.WARNING)]
        if self.verbose:
            from rich.logging import RichHandler

            logger.handlers = [RichHandler(console=self.remarks, show_path=False, markup=False)]
            logger.setLevel(logging.DEBUG)
        # Without a handler of its own, the root logger is given one by the first library that writes to it, as pyaaf2
        # does; that one would print the warnings of this package a second time, and in spite of -q.
        if not logging.root.handlers:
            others = logging.StreamHandler()
            others.setLevel(logging.WARNING)
            others.addFilter(lambda record: record.name.partition(".")[0] != logger.name)
            logging.root.addHandler(others)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    class _Console(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would leave with a code of its own

    console = _Console(stderr=stderr)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = _Console(stderr=stderr, width=PIPED_WIDTH)
    return console
