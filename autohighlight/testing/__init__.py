"""What a plugin has to keep to, as suites of tests that run against it; needs ``pip install "autohighlight[testing]"``.

    from autohighlight.testing import BackboneContract

    class TestMine(BackboneContract):
        def factory(self):
            return make_my_backbone

There is one suite for each kind of thing that a plugin may give. Subclass it in a test module, under a name that
pytest collects, and say what is to be tested; pytest does the rest. The examples that the suites work on are in
`autohighlight.testing.examples`; `autohighlight.testing.registered` runs plugins that are not installed.
"""

from __future__ import annotations

from autohighlight.errors import DependencyError

try:
    import pytest
except ImportError as error:
    raise DependencyError("the contracts of plugins need pytest", 'pip install "autohighlight[testing]"') from error

_SUITES = ("backbones", "executors", "exporters", "policies", "samplers", "scorers")
pytest.register_assert_rewrite(*(f"{__name__}.{suite}" for suite in _SUITES))

# ruff: noqa: E402 -- only now, as their assertions are to be rewritten
from autohighlight.testing.backbones import BackboneContract
from autohighlight.testing.executors import ExecutorContract
from autohighlight.testing.exporters import ExporterContract
from autohighlight.testing.policies import SelectionPolicyContract
from autohighlight.testing.samplers import ClipSamplerContract
from autohighlight.testing.scorers import ScorerContract

__all__ = [
    "BackboneContract",
    "ClipSamplerContract",
    "ExecutorContract",
    "ExporterContract",
    "ScorerContract",
    "SelectionPolicyContract",
]
