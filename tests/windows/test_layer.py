"""The imitation of Windows bites: what Windows refuses, fails here too."""

from __future__ import annotations

import json

import pytest

from tests.windows.machine import run_on_windows

REFUSED = {
    "fsync of what is open for reading": ("os.fsync(open('a.txt', 'rb').fileno())", "OSError: [Errno 9]"),
    "a directory that is opened": ("os.open('.', os.O_RDONLY)", "PermissionError"),
    "a directory that is opened as a file": ("open('.', encoding='utf-8')", "PermissionError"),
    "an open file that is removed": ("file = open('a.txt', 'rb'); Path('a.txt').unlink()", "PermissionError"),
    "an open file that is renamed": ("file = open('a.txt', 'rb'); Path('a.txt').rename('b.txt')", "PermissionError"),
    "an open file that is replaced": ("file = open('b.txt', 'rb'); Path('a.txt').replace('b.txt')", "PermissionError"),
    "a file that is open by another name": (
        "os.link('a.txt', 'c.txt'); file = open('c.txt', 'rb'); Path('a.txt').unlink()",
        "PermissionError",
    ),
    "a directory that holds an open file": (
        "Path('d').mkdir(); file = open('d/x', 'wb'); Path('d').rename('e')",
        "PermissionError",
    ),
    "a mapped file": (
        "import mmap; file = open('a.txt', 'rb'); m = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ); file.close(); "
        "os.remove('a.txt')",
        "PermissionError",
    ),
    "a file that another program has open": (
        "held = subprocess.Popen(['sleep', '60'], stdin=open('a.txt', 'rb')); import time; time.sleep(0.5)\n"
        "try: os.remove('a.txt')\nfinally: held.kill(); held.wait()",
        "PermissionError",
    ),
    "a write-protected file": ("Path('a.txt').chmod(0o444); Path('a.txt').unlink()", "PermissionError"),
    "a rename that replaces": ("os.rename('a.txt', 'b.txt')", "FileExistsError"),
    "a symbolic link": ("Path('link').symlink_to('a.txt')", "OSError: [Errno 22]"),
    "a reserved name": ("Path('nul').write_bytes(b'')", "FileNotFoundError"),
    "a reserved name with a suffix": ("Path('con.mp4').write_bytes(b'')", "FileNotFoundError"),
    "a dot at the end": ("Path('d.').mkdir()", "FileNotFoundError"),
    "a blank at the end": ("open('a ', 'wb')", "FileNotFoundError"),
    "a sign that no name may hold": ("open('a:b', 'wb')", "OSError: [Errno 22]"),
    "a pattern that is looked for": ("os.stat('*.txt')", "OSError: [Errno 22]"),
    "a path of 260 characters": ("open('x' * 250, 'wb')", "FileNotFoundError"),
    "a module of POSIX": ("import fcntl", "ModuleNotFoundError"),
    "a function of POSIX": ("os.getuid()", "AttributeError"),
    "a function that is imported by name": ("from os import killpg", "ImportError"),
    "a flag of POSIX": ("os.O_NOFOLLOW", "AttributeError"),
    "a signal of POSIX": ("signal.SIGKILL", "AttributeError"),
    "a signal that is not there": ("signal.signal(1, signal.SIG_DFL)", "ValueError"),
    "a flag of sockets": ("socket.MSG_DONTWAIT", "AttributeError"),
    "what a program inherits": ("subprocess.Popen(['true'], pass_fds=[2])", "ValueError"),
    "a long command line": ("subprocess.Popen(['true', 'x' * 40_000])", "FileNotFoundError"),
    "text without an encoding": ("Path('t.txt').write_text('x')", "EncodingWarning"),
    "text of a program without an encoding": ("subprocess.run(['true'], text=True)", "EncodingWarning"),
    "a name that is no Unicode": ("os.fsdecode(b'\\xff')", "UnicodeDecodeError"),
    "what the console cannot show": ("print('映')", "UnicodeEncodeError"),
}

ALLOWED = {
    "removing a file that was closed": ("open('a.txt', 'rb').close(); os.remove('a.txt')", None),
    "replacing a file": ("os.replace('a.txt', 'b.txt')", None),
    "fsync of what is written": ("file = open('a.txt', 'r+b'); os.fsync(file.fileno())", None),
    "another case": ("value = Path('A.TXT').read_bytes()", "b'one'"),
    "another case in a directory": (
        "Path('d').mkdir(); Path('D/x').write_bytes(b''); value = os.listdir('d')",
        "['x']",
    ),
    "line ends": ("Path('t.txt').write_text('a\\n', 'utf-8'); value = Path('t.txt').read_bytes()", "b'a\\r\\n'"),
    "line ends as they are": (
        "Path('t.txt').write_text('a\\n', 'utf-8', newline='\\n'); value = Path('t.txt').read_bytes()",
        "b'a\\n'",
    ),
    "the system": ("value = sys.platform, os.name, hasattr(os, 'fork')", "('win32', 'nt', False)"),
    "what others see": ("import shutil; value = shutil.os.path.sep, shutil.which('true') is not None", "('/', True)"),
    "nothing for another system": ("value = Path('*').exists()", "False"),
    "a temporary directory": ("import tempfile; d = tempfile.TemporaryDirectory(dir='.'); d.cleanup()", None),
}

_RUNNER = """
import json, os, signal, socket, subprocess, sys, traceback
from pathlib import Path
said = {}
for name, code in json.load(open(sys.argv[1], encoding="utf-8")).items():
    folder = Path(sys.argv[2]) / str(len(said))
    folder.mkdir()
    os.chdir(folder)
    Path("a.txt").write_bytes(b"one")
    Path("b.txt").write_bytes(b"two")
    scope = dict(globals(), __name__="autohighlight.snippet", value=None)
    try:
        exec(code, scope)
        said[name] = repr(scope["value"])
    except BaseException as error:
        said[name] = "raised " + traceback.format_exception_only(error)[-1].strip()
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of each piece of code."""
    root = tmp_path_factory.mktemp("windows")
    snippets = {name: code for name, (code, _) in {**REFUSED, **ALLOWED}.items()}
    (root / "snippets.json").write_text(json.dumps(snippets), "utf-8")
    (root / "work").mkdir()
    done = run_on_windows(["-c", _RUNNER, "snippets.json", root / "work"], root)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("name", REFUSED)
def test_what_windows_refuses_is_refused(name: str, said: dict[str, str]) -> None:
    assert said[name].startswith(f"raised {REFUSED[name][1]}"), said[name]


@pytest.mark.parametrize("name", ALLOWED)
def test_what_windows_does_is_done(name: str, said: dict[str, str]) -> None:
    assert said[name] == str(ALLOWED[name][1])
