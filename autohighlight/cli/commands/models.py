"""``autohighlight models``: checkpoints of the backbones that bring none."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.backbones.checkpoints import InstalledCheckpoint, KnownCheckpoint
    from autohighlight.cli.session import Session

_UNKNOWN = "unknown"


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command and its subcommands."""
    parser = subparsers.add_parser(
        "models",
        help="list, download and add weights for the backbones that bring none",
        description="The 3D ResNets and C3D need weights that others have published, or that you have trained. "
        "Nothing is downloaded unless this command is told to.",
        epilog=examples(
            ("models list", "what is known and what is installed"),
            ("models download resnet-34-kinetics", "the weights that the paper uses"),
            ("models add my_r3d34.pth", "a file of your own; what it holds is found out"),
        ),
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", dest="subcommand", required=True)
    _add_list(inner)
    _add_info(inner)
    _add_add(inner)
    _add_download(inner)


def _add_list(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    listing = inner.add_parser(
        "list",
        help="list the checkpoints that are known, and those that are installed",
        description="Lists the checkpoints that are known, and those that are installed.",
        epilog=examples(("models list --json", "the same as JSON")),
    )
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=run_list)


def _add_info(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    info = inner.add_parser(
        "info",
        help="say all that is known of one checkpoint",
        description="Prints where a checkpoint comes from, its terms, size and hash, and, if it is installed, what "
        "was found in it and where it is.",
        epilog=examples(("models info resnet-34-kinetics", "the checkpoint that the paper uses")),
    )
    info.add_argument("name", metavar="NAME", help="as 'models list' shows it")
    info.add_argument("--json", action="store_true", help="print JSON")
    info.set_defaults(run=run_info)


def _add_add(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    adding = inner.add_parser(
        "add",
        help="install a file of your own, or one fetched by hand",
        description="Finds out which network a file is of, checks that all of its weights fit, and copies it to the "
        "data folder. Files are read without running code: torch checkpoints by weights_only, or safetensors.",
        epilog=examples(
            ("models add Downloads/resnet-34-kinetics.pth", "a known checkpoint, fetched by hand"),
            ("models add best.safetensors --name surf", "one of your own, for --checkpoint surf"),
        ),
    )
    adding.add_argument("file", metavar="FILE", type=Path, help="the checkpoint")
    adding.add_argument("--name", metavar="NAME", help="what to call it (default: by its file name)")
    adding.set_defaults(run=run_add)


def _add_download(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    downloading = inner.add_parser(
        "download",
        help="fetch a known checkpoint and install it",
        description="Fetches a known checkpoint from where it was published, checks it and installs it. If the "
        "connection breaks, run the command again: it goes on where it stopped.",
        epilog=examples(("models download resnet-34-kinetics", "the weights that the paper uses")),
    )
    downloading.add_argument("name", metavar="NAME", help="as 'models list' shows it")
    downloading.add_argument(
        "--sha256", metavar="HEX", help="refuse the file unless its SHA-256 is this; for those published without one"
    )
    downloading.set_defaults(run=run_download)


def run_list(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``models list``."""
    from autohighlight.backbones.checkpoints import KNOWN, installed, models_dir
    from autohighlight.cli.tables import plain_table
    from autohighlight.documents import to_json

    there = installed()
    names = [*KNOWN, *(name for name in there if name not in KNOWN)]
    if arguments.json:
        session.emit(to_json([_document(name, KNOWN.get(name), there.get(name)) for name in names]))
        return
    rows = []
    for name in names:
        known, mine = KNOWN.get(name), there.get(name)
        backbone = known.backbone if known else there[name].backbone
        trained_on = known.trained_on if known else "-"
        known_hash = known.known_hash if known else "-"
        rows.append((name, backbone, trained_on, _size(known, mine), known_hash, "installed" if mine else "-"))
    session.print(plain_table(("name", "backbone", "trained on", "size", "hash", ""), rows, right=("size",)))
    session.print(f"Installed ones are in {models_dir()}.")


def _size(known: KnownCheckpoint | None, mine: InstalledCheckpoint | None) -> str:
    from autohighlight.cli.tables import format_size

    size = mine.size if mine else known.size if known else None
    return format_size(size) if size is not None else _UNKNOWN


def _document(name: str, known: KnownCheckpoint | None, mine: InstalledCheckpoint | None) -> dict[str, Any]:
    """All that is known of a checkpoint, for JSON; null where it is not known or not installed."""
    published = dataclasses.asdict(known) if known else None
    if published is not None:
        published["sha256"] = published["sha256"] or None
    found = {**dataclasses.asdict(mine), "path": str(mine.path)} if mine else None
    return {"name": name, "known": published, "installed": found}


def run_info(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``models info``.

    Raises:
        OptionError: no checkpoint is called so.
    """
    from autohighlight.backbones.checkpoints import KNOWN, installed
    from autohighlight.cli.parser import suggestion
    from autohighlight.cli.tables import plain_table
    from autohighlight.documents import to_json
    from autohighlight.errors import OptionError, printable

    name, there = arguments.name, installed()
    known, mine = KNOWN.get(name), there.get(name)
    if known is None and mine is None:
        raise OptionError(f"no checkpoint is called {printable(name)}", suggestion(name, {**KNOWN, **there}))
    if arguments.json:
        session.emit(to_json(_document(name, known, mine)))
        return
    rows = [*(_published(known) if known else []), *(_found(mine) if mine else [("installed", "no")])]
    session.print(plain_table(("", name), rows))


def _published(known: KnownCheckpoint) -> list[tuple[str, str]]:
    from autohighlight.backbones.checkpoints import SHA256_DIGITS

    notes = {0: f"{_UNKNOWN}; a download is checked by its names, shapes and numbers alone, unless you give --sha256"}
    hash_note = notes.get(
        len(known.sha256), "" if len(known.sha256) == SHA256_DIGITS else " (its first digits, from the file name)"
    )
    return [
        ("backbone", f"{known.backbone}{', which takes it where none is named' if known.is_usual else ''}"),
        ("trained on", known.trained_on),
        ("published as", known.file),
        ("at", known.address),
        ("licence", known.terms),
        ("size", _size(known, None)),
        ("SHA-256", f"{known.sha256}{hash_note}"),
    ]


def _found(mine: InstalledCheckpoint) -> list[tuple[str, str]]:
    return [
        ("installed", str(mine.path)),
        ("from", mine.source),
        ("holds", f"{mine.network}, for --backbone {mine.backbone}"),
        ("pixels", mine.preprocessing),
        ("its size", _size(None, mine)),
        ("its SHA-256", mine.sha256),
    ]


def run_add(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``models add``."""
    from autohighlight.backbones.checkpoints import add_checkpoint

    _print_installed(add_checkpoint(arguments.file, name=arguments.name), session)


def run_download(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``models download``."""
    from autohighlight.backbones.download import download
    from autohighlight.types import Progress

    with session.progress() as progress:

        def tell(num_bytes: int, total: int | None) -> None:
            progress(Progress("download", num_bytes / 1e6, total / 1e6 if total else None, "MB"))

        checkpoint = download(arguments.name, tell, sha256=arguments.sha256)
    _print_installed(checkpoint, session)


def _print_installed(checkpoint: InstalledCheckpoint, session: Session) -> None:
    from autohighlight.errors import printable

    session.print(f"{checkpoint.name}: {checkpoint.network}")
    session.print(f"pixels {checkpoint.preprocessing}")
    session.print(f"SHA-256 {checkpoint.sha256}")
    session.print(f"installed as {printable(checkpoint.path)}; use it with --backbone {checkpoint.backbone}")
