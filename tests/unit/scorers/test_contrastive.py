from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from autohighlight.config import ExtractOptions, ScoreOptions
from autohighlight.errors import OptionError, WeightsError
from autohighlight.scorers import BUILTIN, check_selector
from autohighlight.scorers.contrastive import SHIPPED_SELECTOR, selector_input
from autohighlight.selector.checkpoint import SelectorInfo, load_selector, save_selector
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector, scores
from tests.factories import make_features

contrastive = BUILTIN["contrastive"]


def _selector(folder: Path, d_in: int = 4, **info: object) -> tuple[HighlightSelector, ScoreOptions]:
    torch.manual_seed(0)
    selector = HighlightSelector(SelectorConfig(d_in=d_in, d=8, initialisation="xavier")).eval()
    path = folder / "selector.safetensors"
    values: dict[str, object] = {"backbone": "test", "feature_kind": "mean+step"} | info
    save_selector(path, selector, SelectorInfo(**values))  # type: ignore[arg-type]
    return selector, ScoreOptions(selector=path)


def test_the_score_is_the_attention_in_its_order(tmp_path: Path) -> None:
    selector, options = _selector(tmp_path)
    features = make_features(20, 4)
    track = contrastive(features, options)
    attention = scores(selector, selector_input(features, "mean+step"))
    np.testing.assert_allclose(track.values, attention / attention.max())
    assert track.scorer == "contrastive"
    assert np.argsort(track.parts["attention"]).tolist() == np.argsort(attention).tolist()


def test_a_video_of_one_clip(tmp_path: Path) -> None:
    assert contrastive(make_features(1), _selector(tmp_path)[1]).values.tolist() == [1]


def test_what_a_selector_is_given() -> None:
    embeddings = np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.float32)
    cues = {"movement": np.array([1, 3], np.float32), "living": np.array([np.nan, np.nan], np.float32)}
    features = make_features(2, cues=cues, embeddings=embeddings)
    np.testing.assert_array_equal(selector_input(features, "mean"), embeddings[:, :2])
    np.testing.assert_array_equal(selector_input(features, "step"), embeddings[:, 2:])
    np.testing.assert_array_equal(selector_input(features, "mean+step"), embeddings)
    with_cues = selector_input(features, "mean+step", ["movement", "living"])
    np.testing.assert_array_equal(with_cues, [[1, 2, 3, 4, -1, 0], [5, 6, 7, 8, 1, 0]])
    assert with_cues.dtype == np.float32


def test_a_selector_of_another_kind_and_with_cues_is_used(tmp_path: Path) -> None:
    _, options = _selector(tmp_path, d_in=3, feature_kind="mean", cues=("movement",))
    assert len(contrastive(make_features(6), options)) == 6


@pytest.mark.parametrize(
    ("d_in", "info", "problem"),
    [
        (4, {"backbone": "other"}, "was trained on features of 'other', not of 'test' .*--backbone other"),
        (6, {}, "features of 6 columns, not of 4"),
        (4, {"feature_kind": "max"}, "features of the kind 'max'"),
    ],
)
def test_features_that_it_was_not_trained_on_are_refused(
    tmp_path: Path, d_in: int, info: dict[str, object], problem: str
) -> None:
    with pytest.raises(WeightsError, match=problem):
        contrastive(make_features(5), _selector(tmp_path, d_in, **info)[1])


def test_a_selector_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none.safetensors is not there"):
        contrastive(make_features(5), ScoreOptions(selector=tmp_path / "none.safetensors"))


def test_the_selector_in_the_package_is_small_and_scores_features_of_the_default_backbone() -> None:
    assert SHIPPED_SELECTOR.stat().st_size < 8_000_000
    selector, info = load_selector(SHIPPED_SELECTOR)
    assert info.backbone == ExtractOptions().backbone
    assert info.backbone_fingerprint
    assert info.recipe
    for tensor in selector.state_dict().values():
        assert torch.isfinite(tensor).all()
    random = np.random.default_rng(0)
    embeddings = np.abs(random.normal(0.3, 0.2, (40, 2 * 1280))).astype(np.float32)
    features = make_features(40, embeddings=embeddings, backbone=info.backbone)
    track = contrastive(features, ScoreOptions())
    assert track.values.max() == 1
    assert len(np.unique(track.values)) == 40
    order = random.permutation(40)
    reordered = contrastive(make_features(40, embeddings=embeddings[order], backbone=info.backbone), ScoreOptions())
    np.testing.assert_allclose(reordered.values, track.values[order], rtol=1e-3)


def test_the_selector_in_the_package_is_for_no_other_backbone() -> None:
    with pytest.raises(WeightsError, match="not of 'test'"):
        contrastive(make_features(5, 2560), ScoreOptions())


def _lively(num_clips: int, dim: int = 8) -> np.ndarray:
    """Embeddings (N, 2 dim) whose steps are above 0, as those of a backbone are."""
    return np.random.default_rng(1).random((num_clips, 2 * dim)).astype(np.float32)


def test_a_selector_fitted_to_the_video_scores_it_the_same_each_time() -> None:
    features = make_features(45, embeddings=_lively(45))
    track, again = (contrastive(features, ScoreOptions(adapt=True)) for _ in range(2))
    assert len(track) == 45
    assert track.values.max() == 1
    assert len(set(track.values.tolist())) == 45
    np.testing.assert_array_equal(track.values, again.values)


def test_fitting_needs_neither_the_selector_in_the_package_nor_its_backbone() -> None:
    features = make_features(30, embeddings=_lively(30), backbone="of-a-plugin")
    assert len(contrastive(features, ScoreOptions(adapt=True))) == 30


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        (_lively(29), "--adapt takes a video of at least 30 clips, and this one has 29"),
        (np.ones((40, 4), np.float32), "nothing changes in this video"),
    ],
)
def test_what_no_selector_can_be_fitted_to_is_said(embeddings: np.ndarray, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        contrastive(make_features(len(embeddings), embeddings=embeddings), ScoreOptions(adapt=True))


@pytest.mark.parametrize("name", sorted(set(BUILTIN) - {"contrastive"}))
@pytest.mark.parametrize("values", [{"adapt": True}, {"selector": Path("a")}])
def test_a_selector_for_a_scorer_without_use_for_it_is_refused(name: str, values: dict[str, object]) -> None:
    flag = "--adapt" if "adapt" in values else "--selector"
    with pytest.raises(OptionError, match=f"has no use for {flag}"):
        check_selector(ScoreOptions(scorer=name, **values))  # type: ignore[arg-type]
    check_selector(ScoreOptions(scorer=name))


@pytest.mark.parametrize("name", [None, "contrastive", "of-a-plugin"])
def test_a_selector_is_left_to_those_that_may_use_it(name: str | None) -> None:
    check_selector(ScoreOptions(scorer=name, selector=Path("a")))
