"""Whatever is built in, and is no network, keeps to the contract of its kind."""

from __future__ import annotations

import numpy as np
import pytest

from autohighlight.default_plugins import load_plugins
from autohighlight.plugins import ClipSampler, ExecutorFactory, Exporter, Scorer, SelectionPolicy
from autohighlight.testing import (
    ClipSamplerContract,
    ExecutorContract,
    ExporterContract,
    ScorerContract,
    SelectionPolicyContract,
)
from autohighlight.testing.examples import example_features
from autohighlight.types import FeatureTrack

PLUGINS = load_plugins(installed=False)


class TestFixedClips(ClipSamplerContract):
    def factory(self) -> ClipSampler:
        return PLUGINS.clip_samplers["fixed"]


class TestBudget(SelectionPolicyContract):
    def factory(self) -> SelectionPolicy:
        return PLUGINS.selection_policies["budget"]


class TestLocalExecutor(ExecutorContract):
    def factory(self) -> ExecutorFactory:
        return PLUGINS.executors["local"]


@pytest.mark.parametrize("name", [name for name in PLUGINS.scorers if name != "contrastive"], scope="class")
class TestScorers(ScorerContract):
    @pytest.fixture(autouse=True)
    def _named(self, name: str) -> None:
        self.name = name

    def factory(self) -> Scorer:
        return PLUGINS.scorers[self.name]


class TestContrastive(ScorerContract):
    def factory(self) -> Scorer:
        return PLUGINS.scorers["contrastive"]

    @pytest.fixture
    def features(self) -> FeatureTrack:
        embeddings = np.abs(np.random.default_rng(0).standard_normal((30, 2560))).astype(np.float32)
        return example_features(embeddings=embeddings, backbone="efficientnet-lite0")


def _exporters() -> list[object]:
    """By name; those that encode pictures take longer."""
    return [
        pytest.param(name, marks=[pytest.mark.slow] if exporter.renders else [])
        for name, exporter in PLUGINS.exporters.items()
    ]


@pytest.mark.parametrize("name", _exporters(), scope="class")
class TestExporters(ExporterContract):
    @pytest.fixture(autouse=True)
    def _named(self, name: str) -> None:
        self.name = name
        self.is_reproducible = name != "aaf"  # its objects have ids that are new each time

    def factory(self) -> Exporter:
        return PLUGINS.exporters[self.name]
