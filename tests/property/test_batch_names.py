"""Whatever inputs are called, their results are called apart, and stay in the output folder."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from autohighlight.batch.inputs import Input
from autohighlight.batch.names import portable, same_name_key
from autohighlight.batch.outputs import plan_names

# Few characters, and those that make trouble, so that names meet often.
parts = st.one_of(
    st.text(alphabet="aA.\\: ~e\u00e9\u0301ßs\n\udcff", min_size=1, max_size=4),
    st.sampled_from(
        ["..", ".", "con", "CON", "a.mp4", "a.mov", "A.mp4", "a.highlights.mp4", "summary.json", "C:", "x" * 250]
    ),
    st.text(min_size=1, max_size=300).map(lambda text: text.replace("/", "").replace("\0", "") or "_"),
)
names = st.lists(parts, min_size=1, max_size=3).map(lambda some: PurePosixPath(*some))
roots = st.sampled_from(["/x/cam1", "/x/cam2", "/x", "s3://bucket", "https://h/d"])
many_inputs = st.lists(st.tuples(roots, names), max_size=12, unique_by=lambda pair: (pair[0], str(pair[1]))).map(
    lambda pairs: [Input(f"{root}/{name}", name) for root, name in pairs]
)


def check(stems: Sequence[PurePosixPath]) -> None:
    """They are told apart by any disk, and lead nowhere else."""
    assert len({same_name_key(stem) for stem in stems}) == len(stems)
    assert len({unicodedata.normalize("NFC", str(stem)).casefold() for stem in stems}) == len(stems)
    assert len({unicodedata.normalize("NFC", str(stem).casefold()) for stem in stems}) == len(stems)
    for stem in stems:
        assert len(str(stem).splitlines()) == 1
        assert str(stem).encode()
        assert (Path("/out") / stem).resolve().is_relative_to("/out")
        windows = PureWindowsPath(str(stem))
        assert not windows.anchor
        assert windows.parts == stem.parts
        assert not any(
            part.startswith(".") or part.endswith((".", " ")) or len(part.encode()) > 255 for part in stem.parts
        )
        assert not any(".highlights" in part.casefold() for part in stem.parts[:-1])


@given(many_inputs)
def test_results_are_called_apart_and_stay_in_the_output_folder(inputs: list[Input]) -> None:
    stems = plan_names(inputs)
    assert list(stems) == list(dict.fromkeys(each.source for each in inputs))
    check(list(stems.values()))


@given(many_inputs, st.data())
def test_what_has_a_name_keeps_it_whatever_comes(inputs: list[Input], data: st.DataObject) -> None:
    sources = sorted({each.source for each in inputs})
    old = data.draw(st.lists(st.sampled_from(sources), unique=True)) if sources else []
    before = plan_names([each for each in inputs if each.source in old])
    gone = data.draw(st.lists(st.sampled_from(old), unique=True)) if old else []
    after = plan_names([each for each in inputs if each.source not in gone], before)
    assert {source: after[source] for source in before if source not in gone} == {
        source: stem for source, stem in before.items() if source not in gone
    }
    check([*after.values(), *(before[source] for source in gone)])


@given(many_inputs, st.randoms(use_true_random=False))
def test_the_order_has_no_say(inputs: list[Input], random: Random) -> None:
    shuffled = inputs[:]
    random.shuffle(shuffled)
    assert plan_names(shuffled) == plan_names(inputs)


@given(names)
def test_a_name_that_is_fit_stays_as_it_is(name: PurePosixPath) -> None:
    assert portable(portable(name)) == portable(name)
