from __future__ import annotations

from pipeline.cli.progress import lines


def test_a_log_gets_a_line_a_minute_with_what_is_done() -> None:
    said: list[str] = []
    now_s = [0.0]
    report = lines("bench qa", said.append, lambda: now_s[0])
    for second in range(181):
        now_s[0] = float(second)
        report(second, 500)
    assert said == [
        "bench qa: 60 of 500 after 1 min",
        "bench qa: 120 of 500 after 2 min",
        "bench qa: 180 of 500 after 3 min",
    ]


def test_short_work_says_nothing_and_an_unknown_total_is_left_out() -> None:
    said: list[str] = []
    now_s = [0.0]
    report = lines("recording", said.append, lambda: now_s[0])
    now_s[0] = 59.0
    report(1, None)
    assert said == []
    now_s[0] = 61.0
    report(2, None)
    assert said == ["recording: 2 after 1 min"]
