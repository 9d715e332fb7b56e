"""Damaged files of every container and kind: scored or refused, never a fault of the program.

A few of those that ``benchmarks/faults.py`` makes; it makes thousands, in workers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.kills import SUBJECTS, kill_at_random
from benchmarks.mutants import CONTAINERS, MUTATIONS, Case, judge, make_seeds
from tests.conftest import REPOSITORY
from tests.media.shared_files import ODD, open_shared
from tests.whole_runs import files_in

_SEED = 2
_NUM_CASES = 60


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds")
    make_seeds(folder, REPOSITORY.parent / "shared" / "media" / "real")
    return folder


def _cases() -> Iterator[Case]:
    """Each container three times, and each kind of damage five."""
    for number in range(_NUM_CASES):
        container, mutation = number % len(CONTAINERS), number % len(MUTATIONS)
        yield Case(container + len(CONTAINERS) * (mutation + len(MUTATIONS) * (number // len(CONTAINERS))), _SEED)


@pytest.mark.parametrize("case", list(_cases()), ids=lambda case: f"{case.number}-{case.container}-{case.mutation}")
def test_a_damaged_file_is_scored_or_refused(case: Case, seeds: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    video = tmp_path / "in" / f"video.{CONTAINERS[case.container][0]}"
    video.write_bytes(case.content(seeds))
    verdict = judge(video, tmp_path / "out", with_reel=case.number % 5 == 0)
    assert verdict.fault == ""
    assert files_in(tmp_path / "in") == {video.name}
    assert files_in(tmp_path / "out") == set()


def test_the_cases_are_of_all_kinds_and_always_the_same(seeds: Path) -> None:
    cases = list(_cases())
    assert {case.container for case in cases} == set(CONTAINERS)
    assert {case.mutation for case in cases} == set(MUTATIONS)
    assert len({case.number for case in cases}) == len({case.content(seeds) for case in cases}) == _NUM_CASES
    assert cases[7].content(seeds) == cases[7].content(seeds)


@pytest.mark.parametrize("name", [name for name in ODD if "no_video" not in name and "not a video" not in name])
@pytest.mark.parametrize("where", ["beginning", "end"])
def test_half_of_every_odd_file_is_scored_or_refused(name: str, where: str, tmp_path: Path) -> None:
    content = open_shared(f"odd/{name}", tmp_path).read_bytes()
    (tmp_path / "in").mkdir()
    video = tmp_path / "in" / name
    half = len(content) // 2
    video.write_bytes(content[:half] if where == "beginning" else content[half:])
    assert judge(video, tmp_path, with_reel=False).fault == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SUBJECTS))
def test_a_program_that_is_killed_leaves_nothing_half(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOHIGHLIGHT_PLUGINS_DIR", "")  # which is set then, and put back
    subject = SUBJECTS[name]
    kills = kill_at_random(subject, tmp_path, max(2, len(subject.targets)), seed=3)
    assert [fault for kill in kills for fault in kill.faults] == []
