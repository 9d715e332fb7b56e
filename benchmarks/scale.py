"""An archive of 10,000 hours: what it takes in cores, GPUs, network and disk, and what it waits for.

    python benchmarks/scale.py [--hours 10000] [--repeats 3] [--sources ../shared/media/real] [--folder FOLDER]

No archive is read. What one hour costs is measured here and now, stage by stage, as processor time, on half a minute
and three minutes of 720p; then `benchmarks/cluster_model.py` plays a whole batch through for several computers and
clusters. The cost of the network on a GPU, and how much longer work takes on several cores than a share of it, are read
from the tables in docs/benchmarks.md. Each number says where it is from. It takes two minutes of processor time.
"""

from __future__ import annotations

import argparse
import operator
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from autohighlight import pipeline
from autohighlight.backbones import efficientnet_lite, resnet3d
from autohighlight.batch.database import Database, Record
from autohighlight.batch.jobs import Staged
from autohighlight.batch.publish import publish
from autohighlight.clips.fixed import fixed_clips
from autohighlight.config import BatchOptions, Options
from autohighlight.default_plugins import load_plugins
from autohighlight.documents import highlights_document, to_json
from autohighlight.executors.local import LocalExecutor
from autohighlight.executors.protocol import Executor, Returned, Task
from autohighlight.features.cache import FeatureCache
from autohighlight.features.plan import plan
from autohighlight.files import content_digest
from autohighlight.media.decode import VideoReader
from autohighlight.media.ffmpeg import find_ffmpeg
from autohighlight.media.seeking import find_seeking
from autohighlight.times import TimeRange
from autohighlight.types import Clip, FeatureTrack, Highlight, MediaInfo, ScoreTrack, Selection
from benchmarks.cluster_model import Costs, Result, Shape, nodes_needed, simulate
from benchmarks.tables import print_provenance, print_table

ROOT = Path(__file__).resolve().parents[1]
SECONDS, FRAME_RATE, MEGABITS = 30, 30, 6
TIMES = 6
"""How often that is joined to itself for a long video: of those under two minutes, every frame is decoded."""

HOUR = 3600.0
DAY = 86_400.0

CONNECTION_GBIT = 0.7
"""One connection to S3: Amazon's design patterns for S3 reckon with 85 to 90 MB/s for each concurrent request."""


@dataclass(frozen=True)
class Measured:
    """What was measured some times, or read from a document.

    Args:
        values: each time.
        unit: of the values.
        source: where they are from.
    """

    values: tuple[float, ...]
    unit: str
    source: str = "measured now"

    @property
    def value(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def row(self) -> list[str]:
        """Median, spread, unit and source."""
        spread = f"{min(self.values):.4g} to {max(self.values):.4g}" if len(self.values) > 1 else ""
        return [f"{self.value:.4g}", spread, self.unit, self.source]


def processor_time() -> float:
    """Seconds of processor that this process has had, and the programs that it has run to their end."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def processor_seconds(work: Callable[[], object]) -> float:
    """Processor time of a call."""
    begin = processor_time()
    work()
    return processor_time() - begin


def make_footage(folder: Path, sources: Path) -> tuple[Path, str]:
    """Half a minute of 720p at 6 Mb/s with a key frame every second: real clips joined, else a moving test picture."""
    target = folder / f"footage-{SECONDS}s.mp4"
    found = sorted(sources.glob("*720p*.mp4"))
    said = f"{len(found)} real clips" if found else "a test picture of FFmpeg's, for want of real clips"
    if target.exists():
        return target, said
    folder.mkdir(parents=True, exist_ok=True)
    program = find_ffmpeg().path
    shape = f"fps={FRAME_RATE},scale=1280:720:force_original_aspect_ratio=decrease,pad=1280:720:(ow-iw)/2:(oh-ih)/2"
    each = SECONDS / max(1, len(found))
    inputs = [word for clip in found for word in ("-stream_loop", "-1", "-t", str(each), "-i", str(clip))]
    inputs = inputs or ["-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate={FRAME_RATE}:duration={SECONDS}"]
    number = max(1, len(found))
    chains = ";".join(f"[{n}:v:0]{shape},setsar=1,format=yuv420p[v{n}]" for n in range(number))
    joined = f"{chains};{''.join(f'[v{n}]' for n in range(number))}concat=n={number}:v=1[v]"
    sound = ["-f", "lavfi", "-i", f"sine=frequency=300:sample_rate=48000:duration={SECONDS}"]
    rate = ["-b:v", f"{MEGABITS}M", "-maxrate", f"{1.5 * MEGABITS}M", "-bufsize", f"{2 * MEGABITS}M"]
    groups = ["-g", str(FRAME_RATE), "-keyint_min", str(FRAME_RATE), "-sc_threshold", "0"]
    unfinished = target.with_name("unfinished.mp4")
    subprocess.run(
        [program, "-v", "error", "-y", *inputs, *sound, "-filter_complex", joined, "-map", "[v]", "-map", f"{number}:a",
         "-t", str(SECONDS), "-c:v", "libx264", "-preset", "veryfast", *rate, *groups, "-c:a", "aac", unfinished],
        check=True,
    )  # fmt: skip
    unfinished.rename(target)
    return target, said


def make_long(file: Path) -> Path:
    """The same footage several times over, without encoding it again."""
    target = file.with_name(f"footage-{TIMES * SECONDS}s.mp4")
    if not target.exists():
        unfinished, looped = file.with_name("unfinished.mp4"), ["-stream_loop", str(TIMES - 1), "-i", file]
        subprocess.run([find_ffmpeg().path, "-v", "error", "-y", *looped, "-c", "copy", unfinished], check=True)
        unfinished.rename(target)
    return target


def decode_seconds(media: MediaInfo, speed: str) -> tuple[float, int]:
    """Processor seconds to decode what is needed of a video, and how many pictures the network is shown of it."""
    options, seeking = Options.of(speed=speed), find_seeking(media)
    todo = plan(media, fixed_clips(media, options.sample.clip_length), seeking, options.extract.speed)

    def read() -> None:
        with VideoReader(media, skip_unreferenced=todo.skips_unreferenced, is_primed=seeking.is_primed) as reader:
            for request in todo.requests:
                for _ in reader.frames(request.span, request.wanted):
                    pass

    return processor_seconds(read), sum(len(request.targets) for request in todo.requests)


def network_costs(repeats: int) -> dict[str, Measured]:
    """Processor seconds of each network, for one picture or window."""
    torch.set_num_threads(1)
    random_numbers = np.random.default_rng(0)
    image, video = efficientnet_lite.load_random_efficientnet_lite0("cpu"), resnet3d.random_resnet3d(34, device="cpu")
    pictures = random_numbers.integers(0, 255, (16, 224, 224, 3), np.uint8)
    windows = random_numbers.integers(0, 255, (2, video.window_length, *video.input_size, 3), np.uint8)
    image.see(pictures)
    video.embed(windows)
    of_image = [processor_seconds(lambda: image.see(pictures)) / 16 for _ in range(2 * repeats)]
    of_video = [processor_seconds(lambda: video.embed(windows)) / 2 for _ in range(repeats)]
    return {
        "efficientnet-lite0": Measured(tuple(of_image), "core s a picture"),
        "resnet3d-34": Measured(tuple(of_video), "core s a window"),
    }


def hour_of(media: MediaInfo, track: FeatureTrack) -> tuple[MediaInfo, FeatureTrack]:
    """An hour of the same footage over and over: its features are those of the short one, repeated."""
    start = media.time_range.start
    times = round(HOUR / float(media.duration)) + 1
    whole = replace(
        media, time_range=TimeRange(start, start + int(HOUR)), num_frames=int(HOUR * FRAME_RATE), packets=None
    )
    clips = fixed_clips(whole, Options().sample.clip_length)
    number = len(clips)
    cues = {name: np.tile(values, times)[:number] for name, values in track.cues.items()}
    cuts = tuple(
        cut + turn * media.duration
        for turn in range(times)
        for cut in track.shot_boundaries
        if cut + turn * media.duration < whole.time_range.end
    )
    embeddings = np.tile(track.embeddings, (times, 1))[:number]
    return whole, replace(track, clips=clips, embeddings=embeddings, cues=cues, shot_boundaries=cuts)


def measure_deciding(media: MediaInfo, repeats: int, folder: Path) -> dict[str, Measured]:
    """Scoring and choosing in an hour of footage, and the sizes of what is kept of it."""
    options, plugins = Options.of(cache=False), load_plugins()
    whole, track = hour_of(media, pipeline.extract(media, options, plugins=plugins))
    scorer = plugins.scorers[options.score.scorer_name]
    scorer(track, options.score)
    seconds = []
    for _ in range(repeats):
        made: list[Any] = []

        def decide(made: list[Any] = made) -> None:
            analysis = pipeline.Analysis(whole, track, scorer(track, options.score))
            selection = pipeline.select(analysis, options, plugins=plugins)
            made.append(to_json(highlights_document(analysis, selection, None)))

        seconds.append(processor_seconds(decide))
    FeatureCache(folder, 10**12).store("0" * 32, track)
    kept = sum(file.stat().st_size for file in folder.iterdir())
    return {
        "scoring, choosing, JSON": Measured(tuple(seconds), "core s an hour"),
        "decisions (JSON)": Measured((len(made[-1]) / 1e6,), "MB an hour"),
        "features kept": Measured((kept / 1e6,), "MB an hour"),
    }


def measure_reel(media: MediaInfo, repeats: int, folder: Path) -> dict[str, Measured]:
    """Rendering: two parts of 3 s, with the default encoder."""
    cuts = [TimeRange(media.time_range.start + start, media.time_range.start + start + 3) for start in (4, 20)]
    scores = ScoreTrack((Clip(0, media.time_range),), np.ones(1), "cuts")
    selection = Selection(media, tuple(Highlight(cut, 1.0, "") for cut in cuts), scores)
    path, options = folder / "reel.mp4", Options.of(overwrite=True)
    seconds = [processor_seconds(lambda: pipeline.write(selection, path, options=options)) for _ in range(repeats)]
    return {
        "rendering a reel": Measured(tuple(second / 6 for second in seconds), "core s a second of it"),
        "size of a reel": Measured((path.stat().st_size / 6 / 1e6,), "MB a second of it"),
    }


PROBE = """
import resource, sys
from autohighlight import pipeline
from autohighlight.config import Options
pipeline.{what}
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""


def measure_processes(file: Path, repeats: int) -> dict[str, Measured]:
    """The start of a worker with all that it imports and loads, and its memory after a whole analysis."""
    call = f"extract(pipeline.probe({str(file)!r}), Options.of(cache=False, speed='fast'))"

    def numbers() -> list[float]:
        words = [sys.executable, "-c", PROBE.format(what=call)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return [float(word) for word in done.stdout.split()]

    runs = [numbers() for _ in range(repeats)]
    return {
        "a worker's start": Measured(tuple(run[0] for run in runs), "core s, once a worker"),
        "its memory": Measured(tuple(run[1] for run in runs), "MB at its peak"),
    }


def task_seconds(executor: Executor, number: int) -> float:
    """Seconds of each of many tasks that do nothing."""
    tasks: Iterator[Task] = (Task(str(place), place) for place in range(number))
    begin = time.perf_counter()
    ended = sum(isinstance(event, Returned) for event in executor.run(operator.is_, tasks))
    if ended != number:
        raise RuntimeError("not every task was done")
    return (time.perf_counter() - begin) / number


def measure_executors(repeats: int) -> dict[str, Measured]:
    """What handing out one task costs, by the executors that are there."""
    executors: dict[str, Callable[[], Executor]] = {"local": lambda: LocalExecutor(1)}
    ray = load_plugins().executors
    if "ray" in ray:
        executors["ray"] = lambda: ray["ray"](
            BatchOptions(jobs=2, executor_options="address=local,num_cpus=1,memory=0")
        )
    measured = {}
    for name, make in executors.items():
        executor = make()
        try:
            task_seconds(executor, 20)
            each = tuple(1000 * task_seconds(executor, 200) for _ in range(repeats))
        finally:
            executor.close()
        measured[f"a task, executor {name}"] = Measured(each, "ms")
    return measured


def measure_keeping(repeats: int, folder: Path) -> dict[str, Measured]:
    """What the one program does for each video: three changes of the database, each on the disk, and two results."""
    output = folder / "output"
    milliseconds = []
    with Database.open(output) as database:
        for turn in range(repeats):
            staged = [_stage(folder, turn, number) for number in range(40)]
            begin = time.perf_counter()
            for number, files in enumerate(staged):
                record = Record(f"{turn}-{number}", f"/a/{turn}-{number}.mp4", PurePosixPath(f"{turn}-{number}"))
                database.put(replace(record, status="running"))
                record = replace(record, status="staged", staged=files)
                database.put(record)
                publish(record, output, database, overwrite=False)
            milliseconds.append(1000 * (time.perf_counter() - begin) / len(staged))
    return {"keeping and publishing": Measured(tuple(milliseconds), "ms a file, in one process")}


def _stage(folder: Path, turn: int, number: int) -> tuple[Staged, ...]:
    place = folder / "staged" / f"{turn}-{number}"
    place.mkdir(parents=True)
    files = []
    for suffix in ("json", "mp4"):
        file = place / f"{turn}-{number}.{suffix}"
        file.write_bytes(os.urandom(20_000))
        size = file.stat().st_size
        files.append(Staged(file, PurePosixPath(file.name), size, content_digest(file)))
    return tuple(files)


def documented(pattern: str, unit: str, where: str) -> Measured:
    """A number from docs/benchmarks.md."""
    match = re.search(pattern, (ROOT / "docs" / "benchmarks.md").read_text("utf-8"))
    if match is None:
        raise SystemExit(f"docs/benchmarks.md no longer holds {pattern}")
    values = tuple(float(group.replace(",", "")) for group in match.groups())
    return Measured(values, unit, f"docs/benchmarks.md, {where}")


def measure(file: Path, repeats: int) -> dict[str, Measured]:
    """Everything that the simulation needs to know, by name."""
    media, found = pipeline.probe(file), dict[str, Measured]()
    long, scale = pipeline.probe(make_long(file)), HOUR / float(media.duration)
    for name, speed, video in (("fast", "fast", long), ("balanced", "balanced", long), ("short", "balanced", media)):
        runs, an_hour = [decode_seconds(video, speed) for _ in range(repeats)], HOUR / float(video.duration)
        found[f"decoding, {name}"] = Measured(tuple(an_hour * run[0] for run in runs), "core s an hour")
        found[f"pictures, {name}"] = Measured((an_hour * runs[0][1],), "an hour", "counted now")
    found |= network_costs(repeats)
    network = resnet3d.random_resnet3d(34, device="cpu")
    windows = HOUR * (network.frame_rate or FRAME_RATE) / Options().extract.window_stride
    found["windows, resnet3d-34"] = Measured((windows,), "an hour", "its frame rate and --window-stride 16")
    size = file.stat().st_size
    digest = [processor_seconds(lambda: _read_and_hash(file)) for _ in range(3 * repeats)]
    found["reading and hashing"] = Measured(tuple(scale * second for second in digest), "core s an hour")
    found["size of the footage"] = Measured((scale * size / 1e9,), "GB an hour", f"720p, {MEGABITS} Mb/s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("cache", "reel", "keeping"):
            (folder / part).mkdir()
        found |= measure_deciding(media, repeats, folder / "cache")
        found |= measure_reel(media, repeats, folder / "reel")
        found |= measure_keeping(repeats, folder / "keeping")
    probing = [processor_seconds(lambda: pipeline.probe(file)) for _ in range(3 * repeats)]
    found["probing, plugins"] = Measured(tuple(probing), "core s a file")
    found |= measure_processes(file, min(2, repeats))
    found |= measure_executors(repeats)
    found["pictures on an H100"] = documented(
        r"efficientnet-lite0 float32 +([\d.]+) pictures/s \(([\d.]+) to ([\d.]+)\)", "pictures/s", "GPU, H100"
    )
    found["windows on an H100"] = documented(
        r"resnet3d-34 +float32 +([\d.]+) windows/s \(([\d.]+) to ([\d.]+)\)", "windows/s", "GPU, H100"
    )
    found["several cores: wall / (core s / cores)"] = documented(
        r"dense    balanced +[\d.]+ +[\d.]+ +[\d.]+ to [\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +([\d.]+)", "", "Speed, `over`"
    )
    return found


def _read_and_hash(file: Path) -> None:
    content_digest.__globals__["_content_digest"].cache_clear()
    content_digest(file)


def check(file: Path, found: dict[str, Measured], folder: Path) -> None:
    """Whether the parts make the whole: a real batch of two videos, its processor time against their sum."""
    footage = folder / "footage"
    footage.mkdir()
    for number in range(2):
        shutil.copy(file, footage / f"{number}.mp4")
    words = [
        sys.executable,
        "-m",
        "autohighlight",
        "batch",
        f"{footage}/0.mp4",
        f"{footage}/1.mp4",
        "-o",
        folder / "out",
    ]
    whole = processor_seconds(lambda: subprocess.run([*words, "--jobs", "1", "--no-cache", "-q"], check=True))
    reel = 0.15 * SECONDS * found["rendering a reel"].value
    costs = costs_of(found, "short", "efficientnet-lite0", on_gpu=False, executor="local", reel_core_seconds=reel)
    parts = 2 * costs.core_seconds(SECONDS / HOUR)
    start = found["a worker's start"].value
    print(f"\ncheck: a batch of two such videos takes {whole:.1f} core s; the parts above come to {parts:.1f}, and the "
          f"start of a worker to {start:.1f}: {100 * (parts + start) / whole:.0f} % of it")  # fmt: skip


def costs_of(
    found: dict[str, Measured],
    speed: str,
    backbone: str,
    *,
    on_gpu: bool,
    executor: str,
    reel_core_seconds: float | None = None,
) -> Costs:
    """What an hour and a file cost, put together from the stages; ``short`` is the speed of videos under two minutes.

    A reel is a minute long unless its cost is given: the default is 15 % of a video, at most a minute.
    """
    network = (
        (found[f"pictures, {speed}"].value, found["efficientnet-lite0"].value, found["pictures on an H100"].value)
        if backbone == "efficientnet-lite0"
        else (found["windows, resnet3d-34"].value, found["resnet3d-34"].value, found["windows on an H100"].value)
    )
    looks, on_core, a_second = network
    reel = 60.0 * found["rendering a reel"].value if reel_core_seconds is None else reel_core_seconds
    decoded = speed if backbone == "efficientnet-lite0" else "short"  # windows of many frames need every frame
    parts = [found[f"decoding, {decoded}"].value, found["reading and hashing"].value]
    parts.append(found["scoring, choosing, JSON"].value)
    return Costs(
        sum(parts) + (0.0 if on_gpu else looks * on_core),
        found["probing, plugins"].value + reel,
        looks / a_second if on_gpu else 0.0,
        1e9 * found["size of the footage"].value,
        (found[f"a task, executor {executor}"].value + found["keeping and publishing"].value) / 1000,
        found["several cores: wall / (core s / cores)"].value,
    )


def archive(hours: float, mean_minutes: float, spread: float) -> list[float]:
    """Lengths in hours: log-normal, the same every time."""
    numbers = random.Random(0)  # noqa: S311 -- no secret
    lengths = [numbers.lognormvariate(0.0, spread) for _ in range(round(60 * hours / mean_minutes))]
    total = sum(lengths)
    return [length * hours / total for length in lengths]


SHAPES = (
    Shape("laptop, 8 cores", 1, 8, gbit=16.0),
    Shape("workstation, 16 cores, a GPU", 1, 16, gpus=1, gbit=10.0),
    *(
        Shape(f"{nodes} nodes of 32 cores, S3 at {gbit:g} Gb/s each", nodes, 32, copies=True, gbit=gbit)
        for nodes in (10, 100)
        for gbit in (1.0, 10.0, 25.0)
    ),
)


def row(shape: Shape, costs: Costs, result: Result, total: float) -> list[str]:
    """One line of the table of computers."""
    carrier = "network" if shape.copies else "disk"
    return [
        shape.name,
        f"{result.seconds / HOUR:,.1f} h" if result.seconds < 10 * DAY else f"{result.seconds / DAY:,.0f} days",
        f"{result.bounds[result.bottleneck] / result.seconds:.2f}",
        f"{100 * result.busy('cores'):.0f} %",
        f"{100 * result.busy('GPU'):.1f} %" if "GPU" in result.bounds else "",
        f"{100 * result.busy(carrier):.0f} %",
        f"{total * costs.bytes_an_hour * 8 / 1e9 / result.seconds:.1f}",
        f"{result.most_bytes_on_a_node / 1e9:.0f}" if shape.copies else "",
        f"{result.bottleneck}{f'; {100 * result.copying:.0f} % of the time copying' if shape.copies else ''}",
    ]


HEAD = [
    "",
    "done in",
    "bound / that",
    "cores busy",
    "GPU busy",
    "link busy",
    "Gb/s in all",
    "GB of copies",
    "bound by",
]


def print_shapes(found: dict[str, Measured], hours: list[float], speed: str, backbone: str) -> None:
    """Every kind of computer at the same archive."""
    total, rows = sum(hours), [HEAD]
    for shape in SHAPES:
        executor = "ray" if shape.num_nodes > 1 and "a task, executor ray" in found else "local"
        costs = costs_of(found, speed, backbone, on_gpu=bool(shape.gpus), executor=executor)
        rows.append(row(shape, costs, simulate(shape, costs, hours), total))
    print_table(rows)


def print_day(found: dict[str, Measured], hours: list[float]) -> None:
    """What a day takes: the smallest number of nodes of 32 cores."""
    total = sum(hours)
    rows = [["in 24 h", "nodes of 32 cores", "cores", "Gb/s in all", "a node", "GB of copies on a node", "bound by"]]
    for title, speed, backbone, gbit, cores in (
        ("balanced", "balanced", "efficientnet-lite0", 10.0, 4),
        ("balanced, a core a video", "balanced", "efficientnet-lite0", 10.0, 1),
        ("balanced, 1 Gb/s a node", "balanced", "efficientnet-lite0", 1.0, 4),
        ("fast", "fast", "efficientnet-lite0", 10.0, 4),
        ("resnet3d-34 on cores", "balanced", "resnet3d-34", 10.0, 4),
    ):
        costs = costs_of(found, speed, backbone, on_gpu=False, executor="local")
        costs = replace(costs, stretch=1.0) if cores == 1 else costs
        shape, result = nodes_needed(Shape("", 1, 32, cores_a_task=cores, copies=True, gbit=gbit), costs, hours, DAY)
        rate = total * costs.bytes_an_hour * 8 / 1e9 / result.seconds
        rows.append(
            [title, str(shape.num_nodes), str(32 * shape.num_nodes), f"{rate:.1f}", f"{rate / shape.num_nodes:.2f}",
             f"{result.most_bytes_on_a_node / 1e9:.0f}", f"{result.bottleneck}; {100 * result.copying:.0f} % copying"]
        )  # fmt: skip
    print_table(rows)


def print_totals(found: dict[str, Measured], hours: list[float]) -> None:
    """What it all comes to, whoever does it."""
    total = sum(hours)
    for speed in ("balanced", "fast"):
        costs = costs_of(found, speed, "efficientnet-lite0", on_gpu=False, executor="local")
        work = sum(costs.core_seconds(length) for length in hours)
        reel = len(hours) * costs.core_seconds_a_file / work
        print(f"{speed}: {work / HOUR:,.0f} core-hours, {work / total:.0f} core s an hour of footage, "
              f"{100 * reel:.0f} % of it for reels of a minute")  # fmt: skip
    print(f"read: {total * found['size of the footage'].value / 1000:,.1f} TB, once, or twice where the first reading "
          f"has left the memory when the second comes")  # fmt: skip
    reels = len(hours) * 60 * found["size of a reel"].value / 1e6
    print(f"written: {total * found['decisions (JSON)'].value / 1000:,.1f} GB of decisions, {reels:,.2f} TB of reels; "
          f"features kept: {total * found['features kept'].value / 1000:,.0f} GB, of which the cache keeps "
          f"{Options().extract.cache_size / 1000:g} GB unless --cache-size says otherwise")  # fmt: skip
    print(f"the program that hands out the work: {len(hours)} files at "
          f"{found['keeping and publishing'].value:.1f} ms and a task's {_list_of_tasks(found)}")  # fmt: skip


def _list_of_tasks(found: dict[str, Measured]) -> str:
    named = {name.rpartition(" ")[2]: each.value for name, each in found.items() if name.startswith("a task, ")}
    return ", ".join(f"{value:.1f} ms ({name})" for name, value in named.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sources", type=Path, default=ROOT.parent / "shared" / "media" / "real")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "autohighlight-scale")
    arguments = parser.parse_args()
    began = time.perf_counter()
    print_provenance()
    file, said = make_footage(arguments.folder, arguments.sources)
    print(f"{SECONDS} s of 1280 x 720 at {FRAME_RATE} frames/s and {MEGABITS} Mb/s, of {said}; "
          f"load before: {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    found = measure(file, arguments.repeats)
    print_table([["what", "median", "from ... to", "unit", "where from"], *([n, *m.row] for n, m in found.items())])
    with tempfile.TemporaryDirectory() as folder:
        check(file, found, Path(folder))
    recordings = archive(arguments.hours, 30.0, 1.0)
    print(f"\n{arguments.hours:,.0f} hours in {len(recordings):,} recordings of half an hour on average (log-normal, "
          f"longest {max(recordings):.1f} h)")  # fmt: skip
    print_totals(found, recordings)
    image = "efficientnet-lite0"
    for speed, backbone in (("balanced", image), ("fast", image), ("balanced", "resnet3d-34")):
        print(f"\n--speed {speed}, --backbone {backbone}")
        print_shapes(found, recordings, speed, backbone)
    print()
    print_day(found, recordings)
    clips = archive(arguments.hours, 1.0, 0.5)
    print(f"\nThe same hours in {len(clips):,} clips of a minute on average, reels of each")
    shape = SHAPES[-2]
    reel = 0.15 * 60 * found["rendering a reel"].value
    costs = costs_of(found, "short", image, on_gpu=False, executor="local", reel_core_seconds=reel)
    print_table([HEAD, row(shape, costs, simulate(shape, costs, clips), sum(clips))])
    print(f"\ntook {time.perf_counter() - began:.0f} s, {processor_time():.0f} core s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
