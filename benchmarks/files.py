"""What the program does with files of every kind: containers, codecs of picture and sound, and all that files may have.

    python benchmarks/files.py [--share N] [--only TEXT] [--keep DIR]

Each file of a matrix (`benchmarks/file_combinations.py`) is made by the ffmpeg program of imageio-ffmpeg, about three
seconds of frames that carry numbers, and run through what ``reel`` and ``export --to fcpxml`` do, with highlights at
fixed places: its beginning, its middle and its end. What comes out is compared with a full decode of the file by the
same ffmpeg: the frames shown, their colours and how they lie, the picture's shape, the number of sound channels, the
moment of every sound to 5 ms, and in the timeline the rate, the beginning, the length and the stretches.

Each ends as right, as refused with an error that names the file and the cause, or as wrong; the aim is none that is
wrong, and the exit code is 1 if there is one. What ffmpeg cannot write, or cannot read back itself, is counted apart.
``--share 10`` runs a tenth, always the same; ``--only TEXT`` what has the text in its name.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from autohighlight.media.libraries import library_versions  # noqa: E402
from benchmarks.file_combinations import Combination, all_combinations, share_of  # noqa: E402
from benchmarks.file_judge import Verdict, judge  # noqa: E402
from benchmarks.tables import print_provenance, print_table  # noqa: E402

_OUTCOMES = ("right", "refused", "wrong", "not writable")


def main() -> int:
    arguments = _arguments()
    chosen = [c for c in share_of(all_combinations(), arguments.share) if arguments.only in str(c)]
    if not chosen:
        print(f"no combination has {arguments.only!r} in its name", file=sys.stderr)
        return 2
    print_provenance()
    print(", ".join(f"{name} {version}" for name, version in library_versions().items()))
    began, verdicts = time.monotonic(), dict[Combination, Verdict]()
    for number, combination in enumerate(chosen, start=1):
        with _quiet():
            verdicts[combination] = _judged(combination, arguments.keep)
        if verdicts[combination].outcome == "wrong":
            print(f"wrong: {combination}: {verdicts[combination].reason}", flush=True)
        if sys.stderr.isatty():
            print(f"\r{number}/{len(chosen)} ", end="", file=sys.stderr)
    return _report(verdicts, time.monotonic() - began)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings about odd files: all of these are."""
    logger = logging.getLogger("autohighlight")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--share", type=int, default=1, metavar="N", help="one in N, always the same (default: all)")
    parser.add_argument("--only", default="", metavar="TEXT", help="those with this text in their names")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a folder for what was made and written")
    return parser.parse_args()


def _judged(combination: Combination, keep: Path | None) -> Verdict:
    if keep is not None:
        folder = keep / str(combination).replace("/", " in ")
        folder.mkdir(parents=True)
        return judge(combination, folder)
    with tempfile.TemporaryDirectory(prefix="files-") as name:
        return judge(combination, Path(name))


def _report(verdicts: Mapping[Combination, Verdict], seconds: float) -> int:
    times = os.times()
    processor = times.user + times.system + times.children_user + times.children_system
    print(f"\n{len(verdicts)} combinations, {seconds:.0f} s, {processor:.0f} s of processor time\n")
    _print_counts("container", verdicts, lambda combination: combination.container)
    print()
    _print_counts("trait", verdicts, lambda combination: combination.kind)
    for outcome in ("refused", "not writable"):
        print(f"\n{outcome}:")
        for combination, verdict in verdicts.items():
            if verdict.outcome == outcome:
                print(f"  {combination}: {verdict.reason}")
    totals = Counter(verdict.outcome for verdict in verdicts.values())
    print("\n" + ", ".join(f"{outcome}: {totals[outcome]}" for outcome in _OUTCOMES))
    return int(totals["wrong"] > 0)


def _print_counts(title: str, verdicts: Mapping[Combination, Verdict], group: Callable[[Combination], str]) -> None:
    counts = dict[str, Counter[str]]()
    for combination, verdict in verdicts.items():
        counts.setdefault(group(combination), Counter())[verdict.outcome] += 1
    print_table([[title, *_OUTCOMES], *([name, *(str(of[o]) for o in _OUTCOMES)] for name, of in counts.items())])


if __name__ == "__main__":
    sys.exit(main())
