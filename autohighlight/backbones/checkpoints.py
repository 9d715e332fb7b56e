"""Checkpoints of backbones: those that are known, those that are installed, and which one a backbone takes.

Imports no torch, so that lists are quick. An installed checkpoint is a folder with its file and ``checkpoint.json``;
the folder appears whole or not at all.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autohighlight.config import user_data_dir
from autohighlight.errors import NoSpaceError, OptionError, OutputError, WeightsError, printable
from autohighlight.files import make_private_folder
from autohighlight.hidden_folders import hidden_folder

RECORD = "checkpoint.json"


@dataclass(frozen=True)
class KnownCheckpoint:
    """A checkpoint that others have published.

    Args:
        name: what it is called here.
        backbone: the registered backbone that takes it.
        file: its name where it was published.
        address: of the file, or of the Google Drive folder that it is in.
        trained_on: the data set.
        terms: what is known of its licence.
        size: in bytes; None where it is not known.
        sha256: of the file in hexadecimal, or its first digits; empty where it is not known.
        is_usual: whether its backbone takes it where none is named.
    """

    name: str
    backbone: str
    file: str
    address: str
    trained_on: str
    terms: str
    size: int | None = None
    sha256: str = ""
    is_usual: bool = False

    @property
    def drive_folder(self) -> str | None:
        """The id of the Google Drive folder that holds the file; None where the address is that of the file."""
        _, found, folder = self.address.partition("drive.google.com/drive/folders/")
        return folder if found else None

    @property
    def known_hash(self) -> str:
        """How much is known of the hash of the file, in words."""
        if not self.sha256:
            return "unknown"
        return "SHA-256" if len(self.sha256) == SHA256_DIGITS else f"SHA-256, {len(self.sha256)} digits"


SHA256_DIGITS = 64
"""In hexadecimal."""

_HARA_2018 = "https://drive.google.com/drive/folders/1zvl89AgFAApbH0At-gMuZSeQB_LpNP-M"
_HARA_2020 = "https://drive.google.com/drive/folders/1xbYbZ7rpyjftI_KCk6YuL-XrfQDz7Yd4"
_HARA_TERMS = "MIT (kenshohara/3D-ResNets-PyTorch)"
_C3D_TERMS = "MIT (DavideA/c3d-pytorch); converted from facebook/C3D, whose sources say CC BY-NC 3.0"
_OPENMMLAB = "https://download.openmmlab.com/mmaction"
_OPENMMLAB_TERMS = "Apache 2.0 (open-mmlab/mmaction2)"
_OPENMMLAB_UCF101 = "c3d_sports1m-pretrained_8xb30-16x1x1-45e_ucf101-rgb"


def _resnet3d(depth: int, name: str, address: str, trained_on: str, *, is_usual: bool = False) -> KnownCheckpoint:
    return KnownCheckpoint(
        name, f"resnet3d-{depth}", f"{name}.pth", address, trained_on, _HARA_TERMS, is_usual=is_usual
    )


_KNOWN = (
    *(_resnet3d(n, f"resnet-{n}-kinetics", _HARA_2018, "Kinetics-400", is_usual=True) for n in (18, 34, 50)),
    *(_resnet3d(n, f"r3d{n}_K_200ep", _HARA_2020, "Kinetics-700") for n in (18, 34, 50)),
    KnownCheckpoint(
        "c3d-sports1m",
        "c3d",
        "c3d.pickle",
        "https://imagelab.ing.unimore.it/files/c3d_pytorch/c3d.pickle",  # published as http, by a host that has both
        "Sports-1M",
        _C3D_TERMS,
        is_usual=True,
    ),
    KnownCheckpoint(
        "c3d-sports1m-openmmlab",
        "c3d",
        "c3d_sports1m_pretrain_20201016-dcc47ddc.pth",
        f"{_OPENMMLAB}/recognition/c3d/c3d_sports1m_pretrain_20201016-dcc47ddc.pth",
        "Sports-1M",
        _OPENMMLAB_TERMS,
        size=311_985_866,  # as others measured it, with a hash that begins as the file's name ends
        sha256="dcc47ddcdc7dd62eabc24bc70491b47c82b3b1045b864c52f6bdb669243dfcff",
    ),
    KnownCheckpoint(
        "c3d-ucf101-openmmlab",
        "c3d",
        f"{_OPENMMLAB_UCF101}_20220811-31723200.pth",
        f"{_OPENMMLAB}/v1.0/recognition/c3d/{_OPENMMLAB_UCF101}/{_OPENMMLAB_UCF101}_20220811-31723200.pth",
        "Sports-1M, then UCF101",
        _OPENMMLAB_TERMS,
        sha256="31723200",
    ),
)
KNOWN: Mapping[str, KnownCheckpoint] = {checkpoint.name: checkpoint for checkpoint in _KNOWN}
"""By name."""


@dataclass(frozen=True)
class InstalledCheckpoint:
    """A checkpoint in the user's data folder.

    Args:
        name: what it is called.
        path: the file.
        backbone: the registered backbone that takes it.
        network: what it holds, in words.
        preprocessing: what is done to pixels before they enter it, in words.
        sha256: of the file, in hexadecimal.
        size: in bytes.
        source: the address or file that it came from.
    """

    name: str
    path: Path
    backbone: str
    network: str
    preprocessing: str
    sha256: str
    size: int
    source: str


def models_dir() -> Path:
    """Where checkpoints are installed; need not be there."""
    return user_data_dir() / "models"


def installed() -> dict[str, InstalledCheckpoint]:
    """The installed checkpoints by name.

    Raises:
        WeightsError: a record is damaged; the message names it.
    """
    records = sorted(models_dir().glob(f"[!.]*/{RECORD}"))
    return {record.parent.name: _read_record(record) for record in records}


def _read_record(record: Path) -> InstalledCheckpoint:
    try:
        values = json.loads(record.read_text("utf-8"))
        path = record.parent / str(values.pop("file"))
        return InstalledCheckpoint(name=record.parent.name, path=path, **values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsError(
            f"the record {printable(record)} is damaged", f"remove {record.parent} and add the checkpoint again"
        ) from error


def find_checkpoint(backbone: str, word: str | None) -> Path:
    """The file of the checkpoint that a backbone is to take.

    Args:
        backbone: as registered.
        word: the name of an installed checkpoint, or a file; None: the backbone's usual one if it is installed, else
            the only installed one of that backbone.

    Raises:
        WeightsError: there is none, several without a usual one, or one of another backbone; with what to do.
    """
    there = installed()
    if word is not None:
        return _named(backbone, word, there)
    usual = next((known.name for known in _KNOWN if known.is_usual and known.backbone == backbone), "")
    fitting = [name for name, checkpoint in there.items() if checkpoint.backbone == backbone]
    if usual in fitting:
        return there[usual].path
    if len(fitting) == 1:
        return there[fitting[0]].path
    if fitting:
        raise WeightsError(
            f"several checkpoints of {backbone} are installed: {', '.join(fitting)}", "name one with --checkpoint"
        )
    raise WeightsError(f"no checkpoint of {backbone} is installed", how_to_get(KNOWN[usual]) if usual else _ADD_HINT)


def _named(backbone: str, word: str, there: Mapping[str, InstalledCheckpoint]) -> Path:
    if word in there:
        if there[word].backbone != backbone:
            raise WeightsError(
                f"{word} is a checkpoint of {there[word].backbone}, not of {backbone}",
                f"use --backbone {there[word].backbone}, or name another checkpoint",
            )
        return there[word].path
    if Path(word).is_file():
        return Path(word)
    if word in KNOWN:
        raise WeightsError(f"the checkpoint {word} is not installed", how_to_get(KNOWN[word]))
    fitting = ", ".join(name for name, checkpoint in there.items() if checkpoint.backbone == backbone)
    hint = f"of {backbone} there are: {fitting}" if fitting else "see 'autohighlight models list'"
    raise WeightsError(f"no checkpoint and no file is called {printable(word)}", hint)


_ADD_HINT = "give --checkpoint FILE, or install one with 'autohighlight models add FILE'"


def how_to_get(known: KnownCheckpoint) -> str:
    """What to do to have a known checkpoint installed, in words."""
    return f"run 'autohighlight models download {known.name}', or {how_to_add(known)}"


def how_to_add(known: KnownCheckpoint) -> str:
    """The same, by hand."""
    return f"fetch {known.file} from {known.address} and run 'autohighlight models add {known.file}'"


def add_checkpoint(file: Path, *, name: str | None = None) -> InstalledCheckpoint:
    """Installs a copy of a file, after all of it was found to fit a network that is known.

    Args:
        file: the checkpoint.
        name: what to call it; None: as the known checkpoint that it is by its file name, else by its file name.

    Raises:
        WeightsError: it is missing, damaged, of no network that is known, or not the known checkpoint that it is
            called.
        OptionError: another checkpoint of that name is installed, or it is no name.
        OutputError: it cannot be written; nothing was left behind.
    """
    known = next((known for known in _KNOWN if known.file == file.name), None) if name is None else KNOWN.get(name)
    if name is None:
        name = known.name if known else re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).strip(".-") or "checkpoint"
    return install(file, name, known, source=str(file.absolute()), keep=True)


def install(file: Path, name: str, known: KnownCheckpoint | None, *, source: str, keep: bool) -> InstalledCheckpoint:
    """Checks a file and copies or moves it to the user's data folder.

    Args:
        file: the checkpoint.
        name: what to call it.
        known: the checkpoint that it ought to be, if that is known.
        source: where it came from.
        keep: whether the file stays where it is.

    Raises:
        WeightsError, OptionError, OutputError: see `add_checkpoint`.
    """
    from autohighlight.backbones.recognise import recognise  # noqa: PLC0415 -- imports torch
    from autohighlight.backbones.weights import file_digest  # noqa: PLC0415

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise OptionError(f"a checkpoint cannot be called {name!r}", "take letters, digits, dots, - and _")
    digest = file_digest(file)
    there = installed().get(name)
    if there is not None:
        if there.sha256 == digest:
            return there
        raise OptionError(
            f"another checkpoint called {name} is installed", f"give another --name, or remove {there.path.parent}"
        )
    if known is not None and not digest.startswith(known.sha256):
        raise WeightsError(
            f"{printable(file)} is not {known.name}, or is damaged: its SHA-256 is {digest}, not {known.sha256}",
            "fetch it again; a file of your own is added with --name",
        )
    layout = recognise(file)
    if known is not None and layout.backbone != known.backbone:
        raise WeightsError(
            f"{printable(file)} is not {known.name}: it holds a {layout.network}, not a network for {known.backbone}",
            "a file of your own is added with --name",
        )
    checkpoint = InstalledCheckpoint(
        name,
        models_dir() / name / file.name,
        **dataclasses.asdict(layout),
        sha256=digest,
        size=file.stat().st_size,
        source=source,
    )
    _place(file, checkpoint, keep=keep)
    return checkpoint


def _place(file: Path, checkpoint: InstalledCheckpoint, *, keep: bool) -> None:
    folder = checkpoint.path.parent
    values = {key: value for key, value in dataclasses.asdict(checkpoint).items() if key not in {"name", "path"}}
    record = json.dumps({"file": checkpoint.path.name, **values}, indent=2)
    try:
        make_private_folder(folder.parent)
        with hidden_folder(folder.parent) as hidden:
            unfinished = hidden / folder.name
            unfinished.mkdir()
            (unfinished / RECORD).write_text(record, "utf-8")
            if keep:
                shutil.copyfile(file, unfinished / file.name)
            else:
                file.replace(unfinished / file.name)
            for place, mode in (*((place, 0o644) for place in unfinished.iterdir()), (unfinished, 0o755)):
                place.chmod(mode)
            unfinished.rename(folder)
    except OSError as error:
        if error.filename == str(file):
            raise WeightsError(f"cannot read {printable(file)}: {error.strerror}") from error
        raise output_error(folder, error) from error


def output_error(path: Path, error: OSError) -> OutputError:
    """What to raise where something cannot be written to the user's data folder."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpaceError(
            path, "the disk is full", "free some space, or set AUTOHIGHLIGHT_DATA_DIR to another folder"
        )
    return OutputError(
        path, f"cannot be written: {error.strerror or error}", "set AUTOHIGHLIGHT_DATA_DIR to another folder"
    )
