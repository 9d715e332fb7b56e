"""What ``autohighlight doctor`` looks at; each check says what was found, or what is missing and what to do."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autohighlight.config import PROJECT_FILE, SELECTOR_SCORER, Layered, Options, load, user_cache_dir, user_config_file
from autohighlight.errors import AutohighlightError

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.plugins import Plugins


@dataclass(frozen=True)
class Check:
    """One thing that was looked for.

    Args:
        name: of the thing.
        is_ok: whether it is there and works.
        found: what was found, or what is wrong.
        remedy: what to do if it is not ok.
        is_required: whether the main job needs it.
    """

    name: str
    is_ok: bool
    found: str
    remedy: str = ""
    is_required: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The check for JSON."""
        return {
            "name": self.name,
            "ok": self.is_ok,
            "required": self.is_required,
            "found": self.found,
            "remedy": self.remedy,
        }


def examine(session: Session, config: Path | None = None) -> list[Check]:
    """Looks at everything, and goes on where something is missing.

    Args:
        session: whose plugins are looked at.
        config: a configuration file to read as well.
    """
    layered, config_checks = _configuration(config)
    options = layered.options
    looks: list[tuple[str, Callable[[], Iterator[Check]]]] = [
        ("ffmpeg", lambda: _ffmpeg(layered)),
        ("PyAV", _pyav),
        ("torch", _torch),
        ("backbone", lambda: _weights(session.plugins, options)),
        ("checkpoints", _checkpoints),
        ("selector", lambda: _selector(options)),
        ("cache", _cache),
    ]
    needless = {"cache", "checkpoints"} if _uses_selector(options) else {"cache", "checkpoints", "selector"}
    checks = [Check("autohighlight", True, _own_version())]
    for name, look in looks:
        checks += _looked(name, look, is_required=name not in needless)
    return [*checks, *config_checks, *_plugins(session)]


def _looked(name: str, look: Callable[[], Iterator[Check]], *, is_required: bool) -> list[Check]:
    """The checks made by `look`; what it raises becomes one that failed."""
    checks: list[Check] = []
    try:
        checks.extend(look())
    except AutohighlightError as error:
        checks.append(Check(name, False, error.problem, error.hint, is_required))
    except Exception as error:  # noqa: BLE001 -- a broken installation may raise anything, and doctor is to say so
        remedy = "install autohighlight again in a new virtual environment"
        checks.append(Check(name, False, f"{type(error).__name__}: {error}", remedy, is_required))
    return checks


def _own_version() -> str:
    import autohighlight

    python = platform.python_version()
    return f"{autohighlight.__version__}, Python {python} on {platform.system()} {platform.machine()}"


def _ffmpeg(layered: Layered) -> Iterator[Check]:
    from autohighlight.media.ffmpeg import COMPLETE, find_ffmpeg

    program = find_ffmpeg(layered.options.export.ffmpeg)
    reason = {
        "chosen": f"chosen by {layered.sources.get('ffmpeg')}",
        "imageio-ffmpeg": "from the package imageio-ffmpeg, which is the default",
        "PATH": "from PATH, as the package imageio-ffmpeg has none that runs here",
    }[program.origin]
    yield Check("ffmpeg", True, f"{program.version}, {reason}: {program.path}")
    needs = (("libx264", "H.264 video", True), ("libx265", "HEVC video, for sources of more than 8 bits", False))
    for encoder, purpose, is_required in (*needs, ("aac", "AAC sound", True)):
        is_there = encoder in program.encoders
        yield Check(f"encoder {encoder}", is_there, purpose, COMPLETE, is_required=is_required)


def _pyav() -> Iterator[Check]:
    from autohighlight.media.libraries import library_versions, missing_decoders

    yield Check("PyAV", True, ", ".join(f"{name} {version}" for name, version in library_versions().items()))
    missing = missing_decoders()
    if missing:
        yield Check("decoders", False, f"without {', '.join(missing)}", "install PyAV from PyPI", is_required=False)


def _torch() -> Iterator[Check]:
    import torch

    yield Check("torch", True, f"{torch.__version__}, {torch.get_num_threads()} threads")
    devices = ["cpu"]
    devices += [f"cuda ({torch.cuda.get_device_name(i)})" for i in range(torch.cuda.device_count())]
    devices += ["mps"] if torch.backends.mps.is_available() else []
    yield Check("devices", True, ", ".join(devices))


def _weights(plugins: Plugins, options: Options) -> Iterator[Check]:
    backbone = plugins.backbones[options.extract.backbone](options.extract)
    found = f"{backbone.name}: weights loaded, features of {backbone.dim} numbers, runs on {backbone.device}"
    yield Check("backbone", True, found)


def _checkpoints() -> Iterator[Check]:
    from autohighlight.backbones.checkpoints import installed, models_dir

    names = ", ".join(installed()) or "none installed; the default backbone needs none"
    yield Check("checkpoints", True, f"{models_dir()}: {names}", is_required=False)


def _selector(options: Options) -> Iterator[Check]:
    from autohighlight.scorers.contrastive import SHIPPED_SELECTOR
    from autohighlight.selector.checkpoint import load_selector

    path = options.score.selector or SHIPPED_SELECTOR
    _, info = load_selector(path)
    whose = "in the package" if path == SHIPPED_SELECTOR else str(path)
    is_required = _uses_selector(options)
    yield Check("selector", True, f"{whose}, for features of {info.backbone}", is_required=is_required)


def _cache() -> Iterator[Check]:
    from autohighlight.cli.tables import format_size

    folder = user_cache_dir()
    place = next(p for p in (folder, *folder.parents) if p.exists())
    is_writable = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    files = [file for file in folder.rglob("*") if file.is_file()] if folder.is_dir() else []
    size = sum(file.stat().st_size for file in files)
    found = f"{folder}: {format_size(size)} in {len(files)} files"
    if is_writable:
        yield Check("cache", True, found, is_required=False)
    else:
        remedy = "give --no-cache, or set AUTOHIGHLIGHT_CACHE_DIR to another folder"
        yield Check("cache", False, f"{found}, cannot be written to", remedy, is_required=False)


def _configuration(config: Path | None) -> tuple[Layered, list[Check]]:
    files = [file for file in (user_config_file(), Path(PROJECT_FILE), config) if file is not None and file.is_file()]
    found = ", ".join(str(file) for file in files) or "no file; built-in defaults"
    try:
        layered = load(config)
    except AutohighlightError as error:
        return Layered(Options(), {}), [Check("configuration", False, error.problem, error.hint or "correct the file")]
    return layered, [Check("configuration", True, found)]


def _uses_selector(options: Options) -> bool:
    words = options.score.scorer_name.split("+")
    return any(word.partition(":")[0] == SELECTOR_SCORER for word in words)


def _plugins(session: Session) -> list[Check]:
    found = [f"{info.source} {info.version}".strip() for info in session.plugins.found if info.kind != "built in"]
    said = ", ".join(sorted(found)) or "none beside the built-in ones"
    if not session.plugin_errors:
        return [Check("plugins", True, said, is_required=False)]
    return [Check("plugins", False, error.problem, error.hint, is_required=False) for error in session.plugin_errors]
