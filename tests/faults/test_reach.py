"""A crafted video reaches no other file and no network: playlists, references, patterns, names that are addresses.

What is opened is told by the kernel, so it does not matter which library opens it. That the watches would see it is
shown by opening such files without protection.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import av.error
import pytest

from autohighlight.media import encode as encode_room
from autohighlight.media.source import CONTAINERS
from tests.conftest import REPOSITORY
from tests.faults import crafted
from tests.faults.watching import Watch, listening
from tests.media_factory import make_video, run_ffmpeg, tone
from tests.whole_runs import QUICKLY, Command, files_in

PACKAGE = REPOSITORY / "autohighlight"

PLAYLISTS = {
    "concat script": "ffconcat version 1.0\nfile '{decoy}'\n",
    "concat script of relative names": "ffconcat version 1.0\nfile decoy/decoy.mp4\n",
    "concat script of the network": "ffconcat version 1.0\nfile '{url}'\n",
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n{decoy}\n#EXT-X-ENDLIST\n",
    "HLS of the network": "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n{url}\n#EXT-X-ENDLIST\n",
    "HLS of a part of a file": "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\nsubfile,,start,0,end,0,,:{decoy}\n"
    "#EXT-X-ENDLIST\n",
    "HLS of files joined": "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\nconcat:{decoy}|{url}\n#EXT-X-ENDLIST\n",
    "HLS with a key": '#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n#EXTINF:8,\n{decoy}\n'
    "#EXT-X-ENDLIST\n",
    "HLS with a map": '#EXTM3U\n#EXT-X-MAP:URI="{decoy}"\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n{decoy}\n'
    "#EXT-X-ENDLIST\n",
    "HLS of playlists": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}\n",
    "DASH": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT8S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
    '<BaseURL>{decoy}</BaseURL><SegmentList><SegmentURL media="{decoy}"/></SegmentList>'
    "</Representation></AdaptationSet></Period></MPD>",
    "DASH of the network": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT8S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
    '<SegmentList><Initialization sourceURL="{url}"/><SegmentURL media="{url}"/></SegmentList>'
    "</Representation></AdaptationSet></Period></MPD>",
    "session description": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "RTSP reference": "rtsptext\nrtsp://127.0.0.1:{port}/x\n",
    "QuickTime text link": "RTSPtext\nhttp://127.0.0.1:{port}/x\n",
    "SMIL": "<smil><body><video src='{url}'/></body></smil>",
    "ASX": "<asx version='3.0'><entry><ref href='{url}'/></entry></asx>",
    "ASF reference": "[Reference]\nRef1={url}\nRef2={decoy}\n",
    "WebVTT": "WEBVTT\n\nSTYLE\n::cue {{ background-image: url({url}) }}\n\n00:00.000 --> 00:08.000\n{decoy}\n",
    "SubStation": "[Script Info]\nScriptType: v4.00+\n[Fonts]\nfontname: {decoy}\n[Events]\n"
    "Dialogue: 0,0:00:00.00,0:00:08.00,Default,,0,0,0,,{decoy}\n",
    "JACOsub": "#TIMERES 30\n#INCLUDE {decoy}\n0:00:00.00 0:00:08.00 D x\n",
    "VobSub": "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n",
    "SVG": "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='64' height='48'>"
    "<image xlink:href='{url}' width='64' height='48'/><image xlink:href='file://{decoy}'/></svg>",
    "IMF": '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>urn:uuid:'
    "00000000-0000-0000-0000-000000000000</Id></CompositionPlaylist>",
    "Smooth Streaming": '<SmoothStreamingMedia MajorVersion="2"><StreamIndex Type="video" Url="{url}"/>'
    "</SmoothStreamingMedia>",
    "XSPF": '<playlist version="1"><trackList><track><location>{url}</location></track></trackList></playlist>',
    "Windows shortcut": "[InternetShortcut]\nURL={url}\n",
}
"""Texts that make some program read another file (`decoy`) or call a server (`url`, `port`)."""


@pytest.fixture
def decoy(tmp_path: Path) -> Path:
    """A film in a folder of its own, which nothing has a reason to open."""
    (tmp_path / "decoy").mkdir()
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-g", 25)
    return make_video(tmp_path / "decoy" / "decoy.mp4", 100, 25, (64, 48), encoder=encoder)


def assert_refused_unread(command: Command, path: Path, decoy: Path, called: Callable[[], bool]) -> None:
    before = files_in(path.parent)
    with Watch(decoy.parent) as watch:
        outcome = command("reel", *QUICKLY, "-o", path.with_name("reel.mp4"), "--", path)
        assert (outcome.code, outcome.out) == (3, ""), outcome.err
        assert watch.opened() == set()
    assert not called()
    assert files_in(path.parent) == before


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8"])
def test_a_text_that_names_others_reads_none_of_them(
    kind: str, suffix: str, command: Command, decoy: Path, tmp_path: Path
) -> None:
    with listening() as listener:
        path = tmp_path / f"list{suffix}"
        url = f"http://127.0.0.1:{listener.port}/x.ts"
        path.write_text(PLAYLISTS[kind].format(decoy=decoy, url=url, port=listener.port), "utf-8")
        assert_refused_unread(command, path, decoy, listener.was_called)


@pytest.mark.parametrize(
    ("kind", "suffix"), [("concat script", ".mp4"), ("HLS", ".m3u8"), ("HLS of the network", ".m3u8")]
)
def test_the_watches_see_what_an_unprotected_program_opens(kind: str, suffix: str, decoy: Path, tmp_path: Path) -> None:
    options = {"safe": "0", "protocol_whitelist": "file,http,tcp", "allowed_extensions": "ALL", "extension_picky": "0",
               "timeout": "100000", "rw_timeout": "100000", "seg_max_retry": "0"}  # fmt: skip
    with listening() as listener, Watch(decoy.parent) as watch:
        path = tmp_path / f"list{suffix}"
        url = f"http://127.0.0.1:{listener.port}/x.ts"
        path.write_text(PLAYLISTS[kind].format(decoy=decoy, url=url, port=listener.port), "utf-8")
        with contextlib.suppress(av.error.FFmpegError), av.open(str(path), options=options):
            pass
        assert watch.opened() or listener.was_called()


def _with_reference(path: Path, target: Path, kind: bytes) -> Path:
    """A QuickTime film whose pictures are said to lie in another file, as older editors write them."""
    crafted.small(path)
    name = str(target).encode()
    if kind == b"url ":
        entry = crafted.box(b"url ", bytes(4) + name + b"\0")
    else:  # an alias record of a Macintosh; FFmpeg reads the volume, the name, and the path of its item 18
        alias = struct.pack(">4sHH", bytes(4), 0, 2) + bytes(2) + b"\4disk".ljust(28, b"\0") + bytes(8 + 4)
        alias += bytes([len(target.name)]) + target.name.encode().ljust(63, b"\0") + bytes(16 + 4 + 16)
        alias += struct.pack(">HH", 2, len(name)) + name + b"\0" * (len(name) % 2)
        alias += struct.pack(">HH", 18, len(name)) + name + b"\0" * (len(name) % 2) + b"\xff\xff\0\0"
        entry = crafted.box(b"alis", alias)
    return crafted.change_box(path, b"dref", lambda _: crafted.box(b"dref", struct.pack(">II", 0, 1) + entry))


def test_an_unprotected_program_follows_such_a_reference(decoy: Path, tmp_path: Path) -> None:
    path = _with_reference(tmp_path / "film.mov", decoy, b"alis")
    options = {"enable_drefs": "1", "use_absolute_path": "1"}
    with Watch(decoy.parent) as watch, contextlib.suppress(av.error.FFmpegError), av.open(str(path), options=options):
        assert watch.opened() == {"decoy.mp4"}


@pytest.mark.parametrize("kind", [b"url ", b"alis"])
def test_references_to_media_in_other_files_are_not_followed(
    kind: bytes, command: Command, decoy: Path, tmp_path: Path
) -> None:
    path = _with_reference(tmp_path / "film.mov", decoy, kind)
    with Watch(decoy.parent) as watch:
        outcome = command("reel", *QUICKLY, path)
        assert outcome.code in (0, 3)
        assert watch.opened() == set()


def test_a_reference_movie_is_not_followed(command: Command, decoy: Path, tmp_path: Path) -> None:
    with listening() as listener:
        url = f"http://127.0.0.1:{listener.port}/x.mov".encode() + b"\0"
        reference = crafted.box(b"rdrf", bytes(4) + b"url " + struct.pack(">I", len(url)) + url)
        path = tmp_path / "reference.mov"
        path.write_bytes(crafted.box(b"moov", crafted.box(b"rmra", crafted.box(b"rmda", reference))))
        assert_refused_unread(command, path, decoy, listener.was_called)


def _attached(path: Path, name: str, kind: str, content: str) -> Path:
    film = make_video(path.with_name("film.mp4"), 100, 25, (64, 48), sound=tone(4))
    attachment = path.with_name(name)
    attachment.write_text(content, "utf-8")
    run_ffmpeg("-i", film, "-attach", attachment, "-metadata:s:t", f"mimetype={kind}", "-c", "copy", path)
    film.unlink()
    attachment.unlink()
    return path


def _subtitled(path: Path, text: str) -> Path:
    film = make_video(path.with_name("film.mp4"), 100, 25, (64, 48))
    subtitles = path.with_name("words.ass")
    subtitles.write_text(text, "utf-8")
    run_ffmpeg("-i", film, "-i", subtitles, "-c:v", "copy", "-c:s", "copy", path)
    film.unlink()
    subtitles.unlink()
    return path


@pytest.mark.parametrize("kind", ["SVG", "SubStation", "HLS"])
def test_what_is_attached_is_left_alone(kind: str, command: Command, decoy: Path, tmp_path: Path) -> None:
    with listening() as listener, Watch(decoy.parent) as watch:
        url = f"http://127.0.0.1:{listener.port}/x"
        text = PLAYLISTS[kind].format(decoy=decoy, url=url, port=listener.port)
        if kind == "SubStation":
            path = _subtitled(tmp_path / "film.mkv", text)
        else:
            path = _attached(tmp_path / "film.mkv", f"x.{kind.lower()}", "image/svg+xml", text)
        assert command("reel", *QUICKLY, path).code == 0
        assert watch.opened() == set()
        assert not listener.was_called()
        assert files_in(tmp_path) == {"decoy", "film.mkv", "film.highlights.mp4"}


def test_a_segment_that_names_the_next_one_is_read_alone(command: Command, decoy: Path, tmp_path: Path) -> None:
    """Matroska's linked segments: some players open every file of the folder to find the next one."""
    following = make_video(decoy.with_name("next.mkv"), 50)
    path = make_video(tmp_path / "film.mkv", 100, options=("-metadata", "next_filename=decoy/next.mkv"))
    with Watch(decoy.parent) as watch:
        outcome = command("reel", *QUICKLY, path)
        assert outcome.code == 0
        assert watch.opened() == set()
    assert following.exists()


def test_files_beside_it_are_not_opened(command: Command, decoy: Path) -> None:
    """Indices, subtitles and further parts that are called like the video."""
    for name in ("decoy.idx", "decoy.sub", "decoy.srt", "decoy.M00", "decoy-ext.m4f", "decoy.xml"):
        decoy.with_name(name).write_text("x", "ascii")
    video = decoy.rename(decoy.with_name("decoy.MLV"))
    with Watch(video.parent) as watch:
        assert command("score", video).code == 0
        assert watch.opened() == {"decoy.MLV"}
    (video.parent / "x.mlv").write_bytes(b"MLVI4\0\0\0v2.0".ljust(52, b"\0") + b"VIDF".ljust(200, b"\0"))
    (video.parent / "x.M00").write_bytes(b"MLVI4\0\0\0v2.0".ljust(52, b"\0"))
    with Watch(video.parent) as watch:
        assert command("score", video.parent / "x.mlv").code == 3
        assert watch.opened() == {"x.mlv"}


ADDRESSES = [
    "http://127.0.0.1:{port}/x.mp4", "rtsp://127.0.0.1:{port}/x", "rtmp://127.0.0.1:{port}/x", "tcp://127.0.0.1:{port}",
    "udp://127.0.0.1:{port}", "ftp://127.0.0.1:{port}/x", "concat:{decoy}", "subfile,,start,0,end,0,,:{decoy}",
    "crypto:{decoy}", "cache:{decoy}", "async:{decoy}", "data:text/plain,x", "fd:0", "pipe:0", "tee:{decoy}",
    "file:{decoy}", "file://{decoy}", "lavfi:testsrc", "{decoy}%00.mp4", "{folder}/decoy%d.mp4", "{folder}/*.mp4",
    "concatf:{decoy}", "ipfs://x", "unix:{decoy}", "gopher://127.0.0.1:{port}/x", "async:http://127.0.0.1:{port}/",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_name_is_never_an_address(address: str, command: Command, decoy: Path, tmp_path: Path) -> None:
    with listening() as listener, Watch(decoy.parent) as watch:
        name = address.format(port=listener.port, decoy=decoy, folder=decoy.parent)
        outcome = command("score", "--", name)
        assert outcome.code == 3
        assert "there is no such file" in outcome.err
        assert watch.opened() == set()
        assert not listener.was_called()


def test_a_pattern_of_pictures_is_only_a_name(command: Command, tmp_path: Path) -> None:
    for number in range(1, 4):
        make_video(tmp_path / f"p{number}.png", 1, encoder=("-c:v", "png"), pixel_format="rgb24")
    (tmp_path / "p%d.mp4").write_bytes((tmp_path / "p1.png").read_bytes())
    before = files_in(tmp_path)
    with Watch(tmp_path) as watch:
        for name in ("p%d.png", "p*.png", "p%01d.png", "p[1-3].png", "p%d.mp4"):
            outcome = command("score", tmp_path / name)
            assert outcome.code == 3
        assert watch.opened() <= {"p%d.mp4"}
    assert files_in(tmp_path) == before


def test_no_container_that_is_read_is_a_list_of_others() -> None:
    others = (
        "concat hls applehttp dash sdp rtsp rtp sap image2 image2pipe lavfi imf mlv webm_dash_manifest vobsub jacosub "
        "tty bluray x11grab v4l2 alsa fbdev ffmetadata data libgme vapoursynth avisynth smil"
    )
    assert not {*others.split()} & set(CONTAINERS.split(","))
    assert not [name for name in CONTAINERS.split(",") if name.endswith("_pipe")]


def test_sources_are_opened_in_one_place() -> None:
    calls = {path.relative_to(PACKAGE).as_posix() for path, call in _calls() if _name(call) == "av.open"}
    assert calls == {"media/source.py", "media/added_sound.py"}  # the second opens a film that was just written


_NEVER = (
    "os.system os.popen os.startfile eval exec compile pickle.load marshal.load marshal.loads shelve.open yaml.load "
    "dill.load joblib.load subprocess.getoutput subprocess.getstatusoutput asyncio.create_subprocess_shell"
)
_PICKLES_OF_OUR_OWN = ("executors/local.py", "executors/worker.py", "executors/messages.py", "testing/")
"""From workers that this program has started, and contracts that a plugin's author runs on what was just pickled."""


def test_no_command_goes_through_a_shell_and_no_code_is_read_from_files() -> None:
    for path, call in _calls():
        where, name = path.relative_to(PACKAGE).as_posix(), _name(call)
        keywords = {word.arg: word.value for word in call.keywords}
        assert name not in _NEVER.split(), f"{where}: {name}"
        assert "shell" not in keywords, f"{where}: {name}(shell=...)"
        if name == "torch.load":
            assert getattr(keywords.get("weights_only"), "value", None) is True, where
        if name == "np.load":
            assert getattr(keywords.get("allow_pickle"), "value", None) is False, where
        if name == "pickle.loads":
            assert where.startswith(_PICKLES_OF_OUR_OWN), where
        if name.startswith("subprocess.") and call.args:
            assert not isinstance(call.args[0], ast.Constant | ast.JoinedStr), f"{where}: a command in one string"


@functools.cache
def _calls() -> list[tuple[Path, ast.Call]]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        found += [(path, node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert len(found) > 1000
    return found


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func)


def test_ffmpeg_is_handed_pipes_and_files_of_ours_of_a_form_that_is_said(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = make_video(tmp_path / "-i http:x;$(x).mp4", 100, sound=tone(4))
    seen: list[list[str]] = []
    true_popen = subprocess.Popen

    def watched(words: list[str], **others: Any) -> subprocess.Popen[bytes]:
        assert isinstance(words, list)
        seen.append([str(word) for word in words])
        return true_popen(words, **others)

    monkeypatch.setattr(encode_room.subprocess, "Popen", watched)
    assert command("reel", *QUICKLY, "-o", tmp_path / "reel.mp4", "--", video).code == 0
    assert command("gif", "--scorer", "movement", "-o", tmp_path / "x.gif", "--", video).code == 0
    monkeypatch.undo()
    runs = [words for words in seen if "-i" in words]
    assert len(runs) >= 3
    for words in runs:
        for place in (number for number, word in enumerate(words) if word == "-i"):
            source = words[place + 1]
            assert source == "pipe:0" or source.startswith(f"file:{tmp_path}/.autohighlight-"), source
            before = words[:place]
            assert before[len(before) - before[::-1].index("-f")] in ("rawvideo", "f32le")
        assert not [word for word in words if video.name in word]
