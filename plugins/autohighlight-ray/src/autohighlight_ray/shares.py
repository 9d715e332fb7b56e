"""What of a cluster each task gets, and how many tasks have room at once: plain arithmetic on what its nodes have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autohighlight_ray.settings import RaySettings

Node = Mapping[str, float]
"""What a live node has in all, as Ray says it: ``{"CPU": 8.0, "GPU": 1.0, "memory": 2e10, ...}``."""

CORES = 4
"""Of each task: the executor `local` gives as many."""

TASKS_A_GPU = 4
"""So many decode for one GPU; each holds a context and a network of its own in its memory, about 1 GB."""

BYTES = 2_500_000_000
"""Of each task: the executor `local` reckons with as many."""


@dataclass(frozen=True)
class Share:
    """What each task gets.

    Args:
        num_cpus: cores, above 0.
        num_gpus: from 0; a part where it is below 1.
        memory: in bytes; 0 where it is not planned by.
    """

    num_cpus: float = 1
    num_gpus: float = 0
    memory: int = 0

    @property
    def num_threads(self) -> int:
        """As many as cores, at least one."""
        return max(1, int(self.num_cpus))


def share_of(nodes: Sequence[Node], settings: RaySettings) -> Share:
    """What each task gets: what the settings say, and else a fair part of the smallest node that can work.

    GPUs are used unasked only where every node has one: features of a GPU and of a CPU differ in their last digits,
    and what is chosen from a video shall not depend on where it came to lie.
    """
    working = [node for node in nodes if node.get("CPU", 0) > 0]
    num_gpus = settings.num_gpus
    if num_gpus is None:
        num_gpus = 1 / TASKS_A_GPU if working and all(node.get("GPU", 0) >= 1 for node in working) else 0
    able = [node for node in working if node.get("GPU", 0) >= num_gpus] or working
    num_cpus = settings.num_cpus
    if num_cpus is None:
        num_cpus = min((_fair_cores(node, num_gpus) for node in able), default=1)
    memory = settings.memory
    if memory is None:
        memory = min([BYTES, *(int(node["memory"]) for node in able if "memory" in node)])
    return Share(num_cpus, num_gpus, memory)


def _fair_cores(node: Node, num_gpus: float) -> float:
    cores = node["CPU"]
    if num_gpus:
        cores //= node.get("GPU", 0) // num_gpus or 1  # what is left for each of those that share its GPUs
    else:
        cores = min(CORES, cores)
    return max(1.0, math.floor(cores)) if node["CPU"] >= 1 else node["CPU"]


def num_slots(nodes: Sequence[Node], share: Share) -> int:
    """How many tasks have room at once, node by node."""
    return sum(_slots(node, share) for node in nodes)


def _slots(node: Node, share: Share) -> int:
    wanted = {"CPU": share.num_cpus, "GPU": share.num_gpus, "memory": share.memory}
    return min(math.floor(node.get(name, 0) / amount + 1e-9) for name, amount in wanted.items() if amount)
