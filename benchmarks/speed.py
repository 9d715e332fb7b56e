"""How fast analysis and rendering are, as parts of what FFmpeg itself takes for the same file, measured in one run.

    python benchmarks/speed.py [--minutes 10] [--repeats 3] [--sources ../shared/media/real]

Two files of 720p H.264 at 6 Mb/s are made from real clips: one with a key frame every second, one with a key frame
every 8 seconds. The floor is ``ffmpeg -i FILE -map 0:v:0 -f null -``. Everything is timed from the start of a fresh
process to its end, imports included; the features cache is off.

A second bound is printed beside: (processor time of decoding the frames that are needed + processor time of the
network) / cores. It says what the machine could do at best if nothing else cost anything.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from autohighlight.media.ffmpeg import find_ffmpeg

GROUP_SECONDS = {"dense": 1, "sparse": 8}
AIMS = {
    ("dense", "fast"): 0.30,
    ("dense", "balanced"): 0.75,
    ("dense", "exact"): 1.3,
    ("sparse", "balanced"): 1.0,
    ("sparse", "exact"): 1.3,
}
OVERHEAD_AIM = 1.15
RENDER_AIM = 1.2
MEMORY_AIM_MB = 900
HELP_AIM_SECONDS = 0.3
FRAME_RATE = 30


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds of wall clock, seconds of processor, MB at its peak, and what it printed."""

    wall: float
    processor: float
    peak_mb: float
    output: str = ""


def run(*command: str | Path, env: dict[str, str] | None = None) -> Cost:
    """Runs a program to its end and measures it and its children."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([str(word) for word in command], stdout=output, env=env)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command} failed")
        output.seek(0)
        return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.read())


def best(costs: list[Cost]) -> Cost:
    """The run with the least wall time: what else the machine did disturbed it least."""
    return min(costs, key=lambda cost: cost.wall)


def make_files(ffmpeg: str, sources: Path, folder: Path, minutes: float) -> dict[str, Path]:
    """Joins real clips to 720p, loops them, and encodes them twice."""
    folder.mkdir(parents=True, exist_ok=True)
    targets = {name: folder / f"{name}-{minutes:g}min.mp4" for name in GROUP_SECONDS}
    if all(target.exists() for target in targets.values()):
        return targets
    parts = []
    shape = "scale=1280:720:force_original_aspect_ratio=decrease,pad=1280:720:(ow-iw)/2:(oh-ih)/2,setsar=1"
    for number, source in enumerate(sorted(sources.glob("*.mp4"))[:14]):
        part = folder / f"part{number:02d}.mp4"
        subprocess.run(
            [ffmpeg, "-v", "error", "-y", "-i", source, "-map", "0:v:0", "-t", "30", "-vf",
             f"fps={FRAME_RATE},{shape},format=yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "14", part],
            check=True,
        )  # fmt: skip
        parts.append(part)
    listing = folder / "parts.txt"
    listing.write_text("".join(f"file '{part.resolve()}'\n" for part in parts))
    for name, target in targets.items():
        group = str(GROUP_SECONDS[name] * FRAME_RATE)
        unfinished = target.with_name("unfinished.mp4")
        subprocess.run(
            [ffmpeg, "-v", "error", "-y", "-stream_loop", "-1", "-f", "concat", "-safe", "0", "-i", listing,
             "-f", "lavfi", "-i", "sine=frequency=300:beep_factor=4:sample_rate=48000", "-map", "0:v", "-map", "1:a",
             "-t", str(minutes * 60), "-c:v", "libx264", "-preset", "veryfast", "-b:v", "6M", "-maxrate", "9M",
             "-bufsize", "12M", "-g", group, "-keyint_min", group, "-sc_threshold", "0", "-c:a", "aac", unfinished],
            check=True,
        )  # fmt: skip
        unfinished.rename(target)
    return targets


ANALYSIS = """
import json, sys
from autohighlight.pipeline import Options, extract, probe
options = Options.of(speed=sys.argv[2], cache=False)
features = extract(probe(sys.argv[1]), options)
print(json.dumps({"read": features.num_frames_read, "lost": features.num_frames_lost}))
"""

PARTS = """
import json, sys, time, threading
import numpy as np, torch
from pathlib import Path
from autohighlight.pipeline import Options, probe
from autohighlight.default_plugins import load_plugins
from autohighlight.features.plan import plan
from autohighlight.media.decode import VideoReader
from autohighlight.media.seeking import find_seeking
torch.set_num_threads(1)
plugins, options = load_plugins(), Options.of(speed=sys.argv[2])
media = probe(sys.argv[1])
clips = plugins.clip_samplers["fixed"](media, options.sample)
seeking = find_seeking(media)
todo = plan(media, clips, seeking, options.extract.speed)
start = time.process_time()
with VideoReader(media, skip_unreferenced=todo.skips_unreferenced, is_primed=seeking.is_primed) as reader:
    for request in todo.requests:
        for frame in reader.frames(request.span, request.wanted):
            pass
decode = time.process_time() - start
backbone = plugins.backbones["efficientnet-lite0"](options.extract)
pictures = np.random.default_rng(0).integers(0, 255, (16, 224, 224, 3), np.uint8)
backbone.see(pictures)
count = sum(len(request.targets) for request in todo.requests)
start = time.process_time()
for _ in range(-(-count // 16)):
    backbone.see(pictures)
print(json.dumps({"decode": decode, "network": time.process_time() - start, "pictures": count}))
"""


def measure_analysis(files: dict[str, Path], ffmpeg: str, repeats: int) -> bool:
    """Prints a row a file and speed; gives whether every aim was reached."""
    cores = len(os.sched_getaffinity(0))
    reached = True
    print(f"\n{'file':8} {'speed':10} {'wall s':>8} {'ratio':>7} {'spread':>13} {'aim':>6} {'cpu s':>7} "
          f"{'bound s':>8} {'over':>6} {'MB':>5}")  # fmt: skip
    for name, file in files.items():
        floors = [run(ffmpeg, "-v", "error", "-i", file, "-map", "0:v:0", "-f", "null", "-") for _ in range(repeats)]
        floor = best(floors)
        print(f"{name:8} {'ffmpeg':10} {floor.wall:8.2f} {1:7.2f} {spread(floors, floor.wall):>13} {'':6} "
              f"{floor.processor:7.1f} {'':8} {'':6} {floor.peak_mb:5.0f}  full decode, the floor")  # fmt: skip
        for label, flags in (("key only", ["-skip_frame", "nokey"]), ("demux", ["-c", "copy"])):
            before, after = (flags, []) if label == "key only" else ([], flags)
            other = best([run(ffmpeg, "-v", "error", *before, "-i", file, "-map", "0:v:0", *after, "-f", "null", "-")])
            print(f"{name:8} {label:10} {other.wall:8.2f} {other.wall / floor.wall:7.2f}")
        for speed in ("fast", "balanced", "exact"):
            costs = [run(sys.executable, "-c", ANALYSIS, file, speed) for _ in range(repeats)]
            cost, parts = best(costs), json.loads(run(sys.executable, "-c", PARTS, file, speed).output)
            bound = (parts["decode"] + parts["network"]) / cores
            ratio, over, aim = cost.wall / floor.wall, cost.wall / bound, AIMS.get((name, speed))
            good = (aim is None or ratio <= aim) and over <= OVERHEAD_AIM and cost.peak_mb <= MEMORY_AIM_MB
            reached &= good
            print(f"{name:8} {speed:10} {cost.wall:8.2f} {ratio:7.2f} {spread(costs, floor.wall):>13} "
                  f"{aim or '':>6} {cost.processor:7.1f} {bound:8.2f} {over:6.2f} {cost.peak_mb:5.0f}  "
                  f"{'ok' if good else 'MISSED'}  decode {parts['decode']:.1f} s, network {parts['network']:.1f} s "
                  f"for {parts['pictures']} pictures")  # fmt: skip
    return reached


def spread(costs: list[Cost], unit: float) -> str:
    """Least to greatest ratio over the repeats."""
    ratios = [cost.wall / unit for cost in costs]
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


RENDER = """
import sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from autohighlight.pipeline import Options, probe, write
from autohighlight.times import TimeRange
from autohighlight.types import Clip, Highlight, ScoreTrack, Selection
media = probe(sys.argv[1])
scores = ScoreTrack((Clip(0, media.time_range),), np.ones(1), "cuts")
cuts = [TimeRange(Fraction(start), Fraction(start) + 5) for start in sys.argv[3].split(",")]
selection = Selection(media, tuple(Highlight(cut, 1.0, "") for cut in cuts), scores)
write(selection, Path(sys.argv[2]), options=Options.of(overwrite=True))
"""


def measure_rendering(files: dict[str, Path], ffmpeg: str, folder: Path, repeats: int) -> bool:
    """Twelve parts of five seconds, against one ffmpeg call with an input and a seek for each."""
    reached = True
    print(f"\n{'file':8} {'ffmpeg s':>9} {'reel s':>8} {'ratio':>7} {'aim':>5}   12 parts of 5 s, spread over the file")
    for name, file in files.items():
        length = float(run_probe(file))
        starts = [round(length * (k + 0.5) / 13) for k in range(12)]
        inputs = [word for start in starts for word in ("-ss", str(start), "-t", "5", "-i", str(file))]
        joined = "".join(f"[{k}:v:0][{k}:a:0]" for k in range(12)) + "concat=n=12:v=1:a=1[v][a]"
        by_hand = [
            run(ffmpeg, "-v", "error", "-y", *inputs, "-filter_complex", joined, "-map", "[v]", "-map", "[a]", "-c:v",
                "libx264", "-crf", "20", "-preset", "medium", "-c:a", "aac", "-b:a", "96k", folder / "by_hand.mp4")
            for _ in range(repeats)
        ]  # fmt: skip
        words = ",".join(map(str, starts))
        ours = [run(sys.executable, "-c", RENDER, file, folder / "reel.mp4", words) for _ in range(repeats)]
        ratio = best(ours).wall / best(by_hand).wall
        reached &= ratio <= RENDER_AIM
        print(f"{name:8} {best(by_hand).wall:9.2f} {best(ours).wall:8.2f} {ratio:7.2f} {RENDER_AIM:5} "
              f"{'ok' if ratio <= RENDER_AIM else 'MISSED'}")  # fmt: skip
    return reached


def measure_memory(files: dict[str, Path], ffmpeg: str, folder: Path) -> bool:
    """Peak memory of an hour, which is the dense file six times over without encoding it again, beside its own."""
    hour = folder / "dense-looped.mp4"
    if not hour.exists():
        unfinished = hour.with_name("unfinished.mp4")
        looped = ["-stream_loop", "5", "-i", files["dense"], "-map", "0", "-c", "copy"]
        subprocess.run([ffmpeg, "-v", "error", "-y", *looped, unfinished], check=True)
        unfinished.rename(hour)
    short, long = (run(sys.executable, "-c", ANALYSIS, file, "balanced").peak_mb for file in (files["dense"], hour))
    minutes = [float(run_probe(file)) / 60 for file in (files["dense"], hour)]
    print(f"\npeak memory, balanced: {short:.0f} MB for {minutes[0]:.0f} minutes, {long:.0f} MB for {minutes[1]:.0f}")
    print(f"(aim: {MEMORY_AIM_MB} MB at most, and the hour's within a tenth of the other)")
    return max(short, long) <= MEMORY_AIM_MB and long <= 1.1 * short


def run_probe(file: Path) -> str:
    """The length of a file in seconds."""
    code = "import sys; from autohighlight.pipeline import probe; print(float(probe(sys.argv[1]).duration))"
    return run(sys.executable, "-c", code, file).output


def measure_start_up() -> bool:
    """``autohighlight --help``, the median of nine."""
    times = [run(sys.executable, "-m", "autohighlight", "--help").wall for _ in range(9)]
    median = statistics.median(times)
    print(
        f"\nautohighlight --help: {median:.2f} s (aim {HELP_AIM_SECONDS}, spread {min(times):.2f} to {max(times):.2f})"
    )
    return median <= HELP_AIM_SECONDS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sources", type=Path, default=Path("../shared/media/real"))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "autohighlight-speed")
    parser.add_argument(
        "--only", choices=("analysis", "rendering", "memory", "start-up"), help="measure this part alone"
    )
    options = parser.parse_args()
    print("$ python", " ".join(sys.argv))
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}")
    program = find_ffmpeg()
    print(f"ffmpeg {program.version} from {program.origin}; load before: {os.getloadavg()[0]:.2f}")
    reached = True
    if options.only in (None, "start-up"):
        reached &= measure_start_up()
    if options.only != "start-up":
        files = make_files(program.path, options.sources, options.folder, options.minutes)
        if options.only in (None, "analysis"):
            reached &= measure_analysis(files, program.path, options.repeats)
        if options.only in (None, "memory"):
            reached &= measure_memory(files, program.path, options.folder)
        if options.only in (None, "rendering"):
            reached &= measure_rendering(files, program.path, options.folder, options.repeats)
    print("\nall aims reached" if reached else "\nnot every aim was reached")
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
