"""What the page on Windows and macOS says of places is what the program does there."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import platformdirs.windows
import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from tests.pages import ROOT

PAGE = (ROOT / "docs" / "how-to" / "windows-macos.md").read_text("utf-8")


def _row(system: str) -> list[str]:
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {system} |")]
    return [cell.strip().strip("`") for cell in line.strip("|").split("|")[1:]]


@pytest.mark.parametrize(("system", "kind"), [("Linux", Unix), ("macOS", MacOS), ("Windows", Windows)])
def test_the_users_directories_are_where_the_page_says(
    system: str, kind: type[Unix | MacOS | Windows], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/user")
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", {"CSIDL_LOCAL_APPDATA": r"%LOCALAPPDATA%"}.__getitem__)
    made = kind("autohighlight", appauthor=False)
    separator = "\\" if system == "Windows" else "/"
    places = [made.user_cache_dir, f"{made.user_config_dir}{separator}config.toml", made.user_data_dir]
    path = PureWindowsPath if system == "Windows" else PurePosixPath
    assert [path(cell.replace("~", "/home/user")) for cell in _row(system)] == [path(place) for place in places]
