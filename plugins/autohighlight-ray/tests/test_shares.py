"""What each task gets of a cluster, and how many have room."""

from __future__ import annotations

import pytest

from autohighlight_ray.settings import RaySettings
from autohighlight_ray.shares import Node, Share, num_slots, share_of

GB = 1_000_000_000
DESK = {"CPU": 8.0, "memory": 20.0 * GB}
RACK = {"CPU": 32.0, "memory": 90.0 * GB}
TIGHT = {"CPU": 32.0, "memory": 6.0 * GB}
GPU = {"CPU": 16.0, "GPU": 1.0, "memory": 90.0 * GB}
DENSE = {"CPU": 8.0, "GPU": 4.0, "memory": 90.0 * GB}
HEAD = {"memory": 8.0 * GB}
SMALL = {"CPU": 1.0, "memory": 1.0 * GB}


@pytest.mark.parametrize(
    ("nodes", "settings", "share", "slots"),
    [
        ([DESK], RaySettings(), Share(4, 0, 2_500_000_000), 2),
        ([DESK, RACK, HEAD], RaySettings(), Share(4, 0, 2_500_000_000), 10),
        ([RACK, TIGHT], RaySettings(num_cpus=1), Share(1, 0, 2_500_000_000), 34),
        ([RACK, TIGHT], RaySettings(num_cpus=1, memory=0), Share(1, 0, 0), 64),
        ([GPU], RaySettings(), Share(4, 0.25, 2_500_000_000), 4),
        ([GPU, GPU, HEAD], RaySettings(), Share(4, 0.25, 2_500_000_000), 8),
        ([DENSE], RaySettings(), Share(1, 0.25, 2_500_000_000), 8),
        ([GPU, RACK], RaySettings(), Share(4, 0, 2_500_000_000), 12),  # so that all compute alike
        ([GPU, RACK], RaySettings(num_gpus=0.5), Share(8, 0.5, 2_500_000_000), 2),
        ([GPU], RaySettings(num_gpus=0), Share(4, 0, 2_500_000_000), 4),
        ([SMALL, SMALL], RaySettings(), Share(1, 0, GB), 2),
        ([SMALL, DESK], RaySettings(num_cpus=0.5), Share(0.5, 0, GB), 17),
        ([RACK], RaySettings(num_gpus=1), Share(32, 1, 2_500_000_000), 0),
        ([HEAD], RaySettings(), Share(1, 0, 2_500_000_000), 0),
        ([], RaySettings(), Share(1, 0, 2_500_000_000), 0),
    ],
)
def test_shares(nodes: list[Node], settings: RaySettings, share: Share, slots: int) -> None:
    assert share_of(nodes, settings) == share
    assert num_slots(nodes, share) == slots


def test_threads_are_those_of_the_cores() -> None:
    assert [Share(cores).num_threads for cores in (0.5, 1, 4)] == [1, 1, 4]
