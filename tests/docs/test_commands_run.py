"""What the pages tell people to type is typed: page by page, in a folder that holds what the commands name.

What cannot be run here is in `NOT_RUN`, with the reason; `test_pages.py` holds it to be understood all the same.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from autohighlight.cli.main import run
from tests.docs.desk import lay_out
from tests.pages import ROOT, TypedLine, blocks, name_of, pages, typed_lines, understood

NOT_RUN = {
    r"pip (install|wheel) ": "sets an environment up: .ci/run does, with the README's own lines",
    r"pytest -n auto$": "this is it",
    r"\.ci/": "runs these tests",
    r"autohighlight demo$": "the test of the tutorial runs it; the video that it makes lies on the desk",
    r"curl ": "needs a network",
    r"python benchmarks/": "takes minutes to hours; that the script is there is tested",
    r"python -c .*static\.py": "needs the file that curl fetches; test_reproducing.py runs it on a stand-in",
    r"autohighlight models download ": "needs a network",
    r"autohighlight models add ": "needs a published checkpoint; tests/cli/test_models.py adds made-up ones",
    r"autohighlight benchmark (tvsum|youtube-highlights|vtw) ": "needs the data set; tests/cli has small ones",
    r"autohighlight benchmark planted$": "takes minutes; tests/cli/test_benchmark.py runs a small one",
    r"autohighlight .* tvsum": "needs the data set",
    r"autohighlight .*annotations/": "needs the annotated videos",
    r"autohighlight batch .*--watch$": "goes on until it is stopped; tests/unit/batch/test_watch.py stops it",
    r"autohighlight .*--device cuda": "needs a GPU",
    r"autohighlight .*--ffmpeg /opt": "needs another ffmpeg; tests/media/test_programs.py runs it with stand-ins",
    r"ray start ": "starts a cluster; plugins/autohighlight-ray has tests that start one",
    r"autohighlight .*--executor ray": "needs a cluster; plugins/autohighlight-ray has tests that start one",
    r"autohighlight (torchvision|timm|onnx|audio) ": "a plugin's command, which the plugin's own tests run",
    r"autohighlight .*--scorer [^ ]*audio": "needs a plugin that listens; its own tests run it",
    r"autohighlight .*--backbone (torchvision:|timm:|onnx)": "needs weights; the plugins' own tests make some up",
}
"""Beginning of a command -> why it is not run."""

FOLLOWED_ELSEWHERE = {"docs/write-a-plugin.md": "tests/plugins/test_tutorial.py"}
"""Page that a test of its own follows -> that test."""

TUTORIAL = ROOT / "docs" / "tutorial.md"


def reason_not_to_run(line: TypedLine) -> str | None:
    """Why a command is not run here; None if it is."""
    return next((reason for pattern, reason in NOT_RUN.items() if re.match(pattern, line.text)), None)


def _to_run(page: Path) -> list[TypedLine]:
    if name_of(page) in FOLLOWED_ELSEWHERE:
        return []
    of_the_tutorial = [line for line in typed_lines(page) if page == TUTORIAL and line.text == "autohighlight demo"]
    return [*of_the_tutorial, *(line for line in typed_lines(page) if reason_not_to_run(line) is None)]


@dataclass(frozen=True)
class Printed:
    """What one command did."""

    code: int
    out: str
    err: str


def type_in(text: str) -> Printed:
    """Runs a command line: the program in this process, others beside it; ``> FILE`` is taken care of."""
    text, _, file = text.partition(" > ")
    words = shlex.split(text)
    if words[0] == "autohighlight":
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(words[1:])
        printed = Printed(code, out.getvalue(), err.getvalue())
    else:
        programs = {"ffmpeg": [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y"], "python": [sys.executable]}
        scripts = [str(ROOT / word) if word.endswith(".py") else word for word in words[1:]]
        command = [*programs[words[0]], *scripts]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        printed = Printed(done.returncode, done.stdout, done.stderr)
    if file:
        Path(file.strip()).write_text(printed.out, "utf-8")
    return printed


def _again(line: TypedLine) -> str:
    """The command as it is typed; what a page lets one write twice is written over."""
    takes = line.program == "autohighlight" and "overwrite" in {
        action.dest for action in understood(line.text.partition(" > ")[0]).parser._actions
    }
    return f"{line.text} --overwrite" if takes and " > " not in line.text else line.text


@pytest.fixture(scope="session")
def _filled_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    lay_out(folder)
    return folder


@pytest.fixture(scope="session")
def _kept_features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("features")


@pytest.fixture
def desk(_filled_desk: Path, _kept_features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to work in; what was measured of its videos is kept between tests."""
    folder = tmp_path / "desk"
    shutil.copytree(_filled_desk, folder, copy_function=shutil.copy2)
    monkeypatch.setenv("AUTOHIGHLIGHT_CACHE_DIR", str(_kept_features))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in pages() if page != TUTORIAL and (_to_run(page) or blocks(page, "python"))], ids=name_of
)
def test_a_page_can_be_followed(page: Path, desk: Path) -> None:
    for line in _to_run(page):
        printed = type_in(_again(line))
        assert printed.code == 0, f"{line.text}\n{printed.out}{printed.err}"
    if blocks(page, "python"):
        _run_as_a_script("\n".join(blocks(page, "python")))


def _run_as_a_script(example: str) -> None:
    """As its reader would: saved as a file and run; with pytest where there are tests in it."""
    Path("test_example.py").write_text(example, "utf-8")
    with_pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
    runs = [[], with_pytest] if "class Test" in example else [[]]
    for words in runs:
        command = [sys.executable, *words, "test_example.py"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_pages_that_are_followed_elsewhere_are_there_and_so_are_their_tests() -> None:
    for page, test in FOLLOWED_ELSEWHERE.items():
        assert list(typed_lines(ROOT / page))
        assert Path(page).name in (ROOT / test).read_text("utf-8")


def test_every_reason_not_to_run_has_its_command() -> None:
    lines = [line for page in pages() for line in typed_lines(page)]
    assert [pattern for pattern in NOT_RUN if not any(re.match(pattern, line.text) for line in lines)] == []


def test_only_known_programs_are_named() -> None:
    programs = {line.program for page in pages() for line in _to_run(page)}
    assert programs <= {"autohighlight", "python", "ffmpeg"}


@pytest.mark.slow
def test_the_tutorial_can_be_followed_to_the_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    shown = _shown_after_each_command(TUTORIAL)
    before = ""
    for line in _to_run(TUTORIAL):
        if "config show" in line.text:
            (before,) = blocks(TUTORIAL, "toml")
            Path("autohighlight.toml").write_text(before, "utf-8")
        printed = type_in(line.text)
        assert printed.code == 0, f"{line.text}\n{printed.err}"
        assert _without_numbers(shown[line.text]) <= _without_numbers(printed.out), line.text
    assert before
    (example,) = blocks(TUTORIAL, "python")
    _run_as_a_script(example)
    assert _difference("demo-score.png", ROOT / "docs" / "images" / "demo-score.png") < ALMOST_ALIKE
    made = {"demo.highlights.mp4", "longer.mp4", "demo.highlights.fcpxml", "demo.json", "from-python.mp4"}
    assert made <= {path.name for path in tmp_path.iterdir()}


ALMOST_ALIKE = 2.0
"""Mean difference of two pictures' levels, of 255; another scorer or another length of the reel makes 3.7 and more."""


def _difference(one: Path | str, other: Path | str) -> float:
    with Image.open(one) as first, Image.open(other) as second:
        assert first.size == second.size
        levels = [np.asarray(picture.convert("RGB"), dtype=np.float32) for picture in (first, second)]
    return float(np.abs(levels[0] - levels[1]).mean())


def _shown_after_each_command(page: Path) -> dict[str, str]:
    """What the page shows as printed, by command."""
    shown: dict[str, str] = {}
    for block in blocks(page, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            shown[command.strip()] = output
    return shown


def _without_numbers(text: str) -> set[str]:
    """The lines, with numbers and sizes made alike: they differ a little between kinds of processor.

    Of a highlight's line no more than where it lies is taken: the reason may be another one where two are near.
    """
    lines = [re.sub(r"^(\d+ +\S+ +\S+).*", r"\1", line.strip()) for line in text.splitlines()]
    lines = [line for line in lines if re.match(r"\d+ +\d+:|made|wrote|nothing|demo|\d+ highlight", line)]
    return {re.sub(r"\(\d[^)]*\)", "()", line) for line in lines}
