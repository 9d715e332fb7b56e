"""Clips -> FeatureTrack: decodes the video once, and measures everything on the way.

The video is divided into pieces that can be decoded alone. Each of a few threads takes a piece, decodes it and runs
the network on its pictures; the heavy calls leave Python's lock, so all cores work, and decoding and network overlap.
On an accelerator, or where a video cannot be entered in the middle, the network runs in a thread of its own beside.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import ExtractOptions
from autohighlight.errors import UndecodableError
from autohighlight.features.cache import FeatureCache, entry_key
from autohighlight.features.measure import Piece, measure
from autohighlight.features.movement import MEASURES
from autohighlight.features.pictures import PictureSums
from autohighlight.features.plan import plan, plan_windows
from autohighlight.features.sums import SumsByClip, pool
from autohighlight.features.windows import Seams, WindowSums, join, lay_windows
from autohighlight.files import content_digest
from autohighlight.media.cuts import LEAST_STEP, MOST_ALIKE, correlation, difference, stands_out
from autohighlight.media.decode import packets_of
from autohighlight.media.gaps import joined, time_ranges
from autohighlight.media.seeking import Seeking, find_seeking
from autohighlight.media.source import check_unchanged, reading
from autohighlight.times import TimeRange
from autohighlight.types import Backbone, Clip, FeatureTrack, MediaInfo, ProgressCallback

_LONGEST_STEP = 1.6
"""Pictures further apart than this many times the usual distance are not compared: something lies between."""


def extract_features(
    media: MediaInfo,
    clips: Sequence[Clip],
    factory: Callable[[ExtractOptions], Backbone],
    options: ExtractOptions,
    *,
    cache: FeatureCache,
    progress: ProgressCallback,
) -> FeatureTrack:
    """Measures every clip of a probed video, or takes the measures from the cache.

    Returns:
        Embeddings float32 (N, 2 * dim) and the cues ``spread``, ``change``, ``local_change``, ``living``: see
        `features.sums.pool`. ``difference`` and ``movement``: see `features.movement`; NaN where only key frames
        were decoded.
        ``packet_size``: median bytes of the clip's packets that are no key frames.

    Raises:
        UndecodableError: not one picture could be decoded.
        InputError: the file has changed since it was probed.
    """
    check_unchanged(media)
    backbone, content = _prepare(media, factory, options, is_cached=cache.folder is not None)
    windows = "" if backbone.window_length == 1 else f"/stride{options.window_stride}"
    check_unchanged(media)  # since it was probed; the digest is of what is there now
    key = entry_key(content, clips, backbone.fingerprint + windows, options.speed)
    kept = cache.load(key, clips)
    if kept is not None:
        return kept
    seeking = find_seeking(media)
    if backbone.window_length == 1:
        pieces, sums = _look_at_pictures(media, clips, backbone, seeking, options, progress)
    else:
        pieces, sums = _look_at_windows(media, clips, backbone, seeking, options, progress)
    track = _assemble(media, clips, backbone, pieces, sums)
    cache.store(key, track)
    return track


def _look_at_pictures(
    media: MediaInfo,
    clips: Sequence[Clip],
    backbone: Backbone,
    seeking: Seeking,
    options: ExtractOptions,
    progress: ProgressCallback,
) -> tuple[list[Piece], list[SumsByClip]]:
    todo = plan(media, clips, seeking, options.speed)
    begins = np.array([int(clip.time_range.start / media.time_base) for clip in clips])
    seen = [
        PictureSums(
            request.targets,
            np.maximum(0, np.searchsorted(begins, request.targets, side="right") - 1),
            int(_LONGEST_STEP * todo.picture_ticks),
        )
        for request in todo.requests
    ]
    return measure(media, backbone, seeking, todo, seen, progress), [sums.by_clip for sums in seen]


def _look_at_windows(
    media: MediaInfo,
    clips: Sequence[Clip],
    backbone: Backbone,
    seeking: Seeking,
    options: ExtractOptions,
    progress: ProgressCallback,
) -> tuple[list[Piece], list[SumsByClip]]:
    grid = lay_windows(
        media, clips, length=backbone.window_length, stride=options.window_stride, frame_rate=backbone.frame_rate
    )
    todo, seams = plan_windows(media, grid, seeking, options.speed), Seams(grid.length)
    stops = np.cumsum([len(request.targets) for request in todo.requests]).tolist()
    seen = [WindowSums(grid, first, stop, seams) for first, stop in itertools.pairwise([0, *stops])]
    pieces = measure(media, backbone, seeking, todo, seen, progress)
    return pieces, [*(sums.by_clip for sums in seen), join(grid, seen, seams)]


def _prepare(
    media: MediaInfo, factory: Callable[[ExtractOptions], Backbone], options: ExtractOptions, *, is_cached: bool
) -> tuple[Backbone, str]:
    """The network, and the digest of the file that the cache asks for.

    Making the network is mostly importing torch, which takes one core two seconds; the file is read meanwhile, or,
    where no entry of the cache can save the decoding, tried for a seek.
    """
    helper = ThreadPoolExecutor(1, "prepare")
    try:
        if is_cached:
            digest = helper.submit(content_digest, media.path)
            backbone = factory(options)
            with reading(media.path):
                return backbone, digest.result()
        tried = helper.submit(find_seeking, media)
        backbone = factory(options)
        tried.result()
        return backbone, ""
    finally:
        helper.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for the digest of a long file


def _assemble(
    media: MediaInfo, clips: Sequence[Clip], backbone: Backbone, pieces: Sequence[Piece], seen: Sequence[SumsByClip]
) -> FeatureTrack:
    if not any(seen):
        raise UndecodableError(media.path, "not one picture of it could be decoded", "it may be damaged")
    cuts = np.array(sorted(_all_cuts(pieces)), np.int64)
    embeddings, cues = pool(seen, len(clips))
    undecoded = joined(_undecoded(media, pieces), dataclasses.replace(media, gaps=()))
    cues |= _movement(media, clips, pieces, cuts)
    _hold_still(cues, clips, joined(undecoded, media))
    cues["packet_size"] = _packet_size(media, clips)
    # Rounded as the cache keeps them, so that a run from the cache gives the same scores to the last bit.
    return FeatureTrack(
        clips=tuple(clips),
        embeddings=embeddings.astype(np.float16).astype(np.float32),
        cues=cues,
        shot_boundaries=tuple(int(cut) * media.time_base for cut in cuts),
        backbone=backbone.name,
        fingerprint=backbone.fingerprint,
        num_frames_lost=sum(piece.num_lost for piece in pieces) + media.num_frames_absent,
        num_frames_read=sum(piece.num_read for piece in pieces),
        undecoded=undecoded,
    )


def _undecoded(media: MediaInfo, pieces: Sequence[Piece]) -> list[TimeRange]:
    return time_ranges((stretch for piece in pieces for stretch in piece.undecoded), media.time_base)


def _all_cuts(pieces: Sequence[Piece]) -> list[int]:
    """Those that were found in the pieces, and those where one piece follows another: encoders begin groups at cuts."""
    cuts = [cut for piece in pieces for cut in piece.cuts]
    for before, after in itertools.pairwise(pieces):
        if before.last_grey is None or after.first_grey is None or not before.pairs or not after.pairs:
            continue
        (last_pts, one), (pts, other) = before.last_grey, after.first_grey
        if pts - last_pts > before.widest_gap:
            continue
        steps = [*before.pairs[-1][:, 0].tolist(), difference(one, other), *after.pairs[0][:, 0].tolist()]
        is_step = steps[len(before.pairs[-1])] > LEAST_STEP and correlation(one, other) < MOST_ALIKE
        if is_step and stands_out(steps, len(before.pairs[-1])):
            cuts.append(pts)
    return cuts


def _movement(
    media: MediaInfo, clips: Sequence[Clip], pieces: Sequence[Piece], cuts: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    """By clip, of the pairs of grey pictures that lie wholly inside it.

    ``difference`` is the mean over all of them, as plain as can be, for it is a floor to be beaten. ``movement`` is the
    median over those not across a cut: what goes on, not what happens once.
    """
    pts = np.concatenate([np.zeros((0, 2), np.int64), *(a for piece in pieces for a in piece.pair_pts)])
    pairs = np.concatenate([np.zeros((0, len(MEASURES)), np.float32), *(a for piece in pieces for a in piece.pairs)])
    is_whole = np.searchsorted(cuts, pts[:, 0], side="right") == np.searchsorted(cuts, pts[:, 1], side="right")
    by_clip = np.full((len(clips), len(MEASURES)), np.nan, np.float32)
    shown = np.sort(packets_of(media).pts)
    for number, clip in enumerate(clips):
        begin, end = (int(edge / media.time_base) for edge in (clip.time_range.start, clip.time_range.end))
        inside = slice(np.searchsorted(pts[:, 0], begin), np.searchsorted(pts[:, 1], end))
        if len(pts) and np.searchsorted(shown, begin, side="right") == np.searchsorted(shown, end):
            by_clip[number] = 0  # one picture is held throughout: nothing moves
        if len(pairs[inside]):
            by_clip[number, 0] = pairs[inside, 0].mean()
        if is_whole[inside].any():
            by_clip[number, 1] = np.median(pairs[inside, 1][is_whole[inside]])
    return {name: by_clip[:, column] for column, name in enumerate(MEASURES)}


def _hold_still(cues: dict[str, NDArray[np.float32]], clips: Sequence[Clip], gaps: Sequence[TimeRange]) -> None:
    """Sets the movement of clips that lie in a gap to 0: the picture before it is held, or there is none."""
    for number, clip in enumerate(clips):
        if any(gap.start <= clip.time_range.start and clip.time_range.end <= gap.end for gap in gaps):
            for name in MEASURES:
                cues[name][number] = 0


def _packet_size(media: MediaInfo, clips: Sequence[Clip]) -> NDArray[np.float32]:
    """float32 (N,): what the encoder spent on a frame predicted from others: the more moves, the more."""
    packets = packets_of(media)
    order = np.argsort(packets.pts, kind="stable")
    order = order[~packets.is_key[order]]
    pts, sizes = packets.pts[order], packets.size[order]
    edges = [int(clip.time_range.start / media.time_base) for clip in clips]
    medians = np.full(len(clips), np.nan, np.float32)
    for number, inside in enumerate(np.split(sizes, np.searchsorted(pts, edges))[1:]):
        if len(inside):
            medians[number] = np.median(inside)
    return medians
