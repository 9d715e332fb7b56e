"""What more workers bring to a batch, on the CPU or on one GPU that they share; and whether they decide the same.

    python benchmarks/batch_workers.py [--device cuda] [--jobs 1 2 4 8] [--videos 12] [--seconds 40]

Each run is the whole command ``autohighlight batch``, its start included, on videos made on the spot that are all
different, nothing cached. The floor is one worker, measured in the same session: each further row is a ratio to it.
The exit code is 1 if a run decides otherwise than the first.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from films import make_film
from tables import print_provenance, print_table


class GpuMemory(threading.Thread):
    """Looks at how much of a GPU's memory is taken, by whomever, twice a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mib = 0
        self._over = threading.Event()

    def run(self) -> None:
        query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        while not self._over.wait(0.5):
            said = subprocess.run(query, capture_output=True, text=True, check=True).stdout
            self.peak_mib = max(self.peak_mib, int(said.split()[0]))

    def stop(self) -> int:
        self._over.set()
        self.join()
        return self.peak_mib


def run_batch(footage: Path, output: Path, jobs: int, device: str) -> tuple[float, int, dict[str, object]]:
    """Seconds, peak GPU memory in MiB (0 on the CPU), and what was decided of each video."""
    memory = GpuMemory() if device == "cuda" else None
    if memory is not None:
        memory.start()
    words = [str(footage), "-o", str(output), "--export", "csv", "--no-cache", "--device", device, "--jobs", str(jobs)]
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "autohighlight", "batch", *words, "-q"], check=True)
    seconds = time.perf_counter() - start
    decided = {path.name: json.loads(path.read_text())["highlights"] for path in output.glob("*.highlights.json")}
    return seconds, memory.stop() if memory is not None else 0, decided


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--videos", type=int, default=12)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=2)
    arguments = parser.parse_args()
    print_provenance()
    rows, first, is_same = [["workers", "seconds", "of one worker", "GPU memory", "decides the same"]], None, True
    with tempfile.TemporaryDirectory() as folder:
        footage = Path(folder) / "footage"
        footage.mkdir()
        for number in range(arguments.videos):
            make_film(footage / f"{number}.mp4", arguments.seconds, seed=number, preset="ultrafast")
        floor = 0.0
        for jobs in arguments.jobs:
            runs = [
                run_batch(footage, Path(folder) / f"out-{jobs}-{repeat}", jobs, arguments.device)
                for repeat in range(arguments.repeats)
            ]
            seconds = [run[0] for run in runs]
            first, floor = first or runs[0][2], floor or statistics.median(seconds)
            same = all(run[2] == first and len(run[2]) == arguments.videos for run in runs)
            is_same &= same
            spread = f"{statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"
            share = f"{statistics.median(seconds) / floor:.2f}"
            rows.append([str(jobs), spread, share, f"{max(run[1] for run in runs)} MiB", "yes" if same else "NO"])
    print_table(rows)
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
