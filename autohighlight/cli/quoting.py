"""Words of a command that is shown to people, so that the shell of their system takes it as it stands."""

from __future__ import annotations

import re
import shlex
import sys

_PLAIN_ON_WINDOWS = re.compile(r"[\w.:\\/+-]+")


def quoted(word: str, platform: str = sys.platform) -> str:
    """The word in quotes where it needs them: those of POSIX shells, or on Windows those of both cmd and PowerShell.

    PowerShell alone gives ``$`` and the backtick a meaning in double quotes; a name with one gets single quotes, which
    cmd does not know.
    """
    if platform != "win32":
        return shlex.quote(word)
    if _PLAIN_ON_WINDOWS.fullmatch(word):
        return word
    if re.search("[$`]", word):
        return "'" + word.replace("'", "''") + "'"
    return f'"{word}"'
