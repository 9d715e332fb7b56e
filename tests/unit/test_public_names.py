"""What the package promises by name, and what importing it costs."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import autohighlight

PUBLIC = [
    "Analysis",
    "AutohighlightError",
    "Clip",
    "FeatureTrack",
    "Highlight",
    "Length",
    "MediaInfo",
    "Options",
    "ScoreTrack",
    "Selection",
    "TimeRange",
    "analyse",
    "build",
    "extract",
    "highlight",
    "hookimpl",
    "hookspec_version",
    "probe",
    "score",
    "select",
    "write",
]

HEAVY = ("torch", "av", "ffmpeg", "rich", "PIL", "safetensors")


def test_the_public_names_are_these() -> None:
    assert autohighlight.__all__ == PUBLIC
    assert dir(autohighlight) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(autohighlight, name).__doc__ or name == "hookimpl"


def test_no_public_name_is_that_of_a_module() -> None:
    """Importing a module would put it in the name's place."""
    modules = {module.name for module in pkgutil.iter_modules(autohighlight.__path__)}
    assert not modules & set(PUBLIC)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'highlights'"):
        autohighlight.highlights  # noqa: B018 -- asking is the test


@pytest.mark.parametrize(
    "code",
    [
        "import autohighlight; [getattr(autohighlight, name) for name in autohighlight.__all__]",
        "from autohighlight.default_plugins import load_plugins; load_plugins(installed=False)",
        "import autohighlight.config, autohighlight.hookspecs, autohighlight.plugins, autohighlight.types",
        "import autohighlight.__main__",
    ],
)
def test_importing_is_cheap(code: str) -> None:
    """Neither the network's library nor the decoder's is loaded before it is needed."""
    check = f"import sys; {code}; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
