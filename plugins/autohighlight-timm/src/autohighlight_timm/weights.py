"""Where published weights are, and how they come there: on request, never by themselves."""

from __future__ import annotations

import os
import urllib.error
from pathlib import Path

import huggingface_hub
import torch
from huggingface_hub.errors import EntryNotFoundError
from huggingface_hub.utils.tqdm import disable_progress_bars
from timm.models import PretrainedCfg

from autohighlight.errors import WeightsError, printable
from autohighlight_timm.names import PREFIX, published

_HUB_FILES = ("model.safetensors", "pytorch_model.bin")
"""What weights are called on the Hugging Face hub, safetensors first, as timm has it."""


def hub_place(weights: PretrainedCfg) -> tuple[str, str | None, tuple[str, ...]]:
    """Where weights are on the Hugging Face hub: the repository, its revision, and what the file may be called."""
    repository, _, revision = (weights.hf_hub_id or "").partition("@")
    return repository, revision or None, (weights.hf_hub_filename,) if weights.hf_hub_filename else _HUB_FILES


def cached_file(name: str) -> Path | None:
    """The file with the published weights of a network, if it was downloaded, by this plugin or by timm itself."""
    weights = published(name)
    repository, revision, files = hub_place(weights)
    if repository:
        found = [huggingface_hub.try_to_load_from_cache(repository, file, revision=revision) for file in files]
        return next((Path(path) for path in found if isinstance(path, str)), None)
    file = _torch_file(name)
    return file if file is not None and file.is_file() else None


def _torch_file(name: str) -> Path | None:
    """Where torch keeps a file that is on no hub; need not be there."""
    url = address(name)
    return Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2] if url else None


def address(name: str) -> str:
    """Where the weights of a network are published; empty if they are not."""
    weights = published(name)
    repository, revision, files = hub_place(weights)
    if repository:
        return f"{huggingface_hub.constants.ENDPOINT}/{repository}/resolve/{revision or 'main'}/{files[0]}"
    return weights.url if isinstance(weights.url, str) else ""


def find_weights(name: str) -> Path:
    """The file with the published weights of a network.

    Raises:
        WeightsError: they were not downloaded, or there are none; with what to do.
    """
    file = cached_file(name)
    if file is not None:
        return file
    if not address(name):
        raise WeightsError(
            f"nobody has published weights of {PREFIX}{name} that timm knows",
            f"name a file with --checkpoint, or take {PREFIX}{name}-random for a test",
        )
    raise WeightsError(
        f"the weights of {PREFIX}{name} have not been downloaded",
        f"run 'autohighlight timm download {name}', or fetch {address(name)} and name the file with --checkpoint",
    )


def download(name: str, *, quiet: bool = False) -> Path:
    """Downloads the published weights of a network, unless they are there, into the cache that timm uses.

    Args:
        name: as timm calls it.
        quiet: show no progress on standard error.

    Raises:
        WeightsError: there are none, or they cannot be fetched; with their address.
    """
    file = cached_file(name)
    if file is not None:
        return file
    where, file = address(name), _torch_file(name)
    if file is None:
        return find_weights(name)  # says so
    try:
        if published(name).hf_hub_id:
            return _from_hub(published(name), quiet=quiet)
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(where, os.fspath(file), progress=not quiet)
    except (OSError, EntryNotFoundError, RuntimeError, ValueError) as error:
        raise WeightsError(
            f"cannot download {where}: {_reason(error)}",
            "fetch it by other means and name the file with --checkpoint",
        ) from error
    return file


def _from_hub(weights: PretrainedCfg, *, quiet: bool) -> Path:
    repository, revision, files = hub_place(weights)
    if quiet:
        disable_progress_bars()
    for file in files[:-1]:
        try:
            return Path(huggingface_hub.hf_hub_download(repository, file, revision=revision))
        except EntryNotFoundError as error:
            if isinstance(error, FileNotFoundError):  # not there on this machine, as nothing could be reached
                raise
    return Path(huggingface_hub.hf_hub_download(repository, files[-1], revision=revision))


def _reason(error: BaseException) -> str:
    """One line: that of the innermost cause, which says it best."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return printable(" ".join(str(error).split())) or type(error).__name__
