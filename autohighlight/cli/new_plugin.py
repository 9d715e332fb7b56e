"""Writes the project of a new plugin, ready to be installed, whose tests pass as it is."""

from __future__ import annotations

import importlib.resources
import os
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from autohighlight import __version__
from autohighlight.errors import OptionError, OutputError, OutputExistsError, printable
from autohighlight.hidden_folders import hidden_folder
from autohighlight.hookspecs import hookspec_version

_PREFIX = "autohighlight-"

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

_TORCH = '    "torch>=2.10",\n'

_WORDS: Mapping[str, Mapping[str, str]] = {
    "backbone": {
        "summary": "A network as a backbone of autohighlight, called ${name}.",
        "contract": "BackboneContract",
        "use": "autohighlight reel video.mp4 --backbone ${name}",
        "change": "Put your network into `make_network`, and say in the class what it is to be given.",
        "dependencies": '    "numpy>=1.26,<3",\n' + _TORCH,
    },
    "scorer": {
        "summary": "A scorer of autohighlight, called ${name}: how much each clip of a video matters.",
        "contract": "ScorerContract",
        "use": "autohighlight score video.mp4 --scorer ${name}\n"
        "autohighlight reel video.mp4 --scorer fusion+${name}:0.3",
        "change": "`score` turns what was measured of each clip into a number in [0, 1].",
        "dependencies": '    "numpy>=1.26,<3",\n',
    },
    "exporter": {
        "summary": "An exporter of autohighlight, called ${name}: highlights in a form of its own.",
        "contract": "ExporterContract",
        "use": "autohighlight export video.mp4 --to ${name}",
        "change": "`write` turns a timeline into files.",
        "dependencies": "",
    },
}


def distribution_of(name: str) -> str:
    """The name of the project, for ``pip install``: ``autohighlight-my-net``.

    Raises:
        OptionError: `name` cannot be one.
    """
    short = name.removeprefix(_PREFIX)
    if not _NAME.fullmatch(short) or len(short) > 40:
        raise OptionError(
            f"a plugin cannot be called {printable(name)!r}",
            "begin with a letter; write small letters, digits and single hyphens, at most 40: my-net",
        )
    return _PREFIX + short


def project_files(name: str, kind: str) -> dict[str, str]:
    """The files of the project: path in it -> text.

    Args:
        name: of the plugin and of what it registers.
        kind: ``backbone``, ``scorer`` or ``exporter``.

    Raises:
        OptionError: it cannot be called so.
    """
    distribution = distribution_of(name)
    short = distribution.removeprefix(_PREFIX)
    words = {
        "name": short,
        "distribution": distribution,
        "module": distribution.replace("-", "_"),
        "class_name": "".join(part.capitalize() for part in short.split("-")),
        "part": short.replace("-", "_"),
        "suffix": f".{short.replace('-', '')}",
        "autohighlight_version": ".".join(__version__.split(".")[:2]),
        "hookspec_version": hookspec_version,
        "summary_in_words": "a line for each part: change this to who reads it",
    }
    words |= {field: Template(text).substitute(words) for field, text in _WORDS[kind].items()}
    module, tests = f"src/{words['module']}", f"tests/test_{words['part']}.py"
    templates = {
        "pyproject.toml": "pyproject.toml.txt",
        "README.md": "README.md.txt",
        ".gitignore": "gitignore.txt",
        f"{module}/__init__.py": f"{kind}.py.txt",
        tests: f"test_{kind}.py.txt",
    }
    folder = importlib.resources.files("autohighlight") / "templates" / "plugin"
    files = {
        path: Template((folder / template).read_text("utf-8")).substitute(words) for path, template in templates.items()
    }
    return files | {f"{module}/py.typed": ""}


def write_project(name: str, kind: str, into: Path) -> list[Path]:
    """Writes the project into a new folder, whole or not at all, and gives its files.

    Args:
        name: of the plugin.
        kind: ``backbone``, ``scorer`` or ``exporter``.
        into: the folder to make it in.

    Raises:
        OptionError: it cannot be called so.
        OutputError: it is there already, or cannot be written there.
    """
    files, project = project_files(name, kind), into / distribution_of(name)
    if not into.is_dir():
        raise OutputError(into, "is no folder", "make it, or name another with --into")
    try:
        with hidden_folder(into) as hidden:
            unfinished = hidden / project.name
            for path, text in files.items():
                (unfinished / path).parent.mkdir(parents=True, exist_ok=True)
                (unfinished / path).write_text(text, "utf-8", newline="\n")
            if os.path.lexists(project):
                raise OutputExistsError(
                    project, "is there already", "give another name, or another directory with --into"
                )
            unfinished.rename(project)
    except OSError as error:
        raise OutputError(project, f"cannot be written: {error.strerror}", "name another with --into") from None
    return [project / path for path in files]
