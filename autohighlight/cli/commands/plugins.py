"""``autohighlight plugins``: which there are, what each gives, what is wrong with one, and a new one to begin with."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.plugins import PluginInfo, Plugins


KINDS = ("backbone", "scorer", "exporter")
"""Of which `plugins new` can make one."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "plugins",
        help="list plugins, what each gives, and what is wrong with one",
        description="What plugins there are, and what they give: backbones, clip samplers, scorers, selection "
        "policies, exporters, executors. Plugins are installed with pip, or are .py files in your folder of plugins.",
        epilog=examples(
            ("plugins list", "every plugin, and every name that can be given to an option"),
            ("plugins info NAME", "all that is known of one plugin, and why it was left out"),
            ("plugins new my-net --kind backbone", "write the project of a new plugin, with its tests"),
        ),
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", dest="subcommand", required=True)
    _add_list(inner)
    _add_info(inner)
    _add_new(inner)


def _add_list(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = inner.add_parser(
        "list",
        help="list every plugin, and every name that was registered",
        description="Lists the plugins with where each is from, its version and its hooks, and why one was left out; "
        "then the backbones, clip samplers, scorers, selection policies, exporters and executors that can be named, "
        "and the plugin that registered each.",
        epilog=examples(("plugins list --json", "the same as JSON")),
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run_list, shows_plugin_errors=True)


def _add_info(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = inner.add_parser(
        "info",
        help="say all that is known of one plugin",
        description="Says where a plugin is from, its version, its hooks, the names it registered, and why it was left "
        "out if it was; with -v, where in the plugin that happened.",
        epilog=examples(("plugins info audio", "of the plugin called audio in the list")),
    )
    parser.add_argument("name", metavar="NAME", help="of the plugin, as 'plugins list' prints it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run_info, shows_plugin_errors=True)


def _add_new(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = inner.add_parser(
        "new",
        help="write the project of a new plugin",
        description="Writes the project of a new plugin: a package with the code to begin with, its tests, and what "
        "pip and PyPI need. It works and passes its tests as it is. Nothing that is there is replaced.",
        epilog=examples(
            ("plugins new my-net --kind backbone", "write autohighlight-my-net in this folder"),
            ("plugins new loudness --kind scorer --into plugins", "write plugins/autohighlight-loudness"),
        ),
    )
    parser.add_argument("name", metavar="NAME", help="of the plugin and of what it registers, as my-net")
    parser.add_argument(
        "--kind", required=True, choices=KINDS, metavar="{" + ",".join(KINDS) + "}", help="what it is to give"
    )
    parser.add_argument(
        "--into", metavar="FOLDER", type=Path, default=Path(), help="where to make it (default: this folder)"
    )
    parser.set_defaults(run=run_new)


def run_new(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command.

    Raises:
        OptionError: the name cannot be one, or is taken.
        OutputError: the project is there already, or cannot be written there.
    """
    from autohighlight.cli.new_plugin import distribution_of, write_project
    from autohighlight.errors import OptionError, printable

    distribution = distribution_of(arguments.name)
    name = distribution.removeprefix("autohighlight-")
    registry = next(each for each in session.plugins.registries.values() if each.kind == arguments.kind)
    if name in registry:
        raise OptionError(f"the {registry.kind} {name!r} is there already", "give another name")
    for path in write_project(arguments.name, arguments.kind, arguments.into):
        session.remark(f"wrote {path}")
    project = printable(arguments.into / distribution)
    session.print(f'made {project}; next, in that folder: pip install -e ".[test]", then python -m pytest')


def run_list(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command."""
    from autohighlight.cli.tables import plain_table
    from autohighlight.documents import to_json
    from autohighlight.hookspecs import hookspec_version

    plugins, names = session.plugins, registered(session.plugins)
    if arguments.json:
        document = {
            "hookspec_version": hookspec_version,
            "plugins": [_document(info, plugins) for info in plugins.found],
            "names": [{"kind": kind, "name": name, "plugin": owner} for kind, name, owner in names],
            "errors": [{"problem": error.problem, "hint": error.hint} for error in session.plugin_errors],
        }
        session.emit(to_json(document))
        return
    rows = [
        (shown_name(info), info.version, info.source, _hooks_in_words(info), "left out" if info.error else "")
        for info in plugins.found
    ]
    session.print(plain_table(("plugin", "version", "source", "hooks", ""), rows))
    session.print(plain_table(("kind", "name", "plugin"), names))
    for error in session.plugin_errors:
        session.warn(str(error))


def run_info(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command.

    Raises:
        OptionError: no plugin has that name.
    """
    from autohighlight.documents import to_json

    info = _find(arguments.name, session.plugins)
    document = _document(info, session.plugins)
    if arguments.json:
        session.emit(to_json(document))
        return
    for name, value in document.items():
        if name != "names" and value:
            session.print(f"{name:<8} {', '.join(value) if isinstance(value, list) else value}")
    for each in document["names"]:
        session.print(f"{each['kind']:<17} {each['name']}")
    if info.error is not None and session.verbose and info.error.__cause__ is not None:
        session.show_traceback(info.error.__cause__)


def _find(name: str, plugins: Plugins) -> PluginInfo:
    from autohighlight.cli.parser import suggestion
    from autohighlight.errors import OptionError, printable

    for info in plugins.found:
        if name in (info.name, info.source, shown_name(info)):
            return info
    known = [shown_name(info) for info in plugins.found]
    raise OptionError(f"no plugin is called {printable(name)!r}", suggestion(name, known))


def shown_name(info: PluginInfo) -> str:
    """What people call a plugin."""
    return "built in" if info.kind == "built in" else info.name


def _hooks_in_words(info: PluginInfo) -> str:
    return ", ".join(hook.removeprefix("autohighlight_").removeprefix("register_") for hook in info.hooks)


def _document(info: PluginInfo, plugins: Plugins) -> dict[str, Any]:
    names = [
        {"kind": registry.kind, "name": name}
        for registry in plugins.registries.values()
        for name in registry
        if registry.owner(name) == info.name
    ]
    return {
        "name": shown_name(info),
        "kind": info.kind,
        "source": info.source,
        "version": info.version,
        "summary": info.summary,
        "hooks": list(info.hooks),
        "names": names,
        "error": info.error.problem if info.error else "",
        "hint": info.error.hint if info.error else "",
    }


def registered(plugins: Plugins) -> list[tuple[str, str, str]]:
    """Kind, name and plugin of everything that was registered."""
    shown = {info.name: shown_name(info) for info in plugins.found}
    return [
        (registry.kind, name, shown.get(registry.owner(name), registry.owner(name)))
        for registry in plugins.registries.values()
        for name in registry
    ]
