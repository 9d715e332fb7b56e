"""Runs a contract without pytest, to see which of its tests fail for something that is broken on purpose."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from autohighlight.testing.state import process_restored


def failures(contract: object, **values: Callable[[], Any]) -> set[str]:
    """Names of the tests of a contract that fail.

    Args:
        contract: an object of the class.
        values: for each fixture that the tests ask for, what makes a fresh value; tests that ask for others are left
            out.
    """
    failed = set[str]()
    for name, test in inspect.getmembers(contract, inspect.ismethod):
        wanted = inspect.signature(test).parameters
        if name.startswith("test_") and wanted.keys() <= values.keys():
            try:
                with process_restored():
                    given = {each: values[each]() for each in wanted}
                with process_restored():
                    test(**given)
            except (Exception, pytest.fail.Exception):  # noqa: BLE001 -- of whatever kind
                failed.add(name)
    return failed


def assert_caught(broken: object, test: str, contract: Any, values: Mapping[str, Callable[[], Any]]) -> None:
    """Something broken fails the test that is named."""
    assert test in {name for name in dir(contract) if name.startswith("test_")}, f"there is no {test}"
    assert test in failures(contract, **values), f"{broken!r} passes {test}"
