"""Videos on servers: found, told apart, copied, and nothing left of the copies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import fsspec
import pytest

from autohighlight.batch import listing, remote
from autohighlight.batch.inputs import find_inputs
from autohighlight.errors import DependencyError, InputError, NoSpaceError, RemoteError
from tests.servers import Site, served

VIDEO = bytes(range(256)) * 1000


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/", recursive=True)


@pytest.fixture
def web() -> Iterator[Site]:
    with served(Site({"/d/a b.mp4": VIDEO})) as site:
        yield site


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    files = {
        "/bucket/cam1/a.mp4": VIDEO,
        "/bucket/cam1/.hidden.mp4": b"",
        "/bucket/cam1/notes.txt": b"",
        "/bucket/cam2/deep/b.mov": VIDEO[:5000],
        "/bucket/cam2/a.highlights.mp4": b"",
        "/bucket/take [1].mp4": b"x",
        "/other/a.mp4": b"",
    }
    with served(Site(files), is_s3=True) as site:
        monkeypatch.setenv("AWS_ENDPOINT_URL", site.address)
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        yield site
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def names(place: str) -> dict[str, str]:
    return {str(each.name): each.source for each in find_inputs([place]).inputs}


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("s3://bucket/a.mp4", True),
        ("HTTPS://host/a.mp4", True),
        ("memory://a.mp4", True),
        ("abfs://c@account.dfs.core.windows.net/a.mp4", True),
        ("file:///a.mp4", False),
        ("local:///a.mp4", False),
        ("http:", False),
        ("http:/a", False),
        ("concat:foo|bar", False),
        ("c:\\a.mp4", False),
        ("c://a.mp4", False),
        ("/x/s3://bucket/a.mp4", False),
        ("./s3://bucket/a.mp4", False),
        ("://a", False),
        ("", False),
    ],
)
def test_what_is_an_address(source: str, is_one: bool) -> None:
    assert remote.is_remote(source) is is_one


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("s3://bucket/a?b.mp4", "s3://bucket/a?b.mp4"),
        ("https://me:secret@host:80/a.mp4?X-Signature=secret#t", "https://host:80/a.mp4"),
        ("sftp://me:secret@host/a@b.mp4", "sftp://host/a@b.mp4"),
        ("/local/a?b@c.mp4", "/local/a?b@c.mp4"),
    ],
)
def test_addresses_are_shown_without_secrets(address: str, shown: str) -> None:
    assert remote.shown(address) == shown


def test_memory_is_searched_as_a_folder(memory: fsspec.AbstractFileSystem) -> None:
    for path in (
        "/d/a.mp4",
        "/d/e/b.MOV",
        "/d/.h.mp4",
        "/d/.k/c.mp4",
        "/d/notes.txt",
        "/d/a.highlights.mp4",
        "/d/x.dat",
    ):
        memory.pipe(path, b"x")
    expected = {"a.mp4": "memory://d/a.mp4", "e/b.MOV": "memory://d/e/b.MOV"}
    assert names("memory://d") == names("memory://d//") == expected
    assert names("memory://") == {f"d/{name}": source for name, source in expected.items()}
    found = find_inputs(["memory://d", "memory://d/a.mp4", "memory://d/*"])
    assert len(found.inputs) == 2
    found = find_inputs(["memory://d"])
    assert (found.others, found.num_results) == ({".txt": 1, ".dat": 1}, 1)
    assert names("memory://d/x.dat") == {"x.dat": "memory://d/x.dat"}
    assert list(names("memory://d/*.mp4")) == ["a.mp4"]
    assert list(names("memory://d/**/*.MOV")) == ["e/b.MOV"]
    assert list(names("memory://d/*.dat")) == ["x.dat"]
    assert list(names("memory://d/*")) == ["a.mp4", "e/b.MOV"]


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("memory://none", "there is no such file or folder"),
        ("memory://none/*.mp4", "nothing fits this pattern"),
        ("zip://a.mp4::memory://a.zip", "chained addresses are not read"),
        ("nothing://a.mp4", "nothing is known of nothing://"),
    ],
)
def test_an_address_that_leads_nowhere_is_named(address: str, problem: str) -> None:
    with pytest.raises(RemoteError, match=problem) as caught:
        find_inputs([address])
    assert isinstance(caught.value, InputError)
    assert caught.value.address == address


def test_what_a_host_has_keeps_the_host(memory: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/x/d/a.mp4", b"x")
    monkeypatch.setattr(
        listing, "open_address", lambda address: (memory, "/x/" + address.partition("/x/")[2].rstrip("/"))
    )
    for place in ("sftp://me@host/x/d/", "sftp://me@[::1]:22/x/d/*.mp4", "sftp://me@host/x/*/*"):
        host = place.partition("/x/")[0]
        assert list(names(place).values()) == [f"{host}/x/d/a.mp4"]


def test_a_package_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(protocol: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "get_filesystem_class", lacking)
    with pytest.raises(DependencyError, match=r"s3://bucket/a\.mp4: Install s3fs to access S3"):
        find_inputs(["s3://bucket/a.mp4"])


def test_files_of_this_computer_are_not_copied(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(VIDEO)
    for source in (str(video), f"file://{video}"):
        with remote.local_copy(source, tmp_path / "scratch", 10) as copy:
            assert copy == video
    assert not (tmp_path / "scratch").exists()


def check_copy(address: str, scratch: Path, content: bytes, name: str) -> None:
    with remote.local_copy(address, scratch, 10**6) as copy:
        assert copy.read_bytes() == content
        assert copy.name == name
        assert copy.is_relative_to(scratch)
        place = copy.parent
    assert not place.exists()
    assert [path.name for path in scratch.iterdir()] in ([], ["lock"])


def test_a_copy_from_memory(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    memory.pipe("/d/new\nline.mp4", VIDEO)
    check_copy("memory://d/new\nline.mp4", tmp_path / "x/scratch", VIDEO, "new_line.mp4")
    before = remote.identity("memory://d/new\nline.mp4")
    assert before == remote.identity("memory://d/new\nline.mp4") != ""
    memory.pipe("/d/new\nline.mp4", VIDEO[::-1])
    assert remote.identity("memory://d/new\nline.mp4") != before


@pytest.mark.parametrize("has_ranges", [True, False])
@pytest.mark.parametrize("states_size", [True, False])
def test_a_copy_from_the_web(web: Site, tmp_path: Path, has_ranges: bool, states_size: bool) -> None:
    web.has_ranges, web.states_size = has_ranges, states_size
    address = f"{web.address}/d/a%20b.mp4?token=secret"
    assert names(address) == {"a b.mp4": address}
    check_copy(address, tmp_path, VIDEO, "a b.mp4")
    if states_size:
        assert sum(request.startswith('"GET') for request in web.requests) == 1


def test_content_on_the_web_is_known_by_its_tag_or_else_its_date(web: Site) -> None:
    address = f"{web.address}/d/a%20b.mp4"
    first = remote.identity(address)
    assert first == remote.identity(address)
    web.files["/d/a b.mp4"] = VIDEO[::-1]
    assert remote.identity(address) != first
    web.states_tag = False
    assert "2023" in remote.identity(address)


def test_a_folder_on_s3(s3: Site, tmp_path: Path) -> None:
    assert names("s3://bucket/cam1/a.mp4") == {"a.mp4": "s3://bucket/cam1/a.mp4"}
    assert names("s3://bucket") == {
        "cam1/a.mp4": "s3://bucket/cam1/a.mp4",
        "cam2/deep/b.mov": "s3://bucket/cam2/deep/b.mov",
        "take [1].mp4": "s3://bucket/take [1].mp4",
    }
    assert list(names("s3://bucket/cam2/")) == ["deep/b.mov"]
    assert list(names("s3://bucket/cam*/*.mp4")) == ["cam1/a.mp4"]
    assert list(names("s3://bucket/take [1].mp4")) == ["take [1].mp4"]
    check_copy("s3://bucket/cam2/deep/b.mov", tmp_path, VIDEO[:5000], "b.mov")
    with pytest.raises(RemoteError, match="there is no such file or folder"):
        find_inputs(["s3://bucket/none.mp4"])


def test_a_list_of_s3_says_the_same_of_content_as_a_question_and_saves_it(s3: Site) -> None:
    find_inputs(["s3://bucket"])
    s3.requests.clear()
    listed = remote.identity("s3://bucket/cam1/a.mp4", is_fresh=False)
    assert s3.requests == []
    assert remote.identity("s3://bucket/cam1/a.mp4") == listed
    s3.files["/bucket/cam1/a.mp4"] = b"other"
    assert remote.identity("s3://bucket/cam1/a.mp4") != listed


def test_what_changes_while_it_is_read_is_refused(web: Site, tmp_path: Path) -> None:
    web.changes["/d/a b.mp4"] = VIDEO[::-1]
    with (
        pytest.raises(RemoteError, match="was changed while it was read"),
        remote.local_copy(f"{web.address}/d/a%20b.mp4", tmp_path, 10**6),
    ):
        raise AssertionError
    assert not list(tmp_path.glob("copy-*"))


def test_what_ends_early_is_refused(web: Site, tmp_path: Path) -> None:
    web.short_by = 1000
    with (
        pytest.raises(RemoteError, match="cannot be read"),
        remote.local_copy(f"{web.address}/d/a%20b.mp4?token=secret", tmp_path, 10**6),
    ):
        raise AssertionError
    assert not list(tmp_path.glob("copy-*"))


def test_what_is_not_of_the_stated_size_is_refused(
    memory: fsspec.AbstractFileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.pipe("/a.mp4", VIDEO)
    info = type(memory).info
    for stated, problem in ((1000, "is longer than 1000 bytes"), (10**6 - 1, "ended after 256000 of 999999 bytes")):
        monkeypatch.setattr(
            type(memory), "info", lambda self, path, stated=stated, **rest: info(self, path, **rest) | {"size": stated}
        )
        with pytest.raises(RemoteError, match=problem), remote.local_copy("memory://a.mp4", tmp_path, 10**6):
            raise AssertionError
        assert not list(tmp_path.glob("copy-*"))


def test_what_is_larger_than_allowed_is_refused_before_it_is_read(web: Site, tmp_path: Path) -> None:
    with (
        pytest.raises(RemoteError, match=r"more than the 0 MB for temporary copies \(allow more with --scratch-size\)"),
        remote.local_copy(f"{web.address}/d/a%20b.mp4", tmp_path, 1000),
    ):
        raise AssertionError
    assert all(request.startswith('"HEAD') for request in web.requests)
    web.states_size = False
    with (
        pytest.raises(RemoteError, match="is longer than 1000 bytes, the size that was allowed"),
        remote.local_copy(f"{web.address}/d/a%20b.mp4", tmp_path, 1000),
    ):
        raise AssertionError


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_refuses_is_named_without_secrets(web: Site, tmp_path: Path, status: int) -> None:
    web.status = status
    address = f"{web.address}/d/a%20b.mp4?token=secret"
    with pytest.raises(RemoteError) as caught, remote.local_copy(address, tmp_path, 10**6):
        raise AssertionError
    assert str(caught.value).startswith(f"{web.address}/d/a%20b.mp4: ")
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(RemoteError, match=r"^http://127\.0\.0\.1:9/a\.mp4: "),
        remote.local_copy("http://127.0.0.1:9/a.mp4", tmp_path, 10**6),
    ):
        raise AssertionError


def test_a_full_disk_is_said(
    memory: fsspec.AbstractFileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.pipe("/a.mp4", VIDEO)
    monkeypatch.setattr(remote, "portable", lambda _: SimpleNamespace(name="/dev/full"))
    with pytest.raises(NoSpaceError, match="the disk is full"), remote.local_copy("memory://a.mp4", tmp_path, 10**6):
        raise AssertionError
    assert not list(tmp_path.glob("copy-*"))
