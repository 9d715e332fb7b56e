"""Everything public says what it gives; what raises says what; what takes or gives arrays says of which shape."""

from __future__ import annotations

import ast
import builtins
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autohighlight import errors
from tests.pages import ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef

ERRORS = {name for name, thing in vars(errors).items() if isinstance(thing, type) and issubclass(thing, Exception)}
"""Names of the errors that this package raises on purpose."""

ARRAY = re.compile(r"\b(NDArray|Tensor)\b")
_ITEM = r"(?:[\w.]+(?:\([\w.]+\))?(?: ?[*+/-] ?[\w.]+)?|\.\.\.)"
SHAPE = re.compile(rf"\((?:{_ITEM}, ?)+(?:{_ITEM})?\)|\bscalar\b|\b(?:same|any|its|their|whose) shapes?\b")
"""``(N, dim)`` or ``(N,)``, or in words."""

WEIGHTS = re.compile(r"(?:Mapping|dict)\[str, (?:torch\.)?Tensor\]")
"""Weights by name have whatever shape they have."""

ELSEWHERE = re.compile(r"\b(?:As|as|See|see) `")
"""Another docstring says it."""


@dataclass(frozen=True)
class Documented:
    """A public function or class, where it stands, and what is said of it.

    Args:
        where: file and name.
        node: its definition.
        text: its docstring, empty if it has none.
        context: the docstring of the class that it is a method of, or of the module.
    """

    where: str
    node: Function | ast.ClassDef
    text: str
    context: str


def _public(path: Path) -> Iterator[Documented]:
    module = ast.parse(path.read_text("utf-8"))

    def below(node: ast.Module | ast.ClassDef, prefix: str, context: str) -> Iterator[Documented]:
        for inner in node.body:
            if isinstance(inner, Function | ast.ClassDef) and not inner.name.startswith("_"):
                text = ast.get_docstring(inner) or ""
                yield Documented(f"{prefix}{inner.name}", inner, text, context)
                if isinstance(inner, ast.ClassDef):
                    yield from below(inner, f"{prefix}{inner.name}.", text)

    yield from below(module, f"{path.relative_to(ROOT)}: ", ast.get_docstring(module) or "")


PUBLIC = [thing for path in sorted((ROOT / "autohighlight").rglob("*.py")) for thing in _public(path)]
FUNCTIONS = [thing for thing in PUBLIC if not isinstance(thing.node, ast.ClassDef)]


def _raised(node: ast.AST) -> set[str]:
    """Errors of this package that a function itself raises; what it calls is not looked into."""
    names = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Raise) and isinstance(inner.exc, ast.Call):
            called = inner.exc.func
            names.add(called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""))
    return names & ERRORS


def _annotations(node: Function) -> str:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return " ".join(ast.unparse(a) for a in [*(x.annotation for x in arguments), node.returns] if a is not None)


def test_there_is_something_to_test() -> None:
    assert len(PUBLIC) > 500


def test_everything_public_has_a_docstring() -> None:
    """But the methods of protocols, whose class says it all, and tests in contracts, whose names do."""
    but = ("autohighlight/plugins.py", "autohighlight/testing/")
    assert [thing.where for thing in PUBLIC if not thing.text and not thing.where.startswith(but)] == []


def test_what_raises_says_what() -> None:
    """Each error that a public function itself raises is named, or one above it in the tree."""
    silent = []
    for thing in FUNCTIONS:
        said = f"{thing.text}\n{thing.context}"
        for name in _raised(thing.node):
            known = {base.__name__ for base in getattr(errors, name).__mro__} & ERRORS
            if not ELSEWHERE.search(thing.text) and not any(re.search(rf"\b{one}\b", said) for one in known):
                silent.append(f"{thing.where}: {name}")
    assert silent == []


def test_errors_that_are_named_are_there() -> None:
    """Under ``Raises`` stand errors of this package or of Python."""
    ours = ERRORS | {thing.node.name for thing in PUBLIC if isinstance(thing.node, ast.ClassDef)}
    unknown = []
    for thing in FUNCTIONS:
        _, _, raised = thing.text.partition("Raises:\n")
        raised = re.split(r"\n(?:Returns|Args|Yields|Attributes):", raised)[0]
        for name in re.findall(r"^    (\w+): ", raised, re.MULTILINE):
            if name not in ours and not hasattr(builtins, name):
                unknown.append(f"{thing.where}: {name}")
    assert unknown == []


def test_arrays_have_their_shapes() -> None:
    """In the docstring of the function, or of its class or module."""
    silent = []
    for thing in FUNCTIONS:
        assert isinstance(thing.node, Function)
        said = f"{thing.text}\n{thing.context}"
        if ARRAY.search(WEIGHTS.sub("", _annotations(thing.node))) and not SHAPE.search(said):
            silent += [] if ELSEWHERE.search(thing.text) else [thing.where]
    assert silent == []


def test_arguments_that_are_described_are_there() -> None:
    wrong = []
    for thing in FUNCTIONS:
        assert isinstance(thing.node, Function)
        _, _, described = thing.text.partition("Args:\n")
        described = re.split(r"\n(?:Returns|Raises|Yields|Attributes):", described)[0]
        lines = re.findall(r"^    ([\w*, ]+): ", described, re.MULTILINE)
        names = {name.strip(" *") for line in lines for name in line.split(",")}
        wrong += [f"{thing.where}: {name}" for name in names - _arguments(thing.node)]
    assert wrong == []


def _arguments(node: Function) -> set[str]:
    plain = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return {argument.arg for argument in [*plain, node.args.vararg, node.args.kwarg] if argument is not None}


def test_what_docstrings_refer_to_is_there() -> None:
    """`autohighlight.a.b` in backticks is a module, or something in one."""
    named = {
        (thing.where, name)
        for thing in PUBLIC
        for name in re.findall(r"(?<!`)`(autohighlight(?:\.\w+)+)`(?!`)", f"{thing.text}\n{thing.context}")
    }
    assert [(where, name) for where, name in sorted(named) if not _is_there(name)] == []


def _is_there(name: str) -> bool:
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True
