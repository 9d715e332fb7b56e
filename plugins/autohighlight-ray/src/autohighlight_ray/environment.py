"""Environment variables that Ray reads when it is imported and started; imports nothing of Ray."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

DEFAULTS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to anybody
    "RAY_process_group_cleanup_enabled": "1",  # what a worker has started, as ffmpeg, ends with it
    "RAY_task_oom_retries": "1",  # a task whose worker is killed for want of memory would be tried for ever
}
"""Set unless the user has set them."""

LOOPBACK = "127.0.0.1"
"""The address of this computer that no other can reach."""

_CLUSTERS = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


def prepare() -> None:
    """Sets the variables that concern the whole program; to be called before Ray is imported."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)


def is_loopback(address: str) -> bool:
    """Whether an address, with or without a port, is one of this computer alone."""
    host = address.rpartition(":")[0] or address
    return host.strip("[]") in {LOOPBACK, "localhost", "::1"}


@contextmanager
def on_loopback() -> Iterator[None]:
    """While it lasts, Ray that is started or joined listens and speaks on 127.0.0.1 alone.

    Ray replaces this address, if it is given, by the one that others reach this computer at. Where it allows no
    clusters, as on macOS, it does not; the variable makes any system such a one. Ray reads it when it is imported,
    so that its copy is set as well.
    """
    import ray._private.ray_constants as constants

    was_allowed, before = constants.ENABLE_RAY_CLUSTER, os.environ.get(_CLUSTERS)
    constants.ENABLE_RAY_CLUSTER, os.environ[_CLUSTERS] = False, "0"
    try:
        yield
    finally:
        constants.ENABLE_RAY_CLUSTER = was_allowed
        if before is None:
            del os.environ[_CLUSTERS]
        else:
            os.environ[_CLUSTERS] = before
