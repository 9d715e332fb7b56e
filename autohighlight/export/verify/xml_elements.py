"""XML with line numbers, read so that no document can harm its reader.

Documents with entities, element declarations or anything else between the brackets of a document type are refused:
no timeline needs them, and they are how a few bytes become gigabytes or another file's content. Nothing that a
document names is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from autohighlight.errors import InputError
from autohighlight.export.verify.contents import Said
from autohighlight.export.verify.findings import Place

MAX_ELEMENTS = 1_000_000
"""More than a timeline of ten thousand parts has; they take less than 1 GiB."""

MAX_DEPTH = 200
"""Of elements in elements; editors' own projects nest a few dozen."""

_LONGEST_NAME = 80  # of an id in a finding


@dataclass(slots=True)
class Element:
    """An element with what it holds.

    Args:
        tag: its name.
        attributes: name -> value.
        line: of its start tag.
        text: what stands directly in it, without the blanks around.
        whole_text: the same with them.
        children: elements in it, in order.
    """

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    whole_text: str = ""
    children: list[Element] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """Where it stands."""
        name = self.attributes.get("id", "")[:_LONGEST_NAME]
        return Place(self.line, f'<{self.tag} id="{name}">' if name else f"<{self.tag}>")

    def find(self, way: str) -> Element | None:
        """The first element at the end of a way of tags, as ``rate/timebase``; None where there is none."""
        found: Element | None = self
        for tag in way.split("/"):
            found = next((child for child in found.children if child.tag == tag), None) if found else None
        return found

    def all(self, *tags: str) -> Iterator[Element]:
        """The children with one of these tags."""
        return (child for child in self.children if child.tag in tags)

    def iter(self, *tags: str) -> Iterator[Element]:
        """It and all elements in it, in the order of the document; with tags, those that have one of these."""
        if not tags or self.tag in tags:
            yield self
        for child in self.children:
            yield from child.iter(*tags)

    def said(self, attribute: str) -> Said[str] | None:
        """The value of an attribute."""
        value = self.attributes.get(attribute)
        return None if value is None else Said(value, self.place)


@dataclass(frozen=True)
class XmlDocument:
    """A document.

    Args:
        root: its outermost element.
        doctype: the name in its document type; empty where it has none.
    """

    root: Element
    doctype: str


class NotWellFormedError(Exception):
    """The document breaks off or breaks the rules of XML.

    Args:
        line: where.
        problem: in what way.
        root: its outermost tag; empty where there is none yet.
    """

    def __init__(self, line: int, problem: str, root: str) -> None:
        super().__init__(line, problem, root)
        self.line = line
        self.problem = problem
        self.root = root


def read_xml(path: Path, content: bytes) -> XmlDocument:
    """The elements of a document.

    Raises:
        NotWellFormedError: it is no well-formed XML.
        InputError: it declares entities or the like, or is larger or deeper than any timeline.
    """
    builder = _Builder(path)
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise NotWellFormedError(error.lineno, expat.ErrorString(error.code), builder.root_tag) from None
    except (LookupError, ValueError) as error:  # an encoding that is not known
        raise InputError(path, f"cannot be read as XML: {error}", "save it in UTF-8") from None
    return XmlDocument(builder.root, builder.doctype)


class _Builder:
    """Hears from the parser what comes, and puts it together."""

    def __init__(self, path: Path) -> None:
        self.doctype = ""
        self._path = path
        self._num_elements = 0
        self._top = Element("", {}, 0)
        self._open = [self._top]
        self._texts: list[list[str]] = [[]]
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._start_doctype
        self.parser.EntityDeclHandler = self._refuse
        self.parser.SkippedEntityHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse

    @property
    def root(self) -> Element:
        return self._top.children[0]

    @property
    def root_tag(self) -> str:
        return self.root.tag if self._top.children else ""

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._num_elements += 1
        if self._num_elements > MAX_ELEMENTS or len(self._open) > MAX_DEPTH:
            raise InputError(self._path, "is larger or deeper than any timeline", "name a timeline file")
        element = Element(tag, attributes, self.parser.CurrentLineNumber)
        self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def _end(self, _tag: str) -> None:
        element = self._open.pop()
        element.whole_text = "".join(self._texts.pop())
        element.text = element.whole_text.strip()

    def _text(self, text: str) -> None:
        self._texts[-1].append(text)

    def _start_doctype(self, name: str, _system: str | None, _public: str | None, has_subset: int) -> None:
        self.doctype = name
        if has_subset:
            self._refuse()

    def _refuse(self, *_: object) -> int:
        problem = "declares or names entities, which no timeline needs and which can harm its reader"
        raise InputError(self._path, problem, "remove the document type's brackets and what is in them")
