"""The commands of this package, registered through the hook that a plugin uses; one module a command.

Each module has `add(subparsers)`, which describes the command and sets ``run=function``. The function is called as
``function(arguments, session)`` with the `argparse.Namespace` and the `autohighlight.cli.session.Session`, and gives
an exit code, or None for 0.
"""

from __future__ import annotations

import argparse

from autohighlight.cli.commands import (
    batch,
    config,
    demo,
    doctor,
    evaluate,
    export,
    gif,
    models,
    plugins,
    reel,
    schema,
    score,
    train,
    verify,
)
from autohighlight.hookspecs import hookimpl


@hookimpl
def autohighlight_register_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The main job first, then what looks closer, then what explains."""
    looking = (verify, demo, evaluate, models, config, doctor, plugins, schema)
    for command in (reel, batch, export, gif, score, train, *looking):
        command.add(subparsers)
