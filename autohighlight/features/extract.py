"""Clips -> FeatureTrack: decodes the video once, and measures everything on the way.

The video is divided into pieces that can be decoded alone. Each of a few threads takes a piece, decodes it and runs
the network on its pictures; the heavy calls leave Python's lock, so all cores work, and decoding and network overlap.
On an accelerator, or where a video cannot be entered in the middle, the network runs in a thread of its own beside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import ExtractOptions
from autohighlight.errors import PluginError, UndecodableError
from autohighlight.features.cache import FeatureCache, content_digest, entry_key
from autohighlight.features.measure import Piece, measure
from autohighlight.features.movement import MEASURES
from autohighlight.features.plan import Plan, plan
from autohighlight.features.sound import mean_by_clip
from autohighlight.media.decode import packets_of
from autohighlight.media.seeking import find_seeking
from autohighlight.types import Backbone, Clip, FeatureTrack, MediaInfo, ProgressCallback


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
        Embeddings float32 (N, 2 * dim): mean of the backbone's features over the clip's pictures, then their standard
        deviation, so that the feature knows how much the picture changes. Cues: see `features.movement` and
        `features.sound`, and ``bytes_per_second`` of the frames that are predicted from others.

    Raises:
        UndecodableError: not one picture could be decoded.
        PluginError: the backbone asks for windows of several frames.
    """
    with ThreadPoolExecutor(2, "prepare") as pool:
        making = pool.submit(factory, options)
        digesting = pool.submit(content_digest, media.path) if cache.folder else None
        backbone = making.result()
        content = digesting.result() if digesting else ""
    if backbone.window_length != 1:
        raise PluginError(
            f"the backbone {backbone.name} looks at {backbone.window_length} frames at once, not at one"
        )
    key = entry_key(content, clips, backbone.fingerprint, options.speed)
    kept = cache.load(key, clips)
    if kept is not None:
        return kept
    seeking = find_seeking(media)
    todo = plan(media, clips, seeking, options.speed)
    pieces, sound = measure(media, clips, backbone, seeking, todo, progress)
    track = _assemble(media, clips, backbone, todo, pieces, sound)
    cache.store(key, track)
    return track


def _assemble(
    media: MediaInfo,
    clips: Sequence[Clip],
    backbone: Backbone,
    todo: Plan,
    pieces: Sequence[Piece],
    sound: dict[str, NDArray[np.float32]],
) -> FeatureTrack:
    picture_pts = np.array([pts for piece in pieces for pts in piece.picture_pts], np.int64)
    if not len(picture_pts):
        raise UndecodableError(media.path, "not one picture of it could be decoded", "it may be damaged")
    embeddings = np.concatenate([batch.result() for piece in pieces for batch in piece.embeddings])
    targets = [request.targets for request in todo.requests]
    pair_pts = np.array([pts for piece in pieces for pts in piece.pair_pts], np.int64)
    pairs = np.concatenate([np.zeros((0, len(MEASURES)), np.float32), *(a for piece in pieces for a in piece.pairs)])
    movement = mean_by_clip(pair_pts * float(media.time_base), pairs, clips)
    return FeatureTrack(
        clips=tuple(clips),
        embeddings=_pool(media, clips, np.concatenate(targets), picture_pts, embeddings),
        cues={
            **{name: movement[:, column] for column, name in enumerate(MEASURES)},
            "bytes_per_second": _bytes_per_second(media, clips),
            **sound,
        },
        shot_boundaries=tuple(sorted(cut * media.time_base for piece in pieces for cut in piece.cuts)),
        backbone=backbone.name,
        fingerprint=backbone.fingerprint,
        num_frames_lost=sum(piece.num_lost for piece in pieces) + media.num_frames_absent,
        num_frames_read=sum(piece.num_read for piece in pieces),
    )


def _pool(
    media: MediaInfo,
    clips: Sequence[Clip],
    targets: NDArray[np.int64],
    picture_pts: NDArray[np.int64],
    embeddings: NDArray[np.float32],
) -> NDArray[np.float32]:
    """float32 (N, 2 * dim): mean and standard deviation over the pictures shown at each clip's targets.

    A clip of which nothing could be decoded takes the picture before it.
    """
    shown = np.maximum(0, np.searchsorted(picture_pts, targets, side="right") - 1)
    times = targets * float(media.time_base)
    begins = np.searchsorted(times, [float(clip.time_range.start) - 1e-9 for clip in clips])
    rows = []
    for begin, end in zip(begins, [*begins[1:], len(targets)], strict=True):
        pictures = embeddings[shown[begin : max(end, begin + 1)]]
        rows.append(np.concatenate([pictures.mean(axis=0), pictures.std(axis=0)]))
    # Rounded as the cache keeps them, so that a run from the cache gives the same scores to the last bit.
    return np.stack(rows).astype(np.float16).astype(np.float32)


def _bytes_per_second(media: MediaInfo, clips: Sequence[Clip]) -> NDArray[np.float32]:
    """float32 (N,): what the encoder spent on frames predicted from others: the more moves, the more."""
    packets = packets_of(media)
    order = np.argsort(packets.pts, kind="stable")
    times = packets.pts[order] * float(media.time_base)
    sizes = np.where(packets.is_key, 0, packets.size)[order].astype(np.float32)
    counts = np.diff(np.searchsorted(times, [float(c.time_range.start) for c in clips] + [np.inf]))
    seconds = np.array([float(c.time_range.duration) for c in clips])
    rate: NDArray[np.float32] = (mean_by_clip(times, sizes[:, None], clips)[:, 0] * counts / seconds).astype(
        np.float32
    )
    return rate
