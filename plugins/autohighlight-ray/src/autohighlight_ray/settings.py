"""The settings of the executor: ``--executor-options address=auto,num_cpus=2``."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autohighlight.config import BatchOptions, parse_bytes
from autohighlight.errors import OptionError, printable

NAMES = ("address", "num_cpus", "num_gpus", "memory")


@dataclass(frozen=True)
class RaySettings:
    """What was said of the cluster and of each task's share in it; None where nothing was.

    Args:
        address: of a cluster, ``HOST:PORT``; ``auto`` for the one that this computer belongs to; ``local`` for one of
            its own on this computer.
        num_cpus: cores of each task, above 0; a task uses as many threads.
        num_gpus: GPUs of each task, from 0; below 1 tasks share one.
        memory: bytes of memory of each task, by which Ray plans; 0 if it shall not.
        timeout_seconds: longest time of a task.
        jobs: tasks that are handed to Ray at once at most.
    """

    address: str | None = None
    num_cpus: float | None = None
    num_gpus: float | None = None
    memory: int | None = None
    timeout_seconds: float | None = None
    jobs: int | None = None

    @classmethod
    def of(cls, options: BatchOptions) -> RaySettings:
        """Reads the settings in the options of a batch.

        Raises:
            OptionError: one is not known or cannot be meant.
        """
        settings = dict(options.settings)
        for name in settings.keys() - set(NAMES):
            raise OptionError(f"the executor ray has no setting {printable(name)!r}", f"it has {', '.join(NAMES)}")
        if options.timeout is not None and options.timeout.unit != "seconds":
            raise OptionError(f"the timeout {options.timeout} is no time", "give seconds, as 600s, or 1:30:00")
        return cls(
            checked(settings["address"]) if "address" in settings else None,
            _amount("num_cpus", settings.get("num_cpus"), above=0),
            _amount("num_gpus", settings.get("num_gpus")),
            parse_bytes(settings["memory"]) if "memory" in settings else None,
            None if options.timeout is None else float(options.timeout.value),
            options.jobs,
        )


def checked(address: str) -> str:
    """An address as it is, if it is ``HOST:PORT``, ``auto`` or ``local``.

    Raises:
        OptionError: it is not.
    """
    if "://" in address:
        hint = "run the batch on a computer of the cluster, with the address auto or HOST:PORT"
        raise OptionError(f"{printable(address)} is an address for Ray's client, through which no batch runs", hint)
    host, _, port = address.rpartition(":")
    if address not in {"auto", "local"} and not (host and port.isascii() and port.isdigit()):
        raise OptionError(f"{printable(address)!r} is no address of a cluster", "give HOST:PORT, auto or local")
    return address


def _amount(name: str, text: str | None, above: float | None = None) -> float | None:
    """Reads a number of cores or GPUs, which Ray counts in ten-thousandths, and above one whole."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        raise OptionError(f"{name} is a number, not {printable(text)!r}") from None
    if not math.isfinite(number) or number < 0 or number == above:
        raise OptionError(f"{name} is {'above' if above == 0 else 'at least'} 0, not {number:g}")
    if number > 1 and not number.is_integer():
        raise OptionError(f"{name} above 1 is a whole number, not {number:g}")
    return round(number, 4)
