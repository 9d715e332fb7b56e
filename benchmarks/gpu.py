"""What a GPU brings, and whether it gives the same: equality with the CPU, throughput, training, a whole run.

    python benchmarks/gpu.py [--device cuda] [--seconds 60] [--quick]

One command of a few minutes, without network: weights are random (speed and rounding do not depend on what was
learned; the shipped weights are used where they are), the video is made on the spot. Without a GPU it says so and
leaves with 0. Lines that begin with PASS or FAIL compare with a tolerance or a floor; the exit code is 1 if one
fails. Throughput is a share of the device's matrix-product rate in the same precision, measured in the same run.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib.metadata
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from films import make_film
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from autohighlight import pipeline
from autohighlight.backbones import c3d, efficientnet_lite, resnet3d
from autohighlight.backbones.device import fast_dtype
from autohighlight.backbones.windows import window_dtype
from autohighlight.config import Options
from autohighlight.default_plugins import load_plugins
from autohighlight.features.cache import FeatureCache
from autohighlight.features.extract import extract_features
from autohighlight.pipeline import no_progress
from autohighlight.scorers.contrastive import SHIPPED_SELECTOR
from autohighlight.selector.checkpoint import load_selector
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector, scores
from autohighlight.training.loop import train
from autohighlight.training.options import TrainingOptions
from autohighlight.types import Backbone, ScoreTrack

FLOAT32_TOLERANCE = 5e-3
"""Of a feature's length: float32 on both sides, but TF32 in the convolutions of a GPU."""
BFLOAT16_TOLERANCE = 0.08
"""Of a feature's length: bfloat16 keeps 8 bits, and a network of 34 layers rounds as often."""
SCORE_TOLERANCE = 1e-3
"""Of the largest score: the selector computes in float32 on both sides."""
LEAST_SHARE = 0.2
"""Of the matrix-product rate that a 3-D network is to reach on the device in its usual precision, uploads included."""


class Report:
    """Prints findings, and remembers whether one failed."""

    def __init__(self) -> None:
        self.has_failed = False

    def title(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def line(self, text: str) -> None:
        print(f"  {text}", flush=True)

    def check(self, passes: bool, text: str) -> None:
        self.has_failed |= not passes
        print(f"  {'PASS' if passes else 'FAIL'} {text}", flush=True)


def word(dtype: torch.dtype) -> str:
    """What a precision is called."""
    return str(dtype).removeprefix("torch.")


def synchronise(device: str) -> None:
    """Waits until the device has done what it was told."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    elif device.startswith("mps"):
        torch.mps.synchronize()


def seconds_of(work: Callable[[], object], device: str, *, repeats: int) -> list[float]:
    """How long each of some calls takes, after one that is not counted."""
    work()
    synchronise(device)
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        synchronise(device)
        taken.append(time.perf_counter() - start)
    return taken


def matrix_rate(device: str, dtype: torch.dtype, *, size: int, repeats: int) -> float:
    """Floating-point operations a second of a product of two square random matrices: the median of some.

    float32 is TF32 where the device has it, as it is in the convolutions.
    """
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        return 2 * size**3 / statistics.median(seconds_of(lambda: a @ b, device, repeats=repeats))
    finally:
        torch.set_float32_matmul_precision(before)


def moving_windows(count: int, length: int, size: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    """uint8 (count, length, H, W, 3): smooth pictures that drift, the golden inputs of the equality checks."""
    random = np.random.default_rng(seed)
    height, width = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    windows = np.empty((count, length, height, width, 3), np.uint8)
    for window in windows:
        waves = random.uniform(0.02, 0.25, (3, 4, 2)).astype(np.float32)
        phases = random.uniform(0, 6.28, (3, 4)).astype(np.float32)
        speed = random.uniform(-0.6, 0.6, (3, 4)).astype(np.float32)
        for step, frame in enumerate(window):
            for channel in range(3):
                value = sum(
                    np.sin(kx * x + ky * y + phase + step * drift)
                    for (kx, ky), phase, drift in zip(waves[channel], phases[channel], speed[channel], strict=True)
                )
                frame[..., channel] = np.clip(127 + 40 * value, 0, 255)
    return windows


def backbones(device: str, dtype: torch.dtype | None) -> dict[str, Backbone]:
    """The networks that are measured, in the given or the device's own precision."""
    return {
        "resnet3d-34": resnet3d.random_resnet3d(34, device=device, dtype=dtype),
        "c3d": c3d.random_c3d(device=device, dtype=dtype),
        "efficientnet-lite0": efficientnet_lite.load_efficientnet_lite0(device, dtype=dtype),
    }


def check_features(report: Report, device: str, num_windows: int) -> None:
    report.title("Features: equal to those of the CPU in float32, on golden inputs")
    references = backbones("cpu", torch.float32)
    for dtype in dict.fromkeys((torch.float32, fast_dtype(torch.device(device)))):
        tolerance = FLOAT32_TOLERANCE if dtype == torch.float32 else BFLOAT16_TOLERANCE
        for name, backbone in backbones(device, dtype).items():
            frames = moving_windows(num_windows, backbone.window_length, backbone.input_size)
            expected, found = references[name].embed(frames), backbone.embed(frames)
            error = np.linalg.norm(found - expected, axis=1) / np.linalg.norm(expected, axis=1)
            again = np.array_equal(backbone.embed(frames), found)
            report.check(
                bool(error.max() <= tolerance) and again,
                f"{name} in {word(dtype)}: differs by {error.mean():.1e} of a feature's length on average, at most "
                f"{error.max():.1e} (tolerance {tolerance:g}); {'the same' if again else 'NOT the same'} again",
            )


def check_selector(report: Report, device: str, num_clips: int) -> None:
    report.title(f"Selector: scores of {num_clips} clips, equal to those of the CPU")
    random = np.random.default_rng(0)
    cases = {"paper's sizes": HighlightSelector(SelectorConfig(d_in=512, scaled=True)).eval()}
    cases["shipped"], _ = load_selector(SHIPPED_SELECTOR)
    for name, selector in cases.items():
        features = random.random((num_clips, selector.config.d_in)).astype(np.float32)
        expected = scores(selector, features)
        selector.to(device)
        found = scores(selector, features)
        error = float(np.abs(found - expected).max() / expected.max())
        memory = f", peak memory {peak_memory(device, lambda s=selector, f=features: scores(s, f))}"
        report.check(error <= SCORE_TOLERANCE, f"{name}: differ by at most {error:.1e} of the largest{memory}")


def peak_memory(device: str, work: Callable[[], object]) -> str:
    if not device.startswith("cuda"):
        return "not measured"
    torch.cuda.reset_peak_memory_stats()
    work()
    return f"{torch.cuda.max_memory_allocated() / 2**20:.0f} MiB"


def check_training(report: Report, device: str, steps: int) -> None:
    report.title("Training: the loss of each step, equal to the CPU's (without dropout, whose draws differ)")
    random = np.random.default_rng(0)
    videos = [random.standard_normal((random.integers(20, 150), 512)).astype(np.float32) for _ in range(64)]
    config = SelectorConfig(d_in=512, dropout=0.0)
    losses = {}
    for where in ("cpu", device):
        options = TrainingOptions(steps=steps, learning_rate=1e-4, device=where)
        losses[where] = np.array([record.loss for record in train(videos, config, options)[1]])
    error = float(np.abs(losses[device] - losses["cpu"]).max())
    first, last = losses[device][[0, -1]]
    report.check(error <= 5e-3, f"{steps} steps from {first:.4f} to {last:.4f}: differ by at most {error:.1e}")


def measure_networks(
    report: Report, device: str, rates: dict[torch.dtype, float], num_windows: int, repeats: int
) -> None:
    report.title("Networks: from frames in the computer's memory to features, uploads included")
    for dtype, rate in rates.items():
        for name, backbone in backbones(device, dtype).items():
            count = num_windows * (8 if backbone.window_length == 1 else 1)
            frames = np.repeat(moving_windows(8, backbone.window_length, backbone.input_size), count // 8, axis=0)
            taken = seconds_of(lambda b=backbone, f=frames: b.embed(f), device, repeats=repeats)
            flops = flops_of(name)
            share = flops * count / statistics.median(taken) / rate
            what = "pictures" if backbone.window_length == 1 else "windows"
            text = (
                f"{name:18} {word(dtype):8} {count / statistics.median(taken):8.0f} {what}/s "
                f"({count / max(taken):.0f} to {count / min(taken):.0f}), {flops / 1e9:.1f} GFLOP each, "
                f"{share:.0%} of the matrix-product rate"
            )
            if what == "windows" and dtype == window_dtype(torch.device(device)):
                report.check(share >= LEAST_SHARE, f"{text} (floor {LEAST_SHARE:.0%})")
            else:
                report.line(text)


def flops_of(name: str) -> int:
    """Floating-point operations of one window or picture, counted by torch; a multiply-add is two."""
    make, shape = {
        "resnet3d-34": (lambda: resnet3d.ResNet3D(34, "A"), (1, 3, 16, 112, 112)),
        "c3d": (c3d.C3D, (1, 3, 16, 112, 112)),
        "efficientnet-lite0": (efficientnet_lite.EfficientNetLite0, (1, 3, 224, 224)),
    }[name]
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.inference_mode():
        make().eval()(torch.zeros(shape))
    return int(counter.get_total_flops())


def measure_training(report: Report, device: str, steps: int) -> None:
    report.title("Training: steps of 32 videos of 150 clips of 512, the paper's sizes, from memory")
    random = np.random.default_rng(0)
    videos = [random.standard_normal((150, 512)).astype(np.float32) for _ in range(256)]
    config = SelectorConfig(d_in=512)
    for precision in ("float32", "bfloat16") if device.startswith("cuda") else ("float32",):
        taken = {}
        for count in (steps, 4 * steps):  # what the longer one takes more is steps alone
            options = TrainingOptions(steps=count, device=device, precision=precision)
            start = time.perf_counter()
            train(videos, config, options)
            taken[count] = time.perf_counter() - start
        rate = 3 * steps / (taken[4 * steps] - taken[steps])
        report.line(f"{precision}: {rate:.1f} steps/s, {rate * 32:.0f} videos/s")


@contextlib.contextmanager
def made_video(seconds: int) -> Iterator[Path]:
    """A film of so many seconds, as long as the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        make_film(path, seconds)
        yield path


def decode_seconds(path: Path) -> float:
    """The floor: a full decode with as many threads as there are cores, and nothing done with the frames."""
    import av

    start = time.perf_counter()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.thread_count = "AUTO", 0
        for _ in container.decode(stream):
            pass
    return time.perf_counter() - start


def measure_whole_run(report: Report, device: str, seconds: int) -> None:
    report.title(f"Whole run: {seconds} s of 1280 x 720 from the file to the scores, nothing cached")
    with made_video(seconds) as path:
        floor = min(decode_seconds(path) for _ in range(3))
        report.line(f"full decode, the floor: {floor:.2f} s")
        for name in ("efficientnet-lite0", "resnet3d-34"):
            found = []
            for where in ("cpu", device):
                taken, values = timed_run(path, name, where)
                report.line(f"{name} on {where}: {taken:.2f} s, {seconds / taken:.0f} x realtime, {taken / floor:.2f}")
                found.append(values)
            scores_here, scores_there = found
            order = float(np.corrcoef(np.argsort(np.argsort(scores_here)), np.argsort(np.argsort(scores_there)))[0, 1])
            error = float(np.abs(scores_here - scores_there).max())
            report.check(order >= 0.98, f"{name}: scores differ by at most {error:.3f}, rank correlation {order:.4f}")


def timed_run(path: Path, name: str, device: str) -> tuple[float, NDArray[np.floating]]:
    """Seconds from the file to its scores, the network loaded already, and the scores."""
    network = backbones(device, None)[name]
    options = Options.of(speed="exact", cache=False)
    plugins = load_plugins(installed=False)

    def run() -> ScoreTrack:
        media = pipeline.probe(path)
        clips = plugins.clip_samplers["fixed"](media, options.sample)
        features = extract_features(
            media, clips, lambda _: network, options.extract, cache=FeatureCache(None, 0), progress=no_progress
        )
        return plugins.scorers["fusion"](features, options.score)

    run()
    start = time.perf_counter()
    track = run()
    return time.perf_counter() - start, track.values


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, mps; cpu tries the program itself")
    parser.add_argument("--seconds", type=int, default=60, help="length of the film of the whole run")
    parser.add_argument("--quick", action="store_true", help="small sizes: tries the program, measures nothing")
    return parser.parse_args()


def has_device(device: str) -> bool:
    """Whether torch can use the device."""
    kind = device.partition(":")[0]
    return {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}.get(kind, lambda: True)()


def main() -> int:
    arguments = parse_arguments()
    device, quick = arguments.device, arguments.quick
    print("$ python", *[os.path.relpath(sys.argv[0]), *sys.argv[1:]])
    if not has_device(device):
        print(f"torch {torch.__version__} sees no device {device!r} here: nothing was measured")
        return 0
    card = torch.cuda.get_device_name(device) if device.startswith("cuda") else platform.processor() or device
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "numpy", "av"))
    today = datetime.datetime.now(tz=datetime.UTC).date()
    print(f"{card}; {os.cpu_count()} cores; Python {platform.python_version()}, {versions}; {today}")
    report = Report()
    report.title("Matrix products, the floor")
    rates = {}
    for dtype in dict.fromkeys((torch.float32, fast_dtype(torch.device(device)))):
        rates[dtype] = matrix_rate(device, dtype, size=512 if quick else 8192, repeats=3 if quick else 20)
        report.line(f"{word(dtype)}: {rates[dtype] / 1e12:.1f} TFLOP/s")
    check_features(report, device, 2 if quick else 16)
    check_selector(report, device, 200 if quick else 20_000)
    check_training(report, device, 2 if quick else 20)
    measure_networks(report, device, rates, *((8, 1) if quick else (1024, 5)))
    measure_training(report, device, 2 if quick else 100)
    measure_whole_run(report, device, 4 if quick else arguments.seconds)
    return 1 if report.has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
