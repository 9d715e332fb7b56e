"""Opens a media file as a file, and as nothing else.

FFmpeg treats a name as a URL and a text file as a playlist: a ``.mp4`` that is really an HLS or concat script could
make it read other files or the network. So only the ``file`` protocol and containers of one self-contained file are
allowed, and a name is only ever a name.
"""

from __future__ import annotations

import stat
from pathlib import Path

import av
import av.container
import av.error

from autohighlight.errors import InputError, NotAVideoError

CONTAINERS = (
    "aiff,asf,av1,avi,avs2,avs3,dirac,dnxhd,dv,evc,flv,gif,gxf,h261,h263,h264,hevc,ivf,m4v,matroska,webm,mjpeg,mlv,mov,mp4,"
    "m4a,3gp,3g2,mj2,mpeg,mpegts,mpegvideo,mv,mxf,nsv,nut,obu,ogg,r3d,rm,swf,vc1,vvc,webm,wtv,xmv,yuv4mpegpipe"
)
"""FFmpeg's names of the containers that are read: those that hold their media themselves."""

_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}


def file_url(path: Path) -> str:
    """The file as FFmpeg is to be told of it, whatever characters its name holds."""
    return f"file:{path.absolute()}"


def check_readable(path: Path) -> None:
    """Makes sure that there is a file with something in it.

    Raises:
        InputError: there is none, it is a folder or device, it is empty, or it may not be read.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(path, "is a folder, not a video", "name one video file")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(path, "is not a regular file", "save the stream to a file first")
        if status.st_size == 0:
            raise InputError(path, "is empty", "copy or download it again")
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        raise InputError(path, "there is no such file", "check the name") from None
    except PermissionError:
        raise InputError(path, "may not be read", "change its permissions") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(path, f"cannot be read: {reason}") from None


def open_source(path: Path) -> av.container.InputContainer:
    """An open container; the caller closes it.

    Raises:
        InputError: the file cannot be read.
        NotAVideoError: it is no container that is known.
    """
    check_readable(path)
    try:
        return av.open(file_url(path), options=dict(_OPTIONS), metadata_errors="replace")
    except (av.error.FFmpegError, ValueError, UnicodeError) as error:
        raise NotAVideoError(
            path, "is not a video that can be read", "it may be damaged, or of a kind that FFmpeg does not know"
        ) from error
