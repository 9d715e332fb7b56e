"""Random numbers that depend on what they are for, and on nothing that was drawn before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch


def derived_seed(*numbers: int) -> int:
    """A seed of its own for each epoch and step, so that training can go on from any of them."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


@contextlib.contextmanager
def seeded(device: torch.device, *numbers: int) -> Iterator[None]:
    """Torch's random numbers, on the CPU and on `device`, start from a seed; afterwards they go on as before."""
    generators = [torch.default_generator, *_of_device(device)]
    states = [generator.get_state() for generator in generators]
    try:
        for generator in generators:
            generator.manual_seed(derived_seed(*numbers))
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)


def _of_device(device: torch.device) -> list[torch.Generator]:
    if device.type == "cuda":
        torch.cuda.init()  # type: ignore[no-untyped-call]
        return [torch.cuda.default_generators[torch.cuda.current_device() if device.index is None else device.index]]
    return [torch.mps._get_default_mps_generator()] if device.type == "mps" else []
