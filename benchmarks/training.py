"""How fast training is, as a part of the rate at which torch multiplies matrices, and what memory it takes.

    python benchmarks/training.py [--device cpu] [--videos 2000] [--clips 150] [--repeats 7]

Videos of random features are written to disk, a file each, and trained on by the paper's settings, read when they are
needed. Nothing is left out of a step: reading, padding, both dropout passes, the loss, its gradient, Adam. Between
blocks of steps the same process multiplies two large square matrices of the type that training multiplies in, which
is the rate that the step is compared with; the products of a step are counted from the shapes
(`autohighlight.training.work.step_flops`), those that the equations print and the package spares left out.

Memory is the peak of a process of its own that measures so many videos and trains a few steps on them.

The aims: half the rate, in the median block; and a peak that four times the videos raise by less than 3 percent.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from autohighlight.backbones.device import resolve_device
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.arithmetic import dtype_of
from autohighlight.training.dataset import measure
from autohighlight.training.loop import train_on
from autohighlight.training.options import TrainingOptions
from autohighlight.training.work import step_flops

SHARE_AIM = 0.5
MEMORY_AIM = 1.03
MEMORY_STEPS = 6
WARM_UP = 2


@dataclass(frozen=True)
class OnDisk:
    """Features of which each video is a file, read when it is asked for."""

    paths: list[Path]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        return np.load(self.paths[index])


def write_videos(folder: Path, num_videos: int, clips: int, d_in: int) -> OnDisk:
    rng = np.random.default_rng(0)
    paths = [folder / f"{i}.npy" for i in range(num_videos)]
    for path in paths:
        np.save(path, rng.normal(size=(clips, d_in)).astype(np.float32))
    return OnDisk(paths)


def synchronise(device: torch.device) -> None:
    if device.type != "cpu":
        getattr(torch, device.type).synchronize()


def product_rate(device: torch.device, dtype: torch.dtype, size: int, seconds: float = 0.5) -> float:
    """Operations a second of the product of two square matrices, the best of those that fit into `seconds`."""
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        synchronise(device)
        start = time.perf_counter()
        torch.mm(a, b)
        synchronise(device)
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


@dataclass
class Blocks:
    """Blocks of steps, timed, with the rate of products before and after each.

    Args:
        block: steps in one.
        finish: waits until the device has done what it was given.
        rate: measures the rate of products.
    """

    block: int
    finish: Callable[[], None]
    rate: Callable[[], float]
    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    _start: float = 0.0

    def watch(self, step: int, _: HighlightSelector) -> None:
        """To be called after each step, as `train_on` does."""
        if step < WARM_UP or (step - WARM_UP) % self.block:
            return
        self.finish()
        if step > WARM_UP:
            self.seconds.append((time.perf_counter() - self._start) / self.block)
        self.rates.append(self.rate())
        self._start = time.perf_counter()

    def shares(self, flops: int) -> list[float]:
        """Rate of each block as a part of the better of the rates beside it."""
        beside = [max(pair) for pair in zip(self.rates, self.rates[1:], strict=False)]
        return [flops / seconds / rate for seconds, rate in zip(self.seconds, beside, strict=True)]


def measure_speed(arguments: argparse.Namespace, features: OnDisk) -> bool:
    device = resolve_device(arguments.device)
    dtype = dtype_of(arguments.precision)
    size = arguments.size or (2048 if device.type == "cpu" else 8192)
    config = SelectorConfig(arguments.d_in, arguments.d)
    steps = WARM_UP + arguments.block * arguments.repeats
    options = TrainingOptions(
        steps=steps, batch_size=arguments.batch_size, device=arguments.device, precision=arguments.precision
    )
    blocks = Blocks(arguments.block, lambda: synchronise(device), lambda: product_rate(device, dtype, size))
    train_on(measure(features), config, options, watch=blocks.watch)
    flops = step_flops(config, [arguments.clips] * min(arguments.batch_size, len(features)))
    shares = blocks.shares(flops)
    share, seconds = statistics.median(shares), statistics.median(blocks.seconds)
    print(f"a step: {flops / 1e9:.1f} GFLOP of products, {seconds * 1e3:.1f} ms "
          f"({min(blocks.seconds) * 1e3:.1f} to {max(blocks.seconds) * 1e3:.1f})")  # fmt: skip
    print(f"products of {size} x {size} in {dtype}: {max(blocks.rates) / 1e9:.0f} GFLOP/s at best "
          f"({min(blocks.rates) / 1e9:.0f} at worst)")  # fmt: skip
    return verdict(
        f"share of that rate: {share:.2f} in the median of {len(shares)} blocks of {arguments.block} steps "
        f"({min(shares):.2f} to {max(shares):.2f}); aim: at least {SHARE_AIM}",
        share >= SHARE_AIM,
    )


def measure_memory(arguments: argparse.Namespace, folder: Path) -> bool:
    peaks = []
    for num_videos in (arguments.videos // 4, arguments.videos):
        command = [sys.executable, __file__, "--memory-of", str(num_videos), "--folder", str(folder)]
        for name in ("device", "precision", "d", "d_in", "batch_size"):
            command += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
        peaks.append(float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
        print(f"peak memory with {num_videos} videos: {peaks[-1]:.0f} MB")
    growth = peaks[1] / peaks[0]
    what = f"growth of the peak from {arguments.videos // 4} to {arguments.videos} videos: {growth - 1:+.1%}"
    return verdict(f"{what}; aim: less than {MEMORY_AIM - 1:.0%}", growth < MEMORY_AIM)


def print_peak(arguments: argparse.Namespace) -> None:
    """Measures and trains in this process, and prints its peak in MB, the GPU's added."""
    features = OnDisk([arguments.folder / f"{i}.npy" for i in range(arguments.memory_of)])
    options = TrainingOptions(
        steps=MEMORY_STEPS, batch_size=arguments.batch_size, device=arguments.device, precision=arguments.precision
    )
    train_on(measure(features), SelectorConfig(arguments.d_in, arguments.d), options)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if resolve_device(arguments.device).type == "cuda":
        peak += torch.cuda.max_memory_allocated() / 2**20
    print(peak)


def verdict(text: str, passed: bool) -> bool:
    print(f"{'PASS' if passed else 'FAIL'}  {text}")
    return passed


def parsed(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="float32", choices=("float32", "bfloat16"))
    for name, default in (("videos", 2000), ("clips", 150), ("d-in", 512), ("d", 512), ("batch-size", 32)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--block", type=int, default=3, help="steps that are timed together")
    parser.add_argument("--repeats", type=int, default=7, help="blocks")
    parser.add_argument("--size", type=int, help="of the square matrices (default: 2048, on a GPU 8192)")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    arguments = parsed(words)
    if arguments.memory_of:
        print_peak(arguments)
        return 0
    a = arguments
    print(f"{a.videos} videos x {a.clips} clips x {a.d_in}, d {a.d}, batches of {a.batch_size}; device {a.device}, "
          f"torch {torch.__version__}, {torch.get_num_threads()} threads, {platform.machine()}")  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        features = write_videos(Path(scratch), a.videos, a.clips, a.d_in)
        passed = [measure_speed(arguments, features), measure_memory(arguments, Path(scratch))]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
