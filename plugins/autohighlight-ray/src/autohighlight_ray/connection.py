"""Starts Ray on this computer or joins a cluster, quietly, and leaves it again."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import ray
import ray._private.worker

from autohighlight.errors import DependencyError
from autohighlight_ray.environment import LOOPBACK, is_loopback, on_loopback
from autohighlight_ray.settings import checked
from autohighlight_ray.shares import Node

_OBJECT_STORE_BYTES = 80_000_000
"""Little above the least that Ray takes: no video goes through it."""

_SECONDS_TO_ANSWER = 10.0
"""A cluster that does not take a connection for so long is not there."""

_LONGEST_FOLDER = 40
"""Characters: Ray puts sockets into it, whose whole paths may have 107."""


class Connection:
    """This program's connection to Ray; whoever has made one himself keeps it.

    Args:
        address: ``HOST:PORT`` of a cluster, ``auto``, ``local``; None for the one that the environment variable
            ``RAY_ADDRESS`` names, or else ``local``.

    Raises:
        OptionError: the address is none.
        DependencyError: no cluster answers there, or Ray cannot be started.
    """

    def __init__(self, address: str | None) -> None:
        self._folder: Path | None = None
        self._is_own = not ray.is_initialized()
        if not self._is_own:
            return
        address = checked(address or os.environ.get("RAY_ADDRESS") or "local")
        try:
            with _signals_kept(), on_loopback() if address == "local" or is_loopback(address) else nullcontext():
                _be_quiet()
                self._start() if address == "local" else _join(address)
        except Exception as error:
            self.close()
            if address == "local":
                raise DependencyError(f"Ray cannot be started: {error}", "use the executor local") from error
            hint = "'ray status' on this computer says whether it belongs to a cluster; give the HOST:PORT of its head"
            raise DependencyError(f"no Ray cluster answers at {address}: {error}", hint) from error

    def _start(self) -> None:
        """Starts Ray on this computer alone, with a folder of its own that does not stay."""
        place = tempfile.gettempdir()
        if sys.platform != "win32" and len(place) >= _LONGEST_FOLDER:
            place = "/tmp"  # noqa: S108 -- names of sockets are short, and this place is everywhere
        self._folder = Path(tempfile.mkdtemp(prefix="ahr-", dir=place))
        ray.init(
            "local",
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            _node_ip_address=LOOPBACK,
            _temp_dir=str(self._folder),
            **_QUIET,
        )

    def nodes(self) -> list[Node]:
        """What each live node of the cluster has in all."""
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        return [node["Resources"] for node in nodes if node["Alive"]]

    def close(self) -> None:
        """Leaves the cluster; one of this program's own is ended with all its processes. May be called twice."""
        if self._is_own:
            ray.shutdown()
            self._is_own = False
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)  # a process may just be writing its last line there
            self._folder = None


_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}


def _join(address: str) -> None:
    if address != "auto":  # Ray would try for many minutes
        name, _, port = address.rpartition(":")
        socket.create_connection((name.strip("[]"), int(port)), _SECONDS_TO_ANSWER).close()
    host: dict[str, Any] = {"_node_ip_address": LOOPBACK} if is_loopback(address) else {}
    ray.init(address, **host, **_QUIET)


def _be_quiet() -> None:
    """Ray prints on standard output what becomes of workers and nodes; the events tell it, and output is for data."""
    logging.getLogger("ray").setLevel(logging.ERROR)
    ray._private.worker._worker_logs_enabled = False  # as Ray's own debugger does


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray replaces what a program does at SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
