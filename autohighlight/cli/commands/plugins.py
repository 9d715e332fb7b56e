"""``autohighlight plugins list``: what can be named, and who brought it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.plugins import Plugins


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "plugins",
        help="list backbones, scorers, ... and who registered them",
        description="What plugins have registered.",
        epilog=examples(("plugins list", "every name by kind, with the plugin that registered it")),
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", dest="subcommand", required=True)
    listing = inner.add_parser(
        "list",
        help="list every name by kind",
        description="Lists the backbones, clip samplers, scorers, selection policies and exporters that can be "
        "named, and the plugin that registered each.",
        epilog=examples(("plugins list --json", "the same as JSON")),
    )
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=run)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command."""
    from autohighlight.cli.tables import plain_table
    from autohighlight.documents import to_json

    rows = registered(session.plugins)
    if arguments.json:
        session.emit(to_json([{"kind": kind, "name": name, "plugin": owner} for kind, name, owner in rows]))
    else:
        session.print(plain_table(("kind", "name", "plugin"), rows))


def registered(plugins: Plugins) -> list[tuple[str, str, str]]:
    """Kind, name and plugin of everything that was registered."""
    registries = (
        plugins.backbones,
        plugins.clip_samplers,
        plugins.scorers,
        plugins.selection_policies,
        plugins.exporters,
        plugins.executors,
    )
    return [
        (registry.kind, name, "built in" if owner == "autohighlight.default_plugins" else owner)
        for registry in registries
        for name, owner in ((name, registry.owner(name)) for name in registry)
    ]
