"""The numbers that the paper prints in its Tables 1, 3, 4 and 5, typed in as they stand there.

The body of Table 2 (supervised methods on YouTube Highlights) is missing in the copy of the paper that was at hand; it
is left out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OURS = "paper"
"""The paper's own method, which its tables call "Ours"."""

MEAN = "mean"
"""Row: the mean of the categories, which Table 1 calls "Avg."."""


@dataclass(frozen=True)
class PaperTable:
    """One table.

    Args:
        number: in the paper.
        caption: what is compared.
        methods: name of the method -> category (or `MEAN`) -> mAP, in the order of the columns.
    """

    number: int
    caption: str
    methods: Mapping[str, Mapping[str, float]]


def _by_category(*values: float) -> dict[str, float]:
    rows = ("dog", "gymnastics", "parkour", "skating", "skiing", "surfing", MEAN)
    return dict(zip(rows, values, strict=True))


TABLE_1 = PaperTable(
    1,
    "weakly supervised methods, which use external data, and the paper's, which does not",
    {
        "RRAE": _by_category(0.49, 0.35, 0.50, 0.25, 0.22, 0.49, 0.383),
        "LM-A": _by_category(0.519, 0.435, 0.650, 0.484, 0.410, 0.531, 0.505),
        "LM-S": _by_category(0.579, 0.417, 0.670, 0.578, 0.486, 0.651, 0.564),
        "MN": _by_category(0.5368, 0.5281, 0.6888, 0.7094, 0.5834, 0.6383, 0.6138),
        OURS: _by_category(0.6057, 0.7109, 0.7422, 0.4976, 0.6820, 0.6852, 0.6539),
    },
)

TABLE_3 = PaperTable(
    3,
    "unsupervised and weakly supervised methods without external data, top-5 mAP",
    {
        name: {MEAN: value}
        for name, value in (("MBF", 0.345), ("CVS", 0.372), ("SG", 0.462), ("DSN", 0.424), (OURS, 0.5276))
    },
)

TABLE_4 = PaperTable(
    4,
    "weakly supervised methods with external data, and the paper's without, top-5 mAP",
    {
        name: {MEAN: value}
        for name, value in (("VESD", 0.423), ("LM-A", 0.524), ("LM-S", 0.563), ("MN", 0.6979), (OURS, 0.5276))
    },
)

TABLE_5 = PaperTable(
    5,
    "supervised methods, and the paper's, which is not",
    {name: {MEAN: value} for name, value in (("VTW", 0.583), ("Attn", 0.722), (OURS, 0.6090))},
)

PAPER_TABLES: Mapping[str, tuple[PaperTable, ...]] = {
    "tvsum": (TABLE_3, TABLE_4),
    "youtube-highlights": (TABLE_1,),
    "vtw": (TABLE_5,),
}
"""By the name of the benchmark."""
