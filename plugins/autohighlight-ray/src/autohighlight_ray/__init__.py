"""Runs a batch on Ray: on the cores and GPUs of this computer, or on those of a cluster.

Registers the executor ``ray`` and gives `autohighlight batch` the option ``--ray-address``.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from autohighlight.hookspecs import hookimpl

if TYPE_CHECKING:
    from autohighlight.config import BatchOptions
    from autohighlight.executors.protocol import Executor
    from autohighlight.plugins import ExecutorFactory, Register

__version__ = "0.1.0"


def ray_executor(options: BatchOptions) -> Executor:
    """Starts Ray on this computer or joins a cluster, as the options say.

    Raises:
        OptionError: a setting that is not there or cannot be meant.
        DependencyError: no cluster answers, or none of its nodes has room for a task.
    """
    from autohighlight_ray.environment import prepare

    prepare()  # before Ray is imported, which reads what is set here
    from autohighlight_ray.executor import RayExecutor

    return RayExecutor(options)


@hookimpl
def autohighlight_register_executors(register: Register[ExecutorFactory]) -> None:
    """The executor ``ray``."""
    register("ray", ray_executor)


@hookimpl
def autohighlight_register_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The option ``--ray-address`` of the command ``batch``."""
    from autohighlight_ray.command import add_address

    if "batch" in subparsers.choices:
        add_address(subparsers.choices["batch"])
