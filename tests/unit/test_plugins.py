"""Plugins: the built-in ones go the same way as the others, and what is wrong with one is said with its name."""

from __future__ import annotations

import os
import pickle
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autohighlight.default_plugins import load_plugins
from autohighlight.discovery import ENTRY_POINT_GROUP, PluginInfo, PluginSources, create_plugin_manager, find_plugins
from autohighlight.errors import OptionError, PluginError
from autohighlight.hookspecs import hookimpl, hookspec_version
from autohighlight.plugins import OUR_PLUGINS, Plugins, collect, plugin_with
from tests.conftest import REPOSITORY


class Plugin:
    """Registers one scorer called `name`, as plugin `owner`."""

    def __init__(self, owner: str, name: str) -> None:
        self.__name__ = owner
        self.name = name

    @hookimpl
    def autohighlight_register_scorers(self, register: Any) -> None:
        register(self.name, lambda *_: None)


def collected(*plugins: Any) -> Plugins:
    manager = create_plugin_manager()
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


@pytest.fixture
def plugin_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Writes a file into the user's folder of plugins."""
    folder = tmp_path / "own"
    folder.mkdir(mode=0o755)
    monkeypatch.setenv("AUTOHIGHLIGHT_PLUGINS_DIR", str(folder))

    def write(name: str, code: str) -> Path:
        file = folder / name
        file.write_text(code)
        file.chmod(0o644)
        return file

    yield write
    for name in [name for name in sys.modules if name.startswith("autohighlight_plugin_files")]:
        del sys.modules[name]


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


ALL_KINDS = """
from autohighlight import hookimpl
from autohighlight.plugins import Exporter

def thing(*arguments):
    return "made"

@hookimpl
def autohighlight_register_backbones(register):
    register("mine", thing)

@hookimpl
def autohighlight_register_clip_samplers(register):
    register("mine", thing)

@hookimpl
def autohighlight_register_scorers(register):
    register("mine", thing)

@hookimpl
def autohighlight_register_selection_policies(register):
    register("mine", thing)

@hookimpl
def autohighlight_register_exporters(register):
    register("mine", Exporter(thing, (".mine",), "mine"))

@hookimpl
def autohighlight_register_executors(register):
    register("mine", thing)
"""


def info_of(plugins: Plugins, source: str) -> PluginInfo:
    """What is said of one distribution; others may be installed too."""
    (info,) = [info for info in plugins.found if info.source == source]
    return info


def test_one_plugin_may_give_things_of_every_kind_under_one_name(install: Any) -> None:
    install("autohighlight-all", ALL_KINDS)
    plugins = load_plugins()
    assert plugins.errors == ()
    for hook, registry in plugins.registries.items():
        assert hook in info_of(plugins, "autohighlight-all").hooks
        assert registry.owner("mine") == "plugin"
        made = registry["mine"].write if hook.endswith("exporters") else registry["mine"]
        assert made() == "made"


def test_an_installed_plugin_is_found(install: Any) -> None:
    install("autohighlight-crowd", GOOD)
    plugins = load_plugins()
    assert "crowd-noise" in plugins.scorers
    assert plugins.scorers.owner("crowd-noise") == "plugin"
    info = info_of(plugins, "autohighlight-crowd")
    assert (info.name, info.kind, info.version) == ("plugin", "distribution", "1.0")
    assert info.hooks == ("autohighlight_register_scorers",)
    assert plugins.errors == ()


def test_installed_plugins_can_be_left_out(install: Any) -> None:
    install("autohighlight-crowd", GOOD)
    assert "crowd-noise" not in load_plugins(installed=False).scorers


def test_a_name_that_two_plugins_claim_is_nobodys() -> None:
    plugins = collected(Plugin("first", "loud"), Plugin("second", "loud"), Plugin("third", "bright"))
    message = "the scorer 'loud' is registered by both first and second"
    assert [error.problem for error in plugins.errors] == [message]
    assert list(plugins.scorers) == ["bright"]
    with pytest.raises(PluginError, match=message):
        plugins.scorers["loud"]


def test_a_third_that_claims_it_does_not_get_it_either() -> None:
    plugins = collected(Plugin("first", "loud"), Plugin("second", "loud"), Plugin("third", "loud"))
    assert "loud" not in plugins.scorers
    assert len(plugins.errors) == 2


def test_a_built_in_name_cannot_be_claimed(install: Any) -> None:
    built_in = load_plugins(installed=False).scorers["fusion"]
    install("autohighlight-crowd", GOOD.replace("crowd-noise", "fusion"), entry="crowd")
    plugins = load_plugins()
    (error,) = plugins.errors
    assert "registered by both autohighlight.default_plugins and crowd" in error.problem
    assert plugins.scorers.owner("fusion") == "autohighlight.default_plugins"
    assert type(plugins.scorers["fusion"]) is type(built_in)


def test_two_distributions_with_one_plugin_name_are_both_named_and_left_out(install: Any) -> None:
    install("autohighlight-one", GOOD)
    install("autohighlight-two", GOOD.replace("crowd-noise", "wind"))
    plugins = load_plugins()
    (error,) = plugins.errors
    assert {word for word in error.problem.split() if "-" in word} == {"autohighlight-one", "autohighlight-two"}
    assert not {"crowd-noise", "wind"} & set(plugins.scorers)


BROKEN = [
    ("import nothing_of_this_name", "cannot be loaded: ModuleNotFoundError"),
    ("1 / 0", "cannot be loaded: ZeroDivisionError"),
    ("syntax error", "cannot be loaded: SyntaxError"),
    ("import sys; sys.exit(3)", "cannot be loaded: SystemExit(3)"),
    (GOOD.replace("(register)", "(register, other)"), "cannot be loaded"),
    (GOOD.replace("_scorers", "_scores"), "implements a hook that is not there, autohighlight_register_scores"),
    (GOOD.replace("lambda features, options: None", "1 / 0"), "fails in autohighlight_register_scorers: ZeroDivision"),
    (GOOD.replace("lambda features, options: None", "None"), "None, registered as 'crowd-noise', is no scorer"),
    (GOOD.replace("scorers", "exporters"), "is no exporter"),
    (GOOD.replace("crowd-noise", "crowd noise"), "registers a scorer as 'crowd noise', which is no name"),
]


@pytest.mark.parametrize(("code", "message"), BROKEN)
def test_a_broken_plugin_is_named_and_the_rest_works(code: str, message: str, install: Any) -> None:
    install("autohighlight-broken", code, entry="broken")
    install("autohighlight-wind", GOOD.replace("crowd-noise", "wind"), entry="wind")
    plugins = load_plugins()
    (error,) = plugins.errors
    assert "broken" in error.problem
    assert message in error.problem
    assert error.hint
    assert "wind" in plugins.scorers
    assert "fusion" in plugins.scorers
    assert "crowd-noise" not in plugins.scorers


def test_what_a_plugin_gave_before_it_failed_is_left_out_too(install: Any) -> None:
    later = """
@hookimpl
def autohighlight_register_backbones(register):
    register("ear", print)
    raise RuntimeError("later")

@hookimpl
def autohighlight_timeline_built(timeline):
    raise AssertionError("called")
"""
    install("autohighlight-broken", GOOD + later, entry="broken")
    plugins = load_plugins()
    assert "crowd-noise" not in plugins.scorers
    assert "ear" not in plugins.backbones
    assert not plugins.manager.has_plugin("broken")
    assert info_of(plugins, "autohighlight-broken").error is plugins.errors[0]


def test_a_name_that_a_broken_plugin_might_bring_says_so(install: Any) -> None:
    install("autohighlight-broken", "1 / 0", entry="broken")
    with pytest.raises(OptionError, match=r"or it is of a plugin that was left out, .*: broken"):
        load_plugins().scorers["crowd-noise"]


@pytest.mark.parametrize("required", ["1", "1.0", hookspec_version])
def test_a_plugin_for_these_hooks_is_taken(required: str, install: Any) -> None:
    install("autohighlight-crowd", f"autohighlight_requires = {required!r}\n{GOOD}")
    assert load_plugins().errors == ()


@pytest.mark.parametrize(
    ("required", "message"),
    [
        ("1.7", r"needs version 1\.7 of the hooks, and autohighlight .* has 1\.0 \(update autohighlight\)"),
        ("2", r"needs version 2 of the hooks, and autohighlight .* has 1\.0 \(update autohighlight\)"),
        ("0.9", r"needs version 0\.9 of the hooks.* \(update the plugin\)"),
        ("new", r"autohighlight_requires = 'new', which is no version such as '1\.0'"),
    ],
)
def test_a_plugin_for_other_hooks_says_what_to_update(required: str, message: str, install: Any) -> None:
    install("autohighlight-crowd", f"autohighlight_requires = {required!r}\n{GOOD}")
    (error,) = load_plugins().errors
    assert re.search(message, str(error))


def test_a_hook_may_take_fewer_arguments_and_may_be_optional(install: Any) -> None:
    code = """
from autohighlight import hookimpl

@hookimpl
def autohighlight_register_scorers():
    pass

@hookimpl(optionalhook=True)
def autohighlight_of_another_day(thing):
    pass
"""
    install("autohighlight-crowd", code)
    assert load_plugins().errors == ()


def test_a_file_in_the_users_folder_is_a_plugin(plugin_file: Any) -> None:
    file = plugin_file("crowd.py", f'"""Hears the crowd."""\n__version__ = "3"\n{GOOD}')
    plugins = load_plugins()
    assert plugins.errors == ()
    assert plugins.scorers.owner("crowd-noise") == "crowd"
    info = plugins.found[-1]
    assert (info.kind, info.source, info.version, info.summary) == ("file", str(file), "3", "Hears the crowd.")


def test_what_a_file_defines_can_be_pickled_and_is_loaded_once(plugin_file: Any) -> None:
    plugin_file("crowd.py", GOOD.replace("lambda features, options: None", "hear") + "\ndef hear(f, o): ...\n")
    scorer = load_plugins().scorers["crowd-noise"]
    assert pickle.loads(pickle.dumps(scorer)) is scorer  # noqa: S301
    assert load_plugins().scorers["crowd-noise"] is scorer


def test_a_file_that_was_changed_is_read_again(plugin_file: Any) -> None:
    plugin_file("crowd.py", GOOD)
    assert "crowd-noise" in load_plugins().scorers
    plugin_file("crowd.py", GOOD.replace("crowd-noise", "wind-or-rain"))
    assert "wind-or-rain" in load_plugins().scorers


@pytest.mark.parametrize("name", ["_part.py", ".hidden.py", "notes.txt"])
def test_other_files_are_no_plugins(name: str, plugin_file: Any) -> None:
    plugin_file(name, "1 / 0")
    assert load_plugins().errors == ()


def test_a_broken_file_is_named(plugin_file: Any) -> None:
    file = plugin_file("crowd.py", "1 / 0")
    (error,) = load_plugins().errors
    assert error.problem.startswith(f"the plugin 'crowd' in {file} cannot be loaded: ZeroDivisionError")
    assert not [name for name in sys.modules if name.startswith("autohighlight_plugin_files")]


def test_an_installed_plugin_and_a_file_of_one_name_are_both_left_out(install: Any, plugin_file: Any) -> None:
    install("autohighlight-crowd", GOOD, entry="crowd")
    plugin_file("crowd.py", GOOD)
    plugins = load_plugins()
    assert "bring plugins of one name, 'crowd'" in plugins.errors[0].problem
    assert "crowd-noise" not in plugins.scorers


@pytest.mark.skipif(os.name != "posix", reason="other systems keep no such bits")
@pytest.mark.parametrize("which", ["folder", "file"])
def test_what_anybody_may_change_is_not_run(which: str, plugin_file: Any) -> None:
    file = plugin_file("crowd.py", GOOD)
    (file.parent if which == "folder" else file).chmod(0o777)
    plugins = load_plugins()
    (error,) = plugins.errors
    assert "anybody may write" in error.problem
    assert "crowd-noise" not in plugins.scorers


def test_a_folder_that_the_environment_names_and_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_plugins().errors == ()  # of the usual one it need not be said
    monkeypatch.setenv("AUTOHIGHLIGHT_PLUGINS_DIR", str(tmp_path / "none"))
    (error,) = load_plugins().errors
    assert "AUTOHIGHLIGHT_PLUGINS_DIR names" in error.problem


def test_sources_say_where_to_look_and_can_be_sent_to_a_worker(install: Any, plugin_file: Any, tmp_path: Path) -> None:
    install("autohighlight-wind", GOOD.replace("crowd-noise", "wind"))
    plugin_file("crowd.py", GOOD)
    other = tmp_path / "others"
    other.mkdir(mode=0o755)
    (other / "sea.py").write_text(GOOD.replace("crowd-noise", "waves"))

    def found(sources: PluginSources) -> set[str]:
        sent = pickle.loads(pickle.dumps(sources))  # noqa: S301
        names = set(load_plugins(sent).scorers)
        return names & {"wind", "crowd-noise", "waves"}

    assert found(PluginSources.usual()) == {"wind", "crowd-noise"}
    assert found(PluginSources(folders=(other,))) == {"wind", "waves"}
    assert found(PluginSources(installed=False, folders=(other,))) == {"waves"}
    assert found(PluginSources.none()) == set()


def test_plugins_may_be_given(tmp_path: Path) -> None:
    plugins = find_plugins(PluginSources.none(), [Plugin("first", "loud"), Plugin("second", "bright")])
    assert list(plugins.scorers) == ["bright", "loud"]
    assert [info.name for info in plugins.found] == ["first", "second"]


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
    own: Any = object()
    registry.add("loud:drums", own, "many")
    assert registry["loud:drums"] is own
    assert registry["loud:bass"] is not own


@pytest.mark.parametrize(("first", "second"), [("loud:*", "loud:drums"), ("loud:drums", "loud:*"), ("a:*", "a:*")])
def test_a_name_in_the_family_of_another_plugin_names_both(first: str, second: str) -> None:
    plugins = collected(Plugin("one", first), Plugin("two", second))
    assert [error.problem for error in plugins.errors] == [f"the scorer {second!r} is registered by both one and two"]
    for name in {first, second, first.replace("*", "drums")}:
        with pytest.raises(PluginError, match="registered by both one and two"):
            plugins.scorers[name]


def test_a_plugin_of_ours_that_is_not_installed_is_named() -> None:
    none_installed = load_plugins(PluginSources.none())
    for kind, registry in (
        ("backbone", none_installed.backbones),
        ("executor", none_installed.executors),
        ("scorer", none_installed.scorers),
    ):
        for name, plugin in OUR_PLUGINS[kind].items():
            assert (REPOSITORY / "plugins" / plugin / "pyproject.toml").is_file()
            with pytest.raises(OptionError, match=f"install the plugin {plugin}, which brings it"):
                registry[name]
    with pytest.raises(OptionError, match="install the plugin autohighlight-timm"):
        none_installed.backbones["timm:resnet18"]
    assert plugin_with("scorer", "dark") is None
