"""The contract of backbones finds what it is there to find."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from autohighlight.config import ExtractOptions
from autohighlight.errors import DependencyError
from autohighlight.testing import BackboneContract
from autohighlight.testing.examples import example_frames
from tests.contracts.failures import assert_caught, failures

OPTIONS = ExtractOptions(device="cpu")


class Colours:
    """The mean colours of the quarters of a frame: a backbone that is right."""

    name = "colours"
    dim = 12
    window_length = 1
    frame_rate: Any = None
    resize: Any = (32, 32)
    input_size: Any = (32, 32)
    fingerprint = "colours/1"
    device = "cpu"

    def __init__(self, options: ExtractOptions):
        if options.device not in ("cpu", "auto"):
            raise DependencyError("it runs on the CPU alone")

    def embed(self, frames: Any) -> Any:
        quarters = frames.astype(np.float32).reshape(len(frames), 2, 16, 2, 16, 3)
        return quarters.mean(axis=(2, 4)).reshape(len(frames), self.dim) / 255


class OtherShape(Colours):
    def embed(self, frames: Any) -> Any:
        return super().embed(frames)[:, :6]


class Doubles(Colours):
    def embed(self, frames: Any) -> Any:
        return super().embed(frames).astype(np.float64)


class Tensors(Colours):
    def embed(self, frames: Any) -> Any:
        return torch.from_numpy(super().embed(frames))


class NoneOfNone(Colours):
    def embed(self, frames: Any) -> Any:
        if not len(frames):
            raise ValueError("no frames")
        return super().embed(frames)


class NanOfBlack(Colours):
    def embed(self, frames: Any) -> Any:
        features = super().embed(frames)
        with np.errstate(invalid="ignore"):
            return features / features.sum(axis=1, keepdims=True)


class Noisy(Colours):
    def embed(self, frames: Any) -> Any:
        return super().embed(frames) + np.random.default_rng().normal(size=(len(frames), 12)).astype(np.float32)


class Blind(Colours):
    def embed(self, frames: Any) -> Any:
        return np.ones((len(frames), 12), np.float32)


class CentredInTheBatch(Colours):
    def embed(self, frames: Any) -> Any:
        features = super().embed(frames)
        return features - features.mean(axis=0) if len(features) else features


class Overwriting(Colours):
    kept: NDArray[np.float32] = np.zeros((64, 12), np.float32)

    def embed(self, frames: Any) -> Any:
        self.kept[: len(frames)] = super().embed(frames)
        return self.kept[: len(frames)]


class InPlace(Colours):
    def embed(self, frames: Any) -> Any:
        features = super().embed(frames)
        frames //= 2
        return features


class OnlyContiguous(Colours):
    def embed(self, frames: Any) -> Any:
        flat = np.frombuffer(frames.data if frames.flags.c_contiguous else frames.base.tobytes(), np.uint8)
        return super().embed(flat[: frames.size].reshape(frames.shape))


class OneThread(Colours):
    busy = False

    def embed(self, frames: Any) -> Any:
        if self.busy:
            raise RuntimeError("busy")
        self.busy = True
        try:
            return np.mean([super(OneThread, self).embed(frames) for _ in range(200)], axis=0)
        finally:
            self.busy = False


class DrawsNumbers(Colours):
    def __init__(self, options: ExtractOptions):
        super().__init__(options)
        torch.nn.Linear(2, 2)


class DrawsPlainNumbers(Colours):
    def embed(self, frames: Any) -> Any:
        random.random()  # noqa: S311
        return super().embed(frames)


class SetsThreads(Colours):
    def embed(self, frames: Any) -> Any:
        torch.set_num_threads(torch.get_num_threads() + 1)
        return super().embed(frames)


class StopsGradients(Colours):
    def embed(self, frames: Any) -> Any:
        torch.set_grad_enabled(False)
        return super().embed(frames)


class SetsDefaultType(Colours):
    def __init__(self, options: ExtractOptions):
        super().__init__(options)
        torch.set_default_dtype(torch.float64)


class NewName(Colours):
    count = 0

    def __init__(self, options: ExtractOptions):
        super().__init__(options)
        NewName.count += 1
        self.fingerprint = f"colours/{NewName.count}"


class NewWeights(Colours):
    count = 0

    def __init__(self, options: ExtractOptions):
        super().__init__(options)
        NewWeights.count += 1
        self.scale = np.float32(NewWeights.count)

    def embed(self, frames: Any) -> Any:
        return super().embed(frames) * self.scale


class SaysCuda(Colours):
    device = "cuda:7"


class NoName(Colours):
    name = " "


class NoFingerprint(Colours):
    fingerprint = ""


class NoWindow(Colours):
    window_length = 0


class OddRate(Colours):
    frame_rate = -25


class TooLarge(Colours):
    input_size = (32, 40)


class Square(Colours):
    input_size = 32


class FalseSight(Colours):
    def see(self, pictures: Any) -> Any:
        from autohighlight.types import Sight

        features = self.embed(pictures[:, None])
        return Sight(features, np.repeat(features[:, None], 4, axis=1), np.full(len(pictures), 2, np.float32))


BROKEN = [
    (NoName, "test_it_says_what_it_is"),
    (NoFingerprint, "test_it_says_what_it_is"),
    (NoWindow, "test_it_says_what_it_is"),
    (OddRate, "test_it_says_what_it_is_to_be_given"),
    (TooLarge, "test_it_says_what_it_is_to_be_given"),
    (Square, "test_it_says_what_it_is_to_be_given"),
    (OtherShape, "test_features_have_the_shape_and_type_it_says"),
    (Doubles, "test_features_have_the_shape_and_type_it_says"),
    (Tensors, "test_features_have_the_shape_and_type_it_says"),
    (NoneOfNone, "test_no_frames_give_no_features"),
    (NanOfBlack, "test_black_and_white_frames_have_features_too"),
    (Blind, "test_different_frames_have_different_features"),
    (Noisy, "test_the_same_frames_have_the_same_features"),
    (Overwriting, "test_features_are_not_overwritten_by_the_next_call"),
    (CentredInTheBatch, "test_a_feature_does_not_depend_on_the_rest_of_the_batch"),
    (InPlace, "test_frames_are_left_as_they_were"),
    (InPlace, "test_frames_may_be_read_only"),
    (OnlyContiguous, "test_frames_may_be_a_view_of_others"),
    (OneThread, "test_several_threads_may_use_it_at_once"),
    (DrawsNumbers, "test_it_changes_nothing_for_the_rest_of_the_program"),
    (DrawsPlainNumbers, "test_it_changes_nothing_for_the_rest_of_the_program"),
    (SetsThreads, "test_it_changes_nothing_for_the_rest_of_the_program"),
    (StopsGradients, "test_it_changes_nothing_for_the_rest_of_the_program"),
    (SetsDefaultType, "test_it_changes_nothing_for_the_rest_of_the_program"),
    (NewName, "test_two_that_are_made_alike_are_alike"),
    (NewWeights, "test_two_that_are_made_alike_are_alike"),
    (SaysCuda, "test_it_runs_where_it_is_asked_to"),
    (FalseSight, "test_what_it_sees_goes_with_its_features"),
]


def contract_of(factory: Callable[..., Any]) -> tuple[BackboneContract, dict[str, Callable[[], Any]]]:
    class Contract(BackboneContract):
        def factory(self) -> Any:
            return factory

    return Contract(), {
        "options": lambda: OPTIONS,
        "backbone": lambda: factory(dataclasses.replace(OPTIONS)),
        "frames": lambda: example_frames(4, 1, (32, 32)),
    }


def test_a_backbone_that_is_right_passes() -> None:
    contract, values = contract_of(Colours)
    assert failures(contract, **values) == set()


@pytest.mark.parametrize(("broken", "test"), BROKEN, ids=lambda value: getattr(value, "__name__", None))
def test_what_is_broken_is_found(broken: type[Colours], test: str) -> None:
    contract, values = contract_of(broken)
    assert_caught(broken, test, contract, values)


def test_a_factory_that_cannot_be_pickled_is_found() -> None:
    def within(options: ExtractOptions) -> Colours:
        return Colours(options)

    contract, values = contract_of(within)
    assert failures(contract, **values) == {"test_its_factory_can_be_sent_to_a_worker"}


def test_a_contract_that_tests_nothing_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"does not say what to test: define factory\(\)"):
        BackboneContract().factory()
