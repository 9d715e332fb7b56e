"""Ray on this computer, and a cluster of two nodes on it; nothing of them leaves the computer or outlives the tests.

Runs from source too: where the plugin is not installed, its folder is added to where Python looks, here and in workers.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autohighlight.config import BatchOptions
from autohighlight.executors.protocol import Executor

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"

if importlib.util.find_spec("autohighlight_ray") is None:
    sys.path.insert(0, str(SOURCE))

from autohighlight_ray import ray_executor  # noqa: E402
from autohighlight_ray.environment import prepare  # noqa: E402

prepare()
# Read when Ray is imported; the executor itself starts no cluster of more than one node, and so need not say these.
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # 127.0.0.1 stays what it is
os.environ["RAY_AUTH_MODE"] = "token"
os.environ["RAY_AUTH_TOKEN"] = "0123456789abcdef0123456789abcdef"  # noqa: S105 -- else Ray writes one into the home
# Workers find the functions of these tests by name.
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])

NODE = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "object_store_memory": 80_000_000}


@pytest.fixture(scope="package")
def executor() -> Iterator[Executor]:
    """Ray of its own on this computer, with room for two tasks."""
    made = ray_executor(BatchOptions(executor_options="address=local,num_cpus=0.5,memory=0", jobs=2))
    yield made
    made.close()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster of one node, to which more can be added, all on 127.0.0.1."""
    from ray.cluster_utils import Cluster

    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    monkeypatch.setenv("RAY_TMPDIR", str(folder))
    made = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    yield made
    made.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


def processes_of_ray() -> list[str]:
    """The processes that run now and are Ray's, as lines with their numbers."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,stat,args"], capture_output=True, text=True, check=True).stdout
    words = ("raylet", "gcs_server", "ray::", "/ray/_private/", "/ray/dashboard/", "/ray/core/")
    lines = [line for line in listed.splitlines() if any(word in line for word in words)]
    return [line for line in lines if line.split()[2][0] != "Z"]


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """All processes of Ray that the tests have started are gone when they end."""
    before = {line.split()[0] for line in processes_of_ray()}
    yield
    give_up = time.monotonic() + 10
    while left := [line for line in processes_of_ray() if line.split()[0] not in before]:
        assert time.monotonic() < give_up, "\n".join(left)
        time.sleep(0.2)
