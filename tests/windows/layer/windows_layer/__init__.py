"""Linux, made to behave as Windows does where a program notices; see `tests.windows.machine` for how it is used.

What only POSIX has is missing for the package under test alone (`absent`), for the standard library of Linux needs it.
What Windows refuses to do with files is refused to all (`names`, `handles`), and text files are as they are there
(`text`), in one folder: that of the test. Code that is not Python, as FFmpeg, is not held to any of it.

Not imitated: backslashes and drives in paths, for `pathlib` is that of Linux; the console; jobs (see
`tests.unit.executors.as_on_windows`); what Windows does when it has no means of its own.
"""

from __future__ import annotations

from windows_layer import absent, handles, names, text


def install(root: str) -> None:
    """Makes this interpreter behave as one on Windows, with the files below `root`."""
    handles.install(root)
    names.install(root)  # outside of what looks at handles, which it gives names as they are on the disk
    text.install(root)
    absent.install()
