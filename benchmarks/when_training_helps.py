"""When training without labels makes attention find highlights: accuracy over steps, on collections of several kinds.

    python benchmarks/when_training_helps.py [--parts curves number options labels] [--plot FILE.png]

Each collection is trained on without its labels and measured with them, each step by the package's own losses.
*curves*: mAP after so many steps, beside chance and the untrained network, with what can be seen without labels.
*number*: the same recipe on more and more videos. *options*: hard negatives and pieces beside the paper's random ones.
*labels*: half of the videos labelled, measured on the other half, beside a linear regression on the same labels.

Mean and sample standard deviation over seeds. One thread a process; features come from the cache where they are there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from half_labelled import chance_of_rest, half_labelled, halves, ridge_of_rest
from jobs import Jobs
from labelled_collections import Collection, Material, composed, load, of_kind
from PIL import Image
from step_curves import Curve, between_videos, follow, identifying
from study_picture import Dot, Line, Panel, draw
from tables import print_provenance, print_table

from autohighlight.training.options import TrainingOptions
from autohighlight.training.outlook import AGREEMENT, agreement, outlook
from autohighlight.training.recipes import PAPER, Recipe
from autohighlight_research.over_seeds import OverSeeds

REPOSITORY = Path(__file__).resolve().parents[1]
PARTS = ("curves", "number", "options", "labels")
STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)
OPTION_STEPS = 100
SMALL_BATCH = 8
"""Videos in a batch where hard negatives are compared: fewer than there are, or there is nothing to choose."""
PIECE_CLIPS = 8
NUMBERS = (8, 24, 96)

SCALED = Recipe("scaled", "", "mean", {"scaled": True}, TrainingOptions(learning_rate=1e-4))
STANDARDISED = replace(SCALED, name="standardised", options=TrainingOptions(learning_rate=1e-4, standardise=True))
STILLNESS = Recipe(
    "stillness",
    "",
    "step",
    {"scaled": True, "feed_forward_residual": True, "encoding": "stillness"},
    TrainingOptions(learning_rate=1e-4),
)
STEPS_AS_THEY_ARE = replace(SCALED, name="steps", feature_kind="step")
RECIPES = (PAPER, SCALED, STANDARDISED, STILLNESS, STEPS_AS_THEY_ARE)
ABOUT = {
    "paper": "mean features as they are, unscaled attention, Adam 1e-5",
    "scaled": "mean features as they are, attention / sqrt(d), Adam 1e-4",
    "standardised": "the same on standardised features",
    "steps": "the steps as they are, attention / sqrt(d), Adam 1e-4",
    "stillness": "exp(-change) of the steps, attention / sqrt(d), Adam 1e-4: how the selector in the package is made",
}


def main() -> None:
    arguments = parse_arguments()
    print_provenance()
    material = load(arguments.shared)
    jobs = Jobs(arguments.processes)
    parts = {"curves": print_curves, "number": print_number, "options": print_options, "labels": print_labels}
    for part in arguments.parts:
        parts[part](material, jobs, arguments)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=REPOSITORY.parent / "shared", help="folder of media and labels")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="measure these alone")
    parser.add_argument("--collections", nargs="+", help="of the curves: these alone")
    parser.add_argument("--recipes", nargs="+", choices=ABOUT, default=list(ABOUT), help="of the curves: these alone")
    parser.add_argument("--seeds", type=int, default=5, help="how many trainings each")
    parser.add_argument("--steps", type=int, default=200, help="of the curves: how far")
    parser.add_argument("--d", type=int, default=128, help="width of the selector; the paper's is 512, and slower")
    parser.add_argument("--processes", type=int, default=2, help="how many at a time, one thread each")
    parser.add_argument("--plot", type=Path, help="draw the curves into this PNG")
    return parser.parse_args()


def of_width(recipe: Recipe, d: int) -> Recipe:
    return replace(recipe, choices={**recipe.choices, "d": d})


def print_curves(material: Material, jobs: Jobs, arguments: argparse.Namespace) -> None:
    """Accuracy over steps of each recipe on each collection; then whether anything seen without labels foretold it."""
    at = [step for step in STEPS if step <= arguments.steps]
    names = arguments.collections or [name for name in material.collections if name != "footage"]  # two of the others
    chosen = [material.collections[name] for name in names]
    pairs = [
        (collection, of_width(recipe, arguments.d))
        for collection in chosen
        for recipe in RECIPES
        if recipe.name in arguments.recipes and collection.has(recipe.feature_kind)
    ]
    seeds = range(arguments.seeds)
    curves = jobs.run(follow, [(collection, recipe, seed, at) for collection, recipe in pairs for seed in seeds])
    grouped = [curves[i : i + len(seeds)] for i in range(0, len(curves), len(seeds))]
    print(f"\n## curves\n\nd {arguments.d}, {arguments.seeds} seeds, batches of 32 or of all there are. Recipes:")
    print(*(f"  {name}: {ABOUT[name]}" for name in arguments.recipes), "", sep="\n")
    print_collections(chosen)
    header = ["collection", "recipe", *(f"{step} steps" for step in at)]
    rows = []
    for (collection, recipe), group in zip(pairs, grouped, strict=True):
        accuracies = [OverSeeds.of(curve.accuracy[step] for curve in group).text(3) for step in at]
        rows.append([collection.name, recipe.name, *accuracies])
    print_table([header, *rows])
    print_measures(pairs, grouped)
    if arguments.plot:
        picture = draw(panels(pairs, grouped), dots(pairs, grouped), at, AGREEMENT)
        picture.quantize(128, dither=Image.Dither.NONE).save(arguments.plot, optimize=True)
        print(f"\ndrew {arguments.plot}")


def print_collections(collections: Sequence[Collection]) -> None:
    rows = [["collection", "videos", "clips", "about", "between videos", "chance", "identifying", "clips that move"]]
    for collection in collections:
        features = collection.features("mean")
        rows.append([
            collection.name, str(len(features)), str(sum(map(len, features))), collection.about,
            f"{between_videos(features):.2f}", f"{collection.chance:.3f}",
            f"{collection.measure(identifying(features)):.3f}",
            f"{collection.measure([rows.mean(1) for rows in collection.features('step')]):.3f}"
            if collection.has("step") else "",
        ])  # fmt: skip
    print_table(rows)
    print()


def print_measures(pairs: Sequence[tuple[Collection, Recipe]], grouped: Sequence[Sequence[Curve]]) -> None:
    """What a run shows without labels beside what came of it, and how the two go together over all rows."""
    header = ["collection", "recipe", "first loss", "after 20", "last", "negatives", "seeds agree", "entropy",
              "over chance", "over untrained", "outlook"]  # fmt: skip
    rows, measures = [header], []
    for (collection, recipe), group in zip(pairs, grouped, strict=True):
        first = OverSeeds.of(curve.shares[0] for curve in group)
        early = OverSeeds.of(np.mean(curve.shares[:20][-5:]) for curve in group)
        last = OverSeeds.of(np.mean(curve.shares[-10:]) for curve in group)
        negative = OverSeeds.of(curve.history[0].negative_similarity for curve in group)
        agreed = seeds_agree(group)
        entropy = OverSeeds.of(curve.entropy for curve in group)
        over_chance = OverSeeds.of(curve.last - collection.chance for curve in group)
        over_untrained = OverSeeds.of(curve.last - curve.accuracy[0] for curve in group)
        seen = [first, early, last, negative, agreed, entropy]
        kinds = outlooks(group, agreed.mean)
        texts = [each.text(2) for each in seen]
        rows.append([collection.name, recipe.name, *texts, over_chance.text(3), over_untrained.text(3), kinds])
        measures.append([each.mean for each in (*seen, over_chance, over_untrained)])
    print("\nWhat a run shows without labels (losses as shares of log B), and what came of it:\n")
    print_table(rows)
    if len(measures) > 2:
        values = np.array(measures)
        print(
            "\nSpearman correlation, over the rows, of what is seen with mAP over chance / over the untrained network:"
        )
        for number, name in enumerate(header[2:8]):
            both = [spearman(values[:, number], values[:, gain]) for gain in (6, 7)]
            print(f"  {name}: {both[0]:+.2f} / {both[1]:+.2f}")


def outlooks(group: Sequence[Curve], agreed: float) -> str:
    """What the package says of each training, the most frequent first."""
    kinds = [outlook(curve.history, curve.batch_size, agreed).kind for curve in group]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds), key=kinds.count, reverse=True))


def print_number(material: Material, jobs: Jobs, arguments: argparse.Namespace) -> None:
    """More and more videos composed of the same CCTV clips, each time measured on the spliced set."""
    action, recipe = material.collections["action"], of_width(SCALED, arguments.d)
    idle, fights = (
        [of_kind(rows, recipe.feature_kind) for rows in clips] for clips in (material.idle, material.fights)
    )
    runs = []
    for number in NUMBERS:
        for seed in range(arguments.seeds):
            runs.append((action, recipe, seed, (0, OPTION_STEPS), composed(idle, fights, number, seed)))
    curves = jobs.run(_follow_on, runs)
    print(f"\n## number of videos\n\n{recipe.name}, {OPTION_STEPS} steps, measured on action "
          f"(chance {action.chance:.3f}):\n")  # fmt: skip
    rows = [["composed videos", "untrained", "trained", "last loss / log B"]]
    for i, number in enumerate(NUMBERS):
        group = curves[i * arguments.seeds : (i + 1) * arguments.seeds]
        columns = [[c.accuracy[0] for c in group], [c.last for c in group], [c.shares[-1] for c in group]]
        rows.append([str(number), *(OverSeeds.of(column).text(3) for column in columns)])
    print_table(rows)


def _follow_on(collection: Collection, recipe: Recipe, seed: int, at: Sequence[int], features: list[Any]) -> Curve:
    return follow(collection, recipe, seed, at, train_features=features)


def print_options(material: Material, jobs: Jobs, arguments: argparse.Namespace) -> None:
    """Hard negatives and pieces beside the paper's random negatives and whole videos."""
    names = [name for name in ("planted 0", "planted 2", "action", "footage", "rated") if name in material.collections]
    ways: dict[str, dict[str, Any]] = {
        "as in the paper": {},
        f"random, batches of {SMALL_BATCH}": {"batch_size": SMALL_BATCH},
        f"hard, batches of {SMALL_BATCH}": {"batch_size": SMALL_BATCH, "negatives": "hard"},
        f"pieces of {PIECE_CLIPS}": {"pieces": PIECE_CLIPS},
    }
    runs = [
        (base, way, name, of_width(replace(base, options=replace(base.options, **changes)), arguments.d))
        for base in (PAPER, SCALED, STILLNESS)
        for way, changes in ways.items()
        for name in names
        if material.collections[name].has(base.feature_kind)
    ]
    seeds = range(arguments.seeds)
    jobs_of = [(material.collections[name], recipe, s, (OPTION_STEPS,)) for *_, name, recipe in runs for s in seeds]
    curves = iter(jobs.run(follow, jobs_of))
    cells = {(base.name, way, name): OverSeeds.of(next(curves).last for _ in seeds) for base, way, name, _ in runs}
    print(f"\n## negatives and pieces\n\nmAP after {OPTION_STEPS} steps:\n")
    rows = [["recipe", "negatives, pieces", *names]]
    rows.append(["", "chance", *(f"{material.collections[name].chance:.3f}" for name in names)])
    for base, way in dict.fromkeys((base, way) for base, way, _ in cells):
        found = [cells.get((base, way, name)) for name in names]
        rows.append([base, way, *(each.text(3) if each else "" for each in found)])
    print_table(rows)


def print_labels(material: Material, jobs: Jobs, arguments: argparse.Namespace) -> None:
    """Half of the videos labelled; measured on the others, which are trained on without their labels."""
    splits = {
        name: [(collection, halves(collection, seed)) for seed in range(arguments.seeds)]
        for name, collection in material.collections.items()
        if name in ("planted 2", "action", "footage", "rated")
    }
    if "footage" in splits:
        splits["joined, for other"] = [(material.collections["footage"], material.joined)] * arguments.seeds
    recipes = {
        f"labels, weight {weight:g}" if weight else "no labels": replace(
            of_width(SCALED, arguments.d), options=replace(SCALED.options, label_weight=weight)
        )
        for weight in (0.0, 1.0, 10.0)
    }
    ways: dict[str, Callable[[Collection, Sequence[int]], float]] = {
        "chance": chance_of_rest,
        "ridge regression on the labels": ridge_of_rest,
    }
    rows = [["", *splits]]
    for way, function in ways.items():
        rows.append([way, *(OverSeeds.of(function(*pair) for pair in pairs).text(3) for pairs in splits.values())])
    values = iter(
        jobs.run(
            half_labelled,
            [
                (collection, recipe, seed, OPTION_STEPS, labelled)
                for recipe in recipes.values()
                for pairs in splits.values()
                for seed, (collection, labelled) in enumerate(pairs)
            ],
        )
    )
    for way in recipes:
        cells = [OverSeeds.of(next(values) for _ in pairs).text(3) for pairs in splits.values()]
        rows.append([f"{SCALED.name}, {way}", *cells])
    print(f"\n## labels\n\nmAP on the unlabelled half of the videos after {OPTION_STEPS} steps:\n")
    print_table(rows)


def panels(pairs: Sequence[tuple[Collection, Recipe]], grouped: Sequence[Sequence[Curve]]) -> list[Panel]:
    """One panel a collection, one line a recipe."""
    drawn: dict[str, Panel] = {}
    for (collection, recipe), group in zip(pairs, grouped, strict=True):
        panel = drawn.setdefault(collection.name, Panel(collection.name, collection.about, collection.chance, []))
        steps = list(group[0].accuracy)
        over_seeds = [OverSeeds.of(curve.accuracy[step] for curve in group) for step in steps]
        panel.lines.append(Line(recipe.name, [o.mean for o in over_seeds], [o.deviation for o in over_seeds]))
    return list(drawn.values())


def dots(pairs: Sequence[tuple[Collection, Recipe]], grouped: Sequence[Sequence[Curve]]) -> list[Dot]:
    """One dot a recipe and collection; none of a single seed."""
    return [
        Dot(recipe.name, seeds_agree(group).mean, OverSeeds.of(curve.last - collection.chance for curve in group).mean)
        for (collection, recipe), group in zip(pairs, grouped, strict=True)
        if len(group) > 1
    ]


def seeds_agree(group: Sequence[Curve]) -> OverSeeds:
    """Agreement of every two seeds; NaN of a single one."""
    return OverSeeds.of([agreement(a.attention, b.attention) for a, b in combinations(group, 2)] or [np.nan])


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    return agreement([a], [b])


if __name__ == "__main__":
    main()
