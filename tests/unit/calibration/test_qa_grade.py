"""Figures against limits: four outcomes, and everything that is not a figure fails."""

from __future__ import annotations

from datetime import timedelta
from math import inf, nan
from pathlib import Path

import pytest

from calibration.qa.grade import grade, judge, limits_text, overall
from calibration.qa.outcome import Outcome, worst
from calibration.qa.protocol import MANDATORY_METRICS, CheckLimits, ProtocolName
from calibration.qa.protocol_file import SHIPPED_DIR, parse_protocol, read_protocol
from calibration.qa_metric import Metric
from tracking.errors import ConfigurationError

DEVIATION = CheckLimits("deviation", failure=0.5, alert=0.3, note=0.1)
MAXIMUM = CheckLimits("maximum", failure=3.0, alert=2.0, note=1.0)
MINIMUM = CheckLimits("minimum", failure=90.0, alert=95.0, note=98.0)
DAILY = (SHIPPED_DIR / "daily.toml").read_text()


@pytest.mark.parametrize(
    ("limits", "value", "outcome"),
    [
        (DEVIATION, 0.1, Outcome.PASS),
        (DEVIATION, -0.2, Outcome.NOTE),
        (DEVIATION, 0.31, Outcome.ALERT),
        (DEVIATION, -0.5, Outcome.ALERT),
        (DEVIATION, 0.51, Outcome.FAILURE),
        (MAXIMUM, -7.0, Outcome.PASS),
        (MAXIMUM, 3.0, Outcome.ALERT),
        (MAXIMUM, 3.1, Outcome.FAILURE),
        (MINIMUM, 98.0, Outcome.PASS),
        (MINIMUM, 97.0, Outcome.NOTE),
        (MINIMUM, 91.0, Outcome.ALERT),
        (MINIMUM, 89.9, Outcome.FAILURE),
        (DEVIATION, nan, Outcome.FAILURE),
        (MINIMUM, inf, Outcome.FAILURE),
        (MAXIMUM, -inf, Outcome.FAILURE),
    ],
)
def test_outcomes(limits: CheckLimits, value: float, outcome: Outcome) -> None:
    assert judge(limits, value) is outcome


def test_the_worst_counts_and_nothing_is_a_failure() -> None:
    assert worst([Outcome.PASS, Outcome.ALERT, Outcome.NOTE]) is Outcome.ALERT
    assert worst([]) is Outcome.FAILURE


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "deviation", "failure": 0.1, "alert": 0.3},
        {"kind": "minimum", "failure": 95.0, "alert": 90.0},
        {"kind": "deviation", "failure": nan},
        {"kind": "deviation", "failure": -0.1},
        {"kind": "maximum", "failure": 1.0, "target": 2.0},
    ],
)
def test_limits_that_contradict_themselves_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"limits|severe|target"):
        CheckLimits(**values)  # type: ignore[arg-type]


def passing() -> list[Metric]:
    values = {
        "serial_matches": 1.0,
        "grid_matches": 1.0,
        "calibration_days_left": 20.0,
        "frames_used": 40.0,
        "fill_rate": 99.5,
        "plane_fit_rms": 0.9,
        "temporal_noise": 0.2,
        "warm_up_minutes": 35.0,
        "obstruction_reported": 1.0,
    }
    checks = read_protocol(ProtocolName.DAILY).checks
    return [Metric(c.metric, values.get(c.metric, 0.0), c.unit) for c in checks]


def test_a_good_day_passes() -> None:
    assert overall(grade(read_protocol(ProtocolName.DAILY), passing())) is Outcome.PASS


@pytest.mark.parametrize("index", range(18))
def test_each_figure_that_is_missing_fails_the_day(index: int) -> None:
    metrics = passing()
    assert len(metrics) == 18
    del metrics[index]
    results = grade(read_protocol(ProtocolName.DAILY), metrics)
    assert [r.message for r in results if not r.outcome.is_accepted] == ["not measured"]


def test_another_unit_fails() -> None:
    metrics = [m if m.name != "phantom_shift" else Metric(m.name, 0.0, "m") for m in passing()]
    results = grade(read_protocol(ProtocolName.DAILY), metrics)
    assert overall(results) is Outcome.FAILURE


def test_a_figure_that_is_too_uncertain_fails() -> None:
    def with_sigma(sigma: float) -> Outcome:
        metrics = [
            m if m.name != "plane_bias" else Metric(m.name, 0.0, "mm", sigma) for m in passing()
        ]
        return overall(grade(read_protocol(ProtocolName.DAILY), metrics))

    assert with_sigma(0.05) is Outcome.PASS
    assert with_sigma(0.11) is Outcome.FAILURE
    assert with_sigma(nan) is Outcome.FAILURE


def test_two_figures_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two figures"):
        grade(read_protocol(ProtocolName.DAILY), [*passing(), passing()[0]])


@pytest.mark.parametrize("name", list(ProtocolName))
def test_the_shipped_protocols_can_be_read(name: ProtocolName) -> None:
    protocol = read_protocol(name)
    assert protocol.name is name
    assert set(MANDATORY_METRICS) <= set(protocol.required_metrics())
    daily = {c.metric for c in read_protocol(ProtocolName.DAILY).checks}
    assert daily <= {c.metric for c in protocol.checks}


def test_after_a_change_everything_is_checked() -> None:
    everything = {c.metric for n in ProtocolName for c in read_protocol(n).checks}
    assert {c.metric for c in read_protocol(ProtocolName.AFTER_CHANGE).checks} == everything


def test_a_sites_own_copy_is_read_and_has_an_id_of_its_own(tmp_path: Path) -> None:
    text = DAILY.replace("valid_hours = 12.0", "valid_hours = 8.0")
    (tmp_path / "daily.toml").write_text(text)
    own = read_protocol(ProtocolName.DAILY, tmp_path)
    assert own.valid_for == timedelta(hours=8)
    assert own.id != read_protocol(ProtocolName.DAILY).id
    assert read_protocol(ProtocolName.MONTHLY, tmp_path) == read_protocol(ProtocolName.MONTHLY)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("valid_hours = 12.0", "valid_hours = 25.0", "at most"),
        ("valid_hours = 12.0", "valid_hours = -1.0", "valid_hours"),
        ('name = "daily"', 'name = "monthly"', "another protocol"),
        ('metric = "phantom_shift"', 'metric = "something"', "no required check"),
        ("failure = 0.5\n", "failure = 0.1\n", "mild to severe"),
        ("schema = 1", "schema = 2", "schema"),
        ("n_frames = 40", "n_frames = 3", "n_frames"),
        ('title = "Daily QA"', 'title = "Daily QA"\nextra = 1', "extra"),
    ],
)
def test_an_edited_protocol_cannot_prove_less(old: str, new: str, says: str) -> None:
    assert old in DAILY
    with pytest.raises(ConfigurationError) as refused:
        parse_protocol(DAILY.replace(old, new, 1), ProtocolName.DAILY, "daily.toml")
    assert says in str(refused.value)


def test_a_mandatory_check_cannot_be_made_optional() -> None:
    text = DAILY.replace('metric = "plane_bias"', 'metric = "plane_bias"\nrequired = false')
    with pytest.raises(ConfigurationError, match="no protocol"):
        parse_protocol(text, ProtocolName.DAILY, "daily.toml")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('metric = "latency_p99"\nmanual = true', "`qa latency`"),
        ('metric = "phantom_scatter"\nmanual = true', "the run"),
        ('metric = "made_up"', "manual = true"),
        ('metric = "made_up"\nmanual = true\nmax_age_hours = 169.0', "max_age_hours"),
    ],
)
def test_a_protocol_cannot_have_typed_what_the_software_measures(lines: str, says: str) -> None:
    more = f'\n[check.more]\ntitle = "More"\n{lines}\nunit = "ms"\nfailure = 1.0\n'
    with pytest.raises(ConfigurationError) as refused:
        parse_protocol(DAILY + more, ProtocolName.DAILY, "daily.toml")
    assert says in str(refused.value)


def test_what_needs_a_person_is_assumed_only_where_it_is_said_so() -> None:
    protocol = read_protocol(ProtocolName.DAILY)
    metrics = [m for m in passing() if m.name not in protocol.personal_metrics]
    assert len(metrics) == 18 - 3
    assert overall(grade(protocol, metrics)) is Outcome.FAILURE
    results = grade(protocol, metrics, protocol.personal_metrics)
    assert overall(results) is Outcome.PASS
    assert sum(r.message.startswith("assumed") for r in results) == 3


@pytest.mark.parametrize(
    ("name", "outcome"),
    [(ProtocolName.DAILY, Outcome.NOTE), (ProtocolName.AFTER_CHANGE, Outcome.ALERT)],
)
def test_steps_that_nobody_confirmed_are_no_pass(name: ProtocolName, outcome: Outcome) -> None:
    limits = {c.id: c.limits for c in read_protocol(name).checks}["steps"]
    assert judge(limits, 0.0) is Outcome.PASS
    assert judge(limits, 1.0) is outcome
    assert all(step.needs_person for step in read_protocol(name).steps)


def test_the_protocols_hold_what_users_know() -> None:
    daily = {c.metric for c in read_protocol(ProtocolName.DAILY).checks}
    assert daily >= {"view_covered", "obstruction_reported", "warm_up_minutes"}
    monthly = {c.metric: c for c in read_protocol(ProtocolName.MONTHLY).checks}
    assert set(monthly) >= {"phantom_scatter", "dynamic_localisation_error"}
    assert monthly["angle_block_error"].nominals == (0.0, 15.0, 30.0)
    assert monthly["standoff_block_error"].nominals == (5.0, 10.0, 20.0)


def test_limits_are_told_in_words() -> None:
    assert limits_text(DEVIATION, "mm") == "within 0.1 / 0.3 / 0.5 mm"
    assert limits_text(MINIMUM, "%") == "at least 98 / 95 / 90 %"
