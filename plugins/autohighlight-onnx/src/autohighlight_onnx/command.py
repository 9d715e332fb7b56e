"""``autohighlight onnx check``: what a network declares, how it is described, and whether the two agree."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command and its subcommand."""
    parser = subparsers.add_parser(
        "onnx",
        help="look at an ONNX network for --backbone onnx",
        description="Networks in ONNX files, for --backbone onnx --checkpoint FILE.",
        epilog=examples(("onnx check net.onnx", "what it declares, and whether its description fits")),
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", dest="subcommand", required=True)
    check = inner.add_parser(
        "check",
        help="say what a network declares, and whether its description fits",
        description="Prints what goes into a network and comes out of it. If it is described, tries it once and says "
        "what it will be shown; if not, prints a description to begin with.",
        epilog=examples(
            ("onnx check net.onnx", "look at it"),
            ("onnx check net.onnx -q > net.toml", "begin a description, where there is none"),
        ),
    )
    check.add_argument("file", metavar="FILE", type=Path, help="the network")
    check.set_defaults(run=run_check)


def run_check(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``onnx check``."""
    from autohighlight.cli.tables import plain_table
    from autohighlight.errors import printable
    from autohighlight_onnx.backbone import load
    from autohighlight_onnx.description import METADATA_KEY, TEMPLATE
    from autohighlight_onnx.model import open_session, read_contents

    file = arguments.file
    contents = read_contents(file)
    network, _ = open_session(file, "cpu")
    places = [("input", each) for each in network.get_inputs()] + [("output", each) for each in network.get_outputs()]
    rows = [(kind, printable(each.name), each.type, " x ".join(map(str, each.shape))) for kind, each in places]
    session.print(plain_table(("", "name", "holds", "shape"), rows))
    is_described = METADATA_KEY in contents.metadata or any(
        file.with_suffix(suffix).is_file() for suffix in (".toml", ".json")
    )
    if not is_described:
        session.print(f"Nothing says what it has to be shown. Write {printable(file.with_suffix('.toml'))}, as:\n")
        session.emit(TEMPLATE)
        return
    backbone = load(file, "cpu")
    height, width = backbone.input_size
    rate = "" if backbone.frame_rate is None else f", {backbone.frame_rate:g} a second"
    resize = backbone.resize
    scaled = f"shorter side {resize}" if isinstance(resize, int) else f"{resize[1]} x {resize[0]}"
    session.print(f"It is shown {backbone.window_length} frames of {width} x {height}{rate}, scaled to {scaled}.")
    session.print(f"Its feature has {backbone.dim} numbers. Use it with --backbone onnx --checkpoint {printable(file)}")
