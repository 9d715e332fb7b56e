"""The containers and codecs that files are made in: in FFmpeg's words, with what its encoders need."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class VideoCodec:
    """How pictures are encoded.

    Args:
        options: of the ffmpeg program.
        pixel_format: FFmpeg's name; empty where the encoder has one of its own.
        size: width and height in pixels.
        num_frames: how many are encoded, at most; large pictures take long.
    """

    options: tuple[object, ...]
    pixel_format: str = "yuv420p"
    size: tuple[int, int] = (96, 64)
    num_frames: int = 400


def _codec(encoder: str, *options: object) -> VideoCodec:
    return VideoCodec(("-c:v", encoder, *options))


def _in_format(encoder: str, pixel_format: str, *options: object) -> VideoCodec:
    return VideoCodec(("-c:v", encoder, *options), pixel_format)


def _of_size(codec: VideoCodec, size: tuple[int, int], num_frames: int = 400) -> VideoCodec:
    return replace(codec, size=size, num_frames=num_frames)


_GROUPS = ("-g", 12)
_X264 = ("-preset", "veryfast", "-threads", 1, *_GROUPS)
_MPEG = (*_GROUPS, "-q:v", 2)
_VPX = ("-deadline", "realtime", "-cpu-used", 8, "-b:v", "500k", *_GROUPS)
_X265 = ("-preset", "ultrafast", "-x265-params", "log-level=error:pools=1:frame-threads=1:keyint=12:bframes=2")
PAL, DNXHR = (720, 576), (256, 128)

VIDEO: dict[str, VideoCodec] = {
    "h264": _codec("libx264", *_X264),
    "hevc": _codec("libx265", *_X265),
    "av1": _codec("libaom-av1", "-usage", "realtime", "-cpu-used", 8, *_GROUPS),
    "vp8": _codec("libvpx", *_VPX),
    "vp9": _codec("libvpx-vp9", *_VPX),
    "vvc": VideoCodec(("-c:v", "libvvenc", "-preset", "faster", "-qp", 20), "yuv420p10le", num_frames=24),
    "mpeg4": _codec("mpeg4", *_MPEG),
    "xvid": _codec("libxvid", *_MPEG),
    "mpeg2": _codec("mpeg2video", *_MPEG),
    "mpeg1": _codec("mpeg1video", *_MPEG),
    "mjpeg": _in_format("mjpeg", "yuvj420p", "-q:v", 2),
    "h263": _of_size(_codec("h263", *_MPEG), (128, 96)),
    "h263p": _codec("h263p", *_MPEG),
    "h261": _of_size(_codec("h261", *_MPEG), (176, 144)),
    "flv1": _codec("flv", *_MPEG),
    "flashsv": _in_format("flashsv", "bgr24"),
    "flashsv2": _in_format("flashsv2", "bgr24"),
    "wmv1": _codec("wmv1", *_MPEG),
    "wmv2": _codec("wmv2", *_MPEG),
    "msmpeg4v2": _codec("msmpeg4v2", *_MPEG),
    "msmpeg4v3": _codec("msmpeg4", *_MPEG),
    "theora": _codec("libtheora", "-q:v", 8, *_GROUPS),
    "prores": _in_format("prores_ks", "yuv422p10le", "-profile:v", 1),
    "prores 4444": _in_format("prores_ks", "yuv444p10le", "-profile:v", 4),
    "dnxhr": _of_size(_in_format("dnxhd", "yuv422p", "-profile:v", "dnxhr_lb"), DNXHR, 40),
    "dv": _of_size(_codec("dvvideo"), PAL, 26),
    "qtrle": _in_format("qtrle", "rgb24"),
    "png": _in_format("png", "rgb24"),
    "raw": _in_format("rawvideo", "yuv420p"),
    "raw uyvy422": _in_format("rawvideo", "uyvy422", "-tag:v", "2vuy"),
    "raw bgr24": _in_format("rawvideo", "bgr24"),
    "v210": _in_format("v210", "yuv422p10le"),
    "v410": _in_format("v410", "yuv444p10le"),
    "r210": _in_format("r210", "gbrp10le"),
    "ffv1": _codec("ffv1"),
    "huffyuv": _in_format("huffyuv", "yuv422p"),
    "ffvhuff": _codec("ffvhuff"),
    "utvideo": _codec("utvideo"),
    "magicyuv": _codec("magicyuv"),
    "snow": _codec("snow", "-q:v", 2, "-strict", -2),
    "dirac": _in_format("vc2", "yuv422p", "-strict", -1),
    "svq1": _in_format("svq1", "yuv410p", "-q:v", 2),
    "cinepak": VideoCodec(("-c:v", "cinepak"), "rgb24", num_frames=25),
    "rpza": _in_format("rpza", "rgb555le"),
    "msvideo1": _in_format("msvideo1", "rgb555le"),
    "hap": _in_format("hap", "rgba"),
    "dxv": _in_format("dxv", "rgba"),
    "cfhd": _in_format("cfhd", "yuv422p10le"),
    "jpeg2000": _in_format("jpeg2000", "yuv420p"),
    "zmbv": _in_format("zmbv", "bgr0"),
    "zlib": _in_format("zlib", "bgr24"),
    "asv1": _codec("asv1"),
    "asv2": _codec("asv2"),
    "speedhq": _in_format("speedhq", "yuv422p"),
    "rv10": _of_size(_codec("rv10", *_MPEG), (176, 144)),
    "rv20": _of_size(_codec("rv20", *_MPEG), (176, 144)),
    "apv": _in_format("liboapv", "yuv422p10le"),
    "gif": _in_format("gif", "pal8"),
    "y4m": _in_format("wrapped_avframe", "yuv420p"),
}

SOUND: dict[str, tuple[object, ...]] = {
    "": (),
    "aac": ("aac", "-b:a", "192k"),
    "mp3": ("libmp3lame", "-b:a", "192k"),
    "mp2": ("mp2", "-b:a", "192k"),
    "ac3": ("ac3", "-b:a", "192k"),
    "eac3": ("eac3", "-b:a", "192k"),
    "dts": ("dca", "-strict", -2),
    "truehd": ("truehd", "-strict", -2),
    "opus": ("libopus", "-b:a", "128k"),
    "vorbis": ("libvorbis", "-q:a", 6),
    "flac": ("flac",),
    "alac": ("alac",),
    "tta": ("tta",),
    "wavpack": ("wavpack",),
    "s302m": ("s302m", "-strict", -2),
    "wmav1": ("wmav1", "-b:a", "192k"),
    "wmav2": ("wmav2", "-b:a", "192k"),
    "amr": ("libopencore_amrnb", "-ar", 8000, "-ac", 1, "-b:a", "12.2k"),
    "nellymoser": ("nellymoser", "-ar", 22050, "-ac", 1),
    "adpcm_ms": ("adpcm_ms",),
    "adpcm_ima_wav": ("adpcm_ima_wav",),
    "adpcm_ima_qt": ("adpcm_ima_qt",),
    "adpcm_swf": ("adpcm_swf", "-ar", 44100),
    "mp3 44.1 kHz": ("libmp3lame", "-b:a", "192k", "-ar", 44100),
    **{f"pcm_{kind}": (f"pcm_{kind}",) for kind in (
        "s16le", "s16be", "s24le", "s24be", "s32le", "f32le", "f64le", "u8", "s8", "mulaw", "alaw", "bluray", "dvd",
    )},
}  # fmt: skip
"""Name -> the encoder and its options; nothing for files without sound."""


@dataclass(frozen=True)
class Container:
    """What is put into files of one kind: all its codecs in turn, the others being the first.

    Args:
        videos: names of video codecs, the usual one first.
        sounds: names of sound codecs, the usual one first; empty where there is no place for sound.
        suffix: of the files; that of the container's name where it is empty.
        options: of the ffmpeg program.
    """

    videos: tuple[str, ...]
    sounds: tuple[str, ...] = ("",)
    suffix: str = ""
    options: tuple[object, ...] = ()


def _container(videos: str, sounds: str = "", suffix: str = "", *options: object) -> Container:
    return Container(tuple(videos.split(", ")), tuple(sounds.split(" ")), suffix, options)


CONTAINERS: dict[str, Container] = {
    "mp4": _container("h264, hevc, av1, vp9, vvc, mpeg4, mpeg2, mpeg1, mjpeg, jpeg2000, png, apv",
                      "aac mp3 ac3 eac3 opus flac alac mp2 vorbis dts pcm_s16le"),
    "mov": _container("h264, hevc, prores, prores 4444, dnxhr, mjpeg, mpeg4, mpeg2, dv, qtrle, png, raw uyvy422, "
                      "v210, v410, r210, h263, h261, svq1, cinepak, rpza, hap, dxv, cfhd, jpeg2000, ffv1, utvideo",
                      "pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_f32le pcm_u8 pcm_mulaw alac aac mp3 ac3 "
                      "adpcm_ima_qt"),
    "mkv": _container("h264, hevc, av1, vp8, vp9, vvc, mpeg4, mpeg2, mpeg1, theora, ffv1, mjpeg, prores, huffyuv, "
                      "utvideo, magicyuv, snow, dirac, raw, h263, wmv2, msmpeg4v3, png, flv1, rv20, cfhd",
                      "aac mp3 opus vorbis flac ac3 eac3 dts truehd tta wavpack mp2 alac pcm_s16le pcm_s24le "
                      "pcm_f32le"),
    "webm": _container("vp9, vp8, av1", "opus vorbis"),
    "avi": _container("mpeg4, xvid, h264, msmpeg4v2, msmpeg4v3, mjpeg, dv, ffv1, huffyuv, ffvhuff, utvideo, magicyuv, "
                      "raw bgr24, wmv1, wmv2, mpeg1, mpeg2, msvideo1, cinepak, zmbv, zlib, asv1, asv2, h263, snow, "
                      "vp8, png, flv1, v210",
                      "mp3 pcm_s16le pcm_u8 pcm_s24le ac3 mp2 aac adpcm_ms adpcm_ima_wav pcm_mulaw wmav2 flac"),
    "ts": _container("h264, hevc, mpeg2, mpeg4, mpeg1, dirac, vvc, jpeg2000",
                     "aac ac3 eac3 mp2 mp3 opus dts s302m"),
    "m2ts": _container("h264, hevc, mpeg2", "ac3 pcm_bluray dts truehd aac"),
    "mpg": _container("mpeg2, mpeg1, h264", "mp2 mp3 ac3"),
    "vob": _container("mpeg2", "ac3 mp2 pcm_dvd dts"),
    "flv": _container("h264, flv1, flashsv, flashsv2, hevc, av1",
                      "aac mp3 nellymoser adpcm_swf pcm_s16le pcm_u8", "", "-ar", 44100),
    "f4v": _container("h264", "aac"),
    "wmv": _container("wmv2, wmv1, msmpeg4v3", "wmav2 wmav1"),
    "asf": _container("msmpeg4v3, mpeg4, h264, mjpeg", "wmav2 mp3 pcm_s16le ac3"),
    "mxf": _container("mpeg2, h264, dnxhr, prores, jpeg2000, dv, ffv1", "pcm_s16le pcm_s24le"),
    "3gp": _container("h263, mpeg4, h264", "aac amr"),
    "3g2": _container("h263, h264", "aac"),
    "ogg": _container("theora, vp8, dirac", "vorbis opus flac"),
    "nut": _container("mpeg4, h264, ffv1, raw, mpeg2", "vorbis mp3 pcm_s16le flac opus aac"),
    "gif": _container("gif"),
    "gxf": _container("dv, mpeg2, mjpeg", "pcm_s16le"),
    "dv": _container("dv", "pcm_s16le"),
    "m4v": _container("h264, mpeg4", "aac"),
    "ismv": _container("h264", "aac"),
    "rm": _container("rv10, rv20", "ac3"),
    "wtv": _container("mpeg2", "ac3 mp2"),
    "swf": _container("flv1, mjpeg", "mp3", "", "-ar", 44100),
    "y4m": _container("y4m"),
    "raw h264": _container("h264", "", "h264"),
    "raw hevc": _container("hevc", "", "hevc"),
    "raw mpeg2": _container("mpeg2", "", "m2v"),
    "raw mpeg1": _container("mpeg1", "", "m1v"),
    "raw mpeg4": _container("mpeg4", "", "m4v", "-f", "m4v"),
    "raw mjpeg": _container("mjpeg", "", "mjpeg"),
    "raw vvc": _container("vvc", "", "vvc"),
    "raw h263": Container((), (), "h263"),  # which knows 29.97 frames/s alone
    "ivf": _container("vp8, vp9, av1"),
    "obu": _container("av1"),
}  # fmt: skip
