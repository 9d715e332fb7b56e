"""A cluster at work on an archive, simulated event by event: when it ends, and what it waits for.

A queueing formula gives the bound that no schedule beats: the total demand for each resource over its capacity (the
operational laws of Denning and Buzen, 1978). It does not see that a worker which copies a video leaves its cores idle,
that copies share a node's network, that the last long video runs alone, or that one program hands out the work. So the
batch is played through with one event for each copy and each video that ends; `bound` is printed beside, and where
the two agree, the formula would have done.

What is simulated is what `autohighlight batch` does: each node has room for some tasks, each task has its cores; the
next video goes to the first that is free; a task copies its video if that lies in an object store, then works, and does
not do both at once; copies of one node share its network evenly, and none is faster than one connection.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

GBIT = 1e9 / 8
"""Bytes."""


@dataclass(frozen=True)
class Costs:
    """What footage costs.

    Args:
        core_seconds_an_hour: of processor for an hour of footage, without what each file costs besides.
        core_seconds_a_file: of processor for each file, however short.
        gpu_seconds_an_hour: of one GPU.
        bytes_an_hour: of the video, read once.
        driver_seconds_a_file: of the one program that hands out the work and keeps its database.
        stretch: wall time of work on several cores over (processor time / cores).
    """

    core_seconds_an_hour: float
    core_seconds_a_file: float
    gpu_seconds_an_hour: float
    bytes_an_hour: float
    driver_seconds_a_file: float
    stretch: float = 1.0

    def core_seconds(self, hours: float) -> float:
        """Of a video of that length."""
        return hours * self.core_seconds_an_hour + self.core_seconds_a_file


@dataclass(frozen=True)
class Shape:
    """Computers.

    Args:
        name: of the row.
        num_nodes: how many, all alike.
        cores: of each.
        cores_a_task: that each video gets.
        gpus: of each; the network runs there if there is one, while the cores decode.
        copies: whether videos are copied from an object store before they are worked on; else they are read from a
            disk or mount while they are.
        gbit: network of each node, or what its disk gives, Gbit/s.
        connection_gbit: what one copy gets at most, Gbit/s.
    """

    name: str
    num_nodes: int
    cores: int
    cores_a_task: int = 4
    gpus: int = 0
    copies: bool = False
    gbit: float = 10.0
    connection_gbit: float = 0.7

    @property
    def tasks_a_node(self) -> int:
        """How many videos a node works on at once."""
        return max(1, self.cores // self.cores_a_task)


@dataclass(frozen=True)
class Result:
    """How it went.

    Args:
        seconds: from the first video's beginning to the last one's end.
        bounds: seconds that each resource alone would take, and the longest video on a node of its own.
        copying: share of all tasks' time that is spent copying.
        most_bytes_on_a_node: of temporary copies at once.
    """

    seconds: float
    bounds: dict[str, float]
    copying: float
    most_bytes_on_a_node: float

    @property
    def bottleneck(self) -> str:
        """The resource with the highest bound."""
        return max(self.bounds, key=lambda name: self.bounds[name])

    def busy(self, resource: str) -> float:
        """The share of the time that a resource is used."""
        return self.bounds[resource] / self.seconds if self.seconds else 0.0


@dataclass
class _Node:
    """A node's copies: file -> bytes left, as of `at`."""

    left: dict[int, float] = field(default_factory=dict)
    held: float = 0.0
    at: float = 0.0
    version: int = 0


class _Simulation:
    def __init__(self, shape: Shape, costs: Costs, hours: Sequence[float]) -> None:
        self.shape, self.costs, self.hours = shape, costs, hours
        self.nodes = [_Node() for _ in range(shape.num_nodes)]
        self.upcoming = iter(range(len(hours)))
        self.events: list[tuple[float, int, str, int, int]] = []
        self.order = itertools.count()
        self.driver_free = self.end = self.copying = self.working = self.most_held = 0.0

    def run(self) -> None:
        for _ in range(self.shape.tasks_a_node):
            for place in range(self.shape.num_nodes):
                self.take_up(place, 0.0)
        while self.events:
            now, _, kind, place, what = heapq.heappop(self.events)
            if kind == "begun":
                self.begin(place, what, now)
            elif kind == "copied":
                if what == self.nodes[place].version:
                    self.advance(place, now)
                    self.plan(place, now)
            else:
                self.end = now
                self.nodes[place].held -= self.size(what)
                self.take_up(place, now)

    def size(self, file: int) -> float:
        return self.hours[file] * self.costs.bytes_an_hour if self.shape.copies else 0.0

    def add(self, time: float, kind: str, place: int, what: int) -> None:
        heapq.heappush(self.events, (time, next(self.order), kind, place, what))

    def take_up(self, place: int, now: float) -> None:
        """The driver hands out the next video, one after the other."""
        file = next(self.upcoming, None)
        if file is not None:
            self.driver_free = max(now, self.driver_free) + self.costs.driver_seconds_a_file
            self.add(self.driver_free, "begun", place, file)

    def begin(self, place: int, file: int, now: float) -> None:
        if not self.shape.copies:
            self.work(place, file, now)
            return
        self.advance(place, now)
        node = self.nodes[place]
        node.left[file] = self.size(file)
        node.held += self.size(file)
        self.most_held = max(self.most_held, node.held)
        self.plan(place, now)

    def rate(self, node: _Node) -> float:
        """Bytes/s of each copy."""
        return min(self.shape.connection_gbit, self.shape.gbit / max(1, len(node.left))) * GBIT

    def advance(self, place: int, now: float) -> None:
        """Moves a node's copies on to now; those that are whole are worked on."""
        node = self.nodes[place]
        passed, node.at = now - node.at, now
        moved = passed * self.rate(node)
        self.copying += passed * len(node.left)
        for file in tuple(node.left):
            node.left[file] -= moved
            if node.left[file] <= 1.0:
                del node.left[file]
                self.work(place, file, now)

    def plan(self, place: int, now: float) -> None:
        """Notes when the next copy of a node is whole, if nothing else happens there."""
        node = self.nodes[place]
        node.version += 1
        if node.left:
            self.add(now + min(node.left.values()) / self.rate(node), "copied", place, node.version)

    def work(self, place: int, file: int, now: float) -> None:
        seconds = self.costs.core_seconds(self.hours[file]) / min(self.shape.cores_a_task, self.shape.cores)
        seconds *= self.costs.stretch
        if self.shape.gpus:
            share = self.shape.gpus / self.shape.tasks_a_node
            seconds = max(seconds, self.hours[file] * self.costs.gpu_seconds_an_hour / share)
        if not self.shape.copies:
            share = self.shape.gbit * GBIT / self.shape.tasks_a_node
            seconds = max(seconds, self.hours[file] * self.costs.bytes_an_hour / share)
        self.working += seconds
        self.add(now + seconds, "done", place, file)


def simulate(shape: Shape, costs: Costs, hours: Sequence[float]) -> Result:
    """Plays a batch through.

    Args:
        shape: the computers.
        costs: of the footage.
        hours: length of each video, in the order in which they are taken up.
    """
    simulation = _Simulation(shape, costs, hours)
    simulation.run()
    total = simulation.copying + simulation.working
    return Result(
        simulation.end,
        bounds(shape, costs, hours),
        simulation.copying / total if total else 0.0,
        simulation.most_held,
    )


def bounds(shape: Shape, costs: Costs, hours: Sequence[float]) -> dict[str, float]:
    """Seconds that each resource takes at least, were it the only one; and that the longest video does."""
    total, longest = sum(hours), max(hours)
    alone = costs.core_seconds(longest) / min(shape.cores_a_task, shape.cores) * costs.stretch
    if shape.copies:
        alone += longest * costs.bytes_an_hour / (min(shape.connection_gbit, shape.gbit) * GBIT)
    cores = shape.num_nodes * shape.tasks_a_node * min(shape.cores_a_task, shape.cores)
    used = {
        "cores": sum(costs.core_seconds(length) for length in hours) * costs.stretch / cores,
        "network" if shape.copies else "disk": total * costs.bytes_an_hour / (shape.num_nodes * shape.gbit * GBIT),
        "driver": len(hours) * costs.driver_seconds_a_file,
        "longest video": alone,
    }
    if shape.gpus:
        used["GPU"] = total * costs.gpu_seconds_an_hour / (shape.num_nodes * shape.gpus)
    return used


def nodes_needed(shape: Shape, costs: Costs, hours: Sequence[float], seconds: float) -> tuple[Shape, Result]:
    """The smallest number of nodes that are done in time, by simulation; at most 4096.

    Raises:
        ValueError: not even that many are.
    """

    def result(number: int) -> Result:
        return simulate(replace(shape, num_nodes=number), costs, hours)

    few, many = 0, next((number for number in _powers() if result(number).seconds <= seconds), 0)
    if not many:
        raise ValueError("4096 nodes are not enough")
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if result(middle).seconds <= seconds else (middle, many)
    return replace(shape, num_nodes=many), result(many)


def _powers() -> Iterator[int]:
    return (2**exponent for exponent in range(13))
