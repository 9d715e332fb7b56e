"""How the database of a batch is reached."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath, PureWindowsPath

import pytest

from autohighlight.batch.database import read_only_address


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (PurePosixPath("/media/a b?.sqlite"), "file:///media/a%20b%3F.sqlite?mode=ro"),
        (PureWindowsPath(r"C:\out\b.sqlite"), "file:///C:/out/b.sqlite?mode=ro"),
        (PureWindowsPath(r"\\server\share\b.sqlite"), "file:////server/share/b.sqlite?mode=ro"),
    ],
)
def test_sqlite_is_told_of_a_server_in_the_path(path: PurePath, address: str) -> None:
    assert read_only_address(path) == address
