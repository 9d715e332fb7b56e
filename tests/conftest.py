"""What every test gets: folders of its own for the user's files, and random numbers that leak nothing."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.timeline_matrix import Matrix

REPOSITORY = Path(__file__).resolve().parents[1]

# Machines differ in speed; how long an example takes says nothing about whether it is right.
settings.register_profile("autohighlight", deadline=None)
settings.load_profile("autohighlight")

# Whoever runs the tests in the background of a script has them ignore Ctrl-C, and so would the programs they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path | None:
    """The folder of real and odd media beside the repository; None where it is absent."""
    folder = REPOSITORY.parent / "shared"
    return folder if (folder / "media").is_dir() else None


@pytest.fixture(scope="session")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    """The sources that every timeline format is tried on, made when they are first asked for; to be read only."""
    from tests.timeline_matrix import Matrix

    return Matrix(tmp_path_factory.mktemp("matrix"))


@pytest.fixture(autouse=True)
def _own_user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cache, data and configuration of the user who runs the tests are neither read nor written."""
    home = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("AUTOHIGHLIGHT_CACHE_DIR", str(home / "cache" / "autohighlight"))
    monkeypatch.setenv("AUTOHIGHLIGHT_DATA_DIR", str(home / "data" / "autohighlight"))
    monkeypatch.delenv("AUTOHIGHLIGHT_PLUGINS_DIR", raising=False)
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))


@pytest.fixture(autouse=True)
def _random_numbers_restored() -> Iterator[None]:
    """No test changes the random numbers that the next one draws."""
    plain, of_numpy = random.getstate(), np.random.get_state()
    torch = sys.modules.get("torch")
    of_torch = torch.random.get_rng_state() if torch else None
    yield
    random.setstate(plain)
    np.random.set_state(of_numpy)
    if torch:
        torch.random.set_rng_state(of_torch)
