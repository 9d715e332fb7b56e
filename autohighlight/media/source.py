"""Opens a media file as a file, and as nothing else: the one place where sources are opened.

FFmpeg treats a name as a URL and a text file as a playlist: a ``.mp4`` that is really an HLS or concat script could
make it read other files or the network. So only the ``file`` protocol and containers of one self-contained file are
allowed, a name is only ever a name, and what is opened is held to `config.Limits`. What was probed is opened again
only while it is still the same.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import av
import av.container
import av.error
import av.logging
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from autohighlight.config import Limits
from autohighlight.errors import InputError, LimitError, NotAVideoError
from autohighlight.files import long_path_hint
from autohighlight.media.limits import check_boxes, check_streams, decoder_options, refuse
from autohighlight.types import MediaInfo

CONTAINERS = (
    "aiff,asf,av1,avi,avs2,avs3,dirac,dnxhd,dv,evc,flv,gif,gxf,h261,h263,h264,hevc,ivf,m4v,matroska,webm,mjpeg,mov,mp4,"
    "m4a,3gp,3g2,mj2,mpeg,mpegts,mpegvideo,mv,mxf,nsv,nut,obu,ogg,r3d,rm,swf,vc1,vvc,webm,wtv,xmv,yuv4mpegpipe"
)
"""FFmpeg's names of the containers that are read: those that hold their media themselves.

Not among them, besides playlists and pictures: ``mlv``, of which one file makes FFmpeg open others beside it.
"""

_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": CONTAINERS,
    "enable_drefs": "0",  # QuickTime's references to media in other files; FFmpeg's default, said here to stay so
    "use_absolute_path": "0",
}


_Stream = TypeVar("_Stream", VideoStream, AudioStream)
_NUM_TRIED = 100  # packets


def file_url(path: Path) -> str:
    """The file as FFmpeg is to be told of it, whatever characters its name holds."""
    return f"file:{path.absolute()}"


def check_readable(path: Path) -> None:
    """Makes sure that there is a file with something in it.

    Raises:
        InputError: there is none, it is a folder or device, it is empty, or it may not be read.
    """
    with reading(path):
        try:
            status = path.stat()
        except ValueError as error:  # a NUL in the name
            raise InputError(path, f"cannot be read: {error}") from None
        if stat.S_ISDIR(status.st_mode):
            raise InputError(path, "is a folder, not a video", "name one video file")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(path, "is not a regular file", "save the stream to a file first")
        if status.st_size == 0:
            raise InputError(path, "is empty", "copy or download it again")
        with path.open("rb") as file:
            file.read(1)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Tells what the system says while a file is read as an error of that file.

    Without this, a source that goes away while a result is written might be told as an error of the result.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        yield
    except FileNotFoundError:
        raise InputError(path, "there is no such file", long_path_hint(path, "check the name")) from None
    except PermissionError:
        raise InputError(path, "may not be read", "change its permissions") from None
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror or error}") from None


def open_source(path: Path, limits: Limits) -> av.container.InputContainer:
    """An open container; the caller closes it.

    Raises:
        InputError: the file cannot be read.
        NotAVideoError: it is no container that is known.
        LimitError: it announces more than is allowed.
    """
    check_readable(path)
    with reading(path):
        check_boxes(path, limits)
    options = _OPTIONS | decoder_options(limits) | {"max_streams": str(int(limits.streams) + 1)}
    try:
        container = av.open(file_url(path), options=options, metadata_errors="replace")
    except av.error.MemoryError as error:  # which FFmpeg says of too many streams too
        problem = f"it asks for more memory than a video may, or has more than {int(limits.streams):,} streams"
        raise refuse(path, problem, "streams", 10 * limits.streams) from error
    except (av.error.FFmpegError, ValueError, UnicodeError) as error:
        raise NotAVideoError(
            path, "is not a video that can be read", "it may be damaged, or of a kind that FFmpeg does not know"
        ) from error
    try:
        check_streams(path, container, limits)
    except LimitError:
        container.close()
        raise
    for stream in container.streams.video:
        if stream.codec_context is not None:
            stream.codec_context.options = decoder_options(limits)
    return container


_TOO_LARGE = re.compile(r"Picture size (\d+)x(\d+) (?:is invalid|exceeds)")


def size_too_large(path: Path, limits: Limits) -> tuple[int, int] | None:
    """Width and height of the first picture that a decoder refuses for its size; None where that is not the trouble.

    To be asked where nothing can be decoded: FFmpeg tells it in its log alone.
    """
    level = av.logging.get_level()
    # Nothing else may write to the log meanwhile: a decoder's threads would wait for Python's lock, and it for them.
    with av.logging.Capture(local=True) as said:
        av.logging.set_level(av.logging.ERROR)
        try:
            with open_source(path, limits) as container:
                readable = [stream for stream in container.streams.video if stream.codec_context is not None]
                for stream in readable:
                    stream.codec_context.thread_count = 1
                for packet in itertools.islice(container.demux(readable), _NUM_TRIED):
                    with contextlib.suppress(av.error.FFmpegError):
                        packet.decode()
        except (av.error.FFmpegError, NotAVideoError, IndexError):  # the last: see `packets_from`
            pass  # what was said until then may tell
        finally:
            av.logging.set_level(level)
    sizes = [(int(match[1]), int(match[2])) for _, _, text in said if (match := _TOO_LARGE.search(text))]
    return max(sizes, default=None)


def packets_from(container: av.container.InputContainer, stream: _Stream) -> Iterator[Packet[_Stream]]:
    """The packets of a stream from where the container is to its end, then an empty one as a rule.

    Raises:
        av.error.FFmpegError, OSError: the file cannot be read on.
    """
    try:
        yield from container.demux(stream)
    except IndexError:
        # A damaged transport stream may announce further streams on the way. PyAV does not know of them when, at the
        # very end, it makes the empty packet of each.
        return


def open_probed(media: MediaInfo) -> av.container.InputContainer:
    """A container that was probed, open again within the same limits; the caller closes it.

    Raises:
        InputError: the file cannot be read, or is not what it was.
    """
    check_unchanged(media)
    return open_source(media.path, media.limits or Limits())


def check_unchanged(media: MediaInfo) -> None:
    """Makes sure that a file is still what was probed; to be called after reading too, before the result is believed.

    Raises:
        InputError: it is not, or not there any more.
    """
    if media.snapshot is None:
        return
    check_readable(media.path)
    with reading(media.path):
        is_same = media.snapshot.still_holds(media.path)
    if not is_same:
        raise changed(media)


def changed(media: MediaInfo) -> InputError:
    """What to raise where a file is not what it was when it was probed."""
    return InputError(media.path, "has changed while it was being read", "run again when it is complete")
