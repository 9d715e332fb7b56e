"""The simulated cluster against cases that can be worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.cluster_model import GBIT, Costs, Shape, nodes_needed, simulate

PLAIN = Costs(400.0, 0.0, 0.0, GBIT, 0.0)
"""400 core-seconds and 1 Gbit an hour of footage."""


def test_videos_are_shared_out_evenly() -> None:
    result = simulate(Shape("", 2, 8), PLAIN, [1.0] * 8)
    assert result.seconds == pytest.approx(200.0)  # 4 tasks at once, each on 4 cores: 100 s a video
    assert result.bounds["cores"] == pytest.approx(200.0)
    assert result.bottleneck == "cores"
    assert result.busy("cores") == pytest.approx(1.0)
    assert (result.copying, result.most_bytes_on_a_node) == (0.0, 0.0)


def test_the_last_long_video_runs_alone() -> None:
    result = simulate(Shape("", 1, 8), PLAIN, [1.0, 1.0, 1.0, 1.0, 10.0])
    assert result.seconds == pytest.approx(200.0 + 1000.0)
    assert result.busy("cores") == pytest.approx(700 / 1200)
    assert result.bounds["longest video"] == pytest.approx(1000.0)
    assert result.bottleneck == "longest video"


def test_a_copy_comes_before_the_work_and_its_cores_wait() -> None:
    one = Shape("", 1, 4, copies=True, gbit=10.0, connection_gbit=0.01)
    result = simulate(one, PLAIN, [1.0, 1.0])
    assert result.seconds == pytest.approx(2 * (100.0 + 100.0))
    assert result.copying == pytest.approx(0.5)
    assert result.most_bytes_on_a_node == pytest.approx(GBIT)


def test_copies_of_a_node_share_its_network() -> None:
    shape = Shape("", 1, 8, copies=True, gbit=0.01, connection_gbit=1.0)
    result = simulate(shape, PLAIN, [1.0, 2.0])
    # Both copy at half the rate until the first has its 1 Gbit (200 s); the second has one more, alone (100 s).
    assert result.seconds == pytest.approx(300.0 + 200.0)
    assert result.most_bytes_on_a_node == pytest.approx(3 * GBIT)
    assert result.bounds["network"] == pytest.approx(300.0)


def test_a_slow_disk_is_read_while_the_work_goes_on() -> None:
    result = simulate(Shape("", 1, 4, gbit=0.001), PLAIN, [1.0])
    assert result.seconds == pytest.approx(1000.0)
    assert result.bottleneck == "disk"


def test_a_gpu_is_shared_by_the_tasks_of_its_node() -> None:
    costs = Costs(400.0, 0.0, 300.0, 0.0, 0.0)
    result = simulate(Shape("", 1, 8, gpus=1), costs, [1.0] * 4)
    assert result.seconds == pytest.approx(4 * 300.0)
    assert result.bottleneck == "GPU"


def test_one_program_hands_out_the_work() -> None:
    costs = Costs(0.0, 4.0, 0.0, 0.0, 1.0)
    result = simulate(Shape("", 100, 4), costs, [0.01] * 50)
    assert result.seconds == pytest.approx(50.0 + 1.0)
    assert result.bottleneck == "driver"


def test_work_stretches_over_several_cores() -> None:
    costs = Costs(400.0, 8.0, 0.0, 0.0, 0.0, stretch=1.25)
    assert simulate(Shape("", 1, 4), costs, [1.0]).seconds == pytest.approx(408 / 4 * 1.25)


def test_the_smallest_number_of_nodes() -> None:
    shape, result = nodes_needed(Shape("", 1, 4), PLAIN, [1.0] * 30, 601.0)
    assert shape.num_nodes == 5
    assert result.seconds == pytest.approx(600.0)
    with pytest.raises(ValueError, match="not enough"):
        nodes_needed(Shape("", 1, 4), PLAIN, [1.0], 1.0)
