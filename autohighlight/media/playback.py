"""Plays stretches of sources onto the exact frames and samples of a sequence, as a player would show them."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from autohighlight.errors import UndecodableError
from autohighlight.media.alpha import BLACK, Background, laid_over, premultiplied, shows_alpha
from autohighlight.media.decode import Span, VideoReader, packets_of, spans
from autohighlight.media.fields import deinterlaced
from autohighlight.media.filters import FilterChain
from autohighlight.media.mixing import SoundReader
from autohighlight.media.orientation import upright
from autohighlight.media.seeking import Seeking
from autohighlight.media.shape import fitted_size, fitting_scale, has_one_pixel_shape, with_pixel_shape
from autohighlight.media.source import check_unchanged
from autohighlight.types import ColourInfo, MediaInfo


class FramePlayer:
    """Shows stretches of one source at a sequence's frame rate.

    Decoding begins at the last place before a stretch that may be entered, and every frame is that of a full decode.
    A stretch that begins later in what is being decoded anyway is reached by going on, so a source that cannot be
    entered in the middle is decoded once for any number of stretches in order. One stretch at a time.

    Args:
        media: a probed file.
        seeking: where it may be entered.
    """

    def __init__(self, media: MediaInfo, seeking: Seeking) -> None:
        self._media = media
        self._spans = spans(packets_of(media), seeking.starts)
        self._reader = VideoReader(media, threads=0, is_primed=seeking.is_primed)
        self._frames: Iterator[VideoFrame] = iter(())
        self._shown: VideoFrame | None = None
        self._upcoming: VideoFrame | None = None

    def close(self) -> None:
        """Closes the file."""
        self._reader.close()

    @property
    def num_lost(self) -> int:
        """Frames that could not be decoded, so far."""
        return self._reader.num_lost

    def play(self, *, start: Fraction, num_frames: int, rate: Fraction) -> Iterator[VideoFrame]:
        """The frame shown at each of `num_frames` instants, `1 / rate` apart from `start` on (seconds).

        A frame is repeated where the source shows it longer, and left out where the source shows several. One that
        begins within half an interval of an instant (the source's or that asked for, whichever is shorter) counts as
        shown then, since containers round their times.

        Raises:
            UndecodableError: no frame can be decoded there.
        """
        tolerance = 1 / (2 * max(rate, self._media.frame_rate))
        return self.play_at([start + number / rate for number in range(num_frames)], tolerance)

    def play_at(self, instants: Sequence[Fraction], tolerance: Fraction) -> Iterator[VideoFrame]:
        """The frame shown at each of the instants, one or more (seconds, ascending), or due within the tolerance.

        Raises:
            UndecodableError: no frame can be decoded at the first.
            InputError: the file has changed since it was probed; told at the end too, of what was shown before.
        """
        self._enter(int((instants[0] + tolerance) / self._media.time_base))
        if self._shown is None:
            problem = f"nothing can be decoded at {float(instants[0]):.2f} s"
            raise UndecodableError(self._media.path, problem, "the file may be damaged there")
        for instant in instants:
            limit = int((instant + tolerance) / self._media.time_base)
            while self._upcoming is not None and (self._upcoming.pts or 0) <= limit:
                self._shown, self._upcoming = self._upcoming, next(self._frames, None)
            yield self._shown
        check_unchanged(self._media)

    def _enter(self, tick: int) -> None:
        """Makes the frame shown at `tick` one that will be reached."""
        number = bisect.bisect_right([span.start_pts for span in self._spans], tick) - 1
        first = self._spans[max(0, number)]
        if self._shown is not None and first.start_pts <= (self._shown.pts or 0) <= tick:
            return
        last = self._spans[-1]
        rest = Span(first.first, last.stop, first.start_pts, last.end_pts)  # read on without another seek
        self._frames = deinterlaced(self._reader.frames(rest), self._media)
        self._shown, self._upcoming = next(self._frames, None), next(self._frames, None)


class FrameConformer:
    """Brings a source's frames to the size and pixel format of a sequence: upright, in square pixels, never cropped.

    Args:
        media: the source.
        size: width and height of the sequence; the picture is fitted in, with black bars where the shapes differ.
        pixel_format: of the sequence, in FFmpeg's words.
        colour: how the sequence's numbers are meant; None: as the source's. The matrix and the range are converted;
            primaries and the transfer function are taken to be alike; see `pictures.SdrConformer` where they are not.
        background: what is seen where the picture is transparent.

    Attributes:
        is_refitted: whether a frame so far had another shape than the first of the file.
    """

    def __init__(
        self,
        media: MediaInfo,
        size: tuple[int, int],
        pixel_format: str,
        colour: ColourInfo | None = None,
        background: Background = BLACK,
    ) -> None:
        self._media = media
        self._background = background
        self._size = size
        self._pixel_format = pixel_format
        self._colour = colour or conformed_colour(media)
        self._inner = fitted_size(media.display_size, size)
        self._fit, self._frame = FilterChain(media.time_base), FilterChain(media.time_base)
        self.is_refitted = False

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The frame as the sequence needs it."""
        fitted = self._fit(frame, tuple(self.filters(frame)))
        size = (fitted.width, fitted.height)
        self.is_refitted |= size != self._inner
        if size == self._size:
            return fitted
        pad = f"w={self._size[0]}:h={self._size[1]}:x=-1:y=-1:color=black"
        return self._frame(fitted, [("pad", pad), ("format", f"pix_fmts={self._pixel_format}")])

    def filters(self, frame: VideoFrame) -> Iterator[tuple[str, str]]:
        """The filters that fit a frame like this one into the sequence, each with its argument."""
        is_laid_over = shows_alpha(self._media, frame)
        if is_laid_over:
            yield from premultiplied("" if frame.format.is_rgb else self._read_as())
            yield from laid_over(self._background)
        yield from with_pixel_shape(self._media)
        yield from upright(self._media)
        stored = (frame.height, frame.width) if self._media.is_on_its_side else (frame.width, frame.height)
        is_done = stored == self._inner and has_one_pixel_shape(self._media)
        if not is_done or is_laid_over or frame.format.name != self._pixel_format or self._is_recoloured:
            size = fitting_scale(self._media, self._inner, self._size)
            yield from self.scaled(size, is_rgb=is_laid_over or frame.format.is_rgb)

    def scaled(self, size: str, *, is_rgb: bool) -> Iterator[tuple[str, str]]:
        """The filters that give a frame its size (arguments of ``scale``), pixel format and colours.

        Left alone the scaler would turn any matrix into that of BT.601.
        """
        flags = "flags=bicubic+accurate_rnd+full_chroma_int"
        read = "" if is_rgb else f"{self._read_as()}:"
        yield "scale", f"{size}:{flags}:{read}{self._written_as()}"
        yield "format", f"pix_fmts={self._pixel_format}"

    def _read_as(self) -> str:
        """How the scaler is to read Y'CbCr."""
        before = conformed_colour(self._media)
        # Reading and writing by the same matrix leaves colours alone, whichever it is.
        is_left_alone = not self._is_recoloured and not self._media.has_alpha
        matrix = SCALER_MATRICES.get(before.matrix, "bt709") if is_left_alone else shown_matrix(self._media)
        return _in_scaler_words(before, matrix, "in")

    def _written_as(self) -> str:
        """How the scaler is to write Y'CbCr."""
        is_shown = self._media.has_alpha and not self._is_recoloured
        usual = shown_matrix(self._media) if is_shown else "bt709"
        return _in_scaler_words(self._colour, SCALER_MATRICES.get(self._colour.matrix, usual), "out")

    @property
    def _is_recoloured(self) -> bool:
        before, after = conformed_colour(self._media), self._colour
        return (before.matrix, before.range) != (after.matrix, after.range)


SCALER_MATRICES = {
    "fcc": "fcc", "bt470bg": "bt601", "smpte170m": "bt601", "smpte240m": "smpte240m",
    "bt2020nc": "bt2020", "bt2020c": "bt2020",
}  # fmt: skip
"""The scaler's words for matrices; where it has none, reading and writing by the same one leaves colours alone."""


def _in_scaler_words(colour: ColourInfo, matrix: str, side: str) -> str:
    levels = "tv" if colour.range == "unknown" else colour.range
    return f"{side}_color_matrix={matrix}:{side}_range={levels}"


def shown_matrix(media: MediaInfo) -> str:
    """The scaler's word for the matrix of a source of Y'CbCr.

    A file that does not name it is read as players read it: that of BT.709 from 720 lines on, that of BT.601 below.
    """
    name = conformed_colour(media).matrix
    if name in SCALER_MATRICES or name == "bt709":
        return SCALER_MATRICES.get(name, name)
    return "bt709" if media.width >= 1280 or media.height > 576 else "bt601"


def conformed_colour(media: MediaInfo) -> ColourInfo:
    """How the numbers of a source's frames are meant once a `FrameConformer` has brought them to Y'CbCr.

    Y'CbCr stays as it is; RGB gets the matrix of BT.709 and its limited range.
    """
    if VideoFormat(media.pixel_format).is_rgb or media.pixel_format == "pal8":
        return replace(media.colour, matrix="bt709", range="tv")
    if media.pixel_format.startswith(("yuvj", "gray")) and media.colour.range == "unknown":
        return replace(media.colour, range="pc")  # formats that are of full range unless said otherwise
    return media.colour


def frame_planes(frame: VideoFrame) -> list[NDArray[Any]]:
    """The planes of a planar frame without the padding of their rows: uint8, or uint16 above 8 bits, (H, W) each."""
    kind = np.uint8 if frame.format.components[0].bits <= 8 else np.uint16
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)
        planes.append(np.ascontiguousarray(rows[:, : plane.width]))
    return planes


def play_samples(
    reader: SoundReader, *, start: Fraction, num_samples: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The sound heard during `num_samples` samples from `start` on (seconds): (offset, float32 (channels, S)) pieces.

    The pieces do not overlap and lie inside ``[0, num_samples)``; where there is none the source is silent.
    """
    reached, sample_rate = 0, reader.sample_rate
    for chunk in reader.chunks(start, start + Fraction(num_samples, sample_rate)):
        offset = round((chunk.start - start) * sample_rate)
        samples = chunk.samples
        if offset < reached:  # begins before the stretch, or overlaps what was heard
            samples, offset = samples[:, reached - offset :], reached
        samples = samples[:, : max(0, num_samples - offset)]
        if samples.shape[1] and offset < num_samples:
            yield offset, samples
            reached = offset + samples.shape[1]
