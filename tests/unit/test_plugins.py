"""Plugins: the built-in ones go the same way as the others, and what is wrong with one is said with its name."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autohighlight import default_plugins, hookspecs
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import OptionError, PluginError
from autohighlight.hookspecs import hookimpl
from autohighlight.plugins import ENTRY_POINT_GROUP, Plugins, collect, create_plugin_manager


class Plugin:
    """Registers one scorer called `name`, as plugin `owner`."""

    def __init__(self, owner: str, name: str) -> None:
        self.__name__ = owner
        self.name = name

    @hookimpl
    def autohighlight_register_scorers(self, register: Any) -> None:
        register(self.name, object())


def collected(*plugins: Any) -> Plugins:
    manager = create_plugin_manager(installed=False)
    for plugin in plugins:
        manager.register(plugin, plugin.__name__)
    return collect(manager)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a distribution with one module, its plugin, where Python finds it."""

    def install_plugin(distribution: str, code: str, entry: str = "plugin") -> None:
        module = distribution.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\n{entry} = {module}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    monkeypatch.syspath_prepend(tmp_path)
    return install_plugin


GOOD = """
from autohighlight import hookimpl

@hookimpl
def autohighlight_register_scorers(register):
    register("crowd-noise", lambda features, options: None)
"""


def test_the_built_in_things_are_registered_through_the_hooks() -> None:
    plugins = load_plugins(installed=False)
    assert "efficientnet-lite0" in plugins.backbones
    assert "fixed" in plugins.clip_samplers
    assert {"fusion", "contrastive", "movement", "random"} <= set(plugins.scorers)
    assert "budget" in plugins.selection_policies
    assert "reel" in plugins.exporters
    assert plugins.scorers.owner("fusion") == "autohighlight.default_plugins"


def test_every_hook_has_a_line_of_documentation_and_a_built_in_that_uses_it() -> None:
    names = [name for name in vars(hookspecs) if name.startswith("autohighlight_")]
    assert names
    for name in names:
        assert getattr(hookspecs, name).__doc__
        assert hasattr(default_plugins, name) or name == "autohighlight_register_commands"


def test_an_installed_plugin_is_found(install: Any) -> None:
    install("autohighlight-crowd", GOOD)
    plugins = load_plugins()
    assert "crowd-noise" in plugins.scorers
    assert plugins.scorers.owner("crowd-noise") == "plugin"
    assert [distribution.project_name for _, distribution in plugins.manager.list_plugin_distinfo()] == [
        "autohighlight-crowd"
    ]


def test_installed_plugins_can_be_left_out(install: Any) -> None:
    install("autohighlight-crowd", GOOD)
    assert "crowd-noise" not in load_plugins(installed=False).scorers


def test_a_name_that_two_plugins_claim_names_both() -> None:
    with pytest.raises(PluginError, match="the scorer 'loud' is registered by both first and second"):
        collected(Plugin("first", "loud"), Plugin("second", "loud"))


def test_a_built_in_name_cannot_be_claimed(install: Any) -> None:
    install("autohighlight-crowd", GOOD.replace("crowd-noise", "fusion"), entry="crowd")
    with pytest.raises(PluginError, match=r"registered by both autohighlight\.default_plugins and crowd"):
        load_plugins()


def test_two_distributions_with_one_plugin_name_are_both_named(install: Any) -> None:
    install("autohighlight-one", GOOD)
    install("autohighlight-two", GOOD.replace("crowd-noise", "wind"))
    with pytest.raises(PluginError, match=r"autohighlight-(one|two) and autohighlight-(one|two) both bring a plugin"):
        load_plugins()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nothing_of_this_name", r"'plugin' of autohighlight-broken cannot be loaded: .*nothing_of_this_name"),
        ("1 / 0", "'plugin' of autohighlight-broken cannot be loaded: ZeroDivisionError"),
        (GOOD.replace("(register)", "(register, other)"), "'plugin' of autohighlight-broken cannot be loaded"),
        (GOOD.replace("_scorers", "_scores"), "the plugin plugin implements a hook that is not there"),
        (
            GOOD.replace("lambda features, options: None", "1 / 0"),
            "the plugin plugin fails in autohighlight_",
        ),
    ],
)
def test_a_broken_plugin_is_named(code: str, message: str, install: Any) -> None:
    install("autohighlight-broken", code)
    with pytest.raises(PluginError, match=message) as caught:
        load_plugins()
    assert caught.value.hint == "update or uninstall it"


def test_an_unknown_name_lists_those_there_are() -> None:
    plugins = collected(Plugin("first", "loud"), Plugin("second", "bright"))
    with pytest.raises(OptionError, match=r"no scorer is called 'dark' \(there are: bright, loud\)"):
        plugins.scorers["dark"]


def test_names_are_in_order_and_counted() -> None:
    plugins = collected(Plugin("first", "loud"), Plugin("second", "bright"))
    assert list(plugins.scorers) == ["bright", "loud"]
    assert len(plugins.scorers) == 2
    assert "dark" not in plugins.scorers


def test_nothing_is_shared_between_two_managers() -> None:
    assert "loud" in collected(Plugin("first", "loud")).scorers
    assert "loud" not in collected(SimpleNamespace(__name__="none")).scorers


def test_a_family_is_there_for_every_name_of_its_beginning() -> None:
    scorers = collected(Plugin("many", "loud:*"), Plugin("one", "bright")).scorers
    assert scorers["loud:drums"] is scorers["loud:bass.2"] is scorers["loud:*"]
    assert scorers.owner("loud:drums") == "many"
    assert "loud:drums" in scorers
    assert list(scorers) == ["bright", "loud:*"]
    for other in ("loud", "loud:", "louder:drums", ":drums", "bright:drums"):
        assert other not in scorers
        with pytest.raises(OptionError, match=r"there are: bright, loud:\*"):
            scorers[other]


def test_a_family_may_have_members_of_their_own() -> None:
    plugin = Plugin("many", "loud:*")
    registry = collected(plugin).scorers
    own = object()
    registry.add("loud:drums", own, "many")  # type: ignore[arg-type]
    assert registry["loud:drums"] is own
    assert registry["loud:bass"] is not own


@pytest.mark.parametrize(("first", "second"), [("loud:*", "loud:drums"), ("loud:drums", "loud:*"), ("a:*", "a:*")])
def test_a_name_in_the_family_of_another_plugin_names_both(first: str, second: str) -> None:
    with pytest.raises(PluginError, match=re.escape(f"the scorer {second!r} is registered by both one and two")):
        collected(Plugin("one", first), Plugin("two", second))
