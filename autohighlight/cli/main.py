"""The ``autohighlight`` command: builds the parser, runs one command, and turns what goes wrong into an exit code.

Exit codes: 0 done; 1, 2, 3 as in `autohighlight.errors`; 4 as in `cli.commands.batch`; 70 a fault in this program or a
plugin; 130 interrupted; 143, 129 or 149 terminated; 141 the reader of the output went away.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import autohighlight
from autohighlight import interruption
from autohighlight.cli.parser import PROGRAM, CommandParser, Parser, add_plugin_flags, examples
from autohighlight.cli.plugin_choice import chosen_sources
from autohighlight.cli.session import Session
from autohighlight.errors import AutohighlightError, FileError, OptionError

FAULT, INTERRUPTED, READER_GONE = 70, 130, 141
"""Exit codes: EX_SOFTWARE of BSD's sysexits.h; 128 + SIGINT; 128 + SIGPIPE, as a shell shows them."""


def run(words: Sequence[str]) -> int:
    """Runs one command line, without the program's name; gives the exit code and never raises."""
    _print_any_name()
    session = Session()
    try:
        with _terminated_cleanly():
            code = _run_command(words, session)
            sys.stdout.flush()
            interruption.check()
            return code
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except BaseException as error:  # noqa: BLE001 -- the last boundary: everything becomes a line and an exit code
        return _report(error, session)


def _report(error: BaseException, session: Session) -> int:
    """Says what went wrong; gives the exit code."""
    if isinstance(error, KeyboardInterrupt):
        session.fail(_interruption(session), session.interruption_hint)
        return INTERRUPTED
    if session.verbose:
        session.show_traceback(error)
    if isinstance(error, AutohighlightError):
        session.report(error)
        return error.exit_code
    if isinstance(error, OSError):  # a disk that is full, a file that went away: no fault of the program's
        _silence_output()
        if isinstance(error, BrokenPipeError):
            return READER_GONE
        where = f"{error.filename}: " if error.filename is not None else ""
        session.fail(f"{where}{error.strerror or error}", "run again with -v for where it happened")
        return FileError.exit_code
    session.fail(
        f"a fault in {PROGRAM} or a plugin: {type(error).__name__}: {error}",
        f"please report it with what -v adds and the output of '{PROGRAM} doctor --json'",
    )
    return FAULT


def _run_command(words: Sequence[str], session: Session) -> int:
    session.sources = chosen_sources(words)
    try:
        arguments = build_parser(session).parse(words or ["--help"])
    except OptionError:
        session.warn_of_plugins()  # one that was left out may be what brings what is asked for
        raise
    session.quiet = getattr(arguments, "quiet", False)
    session.verbose = getattr(arguments, "verbose", False)
    session.start_logging()
    if not getattr(arguments, "shows_plugin_errors", False):
        session.warn_of_plugins()
    return int(arguments.run(arguments, session) or 0)


def build_parser(session: Session) -> Parser:
    """The parser with the commands of all plugins."""
    parser = Parser(
        prog=PROGRAM,
        description="Finds the highlights of a video and cuts them into a reel. Nothing to train, nothing to label.",
        epilog=examples(
            ("demo", "make a short sample video and its highlight reel"),
            ("reel video.mp4", "write video.highlights.mp4"),
            ("reel video.mp4 --duration 30s --dry-run", "only show what would be chosen"),
            ("doctor", "say what was found on this computer and what is missing"),
        )
        + f"\n\n'{PROGRAM} COMMAND --help' says more of each.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {autohighlight.__version__}")
    add_plugin_flags(parser)
    subparsers: argparse._SubParsersAction[Any] = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", required=True, parser_class=CommandParser
    )
    session.add_commands(subparsers)
    return parser


@contextmanager
def _terminated_cleanly() -> Iterator[None]:
    """Turns a request to end into `SystemExit`, so that encoders are stopped and temporary files removed.

    Ctrl-C is `KeyboardInterrupt` as ever. None of them goes unheard, see `interruption`.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        interruption.ask(KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number))

    interruption.forget()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = _requests_to_end()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # whoever started this may have it ignored
        signals.append(signal.SIGINT)
    before = {number: signal.signal(number, leave) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _requests_to_end() -> list[signal.Signals]:
    """Those that the system has: of a program, of a terminal that closes, and on Windows of Ctrl-Break or a window."""
    names = ("SIGTERM", "SIGHUP", "SIGBREAK")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _print_any_name() -> None:
    """Lets a stream whose encoding lacks a character print its escape: a file's name may hold any."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _silence_output() -> None:
    """Throws away what standard output could not take, so that the interpreter's last flush does not fail again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interruption(session: Session) -> str:
    if session.what_stays:
        return f"interrupted; {session.what_stays}"
    if not session.written:
        return "interrupted; nothing was written"
    return f"interrupted; written before: {', '.join(str(path) for path in session.written)}"
