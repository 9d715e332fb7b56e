"""Where networks run."""

from __future__ import annotations

import torch

from autohighlight.errors import DependencyError, OptionError
from autohighlight.machine import place_among_workers


def resolve_device(device: str) -> torch.device:
    """The device meant by a word, as ``cpu``, ``cuda``, ``cuda:1``, ``mps``; ``auto``: CUDA, else the CPU.

    ``auto`` leaves Apple's GPUs (MPS) alone: neither their speed nor their results were ever measured.

    The workers of a batch take turns at the GPUs that CUDA shows, unless one is named, and those on one GPU have equal
    parts of its memory.

    Raises:
        DependencyError: a device asked for by name that is not there.
        OptionError: a word that names no device.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return _shared(torch.device("cuda"))
        return torch.device("cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in {"cpu", "cuda", "mps"}:
        raise OptionError(f"no device is called {device!r}", "there are: auto, cpu, cuda, mps")
    if chosen.type == "cuda" and not (chosen.index or 0) < torch.cuda.device_count():
        built = "was built without CUDA" if torch.version.cuda is None else "sees no such GPU; check its driver"
        raise DependencyError(f"the device {device!r} is not there: torch {torch.__version__} {built}", _HINT)
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise DependencyError(f"the device {device!r} is not there: it needs macOS on Apple silicon", _HINT)
    return _shared(chosen) if chosen.type == "cuda" else chosen


_FILLED = 0.9
"""Part of a GPU's memory that workers divide; each takes some more that torch does not count, about half a gigabyte."""


def _shared(device: torch.device) -> torch.device:
    place, num_workers = place_among_workers()
    if num_workers == 1:
        return device
    num_sharing = num_workers
    if device == torch.device("cuda"):  # none is named
        num_devices = torch.cuda.device_count()
        device = torch.device("cuda", place % num_devices)
        num_sharing = len(range(place % num_devices, num_workers, num_devices))
    if num_sharing > 1:
        torch.cuda.set_per_process_memory_fraction(_FILLED / num_sharing, device)
    return device


_HINT = "use --device auto or --device cpu"


def fast_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it in hardware, else float32.

    Decided by what the device says it can do, not by timing it, so that one machine always gives the same features.
    On a CPU that is AVX512-BF16 (AMD since Zen 4, Intel since Cooper Lake, so with AMX too); elsewhere the CPU only
    emulates bfloat16, which is slower than float32. A torch too old to be asked is taken for a CPU without it.
    """
    if device.type == "cpu":
        supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        return torch.bfloat16 if supported() else torch.float32
    if device.type == "cuda":
        # compute capability 8 (Ampere) is the first with bfloat16 in hardware
        return torch.bfloat16 if torch.cuda.get_device_capability(device)[0] >= 8 else torch.float32
    return torch.float32
