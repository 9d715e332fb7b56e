from __future__ import annotations

import json
from collections.abc import Callable

import jsonschema
import pytest

from tests.cli.conftest import Outcome

Command = Callable[..., Outcome]


@pytest.mark.parametrize(
    ("words", "name"), [([], "highlights"), (["highlights"], "highlights"), (["timeline"], "timeline")]
)
def test_the_schema_of_each_document(words: list[str], name: str, command: Command) -> None:
    schema = json.loads(command("schema", *words).out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:autohighlight:schema:{name}:1"
