"""``autohighlight torchvision``: which weights there are, and downloading them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from autohighlight.cli.parser import examples
from autohighlight_torchvision.networks import NETWORKS, PREFIX

if TYPE_CHECKING:
    from autohighlight.cli.session import Session


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command and its subcommands."""
    parser = subparsers.add_parser(
        "torchvision",
        help="list and download the weights of torchvision's video networks",
        description="torchvision's video networks, for --backbone torchvision:NAME, take weights that were trained on "
        "Kinetics-400. Nothing is downloaded unless this command is told to.",
        epilog=examples(
            ("torchvision list", "the networks, and which weights are here"),
            ("torchvision download r3d_18", "fetch those of one, 127 MB"),
        ),
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", dest="subcommand", required=True)
    listing = inner.add_parser(
        "list",
        help="list the networks, and which weights are here",
        description="Lists torchvision's video networks: what each looks at, how well it tells the 400 classes of "
        "Kinetics as torchvision has measured it, and whether its weights are here.",
        epilog=examples(("torchvision list", "a line for each network")),
    )
    listing.set_defaults(run=run_list)
    downloading = inner.add_parser(
        "download",
        help="fetch the weights of a network",
        description="Fetches the weights of one of torchvision's networks from where torchvision publishes them, by "
        "torch's own means and into torch's own cache, and checks them.",
        epilog=examples(("torchvision download r3d_18", "for --backbone torchvision:r3d_18")),
    )
    downloading.add_argument("name", metavar="NAME", choices=tuple(NETWORKS), help=", ".join(NETWORKS))
    downloading.set_defaults(run=run_download)


def run_list(_arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``torchvision list``."""
    from autohighlight.cli.tables import plain_table
    from autohighlight_torchvision.weights import cached_file, weights_of

    rows = []
    for name, network in NETWORKS.items():
        meta, transforms = weights_of(name).meta, weights_of(name).transforms()
        height, width = transforms.crop_size
        accuracy = meta["_metrics"]["Kinetics-400"]["acc@1"]
        looks_at = f"{network.window_length} frames of {width} x {height}, {network.frame_rate:g} a second"
        here = "here" if cached_file(name).is_file() else "-"
        rows.append((PREFIX + name, looks_at, f"{accuracy:.1f} %", f"{meta['_file_size']:.0f} MB", here))
    columns = ("backbone", "looks at", "top-1", "weights", "")
    session.print(plain_table(columns, rows, right=("top-1", "weights")))
    session.print(f"Weights are kept in {cached_file('r3d_18').parent}.")


def run_download(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``torchvision download``."""
    from autohighlight.errors import printable
    from autohighlight_torchvision.weights import download

    file = download(arguments.name, quiet=session.quiet)
    session.print(f"{printable(file)}: use it with --backbone {PREFIX}{arguments.name}")
