"""The paper's three benchmarks (section 4.1): where their files lie, what their labels say, how they are divided."""

from autohighlight_research.datasets.tvsum import TVSUM
from autohighlight_research.datasets.vtw import VTW
from autohighlight_research.datasets.youtube_highlights import YOUTUBE_HIGHLIGHTS

BENCHMARKS = {benchmark.name: benchmark for benchmark in (TVSUM, YOUTUBE_HIGHLIGHTS, VTW)}
"""By the name that the command line knows them by."""

__all__ = ["BENCHMARKS", "TVSUM", "VTW", "YOUTUBE_HIGHLIGHTS"]
