"""New environments in which nothing of this checkout is found, but what was built of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Built:
    """The two archives of one distribution."""

    wheel: Path
    sdist: Path


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Built]:
    """Builds the distribution in a folder: the archive of its sources, and the wheel of that."""
    made: dict[Path, Built] = {}

    def build_once(project: Path) -> Built:
        if project not in made:
            out = tmp_path_factory.mktemp(f"dist-{project.name}")
            words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(project)]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
            made[project] = Built(wheel, sdist)
        return made[project]

    return build_once


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that is installed here but this project, its plugins, and pip: links, so that nothing is copied."""
    folder = tmp_path_factory.mktemp("libraries")
    left_out = ("autohighlight", "_autohighlight", "_editable", "__editable__", "pip")
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(place).iterdir():
            if not entry.name.startswith(left_out) and entry.suffix != ".pth":
                (folder / entry.name).symlink_to(entry)
    return folder


@dataclass(frozen=True)
class Environment:
    """A new virtual environment.

    Args:
        folder: of the environment.
        variables: what a program that runs in it is given.
    """

    folder: Path
    variables: Mapping[str, str]

    def run(self, *words: str, cwd: Path, timeout: float = 300) -> str:
        """Runs a program of the environment; gives what it prints, and fails with it where the program does."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", '"$@"', "bash", *words], cwd=cwd, env=dict(self.variables),
            capture_output=True, text=True, check=False, timeout=timeout, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def new_environment(libraries: Path, tmp_path: Path) -> Callable[[Path], Environment]:
    """An environment with the libraries that this project needs, and nothing of the project.

    ``pip install NAME`` finds the distributions in the given folder there, and no others.
    """

    def make(wheels: Path) -> Environment:
        folder, home = tmp_path / "environment", tmp_path / "home"
        home.mkdir()
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        (site,) = folder.glob("lib/python*/site-packages")
        for old in (*site.glob("setuptools*"), *site.glob("distutils-*"), site / "pkg_resources"):  # Python 3.11's own
            shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
        (site / "libraries.pth").write_text(f"{libraries}\n")
        kept = {name: value for name, value in os.environ.items() if name in ("LANG", "LC_ALL", "TMPDIR", "CI")}
        variables = kept | {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(folder),
            "HOME": str(home),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the wrong way round: no isolation, so hatchling is this one
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        return Environment(folder, variables)

    return make
