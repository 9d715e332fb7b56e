"""Benchmarks for people: tables of methods by category, beside the numbers of the paper."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from autohighlight.cli.session import Session
from autohighlight.cli.tables import plain_table
from autohighlight_research.benchmark import SELECTOR
from autohighlight_research.benchmark_report import BenchmarkReport, LabelReport, MethodResult
from autohighlight_research.over_seeds import OverSeeds
from autohighlight_research.paper_tables import MEAN, PaperTable
from autohighlight_research.planted import AIM, SHARE, PlantedReport


def print_report(report: BenchmarkReport, session: Session) -> None:
    """Every method by category; then the paper's tables, with the selector beside them if all videos were there."""
    session.print(report.heading)
    session.print(_results_table(report.results))
    session.print(f"{report.benchmark.protocol.description}; {report.features}; recipe {report.recipe.name}")
    session.print(f"{len(report.seeds)} seeds, mean and standard deviation over them")
    if report.num_left_out:
        session.print(f"{report.num_left_out} test videos count nowhere: nobody calls a clip of them a highlight")
    for table in report.paper_tables:
        session.print(f"\nTable {table.number} of the paper: {table.caption}")
        session.print(_paper_table(table, report))


def print_labels(report: LabelReport, session: Session) -> None:
    """What the labels alone say of the test videos, and of all."""
    whole = "" if report.is_complete else ", which are not all of the benchmark's"
    for videos, results in report.results.items():
        session.print(f"{report.benchmark.title}, {videos}{whole}")
        session.print(_results_table(results))
    session.print(report.benchmark.protocol.description)


def _results_table(results: Sequence[MethodResult]) -> Table:
    """A row for each category, then their mean; a column for each method."""
    rows: list[list[str | Text]] = [
        [category, *(_mean(result.by_category[category]) for result in results)] for category in results[0].by_category
    ]
    if len(rows) > 1:
        rows.append([Text(cell, style="bold") for cell in ("mean", *(_mean(result.mean) for result in results))])
    names = [result.method for result in results]
    return plain_table(("", *names), rows, right=names)


def _mean(value: OverSeeds) -> str:
    """``0.610 ± 0.012``; without the deviation where the seeds make no difference."""
    return value.text(3) if len(set(value.values)) > 1 else f"{value.mean:.3f}"


def _paper_table(table: PaperTable, report: BenchmarkReport) -> Table:
    head, columns = list(table.methods), [dict(values) for values in table.methods.values()]
    shown = [{row: _printed(value) for row, value in column.items()} for column in columns]
    if report.is_complete:
        own = report.result(SELECTOR)
        head.append("here")
        shown.append({**{name: _mean(value) for name, value in own.by_category.items()}, MEAN: _mean(own.mean)})
    rows = [[row, *(column.get(row, "-") for column in shown)] for row in columns[0]]
    return plain_table(("", *head), rows, right=head)


def _printed(value: float) -> str:
    """With three digits, or four where the paper prints four."""
    return f"{value:.3f}" if round(value, 3) == value else f"{value:.4f}"


def print_planted(report: PlantedReport, session: Session) -> None:
    """Every recipe, its untrained network, and chance."""
    rows = [(row.method, _mean(row.trained_on), _mean(row.others), row.text) for row in report.rows]
    head = ("", "videos trained on", "other videos", "")
    session.print(plain_table(head, rows, right=head[1:3]))
    session.print(
        f"mean average precision on {report.num_videos} made-up videos, a share {SHARE:g} of whose clips identify "
        f"them; {len(report.seeds)} seeds, mean and standard deviation over them"
    )
    least = min(report.rows[0].trained_on.values)
    words = "reaches" if report.reaches_aim else "does not reach"
    session.print(f"{report.rows[0].method} {words} {AIM:g} with every seed: the least is {least:.3f}")
