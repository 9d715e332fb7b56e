"""``autohighlight timm``: which networks there are, and downloading their weights."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command and its subcommands."""
    parser = subparsers.add_parser(
        "timm",
        help="list the image networks of timm, and download their weights",
        description="The image networks of timm, for --backbone timm:NAME. Nothing is downloaded unless this command "
        "is told to.",
        epilog=examples(
            ("timm list 'resnet18*'", "the networks whose names begin so, and which weights are here"),
            ("timm download resnet18", "fetch the usual weights of one"),
        ),
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", dest="subcommand", required=True)
    listing = inner.add_parser(
        "list",
        help="list networks with published weights",
        description="Lists the networks that somebody has published weights of: what they look at, the licence of "
        "the weights as timm states it, and whether they are here.",
        epilog=examples(("timm list 'mobilenet*'", "those whose names begin so")),
    )
    listing.add_argument(
        "pattern", metavar="PATTERN", nargs="?", default="*", help="which: 'vit_small*' (default: all)"
    )
    listing.set_defaults(run=run_list)
    downloading = inner.add_parser(
        "download",
        help="fetch the weights of a network",
        description="Fetches published weights from where timm finds them, mostly the Hugging Face hub, into the "
        "cache that timm uses as well.",
        epilog=examples(
            ("timm download resnet18", "the usual weights, for --backbone timm:resnet18"),
            ("timm download resnet18.fb_ssl_yfcc100m_ft_in1k", "others, for a --backbone of that name"),
        ),
    )
    downloading.add_argument("name", metavar="NAME", help="as 'timm list' shows it")
    downloading.set_defaults(run=run_download)


def run_list(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``timm list``."""
    import timm

    from autohighlight.cli.tables import plain_table
    from autohighlight.errors import OptionError, printable
    from autohighlight_timm.names import PREFIX, published
    from autohighlight_timm.weights import cached_file

    rows = []
    for name in timm.list_models(arguments.pattern, pretrained=True):
        weights = published(name)
        _, height, width = weights.input_size
        rows.append(
            (PREFIX + name, f"{width} x {height}", weights.license or "-", "here" if cached_file(name) else "-")
        )
    if not rows:
        raise OptionError(f"no network fits {printable(arguments.pattern)!r}", "a pattern is a name with * in it")
    session.print(plain_table(("backbone", "looks at", "licence", ""), rows))


def run_download(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``timm download``."""
    from autohighlight.errors import printable
    from autohighlight_timm.names import PREFIX, network_name
    from autohighlight_timm.weights import download

    name, _ = network_name(arguments.name)
    file = download(name, quiet=session.quiet)
    session.print(f"{printable(file)}: use it with --backbone {PREFIX}{name}")
