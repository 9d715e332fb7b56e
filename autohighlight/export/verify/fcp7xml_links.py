"""The links of FCP7 XML, by which editors keep picture and sound of one part together.

Source: Apple, Final Cut Pro XML Interchange Format, Elements Catalog, ``link``.
"""

from __future__ import annotations

from dataclasses import dataclass

from autohighlight.export.verify.contents import ReadClip
from autohighlight.export.verify.inspection import Inspection
from autohighlight.export.verify.xml_elements import Element


@dataclass(frozen=True)
class Item:
    """A clip item in its place.

    Args:
        element: the item.
        kind: ``video`` or ``audio``.
        track: number of its track among those of its kind, from 1 on.
        index: its number on the track, from 1 on.
        clip: what it shows; None where that could not be read.
    """

    element: Element
    kind: str
    track: int
    index: int
    clip: ReadClip | None


def check_links(inspection: Inspection, items: list[Item]) -> None:
    """Each link names the place of an item that is there, and picture and sound of one part know each other."""
    by_id = dict[str, Item]()
    for item in items:
        id_ = item.element.attributes.get("id", "")
        if id_ and id_ in by_id:
            problem = f"the id {id_!r} is taken by line {by_id[id_].element.line}"
            inspection.error(item.element.place, problem, "give each item its own")
        by_id.setdefault(id_, item)
    together = dict[tuple[object, ...], list[Item]]()
    for item in items:
        for link in item.element.all("link"):
            _check_link(inspection, link, by_id)
        if item.clip:
            together.setdefault((item.clip.media.path, *item.clip.record), []).append(item)
    for group in together.values():
        _check_group(inspection, group)


def _check_link(inspection: Inspection, link: Element, by_id: dict[str, Item]) -> None:
    target = link.find("linkclipref")
    item = by_id.get(target.text) if target else None
    if item is None:
        named = target.text if target else ""
        inspection.error((target or link).place, f"no clip item has the id {named!r}", "name the linked item")
        return
    for tag, expected in (
        ("mediatype", item.kind),
        ("trackindex", str(item.track)),
        ("clipindex", str(item.index)),
    ):
        said = link.find(tag)
        if said and said.text != expected:
            problem = f"<{tag}> is {said.text}; that of {item.element.place.element} is {expected}"
            inspection.odd(said.place, problem, "editors find the linked item by its place")


def _check_group(inspection: Inspection, group: list[Item]) -> None:
    if len(group) < 2 or all(item.kind == "audio" for item in group):
        return
    ids = {item.element.attributes.get("id", "") for item in group}
    for item in group:
        named = {word.text for link in item.element.all("link") for word in link.all("linkclipref")}
        others = ids - named - {item.element.attributes.get("id", "")}
        if others:
            problem = f"it is not linked to {', '.join(sorted(others))}, which belong to it"
            inspection.odd(item.element.place, problem, "link picture and sound, or they drift apart")
