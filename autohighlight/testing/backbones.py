"""What a backbone has to keep to: see `autohighlight.types.Backbone`."""

from __future__ import annotations

import dataclasses
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.config import ExtractOptions
from autohighlight.errors import AutohighlightError
from autohighlight.plugins import BackboneFactory
from autohighlight.testing.examples import example_frames
from autohighlight.testing.state import Contract, process_left_alone, process_restored
from autohighlight.types import Backbone, SeeingBackbone

Frames = NDArray[np.uint8]

_LAST_MADE: dict[tuple[type, ExtractOptions], Backbone] = {}
"""The backbone of the class whose tests are run; that of the one before is let go, as it may be large."""


class BackboneContract(Contract):
    """Tests of a backbone; a subclass says in `factory` which.

    Attributes:
        num_windows: N, windows of frames in a batch: at least 2; less is faster.
        tolerance: how far a feature may differ with what else is in the batch, as part of the largest value.
        likeness: least cosine similarity of features from the CPU and another device.
    """

    num_windows: ClassVar[int] = 4
    tolerance: ClassVar[float] = 1e-3
    likeness: ClassVar[float] = 0.98

    def factory(self) -> BackboneFactory:
        """What the plugin registers."""
        raise NotImplementedError(f"{type(self).__name__} does not say what to test: define factory()")

    @pytest.fixture
    def options(self) -> ExtractOptions:
        """What the factory is given; with a checkpoint, for one that needs it."""
        return ExtractOptions(device="cpu")

    @pytest.fixture
    def backbone(self, options: ExtractOptions) -> Backbone:
        """One backbone for all tests of the class, as making it may take long."""
        key = (type(self), options)
        if key not in _LAST_MADE:
            _LAST_MADE.clear()
            with process_restored():
                _LAST_MADE[key] = self.factory()(options)
        return _LAST_MADE[key]

    @pytest.fixture
    def frames(self, backbone: Backbone) -> Frames:
        """uint8 (N, T, H, W, 3), of `num_windows` different scenes."""
        return example_frames(self.num_windows, backbone.window_length, backbone.input_size)

    def test_it_says_what_it_is(self, backbone: Backbone) -> None:
        assert isinstance(backbone.name, str), "name is a str"
        assert backbone.name.strip(), "name is empty"
        assert isinstance(backbone.fingerprint, str), "fingerprint is a str"
        assert backbone.fingerprint.strip(), "fingerprint is empty: the cache would take any weights for one"
        assert _is_count(backbone.dim), f"dim is a whole number from 1 on, not {backbone.dim!r}"
        assert _is_count(backbone.window_length), f"window_length is at least 1, not {backbone.window_length!r}"

    def test_it_says_what_it_is_to_be_given(self, backbone: Backbone) -> None:
        rate, size, resize = backbone.frame_rate, backbone.input_size, backbone.resize
        assert rate is None or 0 < rate < 1000, f"frame_rate is frames/s or None, not {rate!r}"
        assert isinstance(size, tuple), "input_size is (height, width)"
        assert len(size) == 2, "input_size is (height, width)"
        assert all(_is_count(side) for side in size), f"input_size is (height, width) in pixels, not {size!r}"
        shorter = (resize, resize) if isinstance(resize, int) else resize
        assert len(shorter) == 2, "resize is (height, width), or the length of the shorter side"
        assert all(a >= b for a, b in zip(shorter, size, strict=True)), (
            f"the middle of {size} cannot be cut from a frame that was scaled to {resize}"
        )

    def test_features_have_the_shape_and_type_it_says(self, backbone: Backbone, frames: Frames) -> None:
        features = backbone.embed(frames)
        assert isinstance(features, np.ndarray), f"embed gives a numpy array, not {type(features).__name__}"
        assert features.dtype == np.float32, f"features are float32, not {features.dtype}"
        assert features.shape == (len(frames), backbone.dim), f"features of {len(frames)} windows are {features.shape}"
        assert np.isfinite(features).all(), "a feature is not finite"

    def test_no_frames_give_no_features(self, backbone: Backbone, frames: Frames) -> None:
        features = backbone.embed(frames[:0])
        assert features.shape == (0, backbone.dim)
        assert features.dtype == np.float32

    def test_black_and_white_frames_have_features_too(self, backbone: Backbone, frames: Frames) -> None:
        for value in (0, 255):
            assert np.isfinite(backbone.embed(np.full_like(frames[:1], value))).all(), f"of frames that are all {value}"

    def test_different_frames_have_different_features(self, backbone: Backbone, frames: Frames) -> None:
        features = backbone.embed(frames)
        assert np.abs(features[0] - features[1]).max() > 0, "two different scenes have one and the same feature"

    def test_the_same_frames_have_the_same_features(self, backbone: Backbone, frames: Frames) -> None:
        np.testing.assert_array_equal(backbone.embed(frames), backbone.embed(frames))

    def test_features_are_not_overwritten_by_the_next_call(self, backbone: Backbone, frames: Frames) -> None:
        features = backbone.embed(frames)
        before = features.copy()
        backbone.embed(255 - frames)
        np.testing.assert_array_equal(features, before)

    def test_a_feature_does_not_depend_on_the_rest_of_the_batch(self, backbone: Backbone, frames: Frames) -> None:
        together = backbone.embed(frames)
        for number in range(len(frames)):
            self._assert_near(backbone.embed(frames[number : number + 1]), together[number : number + 1])
        self._assert_near(backbone.embed(np.ascontiguousarray(frames[::-1]))[::-1], together)

    def test_frames_are_left_as_they_were(self, backbone: Backbone, frames: Frames) -> None:
        before = frames.copy()
        backbone.embed(frames)
        np.testing.assert_array_equal(frames, before)

    def test_frames_may_be_read_only(self, backbone: Backbone, frames: Frames) -> None:
        expected = backbone.embed(frames)
        frames.flags.writeable = False
        np.testing.assert_array_equal(backbone.embed(frames), expected)

    def test_frames_may_be_a_view_of_others(self, backbone: Backbone, frames: Frames) -> None:
        expected = backbone.embed(frames)
        apart = np.repeat(frames, 2, axis=0)[::2]
        turned = np.ascontiguousarray(frames.transpose(0, 4, 1, 3, 2)).transpose(0, 2, 4, 3, 1)
        padded = np.pad(frames, ((0, 0), (0, 0), (2, 3), (1, 4), (0, 0)))
        for view in (apart, turned, padded[:, :, 2:-3, 1:-4]):
            np.testing.assert_array_equal(view, frames)
            self._assert_near(backbone.embed(view), expected)

    def test_several_threads_may_use_it_at_once(self, backbone: Backbone, frames: Frames) -> None:
        batches = [np.roll(frames, shift, axis=0) for shift in range(4)]
        expected = [backbone.embed(batch) for batch in batches]
        with ThreadPoolExecutor(4) as threads:
            for features, right in zip(threads.map(backbone.embed, batches), expected, strict=True):
                self._assert_near(features, right)

    def test_it_changes_nothing_for_the_rest_of_the_program(self, options: ExtractOptions, frames: Frames) -> None:
        with process_left_alone():
            backbone = self.factory()(options)
        with process_left_alone():
            backbone.embed(frames)

    def test_two_that_are_made_alike_are_alike(
        self, backbone: Backbone, options: ExtractOptions, frames: Frames
    ) -> None:
        other = self.factory()(options)
        for name in ("name", "dim", "window_length", "frame_rate", "resize", "input_size", "fingerprint", "device"):
            assert getattr(other, name) == getattr(backbone, name), f"{name} differs from one to the next"
        self._assert_near(other.embed(frames), backbone.embed(frames))

    def test_its_factory_can_be_sent_to_a_worker(self, backbone: Backbone, options: ExtractOptions) -> None:
        factory = pickle.loads(pickle.dumps(self.factory()))  # noqa: S301 -- our own bytes
        assert factory(options).fingerprint == backbone.fingerprint

    def test_it_runs_where_it_is_asked_to(self, options: ExtractOptions, frames: Frames) -> None:
        import torch  # noqa: PLC0415 -- see `process_left_alone`

        there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
        on_cpu: NDArray[np.float32] | None = None
        for device, is_there in there.items():
            try:
                backbone = self.factory()(dataclasses.replace(options, device=device))
            except AutohighlightError:
                assert not is_there, f"it does not run on {device}"
                continue
            where = torch.device(backbone.device).type
            assert there.get(where), f"asked for {device}, it says to run on {backbone.device}, which is not there"
            features = backbone.embed(frames)
            on_cpu = features if on_cpu is None else on_cpu
            assert _cosine(features, on_cpu).min() >= self.likeness, f"features of {device} are others than of the CPU"

    def test_what_it_sees_goes_with_its_features(self, backbone: Backbone, frames: Frames) -> None:
        if not isinstance(backbone, SeeingBackbone):
            return
        pictures = frames[:, 0]
        for some in (pictures, pictures[:0]):
            sight = backbone.see(some)
            assert sight.features.shape == (len(some), backbone.dim)
            assert sight.cells.shape[::2] == (len(some), backbone.dim), "cells are (P, C, dim)"
            assert sight.living.shape == (len(some),)
            assert np.all((sight.living >= 0) & (sight.living <= 1)), "living is a probability"
            np.testing.assert_allclose(np.linalg.norm(sight.cells, axis=2), 1, atol=0.01)
            self._assert_near(sight.features, backbone.embed(some[:, None]))

    def _assert_near(self, features: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
        assert features.shape == expected.shape
        if expected.size:
            scale = max(float(np.abs(expected).max()), 1e-12)
            apart = float(np.abs(features - expected).max()) / scale
            assert apart <= self.tolerance, f"features are {apart:.2g} of the largest value apart"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.floating]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosine: NDArray[np.floating] = (one * other).sum(axis=1) / np.maximum(lengths, 1e-12)
    return cosine
