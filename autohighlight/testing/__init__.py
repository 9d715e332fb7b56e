"""What a plugin has to keep to, as suites of tests that run against it; needs ``pip install autohighlight[testing]``.

    from autohighlight.testing import BackboneContract

    class TestMine(BackboneContract):
        def factory(self):
            return make_my_backbone

There is one suite for each kind of thing that a plugin may give. Subclass it in a test module, under a name that
pytest collects, and say what is to be tested; pytest does the rest. The examples that the suites work on are in
`autohighlight.testing.examples`.
"""

from __future__ import annotations

from autohighlight.errors import DependencyError

try:
    import pytest
except ImportError as error:
    raise DependencyError("the contracts of plugins need pytest", "pip install autohighlight[testing]") from error

pytest.register_assert_rewrite("autohighlight.testing.backbones")

from autohighlight.testing.backbones import BackboneContract  # noqa: E402 -- after its assertions are to be rewritten

__all__ = ["BackboneContract"]
