"""The real and odd files beside the repository; where they are absent, stand-ins of the same kinds are made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.media.made_files import ALTERED, KINDS, make_kind

_MEDIA = REPOSITORY.parent / "shared" / "media"


def _names(folder: str) -> list[str]:
    return sorted(path.name for path in (_MEDIA / folder).glob("*.*"))


REAL, ODD = _names("real"), _names("odd")
_STAND_INS: dict[str, Callable[[Path], Path]] = {
    **{kind: lambda folder, kind=kind: make_kind(kind, folder) for kind in KINDS},  # type: ignore[misc]
    **ALTERED,
}
_SHARED = [f"real/{name}" for name in REAL] + [f"odd/{name}" for name in ODD]
NAMES = _SHARED or sorted([*list(KINDS)[:6], *list(ALTERED)[:6]])
"""What to test with: files of the shared folder, or names of stand-ins."""


def open_shared(name: str, folder: Path) -> Path:
    """The file called `name` in `NAMES`; a stand-in is made in `folder`."""
    return _STAND_INS[name](folder) if name in _STAND_INS else _MEDIA / name
