"""Commands that are shown can be pasted into the shell of the system."""

from __future__ import annotations

import pytest

from autohighlight.cli.quoting import quoted


@pytest.mark.parametrize(
    ("word", "posix", "windows"),
    [
        ("my.safetensors", "my.safetensors", "my.safetensors"),
        ("my own.safetensors", "'my own.safetensors'", '"my own.safetensors"'),
        (r"C:\models\a-1.safetensors", r"'C:\models\a-1.safetensors'", r"C:\models\a-1.safetensors"),
        (r"\\server\share\a b", r"'\\server\share\a b'", r'"\\server\share\a b"'),
        ("it's", "'it'\"'\"'s'", '"it\'s"'),
        ("a&b(1)", "'a&b(1)'", '"a&b(1)"'),
        ("it's $5", "'it'\"'\"'s $5'", "'it''s $5'"),
        ("", "''", '""'),
    ],
)
def test_a_word_is_quoted_as_the_system_needs_it(word: str, posix: str, windows: str) -> None:
    assert quoted(word, "linux") == quoted(word, "darwin") == posix
    assert quoted(word, "win32") == windows
