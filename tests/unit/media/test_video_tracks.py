"""Of a file's video tracks, the one that moves is the picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from autohighlight.errors import UndecodableError
from autohighlight.media.probe import probe
from autohighlight.media.remarks import picture_remarks
from tests.media_factory import make_video, patch, run_ffmpeg

SMALL, LARGE = (32, 32), (96, 64)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tracks")
    jpeg = ("-c:v", "mjpeg", "-q:v", 5)
    return {
        "moving": make_video(folder / "moving.mp4", 30, 30, SMALL),
        "long": make_video(folder / "long.mp4", 200, 100, SMALL),
        "large": make_video(folder / "large.mp4", 30, 30, LARGE),
        "two stills": make_video(folder / "stills.mp4", 2, 1, LARGE),
        "timelapse": make_video(folder / "lapse.mov", 15, 10, LARGE, encoder=jpeg, pixel_format="yuvj420p"),
        "still": make_video(folder / "still.mov", 1, 1, LARGE, encoder=jpeg, pixel_format="yuvj420p"),
        "picture": make_video(folder / "p.mov", 1, 1, LARGE, encoder=("-c:v", "png"), pixel_format="rgb24"),
    }


def join(made: dict[str, Path], tracks: Sequence[str], output: Path, default: Sequence[int] = ()) -> Path:
    inputs = [word for track in tracks for word in ("-i", made[track])]
    maps = [word for number in range(len(tracks)) for word in ("-map", number)]
    said = [word for number in range(len(tracks))
            for word in (f"-disposition:v:{number}", "default" if number in default else "0")]  # fmt: skip
    run_ffmpeg(*inputs, *maps, "-c", "copy", *said, output)
    return output


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize(
    ("tracks", "default"),
    [
        (("moving", "two stills"), (0, 1)),
        (("two stills", "moving"), (0, 1)),
        (("still", "moving"), (0,)),
        (("moving", "picture"), (1,)),
        (("still", "picture", "moving"), (0, 1)),
        (("long", "timelapse"), (0, 1)),
    ],
)
def test_stills_beside_it_are_left_out_whatever_their_marks(
    tracks: Sequence[str], default: Sequence[int], suffix: str, made: dict[str, Path], tmp_path: Path
) -> None:
    media = probe(join(made, tracks, tmp_path / f"made.{suffix}", default))
    assert (media.width, media.height) == SMALL
    assert media.num_frames in (30, 200)
    assert media.video_stream == next(number for number, track in enumerate(tracks) if track in ("moving", "long"))
    assert list(picture_remarks(media)) == []


@pytest.mark.parametrize(("default", "size", "number"), [((), LARGE, 2), ((0,), SMALL, 1), ((0, 1), LARGE, 2)])
def test_of_several_that_move_the_default_one_is_used_then_the_largest(
    default: Sequence[int], size: tuple[int, int], number: int, made: dict[str, Path], tmp_path: Path
) -> None:
    media = probe(join(made, ("moving", "large", "still"), tmp_path / "made.mkv", default))
    assert (media.width, media.height) == size
    assert list(picture_remarks(media)) == [f"made.mkv: video track {number} of 2 is used; the other is left out"]


def test_one_picture_alone_is_a_video(made: dict[str, Path]) -> None:
    assert probe(made["still"]).num_frames == 1


def test_a_still_does_not_stand_for_a_track_that_cannot_be_decoded(made: dict[str, Path], tmp_path: Path) -> None:
    source = join(made, ("moving", "still"), tmp_path / "made.mov")
    patch(source, b"avc1", b"zzzz", count=source.read_bytes().count(b"avc1"))
    with pytest.raises(UndecodableError, match="codec that cannot be decoded"):
        probe(source)
