"""What every XML file for an editor must be: well-formed to the parser of ``xmllint``, and made of known elements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree


@dataclass(frozen=True)
class Shape:
    """What an element may hold.

    Args:
        children: tags in the order in which they must stand; those that end in ``*`` may repeat, in ``?`` be absent.
        required: attributes that must be there.
        allowed: attributes that may be.
    """

    children: str = ""
    required: str = ""
    allowed: str = ""


def read_xml(path: Path, doctype: str) -> etree._Element:
    """The root of a document that has a declaration and this document type."""
    content = path.read_bytes()
    assert content.startswith(f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {doctype}>\n'.encode())
    tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    assert tree.getroottree().docinfo.doctype == f"<!DOCTYPE {doctype}>"
    return tree


def check_shape(element: etree._Element, shapes: Mapping[str, Shape]) -> None:
    """Every element is one of these, with its attributes, and its children in their order."""
    shape = shapes[element.tag]
    required, allowed = set(shape.required.split()), set(shape.allowed.split())
    assert required <= set(element.attrib) <= required | allowed, (element.tag, dict(element.attrib))
    children = [child.tag for child in element]
    for word in shape.children.split():
        tag, count = word.rstrip("*?"), 0
        while children[:1] == [tag]:
            children.pop(0)
            count += 1
        assert count >= (word[-1] not in "*?"), f"<{element.tag}> lacks <{tag}>"
        assert count <= 1 or word.endswith("*"), f"<{element.tag}> has {count} <{tag}>"
    assert not children, f"<{element.tag}> has <{children[0]}> out of place"
    for child in element:
        check_shape(child, shapes)
