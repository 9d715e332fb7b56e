"""Runs the ffmpeg program to encode a sequence from raw frames and samples.

The program is handed pipes and files of ours only, never a source or a name that it could take for something else.
"""

from __future__ import annotations

import contextlib
import errno
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
from numpy.typing import NDArray

from autohighlight.errors import DependencyError, OutputError
from autohighlight.media.added_sound import add_sound
from autohighlight.media.audio import SoundFile
from autohighlight.media.ffmpeg import COMPLETE, FFmpegProgram, find_ffmpeg
from autohighlight.media.source import file_url
from autohighlight.types import ColourInfo, HdrMetadata

_ENCODERS = {"h264": "libx264", "hevc": "libx265"}
_DEFAULT_CRF = {"h264": 20, "hevc": 22}  # alike to the eye, and hard to tell from the source at normal distance
_AUDIO_BITRATE_PER_CHANNEL = 96_000


@dataclass(frozen=True)
class PictureFormat:
    """How the raw frames look.

    Args:
        size: width and height in pixels.
        pixel_format: FFmpeg's name.
        frame_rate: frames/s.
        colour: how the numbers are meant; carried into the output.
        hdr: light levels of HDR10, for HEVC.
        creation_time: of the recording; carried into the output.
    """

    size: tuple[int, int]
    pixel_format: str
    frame_rate: Fraction
    colour: ColourInfo
    hdr: HdrMetadata | None = None
    creation_time: datetime | None = None


def encode(
    frames: Iterable[Sequence[NDArray[Any]]],
    picture: PictureFormat,
    sound: SoundFile | None,
    output: Path,
    *,
    codec: str,
    crf: int | None,
    preset: str,
    program: str | None = None,
) -> None:
    """Encodes frames and sound into `output`, whose suffix says the container.

    Picture and sound begin at 0, whichever ffmpeg program encodes. Those before 6.0 only encode the picture, and the
    sound is put beside it here; see `media.added_sound`.

    Args:
        frames: the planes (H, W, ...) of each, C-contiguous, of the given format, in order.
        picture: how they look.
        sound: None for a silent film.
        output: a new file.
        codec: ``h264`` or ``hevc``.
        crf: constant rate factor; None for the codec's default.
        preset: of x264 or x265.
        program: the ffmpeg program that is chosen; see `find_ffmpeg`.

    Raises:
        OSError: the disk is full.
        OutputError: the encoder failed.
        DependencyError: no ffmpeg program, or one without the encoder.
    """
    found = find_ffmpeg(program)

    def run(heard: SoundFile | None, file: Path) -> None:
        arguments = _arguments(found, picture, heard, file, codec=codec, crf=crf, preset=preset)
        run_encoder(found, _ENCODERS[codec], arguments, frames, file)

    if sound is None or found.is_at_least("6.0"):
        run(sound, output)
        return
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        silent = Path(folder) / "silent.mp4"  # its clock is exact, that of Matroska counts milliseconds
        run(None, silent)
        add_sound(silent, sound, output, bit_rate=_bit_rate(sound))


def run_encoder(
    program: FFmpegProgram,
    encoder: str,
    arguments: Sequence[str],
    frames: Iterable[Sequence[NDArray[Any]]],
    output: Path,
) -> None:
    """Runs the ffmpeg program with these arguments, and hands it frames on its standard input.

    Args:
        program: the ffmpeg program.
        encoder: FFmpeg's name of the one that it needs.
        arguments: all of them; the input ``pipe:0`` is what it is handed.
        frames: the planes of each, C-contiguous, in order.
        output: the file that it writes.

    Raises:
        OSError, OutputError, DependencyError: as `encode`.
    """
    program.require(encoder)
    with tempfile.TemporaryFile() as messages:
        with subprocess.Popen(
            [program.path, *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=messages
        ) as process:
            try:
                is_fed = _feed(process, frames)
                code = process.wait()
            except BaseException:
                process.kill()
                _close(process)
                raise
        if code != 0 or not is_fed:
            messages.seek(0)
            _fail(output, messages.read().decode("utf-8", "replace"))


def _feed(process: subprocess.Popen[bytes], frames: Iterable[Sequence[NDArray[Any]]]) -> bool:
    """Whether the encoder took all of it."""
    assert process.stdin is not None  # noqa: S101 -- for the type checker; it was asked for
    try:
        for frame in frames:
            for plane in frame:
                process.stdin.write(plane.data)
        process.stdin.close()
    except BrokenPipeError:
        _close(process)
        return False  # it ended early; what it said tells why
    return True


def _close(process: subprocess.Popen[bytes]) -> None:
    """Closes the pipe to a program that has ended; what is still buffered for it has nowhere to go."""
    assert process.stdin is not None  # noqa: S101 -- for the type checker; it was asked for
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()


def _fail(output: Path, messages: str) -> None:
    if "No space left" in messages:
        raise OSError(errno.ENOSPC, "No space left on device", str(output))
    lines = messages.strip().splitlines() or ["it said nothing"]
    error = OutputError(output, f"ffmpeg could not encode it: {lines[-1]}", "run again with -v for all it said")
    error.add_note(messages)
    raise error


def _arguments(
    program: FFmpegProgram,
    picture: PictureFormat,
    sound: SoundFile | None,
    output: Path,
    *,
    codec: str,
    crf: int | None,
    preset: str,
) -> list[str]:
    _check_matrix(program, picture.colour.matrix)
    rate = str(picture.frame_rate)  # told twice: left to guess, FFmpeg takes 119.88 frames/s for 120
    video = ffmpeg.input(
        "pipe:0", format="rawvideo", pixel_format=picture.pixel_format, video_size=picture.size, framerate=rate, r=rate
    )  # fmt: skip
    streams = [video.video.filter("setparams", field_mode="prog", **_for_filter(picture.colour))]
    options: dict[str, object] = {
        "c:v": _ENCODERS[codec],
        "crf": _DEFAULT_CRF[codec] if crf is None else crf,
        "preset": preset,
        "pix_fmt": picture.pixel_format,
        "movflags": "+faststart",
        "map_metadata": -1,
        **program.every_frame(),
    }
    if not program.is_at_least("5.1"):  # the encoder of 4.3 is told nothing of what the filter says
        options |= _for_encoder(picture.colour)
    if codec == "hevc":
        options |= {"tag:v": "hvc1", "x265-params": _x265_parameters(picture.hdr)}  # Apple's players ask for the tag
    if codes := _unknown_to_encoder(picture.colour):
        options["bsf:v"] = f"{codec}_metadata={codes}"
    if picture.creation_time is not None:
        options["metadata"] = f"creation_time={picture.creation_time.astimezone(UTC).isoformat()}"
    if sound is not None:
        streams.append(
            ffmpeg.input(
                file_url(sound.path), format="f32le", sample_rate=sound.sample_rate, ch_layout=sound.layout
            ).audio
        )
        options |= {"c:a": "aac", "b:a": _bit_rate(sound)}
    node = ffmpeg.output(*streams, file_url(output), **options)
    return arguments_of(node)


def _bit_rate(sound: SoundFile) -> int:
    return _AUDIO_BITRATE_PER_CHANNEL * sound.num_channels


def arguments_of(node: Any) -> list[str]:
    """The arguments for the ffmpeg program that make what an output of `ffmpeg.output` describes."""
    compiled = node.global_args("-hide_banner", "-nostdin", "-v", "error", "-y").get_args()
    return [str(argument) for argument in compiled]


def _x265_parameters(hdr: HdrMetadata | None) -> str:
    """Source: x265's documentation of ``--master-display`` and ``--max-cll``; units as in `HdrMetadata`."""
    parameters = ["log-level=error"]
    if hdr is not None and hdr.mastering_display is not None:
        rx, ry, gx, gy, bx, by, wx, wy, brightest, darkest = hdr.mastering_display
        display = f"G({gx},{gy})B({bx},{by})R({rx},{ry})WP({wx},{wy})L({brightest},{darkest})"
        parameters.append(f"master-display={display}")
    if hdr is not None and hdr.light_levels is not None:
        parameters.append("max-cll={},{}".format(*hdr.light_levels))
    return ":".join(parameters)


NEW_MATRICES = frozenset({"ipt-c2", "ycgco-re", "ycgco-ro"})
"""Matrices that FFmpeg knows from 7.0 on."""


def _check_matrix(program: FFmpegProgram, matrix: str) -> None:
    if matrix in NEW_MATRICES and not program.is_at_least("7.0"):
        raise DependencyError(
            f"the ffmpeg program {program.path} is older than 7.0, and does not know the colour matrix {matrix}",
            COMPLETE,
        )


_TRANSFERS_OF_ENCODERS = {"bt470m": "gamma22", "bt470bg": "gamma28"}
"""Transfer functions that the options of encoders have another name for."""


_CODES = {
    "colour_primaries": {"ebu3213": 22},
    "matrix_coefficients": {"ipt-c2": 15, "ycgco-re": 16, "ycgco-ro": 17},
}
"""Code points of ITU-T H.273 that x264 and x265 leave out."""


def _unknown_to_encoder(colour: ColourInfo) -> str:
    """What the encoders leave out of how colours are meant, as options of ``h264_metadata`` and ``hevc_metadata``."""
    names = {"colour_primaries": colour.primaries, "matrix_coefficients": colour.matrix}
    return ":".join(f"{option}={_CODES[option][name]}" for option, name in names.items() if name in _CODES[option])


def _for_encoder(colour: ColourInfo) -> dict[str, str]:
    """How colours are meant, as options of an encoder; what is unknown, or refused by x265, is left out."""
    names = {
        "color_primaries": "unknown" if colour.primaries in _CODES["colour_primaries"] else colour.primaries,
        "color_trc": _TRANSFERS_OF_ENCODERS.get(colour.transfer, colour.transfer),
        "colorspace": "unknown" if colour.matrix in _CODES["matrix_coefficients"] else colour.matrix,
        "color_range": colour.range,
    }
    return {option: name for option, name in names.items() if name != "unknown"}


def _for_filter(colour: ColourInfo) -> dict[str, str]:
    """The same as options of the filter ``setparams``."""
    names = _for_encoder(colour) | ({"color_trc": colour.transfer} if colour.transfer != "unknown" else {})
    return {"range" if option == "color_range" else option: name for option, name in names.items()}
