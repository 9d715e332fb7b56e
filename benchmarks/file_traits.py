"""What files may have besides codecs, as odd rates, turned pictures and late sound, and where each is tried."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import file_finishing as finishing
from benchmarks.file_codecs import CONTAINERS, PAL

Place = tuple[str, str, str]
"""Container, video codec, sound codec."""


@dataclass(frozen=True)
class Trait:
    """One thing that files may have.

    Args:
        places: where it is tried.
        rate: frames/s.
        editor_rate: frames/s that editors count them at; as `rate` where it is empty.
        num_frames: how many there are; a codec may allow fewer.
        layouts: of the sound tracks, in FFmpeg's words.
        filters: of the picture.
        sound_filter: of every sound track.
        options: of the ffmpeg program, before the name of the output.
        pixel_format: FFmpeg's name; that of the codec where it is empty.
        size: width and height in pixels; that of the codec where it is None.
        finish: makes the file, of one that was made as above.
        stem: of the file's name.
        suffix: of the file's name; that of the container where it is empty.
        start_seconds: the start timecode, as seconds.
        video_track: number of the video track that moves.
        least_shown: how much of its frames a full decode gives back, at least: 1 where all are there.
    """

    places: tuple[Place, ...]
    rate: str = "25"
    editor_rate: str = ""
    num_frames: int = 75
    layouts: tuple[str, ...] = ("stereo",)
    filters: str = ""
    sound_filter: str = ""
    options: tuple[object, ...] = ()
    pixel_format: str = ""
    size: tuple[int, int] | None = None
    finish: Callable[[Path, Path], None] | None = None
    stem: str = "made"
    suffix: str = ""
    start_seconds: int = 0
    video_track: int = 0
    least_shown: float = 1.0


def _at(*groups: str) -> tuple[Place, ...]:
    """Places: of each group all containers with all video and all sound codecs; ``-`` stands for no sound."""
    places = list[Place]()
    for group in groups:
        containers, videos, sounds = (part.split(",") for part in group.split(":"))
        places += [(c, v, s.replace("-", "")) for c, v, s in itertools.product(containers, videos, sounds)]
    return tuple(places)


def _plain() -> Iterator[Place]:
    for name, container in CONTAINERS.items():
        for number, video in enumerate(container.videos):
            yield name, video, container.sounds[number % len(container.sounds)]
        for sound in container.sounds[1:]:
            place = (name, container.videos[0], sound)
            if sound != container.sounds[0]:
                yield place


def _colour(primaries: str, transfer: str, matrix: str, scaler: str, levels: str = "tv") -> Trait:
    """Colours that are converted as their tags say."""
    deep = transfer in ("smpte2084", "arib-std-b67")
    pixel_format = "yuv420p10le" if deep else "yuv420p"
    filters = (
        f"scale=out_color_matrix={scaler}:out_range={levels},format={pixel_format},"
        f"setparams=range={levels}:color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}"
    )
    places = (
        _at("mp4,mkv:hevc:aac", "mov:prores:pcm_s16le") if deep else _at("mp4,mov,mkv,ts:h264:aac", "webm:vp9:opus")
    )
    return Trait(places, filters=filters, pixel_format=pixel_format)


COLOURS: dict[str, Trait] = {
    "bt709": _colour("bt709", "bt709", "bt709", "bt709"),
    "bt470bg": _colour("bt470bg", "bt470bg", "bt470bg", "bt601"),
    "bt470m": _colour("bt470m", "bt470m", "smpte170m", "bt601"),
    "fcc": _colour("bt470m", "bt470m", "fcc", "fcc"),
    "smpte170m": _colour("smpte170m", "smpte170m", "smpte170m", "bt601"),
    "smpte240m": _colour("smpte240m", "smpte240m", "smpte240m", "smpte240m"),
    "srgb of full range": _colour("bt709", "iec61966-2-1", "bt709", "bt709", "pc"),
    "bt2020": _colour("bt2020", "bt2020-10", "bt2020nc", "bt2020"),
    "PQ": _colour("bt2020", "smpte2084", "bt2020nc", "bt2020"),
    "HLG": _colour("bt2020", "arib-std-b67", "bt2020nc", "bt2020"),
}

_MOVIES = "mp4,mov,mkv:h264:aac"


def _rate(rate: str, editor_rate: str = "", num_frames: int = 75, *more: str) -> Trait:
    return Trait(_at(_MOVIES, *more), rate, editor_rate, num_frames)


RATES: dict[str, Trait] = {
    "29.98": _rate("29.98", "30000/1001", 75, "ts:h264:aac"),
    "30.006": _rate("30.006", "30", 75, "flv:h264:aac"),
    "23.976": _rate("24000/1001", "", 75, "avi:mpeg4:mp3", "webm:vp9:opus", "ts:h264:aac", "flv:h264:aac"),
    "29.97": _rate("30000/1001", "", 75, "avi:mpeg4:mp3", "mpg:mpeg2:mp2", "mxf:mpeg2:pcm_s16le", "wmv:wmv2:wmav2",
                   "raw h263:h263:-", "ogg:theora:vorbis", "3gp:h263:amr"),
    "59.94": _rate("60000/1001", "", 150, "ts:hevc:ac3", "webm:vp9:opus", "m2ts:h264:ac3"),
    "50": _rate("50", "", 120, "m2ts:h264:ac3", "avi:mjpeg:pcm_s16le"),
    "119.88": _rate("120000/1001", "", 240, "webm:vp9:opus"),
    "120": _rate("120", "", 240),
    "239.76": _rate("240000/1001", "", 360),
    "12.5": _rate("12.5", "", 40, "avi:mjpeg:pcm_s16le"),
    "15": _rate("15", "", 45, "webm:vp8:vorbis", "flv:flv1:mp3"),
}  # fmt: skip

_PIXEL_PLACES = {
    "gray": "mkv:ffv1:flac", "gray10le": "mkv:ffv1:flac", "gray16le": "mkv,nut:ffv1:flac",
    "yuv410p": "avi,mkv:ffv1:-", "yuv411p": "avi,mkv:ffv1:-", "yuv422p": "mp4,mkv:h264:aac",
    "yuv444p": "mp4,mkv:h264:aac", "yuv420p10le": "mp4,mkv:h264,hevc:aac", "yuv422p10le": "mov:h264,prores:pcm_s16le",
    "yuv444p12le": "mkv:ffv1,hevc:flac", "yuv444p16le": "mkv:ffv1:flac", "yuv440p": "mkv:ffv1:flac",
    "gbrp": "mkv:ffv1,hevc:flac", "gbrp12le": "mkv:ffv1:flac", "gbrp16le": "mkv:ffv1:flac",
    "rgb48le": "mkv,nut:raw:-", "rgb555le": "avi,nut:raw:-", "rgb565le": "nut:raw:-", "rgb8": "nut:raw:-",
    "bgr4_byte": "nut:raw:-", "monow": "nut:raw:-", "monob": "nut:raw:-", "nv12": "nut:raw:-",
    "yuyv422": "avi,nut:raw:-", "p010le": "nut:raw:-", "ya8": "mkv,mov:png:-", "gbrpf32le": "mkv:ffv1:-",
    "xyz12le": "mkv:jpeg2000:-", "pal8": "avi,mov,mkv:png:-", "yuvj420p": "mp4,mov:h264,mjpeg:aac",
    "yuvj444p": "avi:mjpeg:-", "bgr0": "avi,nut:raw:-", "yuv420p12le": "mkv:hevc,av1:-", "gray12le": "mkv:hevc:-",
    "rgb0": "nut:raw:-",
}  # fmt: skip
PIXEL_FORMATS = {name: Trait(_at(places), pixel_format=name) for name, places in _PIXEL_PLACES.items()}

ALPHA: dict[str, Trait] = {
    "alpha": Trait(_at("mov:prores 4444:pcm_s16le"), pixel_format="yuva444p10le"),
    "alpha of 8 bits": Trait(_at("mkv:ffv1:flac", "avi,mkv:utvideo:-")[:2], pixel_format="yuva420p"),
    "alpha in RGB": Trait(_at("mov:qtrle:-", "mov,avi,mkv:png:-", "mov:hap:-", "avi:zmbv:-")[:4], pixel_format="rgba"),
    "alpha in ARGB": Trait(_at("mov:qtrle:-"), pixel_format="argb"),
    "alpha beside": Trait(_at("webm,mkv:vp9,vp8:opus"), pixel_format="yuva420p", options=("-auto-alt-ref", 0)),
}

_INTERLACED = ("-flags", "+ildct+ilme")


def _interlaced(places: tuple[Place, ...], order: str, *options: object) -> Trait:
    return Trait(places, filters=f"setfield={order}", options=(*_INTERLACED, *options))


INTERLACED: dict[str, Trait] = {
    "MBAFF, top first": _interlaced(_at("mp4,mov,mkv,ts:h264:aac", "m2ts:h264:ac3"), "tff", "-x264opts", "tff=1"),
    "MBAFF, bottom first": _interlaced(_at("mp4,mkv,ts:h264:aac"), "bff", "-x264opts", "bff=1"),
    "MPEG-2, top first": _interlaced(_at("ts,mpg,mkv:mpeg2:mp2", "mxf:mpeg2:pcm_s16le"), "tff"),
    "MPEG-2, bottom first": _interlaced(_at("vob,mkv:mpeg2:ac3"), "bff"),
    "MPEG-4, top first": _interlaced(_at("avi:mpeg4:mp3", "mp4:mpeg4:aac"), "tff"),
    "ProRes, top first": _interlaced(_at("mov:prores:pcm_s16le"), "tff"),
    "DV, bottom first": replace(_interlaced(_at("dv,avi,mov,mxf:dv:pcm_s16le"), "bff"), num_frames=26),
    "HDV": replace(_interlaced(_at("ts,m2ts:mpeg2:mp2"), "tff", "-b:v", "25M"), filters="setsar=4/3,setfield=tff",
                   size=(144, 108)),
    "field by field": Trait(_at("mp4,mkv,ts:h264:-"), finish=finishing.code_fields),
    "container says so": Trait(_at("mov:mjpeg:pcm_s16le", "mkv:ffv1:flac"), filters="setfield=tff",
                               options=("-field_order", "tt")),
    "2:3 pulldown": Trait(_at("mpg:mpeg2:mp2", "vob:mpeg2:ac3", "ts:mpeg2:mp2", "mkv:mpeg2:mp2"), "24000/1001",
                          options=("-bf", 0), finish=finishing.pull_down),
}  # fmt: skip

TURNED = {
    f"turned by {degrees}{', mirrored' if mirrored else ''}": Trait(
        _at(_MOVIES), finish=finishing.turned(degrees, is_mirrored=mirrored)
    )
    for mirrored in (False, True)
    for degrees in (0, 90, 180, 270)
    if mirrored or degrees
}

TRACKS: dict[str, Trait] = {
    "mono": Trait(_at(_MOVIES, "avi:mpeg4:mp3", "webm:vp9:opus"), layouts=("mono",)),
    "two stereo tracks": Trait(_at(_MOVIES, "ts:h264:aac", "mxf:mpeg2:pcm_s16le"), layouts=("stereo", "stereo")),
    "mono pair": Trait(_at("mov:h264:pcm_s16le", "mxf:mpeg2:pcm_s16le", "mp4:h264:aac"), layouts=("mono",) * 2),
    "four mono tracks": Trait(_at("mov:h264:pcm_s16le", "mxf:mpeg2:pcm_s16le", "mkv:h264:aac"), layouts=("mono",) * 4),
    "eight mono tracks": Trait(_at("mov:h264:pcm_s16le", "mxf:mpeg2:pcm_s24le"), layouts=("mono",) * 8),
    "stereo and mono": Trait(_at("mov:h264:pcm_s16le", "mkv:h264:aac"), layouts=("stereo", "mono")),
    "second track is default": Trait(_at("mkv,mp4:h264:aac"), layouts=("stereo", "stereo"),
                                     options=("-disposition:a:0", 0, "-disposition:a:1", "default")),
    "5.1": Trait(_at("mp4,mkv:h264:aac,ac3", "mov:h264:pcm_s16le", "ts:h264:ac3", "mkv:h264:dts"), layouts=("5.1",)),
    "7.1": Trait(_at("mkv:h264:flac,opus", "mov:h264:pcm_s16le"), layouts=("7.1",)),
    "3.0": Trait(_at("mp4:h264:aac", "mkv:h264:flac"), layouts=("3.0",)),
    "quad": Trait(_at("mov:h264:pcm_s16le", "mkv:h264:flac"), layouts=("quad",)),
    "4.0": Trait(_at("mov:h264:pcm_s16le", "mp4:h264:aac"), layouts=("4.0",)),
    "2.1": Trait(_at("mkv:h264:flac,ac3"), layouts=("2.1",)),
    "6.1": Trait(_at("mkv:h264:flac", "mov:h264:alac"), layouts=("6.1",)),
    "ten channels": Trait(_at("mov:h264:pcm_s24le", "mkv:h264:pcm_s16le"), layouts=("10C",)),
    "four channels without names": Trait(_at("mov:h264:pcm_s24le", "mkv:h264:pcm_s16le", "avi:mpeg4:pcm_s16le"),
                                         layouts=("4C",)),
    "ambisonic": Trait(_at("mkv:h264:opus", "mp4:h264:opus"), layouts=("ambisonic 1",), options=("-mapping_family", 2)),
    "ambisonic PCM": Trait(_at("mov,mkv:h264:pcm_s16le"), layouts=("ambisonic 1",)),
    "no sound": Trait(_at("mp4,mov,mkv,ts,avi,flv:h264:-", "webm:vp9:-", "mpg:mpeg2:-", "mxf:mpeg2:-", "wmv:wmv2:-"),
                      layouts=()),
    **{f"{rate} Hz": Trait(_at("mp4:h264:aac", "mov:h264:pcm_s16le", "mkv:h264:flac"), sound_filter=f"aresample={rate}")
       for rate in (8000, 22050, 32000, 44100, 96000)},
}  # fmt: skip

TIMES: dict[str, Trait] = {
    "late sound": Trait(_at(_MOVIES, "ts:h264:aac", "webm:vp9:opus", "avi:mpeg4:mp3", "mpg:mpeg2:mp2", "flv:h264:aac",
                            "mov:h264:pcm_s16le"), sound_filter="asetpts=PTS+0.7/TB"),
    "early end of sound": Trait(_at(_MOVIES, "ts:h264:aac", "webm:vp9:opus", "avi:mpeg4:mp3", "mov:h264:pcm_s16le"),
                                sound_filter="atrim=end=1.5"),
    "late picture": Trait(_at(_MOVIES, "ts:h264:aac", "webm:vp9:opus", "flv:h264:aac"), filters="setpts=PTS+0.7/TB"),
    "start at 5.3 s": Trait(_at(_MOVIES, "ts:h264:aac", "webm:vp9:opus", "mpg:mpeg2:mp2", "flv:h264:aac",
                                "ogg:theora:vorbis", "wmv:wmv2:wmav2"), options=("-output_ts_offset", 5.3)),
    "start at 1000 s": Trait(_at("ts:h264,mpeg2:mp2", "m2ts:h264:ac3", "mkv:h264:aac"),
                             options=("-output_ts_offset", 1000.3)),
    "clock begins anew": Trait(_at("ts:h264,mpeg2:mp2", "mpg:mpeg2:mp2"), options=("-output_ts_offset", 95442)),
    "frames left out": Trait(_at(_MOVIES, "webm:vp9:opus", "flv:h264:aac", "ts:h264:aac"), least_shown=0.6,
                             filters=r"select='not(eq(mod(n\,7)\,2))*not(between(n\,30\,44))'",
                             options=("-fps_mode", "vfr")),
    "uneven frames": Trait(_at(_MOVIES, "webm:vp9:opus"), filters=r"settb=1/90000,setpts=PTS+360*mod(N\,4)",
                           options=("-fps_mode", "passthrough", "-enc_time_base", "1/90000")),
    "edit list that hides frames": Trait(_at("mp4,mov:h264,hevc,mpeg4:aac", "mov:prores:pcm_s16le"), least_shown=0.5,
                                         finish=finishing.copied(("-ss", 0.7))),
    "edit list that puts off": Trait(_at("mp4,mov:h264:aac"), finish=finishing.copied(("-itsoffset", 0.3))),
    # Not in Matroska: FFmpeg does not tell the times of its pictures before 0, so its full decode is no measure.
    "negative times": Trait(_at("mp4,mov:h264:aac"), least_shown=0.5,
                            finish=finishing.copied(("-itsoffset", -0.3), ("-avoid_negative_ts", "disabled"))),
    "fragments": Trait(_at("mp4,mov:h264,hevc:aac"), options=("-movflags", "frag_keyframe+empty_moov")),
    "fragments of one frame": Trait(_at("mp4:h264:aac"), options=("-movflags", "frag_every_frame+empty_moov")),
    "CMAF": Trait(_at("mp4:h264,hevc:aac"), options=("-movflags", "cmaf+frag_keyframe+empty_moov+delay_moov")),
    "index first": Trait(_at("mp4,mov:h264:aac"), options=("-movflags", "+faststart")),
    "recorded from the middle": Trait(_at("ts:h264,hevc,mpeg2:mp2", "m2ts:h264:ac3", "mpg:mpeg2:mp2"),
                                      finish=finishing.from_the_middle, least_shown=0.3),
    "begins between key frames": Trait(_at("mp4,mkv,mov,flv:h264:aac", "mkv:mpeg2,vp9,hevc:mp2", "avi:mpeg4:mp3"),
                                       finish=finishing.copied((), ("-ss", 0.7, "-copyinkf")), least_shown=0.3),
    "timecode": Trait(_at("mov:h264,prores:pcm_s16le", "mp4,mkv:h264:aac", "mxf:mpeg2:pcm_s16le"),
                      options=("-timecode", "10:00:00:00"), start_seconds=36_000),
    "one frame": Trait(_at(_MOVIES, "avi:mpeg4:-", "webm:vp9:-", "ts:h264:-", "mov:prores:-", "gif:gif:-"),
                       num_frames=1),
    "two frames": Trait(_at("mp4,mkv:h264:aac", "ts:h264:-", "mov:prores:-", "gif:gif:-"), num_frames=2),
    "five frames": Trait(_at("mp4,mkv:h264:aac", "ts:mpeg2:mp2", "webm:vp8:vorbis", "avi:mjpeg:-"), num_frames=5),
}  # fmt: skip

_OPEN = ("-x264-params", "scenecut=0:keyint=12:min-keyint=12:bframes=3:open-gop=1:b-adapt=0")
_OPEN_HEVC = ("-x265-params", "log-level=error:keyint=12:min-keyint=12:open-gop=1:bframes=3:scenecut=0")
_ALT_REF = ("-deadline", "good", "-auto-alt-ref", 1, "-lag-in-frames", 10)

CODING: dict[str, Trait] = {
    "open groups": Trait(_at("mp4,mov,mkv,ts,flv:h264:aac"), options=_OPEN),
    "open groups of HEVC": Trait(_at("mp4,mkv,ts:hevc:aac"), options=_OPEN_HEVC),
    "B-frames": Trait(_at("avi,mkv,asf,nut:mpeg4:mp3", "mp4,mov,ts:mpeg4:aac", "ts,mpg,vob,mkv:mpeg2:mp2",
                          "avi:h264:mp3", "asf,nut:h264:mp3", "mxf,gxf:mpeg2:pcm_s16le", "avi:mpeg2:mp3",
                          "raw mpeg4:mpeg4:-"),
                      options=("-bf", 2)),
    "packed B-frames": Trait(_at("avi:mpeg4,xvid:-"), options=("-bf", 1), finish=finishing.pack_b_frames),
    "hidden frames": Trait(_at("webm,mkv:vp8,vp9:opus", "avi:vp8,vp9:mp3", "ivf:vp8,vp9:-", "mp4:vp9:aac"),
                           options=_ALT_REF),
    "one group": Trait(_at("mp4,mkv,ts:h264:aac", "avi:mpeg4:mp3"), options=("-g", 500)),
    "intra refresh": Trait(_at("mp4,ts,mkv:h264:aac"), options=("-x264-params", "keyint=12:intra-refresh=1:bframes=0")),
    "key frames alone": Trait(_at("mp4,mkv:h264:aac", "avi:mpeg4:mp3"), options=("-g", 1)),
    "many slices": Trait(_at("mp4,ts:h264:aac"), options=("-x264-params", "slices=4:keyint=12")),
    "wide pixels": Trait(_at(_MOVIES, "ts:mpeg2:mp2", "avi:mpeg4:mp3", "webm:vp9:opus", "mxf:mpeg2:pcm_s16le",
                             "mov:prores:pcm_s16le"), filters="setsar=4/3"),
    "narrow pixels": Trait(_at("mp4,mov,mkv:h264:aac", "dv:dv:pcm_s16le"), filters="setsar=9/10"),
    "odd size": Trait(_at("mkv:ffv1:flac", "mov:png,qtrle:-", "gif:gif:-", "webm:vp9:opus"), size=(97, 65)),
    "portrait": Trait(_at("mp4,mkv:h264:aac"), size=(64, 112)),
    "size changes": Trait(_at("ts:h264,hevc,mpeg2:-", "raw h264:h264:-", "mkv:h264:-", "webm:vp8,vp9:-"),
                          finish=finishing.change_size),
    "cover picture": Trait(_at("mp4,mkv:h264:aac"), finish=finishing.add_cover),
    "second still track": Trait(_at("mp4,mov,mkv:h264:aac", "ts:h264:aac"), finish=finishing.add_still(is_first=False)),
    "still track first": Trait(_at("mp4,mov,mkv:h264:aac"), finish=finishing.add_still(is_first=True), video_track=1),
    "chapters and subtitles": Trait(_at("mp4,mkv:h264:aac"), finish=finishing.add_subtitles),
    "Unicode name": Trait(_at("mp4,mov,mkv:h264:aac", "avi:mpeg4:mp3"), stem="żółć & 映画's 100% #1 [x]"),
    "dashes and quotes in the name": Trait(_at("mp4:h264:aac"), stem='-- "made" <1>; $HOME'),
    "suffix in capitals": Trait(_at("mov,mp4:h264:aac", "m2ts:h264:ac3"), suffix="MTS"),
    "wrong suffix": Trait(_at("mkv,ts,mov:h264:aac", "avi:mpeg4:mp3"), finish=finishing.renamed, suffix="dat"),
    "PAL": Trait(_at("vob:mpeg2:ac3", "mxf:mpeg2:pcm_s16le", "gxf:mpeg2:pcm_s16le"), size=PAL, num_frames=26),
}  # fmt: skip

TRAITS: dict[str, Trait] = {
    "plain": Trait(tuple(_plain())),
    **{f"colours: {name}": trait for name, trait in COLOURS.items()},
    **{f"frames/s: {name}": trait for name, trait in RATES.items()},
    **{f"pixels: {name}": trait for name, trait in PIXEL_FORMATS.items()},
    **{f"pixels: {name}": trait for name, trait in ALPHA.items()},
    **{f"interlaced: {name}": trait for name, trait in INTERLACED.items()},
    **{f"turned: {name}": trait for name, trait in TURNED.items()},
    **{f"sound: {name}": trait for name, trait in TRACKS.items()},
    **{f"time: {name}": trait for name, trait in TIMES.items()},
    **{f"coding: {name}": trait for name, trait in CODING.items()},
}
"""Name -> trait; the word before the colon is its kind."""
