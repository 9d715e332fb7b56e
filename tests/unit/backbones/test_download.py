"""Downloads from a web server on this machine: nothing half is ever taken for a checkpoint."""

from __future__ import annotations

import dataclasses
import errno
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gdown
import pytest
import torch
from filelock import FileLock

from autohighlight.backbones import checkpoints, download
from autohighlight.backbones.checkpoints import KNOWN, KnownCheckpoint, installed, models_dir
from autohighlight.backbones.resnet3d import ResNet3D
from autohighlight.backbones.weights import file_digest
from autohighlight.errors import DependencyError, NoSpaceError, OptionError, WeightsError

from .made import hollow
from .server import Served, serving

KEPT = 512 * 1024
"""Of what had come when the connection broke: gdown writes in blocks of this size."""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("served") / "net.pth"
    with torch.device("meta"):
        network = ResNet3D(18, "A")
    torch.save(hollow(network) | {"fc.weight": torch.rand(400, 512)}, path)  # long enough to be cut off
    return path.read_bytes()


@pytest.fixture
def served(content: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(download, "RETRIES", 0)
    with serving(content) as one:
        yield one


@pytest.fixture
def know(served: Served, monkeypatch: pytest.MonkeyPatch) -> Callable[..., KnownCheckpoint]:
    """Makes a checkpoint called ``net`` known."""

    def make(**fields: Any) -> KnownCheckpoint:
        known = KnownCheckpoint("net", "resnet3d-18", "net.pth", served.address, "nothing", "none")
        known = dataclasses.replace(known, **fields)
        monkeypatch.setattr(download, "KNOWN", {"net": known})
        return known

    make()
    return make


def fetch(name: str = "net") -> checkpoints.InstalledCheckpoint:
    return download.download(name, lambda *_: None)


def left_behind() -> list[str]:
    """Every file below the folder of checkpoints, but the empty one that keeps two downloads apart."""
    files = [path for path in models_dir().rglob("*") if path.is_file() and path.suffix != ".lock"]
    return sorted(str(path.relative_to(models_dir())) for path in files)


def test_a_checkpoint_is_fetched_checked_and_installed(
    know: Callable[..., KnownCheckpoint], served: Served, tmp_path: Path
) -> None:
    (tmp_path / "same").write_bytes(served.content)
    digest = file_digest(tmp_path / "same")
    know(sha256=digest)
    told: list[tuple[int, int | None]] = []
    checkpoint = download.download("net", lambda *numbers: told.append(numbers))
    assert checkpoint.path.read_bytes() == served.content
    assert (checkpoint.sha256, checkpoint.source, checkpoint.backbone) == (digest, served.address, "resnet3d-18")
    assert installed() == {"net": checkpoint}
    assert told[-1] == (len(served.content), len(served.content))
    assert left_behind() == ["net/checkpoint.json", "net/net.pth"]


def test_what_is_installed_is_not_fetched_again(know: object, served: Served) -> None:
    assert fetch() == fetch()
    assert served.asked == [0]


def test_after_a_break_it_goes_on_where_it_stopped(know: object, served: Served) -> None:
    served.cut_after = [600_000]
    with pytest.raises(WeightsError) as refusal:
        fetch()
    assert f"cannot download net.pth from {served.address}: the connection broke" in refusal.value.problem
    assert refusal.value.hint.startswith("run the command again to go on where it stopped, or fetch net.pth")
    assert installed() == {}
    (part,) = models_dir().rglob("*.part")
    assert part.read_bytes() == served.content[:KEPT]
    assert fetch().path.read_bytes() == served.content
    assert served.asked == [0, 0, KEPT]  # what the file is is asked before the rest of it is
    assert left_behind() == ["net/checkpoint.json", "net/net.pth"]


def test_a_short_break_is_not_noticed(know: object, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "RETRIES", 1)
    served.cut_after = [600_000]
    assert fetch().path.read_bytes() == served.content
    assert served.asked == [0, KEPT]


def test_where_the_server_will_not_go_on_it_begins_anew(know: object, served: Served) -> None:
    served.cut_after, served.takes_ranges = [600_000], False
    with pytest.raises(WeightsError):
        fetch()
    assert fetch().path.read_bytes() == served.content
    assert left_behind() == ["net/checkpoint.json", "net/net.pth"]


@pytest.mark.parametrize("sha256", ["0" * 64, "dcc47ddc"])
def test_a_wrong_hash_is_refused(know: Callable[..., KnownCheckpoint], sha256: str) -> None:
    know(sha256=sha256)
    with pytest.raises(WeightsError, match=rf"is not net, or is damaged: its SHA-256 is .*, not {sha256}"):
        fetch()
    assert left_behind() == []


def test_a_hash_that_is_given_is_checked(know: Callable[..., KnownCheckpoint], served: Served, tmp_path: Path) -> None:
    (tmp_path / "same").write_bytes(served.content)
    digest = file_digest(tmp_path / "same")
    with pytest.raises(WeightsError, match="is not net, or is damaged"):
        download.download("net", lambda *_: None, sha256="0" * 64)
    assert left_behind() == []
    assert download.download("net", lambda *_: None, sha256=f" {digest.upper()} ").sha256 == digest
    with pytest.raises(WeightsError, match=f"the net that is installed has the SHA-256 {digest}, not 0000"):
        download.download("net", lambda *_: None, sha256="0" * 64)
    know(sha256="dcc47ddc")
    with pytest.raises(OptionError, match="the published SHA-256 of net begins with dcc47ddc"):
        download.download("net", lambda *_: None, sha256=digest)
    with pytest.raises(OptionError, match="give all 64 hexadecimal digits"):
        download.download("net", lambda *_: None, sha256=digest[:8])


@pytest.mark.parametrize("sha256", ["", "dcc47ddc"])
@pytest.mark.parametrize("address", ["http://weights.invalid/net.pth", "http://127.0.0.1.weights.invalid/net.pth"])
def test_nothing_comes_over_plain_http_without_its_whole_hash(
    address: str, sha256: str, know: Callable[..., KnownCheckpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(gdown, "download", lambda url, **_: asked.append(url))
    know(address=address, sha256=sha256)
    with pytest.raises(WeightsError, match="plain HTTP, which anybody on the way can change") as refusal:
        fetch()
    assert "--sha256" in refusal.value.hint
    assert "models add net.pth" in refusal.value.hint
    assert (asked, models_dir().exists()) == ([], False)
    with pytest.raises(WeightsError, match="cannot read the weights"):  # the stand-in has written nothing
        download.download("net", lambda *_: None, sha256="dcc47ddc" + "0" * 56)
    assert asked == [address]


def test_another_network_is_refused(know: Callable[..., KnownCheckpoint]) -> None:
    know(backbone="resnet3d-34")
    with pytest.raises(WeightsError, match="is not net: it holds a 3D ResNet-18"):
        fetch()
    assert left_behind() == []


def test_a_page_in_place_of_the_file_is_refused(know: object, served: Served) -> None:
    served.content = b"<html>You have reached your quota.</html>"
    with pytest.raises(WeightsError, match="is no torch checkpoint"):
        fetch()
    assert left_behind() == []


@pytest.mark.parametrize("status", [404, 503])
def test_a_file_that_is_not_there_is_said(know: object, served: Served, status: int) -> None:
    served.status = status
    with pytest.raises(WeightsError) as refusal:
        fetch()
    assert f"from {served.address}: the server answers {status}" in refusal.value.problem
    assert refusal.value.hint == (f"fetch net.pth from {served.address} and run 'autohighlight models add net.pth'")
    assert left_behind() == []


def test_without_a_network_it_says_what_to_do_by_hand(know: Callable[..., KnownCheckpoint]) -> None:
    know(address="http://127.0.0.1:1/net.pth")  # nobody listens there
    with pytest.raises(WeightsError) as refusal:
        fetch()
    assert "there is no connection, or it broke" in refusal.value.problem
    assert "run 'autohighlight models add net.pth'" in refusal.value.hint
    assert left_behind() == []


def test_a_full_disk_leaves_nothing_behind(know: object, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_whole = gdown.download

    def fill_disk(**settings: Any) -> str:
        def progress(num_bytes: int, _total: int | None) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        return str(fetch_whole(**(settings | {"progress": progress})))

    monkeypatch.setattr(gdown, "download", fill_disk)
    with pytest.raises(NoSpaceError, match=r"the disk is full .*AUTOHIGHLIGHT_DATA_DIR"):
        fetch()
    assert left_behind() == []


def test_what_had_come_before_ctrl_c_is_kept(know: object, served: Served) -> None:
    def stop(num_bytes: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download.download("net", stop)
    assert installed() == {}
    assert fetch().path.read_bytes() == served.content
    assert served.asked[-1] > 0


def test_two_downloads_of_one_checkpoint_do_not_mix(know: object) -> None:
    folder = models_dir() / ".downloads"
    folder.mkdir(parents=True)
    with FileLock(folder / "net.lock"), pytest.raises(WeightsError, match="another download of net is going on"):
        fetch()


def test_a_file_in_a_drive_folder_is_found_by_its_name(
    know: Callable[..., KnownCheckpoint], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google Drive is not there to be tested; what gdown is asked is."""
    know(address="https://drive.google.com/drive/folders/FOLDER")
    entry = namedtuple("entry", "id path")
    asked: list[Any] = []
    fetch_whole = gdown.download

    def listing(**settings: Any) -> list[Any]:
        asked.append((settings["id"], settings["skip_download"]))
        return [entry("1", "old/other.pth"), entry("2", "net.pth")]

    def by_id(*, id: str, **settings: Any) -> str:  # noqa: A002 -- gdown's name
        asked.append(id)
        return str(fetch_whole(url=served.address, **settings))

    monkeypatch.setattr(gdown, "download_folder", listing)
    monkeypatch.setattr(gdown, "download", by_id)
    assert fetch().source == "https://drive.google.com/drive/folders/FOLDER"
    assert asked == [("FOLDER", True), "2"]


def test_a_file_that_left_its_drive_folder_is_said(
    know: Callable[..., KnownCheckpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    know(address="https://drive.google.com/drive/folders/FOLDER")
    entry = namedtuple("entry", "id path")
    monkeypatch.setattr(gdown, "download_folder", lambda **_: [entry("1", "other.pth")])
    with pytest.raises(WeightsError, match=r"net.pth is not in .*FOLDER; there are: other.pth"):
        fetch()
    assert left_behind() == []


def test_drive_refusing_is_one_line(know: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise gdown.exceptions.FileURLRetrievalError("Failed:\n\n\tToo many users\n\nhave viewed the file")

    monkeypatch.setattr(gdown, "download", refuse)
    with pytest.raises(WeightsError) as refusal:
        fetch()
    assert refusal.value.problem.endswith(": Failed: Too many users have viewed the file")


def test_without_gdown_it_says_how_to_install_it(know: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(DependencyError, match=r'pip install "autohighlight\[models\]"'):
        fetch()


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(OptionError, match=r"no known checkpoint is called resnet .*resnet-34-kinetics"):
        fetch("resnet")


def test_drive_folders_are_told_from_files() -> None:
    assert KNOWN["resnet-34-kinetics"].drive_folder == "1zvl89AgFAApbH0At-gMuZSeQB_LpNP-M"
    assert KNOWN["c3d-sports1m"].drive_folder is None
