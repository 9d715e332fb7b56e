"""The matrix of files: which container, codecs and trait go together."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.file_traits import TRAITS


@dataclass(frozen=True)
class Combination:
    """One file of the matrix: names of a container, a video codec, a sound codec (empty: none) and a trait."""

    container: str
    video: str
    sound: str
    trait: str

    def __str__(self) -> str:
        return f"{self.container}, {self.video}, {self.sound or 'no sound'}, {self.trait}"

    @property
    def kind(self) -> str:
        """What the trait is about."""
        return self.trait.partition(":")[0]


def all_combinations() -> tuple[Combination, ...]:
    """The whole matrix."""
    return tuple(Combination(*place, name) for name, trait in TRAITS.items() for place in dict.fromkeys(trait.places))


def share_of(combinations: Iterable[Combination], share: int) -> list[Combination]:
    """One in `share` of them, by a checksum of their names, so that others in the matrix change nothing."""
    return [c for c in combinations if zlib.crc32(str(c).encode()) % share == 0]
