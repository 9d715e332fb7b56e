"""What the default backbone sees, beyond the features that test_efficientnet_lite.py holds against the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from autohighlight.backbones.efficientnet_lite import (
    NUM_CLASSES,
    EfficientNetLite0Backbone,
    load_efficientnet_lite0,
    load_network,
    load_random_efficientnet_lite0,
    weights_path,
)
from autohighlight.backbones.imagenet import LIVING_CLASSES
from autohighlight.media.frames import FrameSampler
from autohighlight.media.playback import FramePlayer
from autohighlight.media.probe import probe
from autohighlight.media.seeking import find_seeking
from autohighlight.types import SeeingBackbone
from tests.unit.backbones.pictures import pictures


@pytest.fixture(scope="module")
def backbone() -> EfficientNetLite0Backbone:
    return load_efficientnet_lite0("cpu", dtype=torch.float32)


def test_it_is_a_backbone_that_sees(backbone: EfficientNetLite0Backbone) -> None:
    assert isinstance(backbone, SeeingBackbone)


@pytest.mark.parametrize("num_pictures", [0, 1, 9])
def test_what_is_seen_has_the_features_that_are_embedded(
    backbone: EfficientNetLite0Backbone, num_pictures: int
) -> None:
    some = pictures()[np.arange(num_pictures) % 3]
    sight = backbone.see(some[:, 0])
    assert len(sight) == num_pictures
    np.testing.assert_allclose(sight.features, backbone.embed(some), atol=1e-5)
    assert (sight.cells.shape, sight.living.shape) == ((num_pictures, 49, 1280), (num_pictures,))
    assert {sight.features.dtype, sight.cells.dtype, sight.living.dtype} == {np.dtype(np.float32)}
    np.testing.assert_allclose(np.linalg.norm(sight.cells, axis=2), 1, rtol=1e-4)
    assert ((sight.living >= 0) & (sight.living <= 1)).all()


def test_bfloat16_sees_the_same_features_as_it_embeds() -> None:
    backbone = load_efficientnet_lite0("cpu", dtype=torch.bfloat16)
    np.testing.assert_allclose(backbone.see(pictures()[:, 0]).features, backbone.embed(pictures()), atol=1e-5)


def test_living_and_places_are_those_of_the_network_before_it_was_folded(backbone: EfficientNetLite0Backbone) -> None:
    network = load_network(weights_path())
    x = (torch.from_numpy(pictures()[:, 0]).permute(0, 3, 1, 2).float() - 127) / 128
    with torch.inference_mode():
        maps = network.maps(x)
        chances = network.classifier(maps.mean((2, 3))).softmax(1)
    sight = backbone.see(pictures()[:, 0])
    np.testing.assert_allclose(sight.living, chances[:, list(LIVING_CLASSES)].sum(1), atol=1e-3)
    for place, (row, column) in {0: (0, 0), 6: (0, 6), 42: (6, 0)}.items():
        vectors = maps[:2, :, row, column]  # flat grey shows nothing there
        np.testing.assert_allclose(sight.cells[:2, place], vectors / vectors.norm(dim=1, keepdim=True), atol=1e-3)


def test_places_that_stay_blank_do_not_change(backbone: EfficientNetLite0Backbone) -> None:
    blank = np.stack([pictures()[2, 0], pictures()[2, 0] + 1, *pictures()[2:, 0]])
    cells = backbone.see(blank).cells
    np.testing.assert_allclose((cells * cells[:1]).sum(axis=2).mean(axis=1), 1, atol=0.01)


def test_a_place_changes_where_the_picture_does(backbone: EfficientNetLite0Backbone) -> None:
    picture = pictures()[0, 0]
    painted = picture.copy()
    painted[:32, :32] = 255 - painted[:32, :32]
    before, after = backbone.see(np.stack([picture, painted])).cells
    changes = 1 - (before * after).sum(axis=1)
    assert changes.reshape(7, 7)[:2, :2].max() > 5 * changes.reshape(7, 7)[4:, 4:].max()


def test_a_network_that_has_learned_nothing_sees_too() -> None:
    sight = load_random_efficientnet_lite0("cpu").see(pictures()[:, 0])
    assert np.isfinite(sight.living).all()


def test_the_living_are_classes_of_imagenet_and_none_twice() -> None:
    assert len(set(LIVING_CLASSES)) == len(LIVING_CLASSES)
    assert set(range(398)) < set(LIVING_CLASSES) < set(range(NUM_CLASSES))


def _seen_in(path: Path) -> NDArray[np.uint8]:
    """Pictures of a file, one a second."""
    media = probe(path)
    player, sampler = FramePlayer(media, find_seeking(media)), FrameSampler(media, (224, 224))
    frames = player.play(start=media.time_range.start, num_frames=int(media.duration), rate=1)
    found = np.stack([sampler.picture(frame) for frame in frames])
    player.close()
    return found


def test_a_dog_is_more_alive_than_toy_blocks(backbone: EfficientNetLite0Backbone, shared: Path | None) -> None:
    if shared is None:
        assert backbone.see(pictures()[:, 0]).living.max() < 0.5, "rings, a slope and flat grey"
        return
    names = ("dog_720p_30fps.mp4", "blocks_720p.mp4")
    dog, blocks = (backbone.see(_seen_in(shared / "media" / "real" / name)).living for name in names)
    assert np.median(dog) > 0.9
    assert blocks.max() < 0.5
