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

from autohighlight.cli import commands
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import AutohighlightError, FileError, PluginError, printable
from autohighlight.plugins import Plugins

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from autohighlight.types import ProgressCallback

PIPED_WIDTH = 120
"""Columns of a table that goes to a file or a pipe, unless the variable COLUMNS says otherwise."""


class Session:
    """One run of the command line.

    Attributes:
        quiet: print nothing but errors and what was asked for as data.
        verbose: print logs, timings and tracebacks as well.
        written: the files that exist because of this run.
        interruption_hint: what Ctrl-C leaves the user to do.
        plugin_error: what is wrong with the installed plugins; then only commands that need none of them run.
    """

    def __init__(self) -> None:
        self.quiet = False
        self.verbose = False
        self.written: list[Path] = []
        self.interruption_hint = ""
        self.plugin_error: PluginError | None = None
        try:
            self._plugins = load_plugins()
        except Exception as error:  # noqa: BLE001 -- whatever a plugin does wrong, doctor must still run
            self.plugin_error = (
                error
                if isinstance(error, PluginError)
                else PluginError(f"a plugin fails: {error!r}", "update or uninstall it")
            )
            self._plugins = load_plugins(installed=False)

    @property
    def plugins(self) -> Plugins:
        """The built-in and the installed plugins.

        Raises:
            PluginError: one of the installed plugins fails.
        """
        if self.plugin_error is not None:
            raise self.plugin_error
        return self._plugins

    def add_commands(self, subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        """Adds the commands of this package and of every plugin; a plugin that fails becomes `plugin_error`."""
        manager = self._plugins.manager
        manager.register(commands, commands.__name__)
        for implementation in reversed(manager.hook.autohighlight_register_commands.get_hookimpls()):
            try:
                implementation.function(subparsers)
            except Exception as error:  # noqa: BLE001 -- whatever a plugin does wrong, doctor must still run
                self.plugin_error = PluginError(
                    f"the plugin {implementation.plugin_name} cannot add its commands: {error!r}",
                    "update or uninstall it",
                )

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
        """Shows how far the work has come, on standard error, for as long as the context lasts."""
        from autohighlight.cli.progress import show_progress

        with show_progress(self.remarks, quiet=self.quiet, timings=self.verbose) as callback:
            yield callback

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
