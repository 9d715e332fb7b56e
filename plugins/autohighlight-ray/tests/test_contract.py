"""What every executor has to keep to."""

from __future__ import annotations

import pytest

from autohighlight.config import BatchOptions
from autohighlight.plugins import ExecutorFactory
from autohighlight.testing import ExecutorContract
from autohighlight_ray import ray_executor


@pytest.mark.usefixtures("executor")  # which has started Ray; the others join it
class TestRay(ExecutorContract):
    @pytest.fixture
    def options(self) -> BatchOptions:
        return BatchOptions(executor_options="address=local,num_cpus=0.5,memory=0", jobs=2)

    def factory(self) -> ExecutorFactory:
        return ray_executor
