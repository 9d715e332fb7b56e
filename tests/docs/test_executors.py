"""The executor that docs/executors.md tells people to write keeps to the contract that it names."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

import pytest

from autohighlight.config import BatchOptions
from autohighlight.errors import OptionError
from autohighlight.plugins import ExecutorFactory
from autohighlight.testing import ExecutorContract
from autohighlight.testing.registered import registered
from autohighlight.times import Length
from tests.pages import ROOT, blocks

PAGE = ROOT / "docs" / "executors.md"
NAME = "one_process_each"


@pytest.fixture(scope="module", autouse=True)
def _module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The page's first block of Python, as a module that workers can import."""
    folder = tmp_path_factory.mktemp("page")
    (folder / f"{NAME}.py").write_text(blocks(PAGE, "python")[0], "utf-8")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    importlib.import_module(NAME)
    yield
    sys.path.remove(str(folder))
    del sys.modules[NAME]


def made() -> ExecutorFactory:
    factory: ExecutorFactory = registered(sys.modules[NAME]).executors["one-process-each"]
    return factory


@pytest.mark.slow
class TestOneProcessEach(ExecutorContract):
    def factory(self) -> ExecutorFactory:
        return made()


def test_it_refuses_what_it_does_not_do() -> None:
    for options in (BatchOptions(timeout=Length.parse("1s")), BatchOptions(executor_options="a=1")):
        with pytest.raises(OptionError, match="neither timeouts nor settings"):
            made()(options)


def test_the_page_tells_how_to_test_it() -> None:
    assert "class TestOneProcessEach(ExecutorContract):" in blocks(PAGE, "python")[1]
