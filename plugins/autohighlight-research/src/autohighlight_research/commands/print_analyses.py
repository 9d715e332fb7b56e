"""The analyses for people: their tables, and what they show in words, whichever way it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autohighlight.cli.tables import plain_table
from autohighlight_research import clusters, dropout

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight_research.clusters import ClusterComparison, ClusterReport
    from autohighlight_research.dropout import DropoutReport
    from autohighlight_research.over_seeds import Difference

_COMPACT = {-1: "more compact", 0: "not clearly more or less compact", 1: "less compact"}
_APART = {-1: "nearer to each other", 0: "not clearly farther apart or nearer", 1: "farther apart"}
_FOUND = {
    -1: "finds fewer highlights",
    0: "makes no difference that these videos and seeds show",
    1: "finds more highlights",
}
"""By the sign of a difference."""

_BRACKETS = "(±: standard deviation over them; [95 % interval over videos and seeds])"


def print_clusters(report: ClusterReport, session: Session) -> None:
    """Table 6: the distances, beside the paper's, and a sentence for each selector and labelling."""
    head = ("selector", "labels", "clips", "intra (less is better)", "inter (more is better)")
    rows: list[tuple[str, ...]] = [
        (made.selector, made.labelling, kind, *(clusters.over_seeds(d).text(4) for d in (each.intra, each.inter)))
        for made in report.comparisons
        for kind, each in made.clusters.items()
    ]
    for name, kinds in clusters.PAPER.items():
        rows += [
            (f"the paper's, {name}", "", kind, *(f"{d:.4f}" for d in distances)) for kind, distances in kinds.items()
        ]
    session.print(plain_table(head, rows, right=head[3:]))
    for made in report.comparisons:
        session.print(_verdict(made))
    session.print(
        f"{len(report.videos)} videos, {report.num_clips} clips of either kind, {report.runs.runs} runs with dropout "
        f"{report.dropout:g}, {len(report.seeds)} seeds {_BRACKETS}"
    )
    session.print("labels shifted: a control, the labels moved in time, so that they mean nothing")
    if not report.dropout:
        session.print("this selector has no dropout: all runs are alike")
    print_left_out(report.num_left_out, session)


def _verdict(made: ClusterComparison) -> str:
    do = "form" if made.highlights_cluster_better else "do not form"
    return (
        f"{made.selector}, labels {made.labelling}: highlight clips {do} better clusters: {_COMPACT[made.intra.sign]} "
        f"(intra {_signed(made.intra, 4)}), {_APART[made.inter.sign]} (inter {_signed(made.inter, 4)})"
    )


def _signed(difference: Difference, decimals: int) -> str:
    """``+0.012 [-0.003, +0.027]``."""
    low, high = difference.interval.low, difference.interval.high
    return f"{difference.mean:+.{decimals}f} [{low:+.{decimals}f}, {high:+.{decimals}f}]"


def print_dropout(report: DropoutReport, session: Session) -> None:
    """Table 7: mAP with and without dropout, beside the paper's, and a sentence on the difference."""
    head = ("", "mAP", *(f"the paper's, {name}" for name in dropout.PAPER))
    columns = {dropout.WITHOUT: 0, dropout.WITH: 1}
    rows = []
    for method in report.measures:
        of_paper = [f"{values[columns[method]]:.4f}" if method in columns else "" for values in dropout.PAPER.values()]
        rows.append((method, report.mean(method).text(3), *of_paper))
    session.print(plain_table(head, rows, right=head[1:]))
    session.print(f"training with dropout {_FOUND[report.gain.sign]}: {_signed(report.gain, 3)}")
    session.print(
        f"{len(report.videos)} videos, trained on without their labels; recipe {report.recipe.name}, dropout "
        f"{report.dropout:g}, {len(report.seeds)} seeds {_BRACKETS}"
    )
    session.print(report.protocol.description)
    if report.num_left_out:
        session.print(f"videos in which nothing is to be found, which are only trained on: {report.num_left_out}")


def print_left_out(num_left_out: int, session: Session) -> None:
    """Says so if videos count nowhere."""
    if num_left_out:
        session.print(f"videos with clips of one kind only, which count nowhere: {num_left_out}")
