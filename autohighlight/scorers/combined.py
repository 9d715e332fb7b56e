"""Several scorers as one: ``contrastive+audio:0.3``.

Scorers have scales of their own: one gives peaks, another numbers that crowd at one end. So each clip's score is first
turned into its distance from the video's mean, in standard deviations of that scorer in that video. All scorers then
have the same spread, whatever theirs was, and a weight says what it seems to say. The combined score is the weighted
mean of these, moved and stretched to [0, 1]. Where no two clips differ to a scorer, it has no say.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autohighlight.errors import OptionError, printable

if TYPE_CHECKING:
    from autohighlight.config import ScoreOptions
    from autohighlight.types import FeatureTrack, ScoreTrack

    ScoreFunction = Callable[[FeatureTrack, ScoreOptions], ScoreTrack]

_WEIGHT = re.compile(r"\d{1,6}(?:\.\d{1,9})?")

MOST_TERMS = 16
"""Of one combination; beyond it lies a slip."""

_HINT = "write scorers with a + between them, each with its weight after a colon unless that is 1: fusion+centre:0.3"


@dataclass(frozen=True)
class Term:
    """One scorer of a combination, and how much it counts."""

    name: str
    weight: float = 1.0


def parse_terms(text: str, known: Collection[str]) -> tuple[Term, ...]:
    """The scorers that a name stands for, in the order in which they are named, but for those of weight 0.

    A name that is known stands for itself, as ``movement+spread``, whatever is in it. Any other is divided at ``+``,
    into the longest names that are known: ``movement+spread+centre`` is ``movement+spread`` and ``centre``.

    Args:
        text: as it stands after ``--scorer``.
        known: the names of scorers; it may hold more than it counts, as families of names.

    Raises:
        OptionError: a scorer is unknown or named twice, a weight is no number, or all are 0.
    """
    if not text or text in set(known):
        return (Term(text),)
    words = text.split("+")
    if len(words) > MOST_TERMS:
        raise OptionError(f"{len(words)} scorers are more than can be combined", f"name at most {MOST_TERMS}")
    terms = _divided(words, known)
    if terms is None:
        raise _fault(words, known)
    names = [term.name for term in terms]
    for name in names:
        if names.count(name) > 1:
            raise OptionError(f"the scorer {printable(name)} is named twice", "add the weights up")
    if not any(term.weight for term in terms):
        raise OptionError(f"{printable(text)}: every scorer has weight 0", _HINT)
    return tuple(term for term in terms if term.weight)


def _divided(words: Sequence[str], known: Collection[str]) -> list[Term] | None:
    """The terms that the words make, those that come first as long as can be; None where they make none."""
    if not words:
        return []
    for number in range(len(words), 0, -1):
        term = _term("+".join(words[:number]), known)
        rest = _divided(words[number:], known) if term is not None else None
        if term is not None and rest is not None:
            return [term, *rest]
    return None


def _term(text: str, known: Collection[str]) -> Term | None:
    if text in set(known):
        return Term(text)
    name, _, weight = text.rpartition(":")
    if name in known and _WEIGHT.fullmatch(weight):
        return Term(name, float(weight))
    return Term(text) if text in known and "+" not in text else None  # of a family, as timm:resnet18


def _fault(words: Sequence[str], known: Collection[str]) -> OptionError:
    """What is wrong with words that make no terms."""
    for word in words:
        if _term(word, known) is None:
            name, colon, weight = word.rpartition(":")
            if colon and name in known:
                return OptionError(f"the weight of {printable(name)} cannot be {printable(weight)!r}", _HINT)
            if not word:
                return OptionError(f"{printable('+'.join(words))}: a scorer is missing beside a +", _HINT)
            return UnknownScorerError(name if colon and _WEIGHT.fullmatch(weight) else word)
    return OptionError(f"{printable('+'.join(words))} cannot be read", _HINT)


class UnknownScorerError(OptionError):
    """No scorer has that name."""

    def __init__(self, name: str):
        super().__init__(f"no scorer is called {printable(name)!r}", _HINT)
        self.args = (name,)
        self.name = name


def find_scorer(text: str, scorers: Mapping[str, ScoreFunction]) -> ScoreFunction:
    """The scorer of that name, or one that combines those that are named.

    Args:
        text: as it stands after ``--scorer``.
        scorers: by name; asked for a name that it does not have, it says what there is.

    Raises:
        OptionError: see `parse_terms`.
    """
    try:
        terms = parse_terms(text, scorers)
    except UnknownScorerError as error:
        if error.name != text:
            scorers[error.name]  # says which there are
            raise
        return scorers[text]
    if terms[0].name == text:
        return scorers[text]
    if len(terms) == 1:
        return functools.partial(_alone, scorers[terms[0].name], terms[0].name)
    return functools.partial(_combined, text, [(term, scorers[term.name]) for term in terms])


def _alone(scorer: ScoreFunction, name: str, features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    return scorer(features, dataclasses.replace(options, scorer=name))


def _combined(
    text: str, terms: Sequence[tuple[Term, ScoreFunction]], features: FeatureTrack, options: ScoreOptions
) -> ScoreTrack:
    tracks = {term.name: scorer(features, dataclasses.replace(options, scorer=term.name)) for term, scorer in terms}
    return combine_tracks(text, tracks, {term.name: term.weight for term, _ in terms})


def combine_tracks(name: str, tracks: Mapping[str, ScoreTrack], weights: Mapping[str, float]) -> ScoreTrack:
    """One score of several of the same clips.

    The parts are those of all, each with the weight of its scorer. Where two scorers have different parts of one name,
    each is called by its scorer as well.

    Args:
        name: of the combination.
        tracks: name of the scorer -> its scores, at least one.
        weights: name of the scorer -> how much it counts, above 0.
    """
    from autohighlight.scorers.ranks import scaled_to_unit, weighted_mean, z_scores  # noqa: PLC0415 -- numpy, for --help
    from autohighlight.types import ScoreTrack  # noqa: PLC0415

    on_one_scale = {scorer: z_scores(track.values) for scorer, track in tracks.items()}
    values = scaled_to_unit(weighted_mean(on_one_scale, weights))
    named = [part for track in tracks.values() for part in track.parts]
    parts, part_weights = {}, {}
    for scorer, track in tracks.items():
        for part, part_ranks in track.parts.items():
            own = part if named.count(part) == 1 else f"{part} ({scorer})"
            parts[own] = part_ranks
            part_weights[own] = weights[scorer] * track.part_weights.get(part, 1.0)
    return ScoreTrack(next(iter(tracks.values())).clips, values, name, parts, part_weights)
