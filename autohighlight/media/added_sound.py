"""Puts sound beside an encoded picture, for ffmpeg programs that cannot do it well.

AAC begins with the encoder's delay: 1024 samples that belong to no sound. A Matroska file says so in an element of its
own (``CodecDelay``, RFC 9559, section 5.1.4.1.25), which ffmpeg programs before 6.0 leave out, so that the picture
begins 21 ms late. The AAC encoder of 4.3 loses up to 4 dB where the sound changes. The libraries inside PyAV do
neither.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from autohighlight.media.audio import SoundFile
from autohighlight.media.source import file_url

_BLOCK = 65_536  # samples that are read at a time: over a second, so that little time goes between calls


def add_sound(film: Path, sound: SoundFile, output: Path, *, bit_rate: int) -> None:
    """Copies the picture of a film and the time of its recording, and encodes sound beside it as AAC.

    Args:
        film: a file with one video stream that begins at 0; its packets stay as they are.
        sound: what is heard from 0 on.
        output: a new file, whose suffix says the container.
        bit_rate: of the sound, bits/s.

    Raises:
        OSError: the disk is full.
    """
    options = {"movflags": "+faststart"}  # of MP4 and MOV; others do not know it
    with av.open(file_url(film)) as source, av.open(file_url(output), "w", container_options=options) as made:
        picture = source.streams.video[0]
        shown = made.add_stream_from_template(picture, opaque=True)  # copied: no encoder has a say
        if output.suffix.lower() != ".mkv":
            shown.codec_tag = picture.codec_tag  # a muxer would choose one for HEVC that Apple's players do not take
        heard = made.add_stream("aac", rate=sound.sample_rate, layout=sound.layout)
        heard.bit_rate = bit_rate
        made.metadata.update({key: value for key, value in source.metadata.items() if key == "creation_time"})
        made.start_encoding()
        packets = (_pictures(source, picture, shown), _sounds(sound, heard))
        for packet in heapq.merge(*packets, key=_decoding_time):
            made.mux(packet)


def _decoding_time(packet: Packet[Any]) -> Fraction:
    return (packet.dts or 0) * (packet.time_base or Fraction(0))


def _pictures(source: av.container.InputContainer, picture: VideoStream, shown: VideoStream) -> Iterator[Packet[Any]]:
    for packet in source.demux(picture):
        if packet.dts is not None:  # the last is empty
            packet.stream = shown
            yield packet


def _sounds(sound: SoundFile, heard: AudioStream) -> Iterator[Packet[Any]]:
    num_read = 0
    with sound.path.open("rb") as file:
        while samples := file.read(_BLOCK * sound.num_channels * np.dtype(np.float32).itemsize):
            frame = AudioFrame.from_ndarray(np.frombuffer(samples, np.float32)[None], "flt", sound.layout)
            frame.sample_rate, frame.time_base, frame.pts = sound.sample_rate, Fraction(1, sound.sample_rate), num_read
            num_read += frame.samples
            yield from heard.encode(frame)
    yield from heard.encode(None)
