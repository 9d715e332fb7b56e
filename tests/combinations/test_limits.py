"""A video that needs ``--limits`` is refused without it, and passes through every command that takes the option."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.combinations.parsers import flags_of, parsers
from tests.conftest import REPOSITORY
from tests.media_factory import make_video
from tests.whole_runs import Command

ALLOWED = ("--limits", "min_fps=0.001")
CLIPS = ("--clip-length", "400s")
LENGTHS = ("--duration", "50%", "--min-length", "400s", "--max-length", "800s")
CHOSEN = (*CLIPS, "--scorer", "movement", *LENGTHS)
QUICK_TRAINING = ("--d", "8", "--steps", "2", "--batch-size", "2", "--device", "cpu")

RUNS: dict[str, tuple[str, ...]] = {
    "reel": ("reel", "a.mp4", "--preset", "ultrafast", "--export", "otio", *CHOSEN),
    "export": ("export", "a.mp4", "b.mp4", "--to", "otio,csv", *CHOSEN),
    "gif": ("gif", "a.mp4", "--width", "32", "--fps", "1", "--contact-sheet", "sheet.png", *CHOSEN),
    "webp": ("webp", "a.mp4", "--width", "32", "--fps", "1", *CHOSEN),
    "score": ("score", "a.mp4", *CHOSEN),
    "train": ("train", "a.mp4", "b.mp4", "-o", "new.safetensors", *CLIPS, *QUICK_TRAINING),
    "evaluate": ("evaluate", "labels.jsonl", "--scorer", "movement", *CLIPS),
    "verify": ("verify", "cut.otio"),
    "batch": ("batch", "a.mp4", "b.mp4", "--export", "otio", "--combined", "best.otio", *CHOSEN),
    "batch --train-first": ("batch", "a.mp4", "b.mp4", "--train-first", "--export", "csv", *CLIPS, *LENGTHS),
}
"""What runs each command on two slow videos."""

OPENS_NONE = frozenset({"demo", "config show"})
"""The demo makes its video itself."""

READS_LABELLED = frozenset(
    {"analyse clusters", "analyse dropout", "analyse embedding"}
    | {"benchmark tvsum", "benchmark youtube-highlights", "benchmark vtw"}
)
"""These need more than two videos; the test of all calls of `probe` is theirs."""


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two videos whose frames are 200 s apart, more than the usual limit of 100 s."""
    folder = tmp_path_factory.mktemp("slow")
    for name, num_frames in (("a.mp4", 12), ("b.mp4", 13)):
        make_video(folder / name, num_frames, "1/200", (64, 48))
    line = {"video": "a.mp4", "duration": 2400.0, "highlights": [[400.0, 800.0]]}
    (folder / "labels.jsonl").write_text(json.dumps(line) + "\n")
    return folder


def test_every_command_that_takes_limits_is_tried() -> None:
    taking = {name for name, parser in parsers().items() if "--limits" in flags_of(parser)}
    assert taking == {words[0] for words in RUNS.values()} | OPENS_NONE | READS_LABELLED


@pytest.mark.parametrize("run", RUNS)
def test_the_video_is_taken_with_the_limit_alone(run: str, slow: Path, tmp_path: Path, command: Command) -> None:
    for source in slow.iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    if run == "verify":
        made = command("export", "a.mp4", "-o", "cut.otio", *CHOSEN, *ALLOWED)
        assert made.code == 0, made.err
    refused = command(*RUNS[run])
    assert refused.code != 0
    assert "its frames are 200 s apart" in refused.out + refused.err
    done = command(*RUNS[run], *ALLOWED)
    assert done.code == 0, done.out + done.err


def test_every_call_of_probe_is_given_limits() -> None:
    calls = []
    for file in sorted((REPOSITORY / "autohighlight").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("probe", "probe_file"):
                    calls.append((file.name, node.lineno, len(node.args)))
    assert len(calls) > 5
    without = [call for call in calls if call[2] < 2 and call[0] != "exporters.py"]  # which makes its own video
    assert without == []
