"""What becomes of damaged videos: thousands of changed files are scored in workers, and none may do harm.

    python benchmarks/faults.py [--files 2400] [--seed 1] [--workers 2] [--media DIR] [--keep DIR]

Small real clips, in twenty combinations of container and codec, are changed in twelve ways: flipped bits, files cut
short, extreme numbers in headers, swapped boxes, halves of two files, ... (`benchmarks/mutants.py`). Each is scored,
and every fifth cut into a reel, in the workers of the executor `local`, as in a batch, with a timeout of 30 s.

Counted: files that took longer, workers that died, tracebacks and exit codes that stand for a fault of the program,
files that appear where none belongs, sources that were changed, and the largest memory of a worker. The aim is none of
them; the exit code is 1 if there is one. A file that did harm is kept and named; ``--only N`` does it again.

    python benchmarks/faults.py --kills 50 [--seed 1]

kills the program, its workers and its encoder at random moments while it cuts a reel, exports a timeline, and works on
a folder (`benchmarks/kills.py`), and starts it again after each.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from autohighlight.executors.local import LocalExecutor  # noqa: E402
from autohighlight.executors.protocol import Failed, Returned, Started, Task  # noqa: E402
from autohighlight.media.libraries import library_versions  # noqa: E402
from benchmarks.kills import SUBJECTS, Subject, kill_at_random  # noqa: E402
from benchmarks.mutants import CONTAINERS, MUTATIONS, Case, Verdict, attempt, make_seeds  # noqa: E402
from benchmarks.tables import print_provenance, print_table  # noqa: E402

TIMEOUT_SECONDS = 30.0


def main() -> int:
    arguments = _arguments()
    if arguments.kills:
        return _kill([SUBJECTS[name] for name in arguments.commands], arguments.kills, arguments.seed)
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        os.environ |= {
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "AUTOHIGHLIGHT_CACHE_DIR": str(folder / "home" / "cache"),
            "AUTOHIGHLIGHT_DATA_DIR": str(folder / "home" / "data"),
        }
        for part in ("seeds", "in", "out", "home", "tmp", "here"):
            (folder / part).mkdir()
        print_provenance()
        print(", ".join(f"{name} {version}" for name, version in library_versions().items()))
        make_seeds(folder / "seeds", arguments.media)
        os.chdir(folder / "here")
        numbers = [arguments.only] if arguments.only is not None else range(arguments.files)
        return _report(
            *_run([Case(number, arguments.seed) for number in numbers], folder, arguments), folder, arguments
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=2400, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other files (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes at once (default: %(default)s)")
    parser.add_argument("--only", type=int, metavar="N", help="the file of this number alone")
    parser.add_argument("--kills", type=int, default=0, metavar="N", help="kill so often instead, at random moments")
    parser.add_argument("--commands", nargs="+", choices=list(SUBJECTS), default=list(SUBJECTS), help="which to kill")
    parser.add_argument("--media", type=Path, default=REPOSITORY.parent / "shared" / "media" / "real")
    parser.add_argument("--keep", type=Path, help="the folder for files that did harm (default: the working folder)")
    arguments = parser.parse_args()
    arguments.keep = (arguments.keep or Path.cwd()).absolute()
    return arguments


def _kill(subjects: list[Subject], number: int, seed: int) -> int:
    print_provenance()
    rows = [["command", "killed", "kills", "while it ran", "median moment", "faults"]]
    faults = []
    for subject in subjects:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            kills = kill_at_random(subject, Path(folder), number, seed)
        for target in subject.targets:
            some = [kill for kill in kills if kill.target == target]
            found = [fault for kill in some for fault in kill.faults]
            ran, moment = sum(kill.was_running for kill in some), statistics.median(kill.after for kill in some)
            rows.append([subject.name, target, str(len(some)), str(ran), f"{moment:.1f} s", str(len(found))])
            faults += [f"{subject.name}, {target} killed: {fault}" for fault in found]
    print_table(rows)
    print(*faults, sep="\n")
    return int(bool(faults))


def _run(
    cases: list[Case], folder: Path, arguments: argparse.Namespace
) -> tuple[dict[Case, Verdict | Failed], int, float]:
    """What became of each, how many workers died, and how long all took."""
    by_key = {str(case.number): case for case in cases}
    tasks: Iterable[Task] = (Task(key, (case, folder / "seeds", folder)) for key, case in by_key.items())
    became: dict[Case, Verdict | Failed] = {}
    num_died, began = 0, time.monotonic()
    executor = LocalExecutor(arguments.workers, TIMEOUT_SECONDS)
    try:
        for event in executor.run(attempt, tasks):
            if isinstance(event, Started):
                num_died += event.attempt > 1
            elif isinstance(event, Returned):
                became[by_key[event.key]] = event.value
            elif isinstance(event, Failed):
                became[by_key[event.key]] = event
                num_died += event.cause == "died"
            if sys.stderr.isatty():
                print(f"\r{len(became)}/{len(cases)} files ", end="", file=sys.stderr)
    finally:
        executor.close()
    return became, num_died, time.monotonic() - began


def _report(
    became: dict[Case, Verdict | Failed], num_died: int, seconds: float, folder: Path, arguments: argparse.Namespace
) -> int:
    verdicts = {case: verdict for case, verdict in became.items() if isinstance(verdict, Verdict)}
    failed = {case: failure for case, failure in became.items() if isinstance(failure, Failed)}
    faulty = {case: verdict.fault for case, verdict in verdicts.items() if verdict.fault}
    stray = _stray(folder)
    print(f"\n{len(became)} files of seed {arguments.seed}, {arguments.workers} workers, {seconds:.0f} s")
    _table(became)
    codes = Counter(code for verdict in verdicts.values() for code in verdict.codes)
    print("\nexit codes: " + ", ".join(f"{code}: {count}" for code, count in sorted(codes.items())))
    print(f"longer than {TIMEOUT_SECONDS:.0f} s: {sum(f.cause == 'timeout' for f in failed.values())}")
    print(f"workers that died: {num_died}")
    print(f"errors that left the work: {sum(f.cause == 'raised' for f in failed.values())}")
    print(f"tracebacks, wrong exit codes, changed sources: {len(faulty)}")
    print(f"files where none belongs: {len(stray)}")
    if verdicts:
        slowest = max(verdicts, key=lambda case: verdicts[case].seconds)
        largest = max(verdicts, key=lambda case: verdicts[case].peak_kb)
        print(f"slowest: {verdicts[slowest].seconds:.1f} s ({slowest.number})")
        print(f"largest memory of a worker: {verdicts[largest].peak_kb / 1000:.0f} MB ({largest.number})")
    for case, problem in [*faulty.items(), *((case, f"{f.cause}: {f.problem}") for case, f in failed.items())]:
        video = next((folder / "in").glob(f"{case.number:05d}.*"), None)
        print(f"{case.number} ({case.container}, {case.mutation}): {problem}")
        if video is not None:
            video.replace(arguments.keep / video.name)
    for path in stray:
        print(f"stray: {path}")
    return int(bool(faulty or failed or stray))


def _table(became: dict[Case, Verdict | Failed]) -> None:
    """By container and change: files that gave scores, those that were refused, and those that did harm if any."""
    cells: dict[tuple[str, str], Counter[str]] = {}
    for case, verdict in became.items():
        is_fault = isinstance(verdict, Failed) or bool(verdict.fault)
        kind = "harm" if is_fault else "scored" if isinstance(verdict, Verdict) and verdict.codes[0] == 0 else "refused"
        cells.setdefault((case.container, case.mutation), Counter())[kind] += 1
    rows = [["scored / refused", *MUTATIONS]]
    for container in CONTAINERS:
        counts = [cells.get((container, mutation), Counter()) for mutation in MUTATIONS]
        words = [f"{c['scored']} / {c['refused']}" + (f" HARM {c['harm']}" if c["harm"] else "") for c in counts]
        rows.append([container, *words])
    print_table(rows)


def _stray(folder: Path) -> list[Path]:
    """Files that have been left where none belongs."""
    left = [path for part in ("out", "tmp", "here", "home") for path in (folder / part).rglob("*") if path.is_file()]
    return [path.relative_to(folder) for path in left]


if __name__ == "__main__":
    sys.exit(main())
