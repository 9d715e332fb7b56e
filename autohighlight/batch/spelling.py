"""Names as the disk has them: on disks of Windows and macOS, and on memory cards, ``footage`` is ``Footage`` too."""

from __future__ import annotations

from pathlib import Path

from autohighlight.batch.names import same_name_key


class Spelling:
    """Spells paths as their directories list them, so that a file goes by one name however it was typed.

    Each directory is listed once.
    """

    def __init__(self) -> None:
        self._names: dict[Path, frozenset[str]] = {}

    def of(self, path: Path) -> Path:
        """The path, each name in it in its own spelling; what is not there stays as it is."""
        spelled = Path(path.anchor)
        for name in path.parts[1 if path.anchor else 0 :]:
            spelled /= self._listed(spelled, name)
        return spelled

    def _listed(self, folder: Path, name: str) -> str:
        names = self._names_in(folder)
        if name in names or name == "..":
            return name
        alike = sorted(other for other in names if same_name_key(other) == same_name_key(name))
        return next((other for other in alike if _is_one_file(folder / other, folder / name)), name)

    def _names_in(self, folder: Path) -> frozenset[str]:
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(each.name for each in folder.iterdir())
            except OSError:
                self._names[folder] = frozenset()
        return self._names[folder]


def _is_one_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except (OSError, ValueError):
        return False
