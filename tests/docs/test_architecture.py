"""The map of the house has every room of it, and no other."""

from __future__ import annotations

import re

from tests.pages import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PACKAGE = ROOT / "autohighlight"


def _rooms_on_the_map() -> set[str]:
    table = PAGE.split("| room |")[1].split("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {room for cell in cells for room in re.findall(r"`([^`]+)`", cell)}


def test_every_room_is_on_the_map_and_no_other() -> None:
    folders = {f"{path.name}/" for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("__")}
    modules = {path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    assert _rooms_on_the_map() == folders | modules


def test_the_order_of_the_layers_is_the_one_that_is_checked() -> None:
    """Rooms that the text puts above one another stand so in the import contract."""
    contract = (ROOT / "pyproject.toml").read_text("utf-8").split("\nlayers = [")[1].split("\n]")[0]
    ranks = {name: rank for rank, line in enumerate(contract.splitlines()) for name in re.findall(r"\w+", line)}
    told = PAGE.split("holds the layers")[1].split(" above the stages")[0]
    order = [ranks[name] for name in re.findall(r"`(\w+)`", told)]
    assert len(order) > 5
    assert order == sorted(order)
