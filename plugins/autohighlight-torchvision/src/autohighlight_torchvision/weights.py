"""Where the weights of torchvision are, and how they come there: on request, never by themselves."""

from __future__ import annotations

import os
import re
import urllib.error
from pathlib import Path

import torch
from torchvision.models import WeightsEnum, get_model_weights

from autohighlight.backbones.weights import file_digest
from autohighlight.errors import OutputError, WeightsError

_HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,})\.")


def weights_of(name: str) -> WeightsEnum:
    """What torchvision knows of a network's weights: those it takes where none are named, of Kinetics-400."""
    weights: WeightsEnum = get_model_weights(name).DEFAULT
    return weights


def cached_file(name: str) -> Path:
    """Where torchvision keeps the file, and would download it to (``TORCH_HOME`` overrules it); need not be there."""
    file: str = weights_of(name).url.rpartition("/")[2]
    return Path(torch.hub.get_dir()) / "checkpoints" / file


def hash_prefix(name: str) -> str:
    """The first digits of the file's SHA-256, which torchvision writes into its name; empty where it does not."""
    found = _HASH_IN_NAME.search(weights_of(name).url.rpartition("/")[2])
    return found[1] if found else ""


def find_weights(name: str) -> tuple[Path, str]:
    """The file with a network's weights, and its SHA-256.

    Raises:
        WeightsError: it was not downloaded, or is damaged; with the command that downloads it.
    """
    file = cached_file(name)
    if not file.is_file():
        raise WeightsError(
            f"the weights of torchvision:{name} have not been downloaded",
            f"run 'autohighlight torchvision download {name}', or put {file.name} from {weights_of(name).url} "
            f"into {file.parent}, or name a file with --checkpoint",
        )
    digest = file_digest(file)
    if not digest.startswith(hash_prefix(name)):
        raise WeightsError(
            f"{file} is damaged: its SHA-256 begins with {digest[:8]}, not with {hash_prefix(name)}",
            f"remove it and run 'autohighlight torchvision download {name}'",
        )
    return file, digest


def download(name: str, *, quiet: bool = False) -> Path:
    """Downloads the weights of a network by torch's own means, unless they are there, and checks them.

    Args:
        name: of `NETWORKS`.
        quiet: show no progress on standard error.

    Raises:
        WeightsError: there is no network, the file is not there, or it is not what it should be; with its address.
        OutputError: it cannot be written.
    """
    file, url = cached_file(name), weights_of(name).url
    if file.is_file():
        return find_weights(name)[0]
    by_hand = f"fetch it by other means and put it into {file.parent}"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, os.fspath(file), hash_prefix(name) or None, progress=not quiet)
    except urllib.error.URLError as error:  # an OSError too, but of the network's
        raise WeightsError(f"cannot download {url}: {error.reason}", by_hand) from error
    except RuntimeError as error:  # torch's word for a wrong hash
        raise WeightsError(f"what came from {url} is not what it should be: {error}", by_hand) from error
    except (TimeoutError, ConnectionError) as error:
        raise WeightsError(f"cannot download {url}: {error}", by_hand) from error
    except OSError as error:
        raise OutputError(
            file, f"cannot be written: {error.strerror or error}", "set TORCH_HOME to another folder"
        ) from error
    return file
