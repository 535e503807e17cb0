from __future__ import annotations

import pytest
from pydantic import Field

from tracking.errors import ConfigurationError
from tracking.strict_toml import Pair, StrictFile, StrictTable, parse_toml
from tracking.toml_refusal import nearest


class Inner(StrictTable):
    length_mm: float
    count: int = 1


class Example(StrictFile):
    name: str
    inner: Inner
    entries: dict[str, Inner] = Field(default={})
    pair: Pair = Field(default=[0.0, 0.0])


GOOD = 'schema = 1\nname = "a"\n[inner]\nlength_mm = 2.5\n'


def refusal(text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        parse_toml(text, Example, "example.toml")
    assert "example.toml" in caught.value.what
    return caught.value


def test_a_valid_file_is_read_as_written() -> None:
    example = parse_toml(GOOD, Example, "example.toml")
    assert (example.name, example.inner.length_mm, example.inner.count) == ("a", 2.5, 1)


def test_a_whole_number_is_a_number() -> None:
    text = GOOD.replace("2.5", "2")
    assert parse_toml(text, Example, "example.toml").inner.length_mm == 2.0


def test_unknown_key_names_its_path_and_the_nearest_known_one() -> None:
    error = refusal(GOOD + "cuont = 2\n")
    assert "unknown key inner.cuont" in error.what
    assert "Did you mean count?" in error.remedy


def test_misspelt_key_is_told_as_unknown_before_it_is_told_as_missing() -> None:
    error = refusal(GOOD.replace("length_mm", "length_cm"))
    assert "unknown key inner.length_cm" in error.what
    assert "Did you mean length_mm?" in error.remedy
    assert "Further problems: inner.length_mm" in error.remedy


def test_unknown_key_without_resemblance_suggests_nothing() -> None:
    error = refusal(GOOD + "zzz = 2\n")
    assert "Did you mean" not in error.remedy
    assert "length_mm, count" in error.expected


def test_unknown_key_inside_a_table_of_tables() -> None:
    error = refusal(GOOD + "[entries.first]\nlength_mm = 1.0\ncoumt = 3\n")
    assert "unknown key entries.first.coumt" in error.what
    assert "Did you mean count?" in error.remedy


@pytest.mark.parametrize(
    ("old", "new", "key", "expected", "actual"),
    [
        ('"a"', "3", "name", "text in quotes", "3"),
        ("2.5", '"2.5"', "inner.length_mm", "a number", '"2.5"'),
        ("2.5", "true", "inner.length_mm", "a number", "true"),
        ("2.5", "nan", "inner.length_mm", "a finite number", "nan"),
        ("2.5", "-inf", "inner.length_mm", "a finite number", "-inf"),
        ("2.5", "2.5\ncount = 1.0", "inner.count", "a whole number", "1.0"),
        ("2.5", "2026-01-01", "inner.length_mm", "a number", "2026-01-01"),
        ('"a"', '"a"\npair = [1.0]', "pair", "2 elements", "[1.0]"),
        ('"a"', '"a"\npair = [1.0, nan]', "pair[1]", "a finite number", "nan"),
    ],
)
def test_wrong_value_tells_key_expected_and_actual(
    old: str, new: str, key: str, expected: str, actual: str
) -> None:
    error = refusal(GOOD.replace(old, new))
    assert f"the value of {key} " in error.what
    assert (error.expected, error.actual) == (expected, actual)


def test_missing_key_tells_what_belongs_there() -> None:
    error = refusal(GOOD.replace("length_mm = 2.5", ""))
    assert "the key inner.length_mm is missing" in error.what
    assert error.expected == "a number"


def test_missing_table_tells_its_mandatory_keys() -> None:
    error = refusal('schema = 1\nname = "a"\n')
    assert "the key inner is missing" in error.what
    assert error.expected == "a table with length_mm"


@pytest.mark.parametrize("version", ["2", "0", '"1"', "true", "1.0"])
def test_another_schema_is_refused_before_anything_else(version: str) -> None:
    error = refusal(f"schema = {version}\nwhatever = 1\n")
    assert "another schema" in error.what
    assert error.actual == f"schema = {version}"


def test_no_schema_is_refused() -> None:
    assert "does not say" in refusal(GOOD.replace("schema = 1", "")).what


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("schema = 1\nname = \n", id="no value"),
        pytest.param("schema = 1\nschema = 1\n", id="key twice"),
        pytest.param("a = " + "[" * 5000, id="nesting beyond the parser"),
        pytest.param("a = " + "9" * 5000, id="integer beyond the parser"),
    ],
)
def test_bad_syntax_is_refused(text: str) -> None:
    assert "is not valid TOML" in refusal(text).what


def test_bad_syntax_names_the_line() -> None:
    assert "line 2" in refusal("schema = 1\nname = \n").actual


def test_long_values_are_shortened_in_messages() -> None:
    error = refusal(GOOD.replace("2.5", '"' + "x" * 500 + '"'))
    assert len(error.actual) <= 60


def test_nearest_ignores_case_and_orders_by_likeness() -> None:
    assert nearest("mob-d60-b15", ["MOB-D30-B15", "MOB-D60-B15"])[0] == "MOB-D60-B15"
    assert nearest("nothing", ["MOB-D30-B15"]) == []
