from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from autohighlight.config import ScoreOptions
from autohighlight.errors import OptionError
from autohighlight.scorers import BUILTIN, FLOORS
from tests.factories import CUES, make_clips, make_features

NAN = float("nan")
OPTIONS = ScoreOptions()
PLAIN = [*FLOORS, "random", "fusion"]


def _values(name: str, **others: object) -> list[float]:
    return BUILTIN[name](make_features(**others), OPTIONS).values.tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("num_clips", [1, 2, 30])
def test_every_scorer_gives_a_score_and_its_parts(name: str, num_clips: int) -> None:
    features = make_features(num_clips)
    scores = BUILTIN[name](features, OPTIONS)
    assert scores.scorer == name
    assert scores.clips == features.clips
    assert scores.parts
    for part in scores.parts.values():
        assert ((part >= 0) & (part <= 1)).all()
    np.testing.assert_array_equal(scores.values, BUILTIN[name](features, OPTIONS).values)


@pytest.mark.parametrize("name", PLAIN)
def test_a_video_of_which_nothing_was_measured_gets_a_score(name: str) -> None:
    cues = {name: np.full(5, NAN, np.float32) for name in CUES}
    values = _values(name, num_clips=5, cues=cues, embeddings=np.zeros((5, 4), np.float32))
    assert len(values) == 5
    if name == "fusion":
        assert values == [0, 0.5, 1, 0.5, 0], "the position is known"
    elif name not in ("centre", "random"):
        assert values == [0.5] * 5


def test_movement_is_the_rank_of_the_difference() -> None:
    cues = {"difference": np.array([0.2, 0.9, NAN, 0.4], np.float32), "movement": np.arange(4, dtype=np.float32)}
    assert _values("movement", num_clips=4, cues=cues) == [0, 1, 0.5, 0.5]


def test_spread_is_the_rank_of_the_cue() -> None:
    cues = {"spread": np.array([1, 7, NAN, 2], np.float32)}
    assert _values("spread", num_clips=4, cues=cues) == [0, 1, 0.5, 0.5]


def test_movement_and_spread_adds_the_ranks() -> None:
    cues = {"difference": np.array([3, 1, 2], np.float32), "spread": np.array([1, 2, 3], np.float32)}
    assert _values("movement+spread", num_clips=3, cues=cues) == [0.5, 0.25, 0.75]


def test_centre_goes_by_time() -> None:
    assert _values("centre", num_clips=5) == [0.125, 0.625, 1, 0.625, 0.125]
    uneven = make_clips([1, 1, 8], start=100)
    assert _values("centre", num_clips=3, clips=uneven) == [0, 0.5, 1]


def test_random_depends_on_the_features_kind_and_clips() -> None:
    assert _values("random", num_clips=20) != _values("random", num_clips=20, fingerprint="other")
    assert sorted(_values("random", num_clips=20)) == pytest.approx(np.linspace(0, 1, 20))


def test_what_a_scorer_needs_and_does_not_find_is_said() -> None:
    with pytest.raises(OptionError, match=r"no cue 'difference'.*there are: none"):
        BUILTIN["movement"](make_features(cues={}), OPTIONS)
    cues = {"movement": np.zeros(30, np.float32), "difference": np.zeros(30, np.float32)}
    for name in ("spread", "movement+spread"):
        with pytest.raises(OptionError, match=r"no cue 'spread'.*there are: difference, movement"):
            BUILTIN[name](make_features(cues=cues), OPTIONS)


def test_the_floors_do_without_torch() -> None:
    code = (
        "import sys; from tests.factories import make_features; from autohighlight.config import ScoreOptions;"
        "from autohighlight.scorers import BUILTIN;"
        "[BUILTIN[n](make_features(), ScoreOptions()) for n in BUILTIN if n != 'contrastive'];"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
