"""Compiled loops: what they take, what they give, and that no old machine code is ever run."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tracking.arrays import Bool, Float
from tracking.compiled import compiled, part
from tracking.loop_types import FLAGS, NEW_VECTOR, REAL, ROWS, VECTOR, array_out

ROOT = Path(__file__).resolve().parents[3]
MARKS = {"compiled", "part"}


@part
def weighted(value: float, weight: float) -> float:
    return value * weight


@compiled(REAL, ROWS, VECTOR, FLAGS)
def weighted_sum(rows: Float, weights: Float, is_counted: Bool) -> float:
    total = 0.0
    for index in range(len(rows)):
        if is_counted[index]:
            total += weighted(rows[index, 0], weights[index])
    return total


@compiled(NEW_VECTOR, VECTOR)
def reciprocals(values: Float) -> Float:
    result = np.empty(len(values))
    for index in range(len(values)):
        result[index] = 1.0 / values[index]
    return result


@compiled(REAL, array_out(REAL, 1))
def doubled_in_place(values: Float) -> float:
    for index in range(len(values)):
        values[index] *= 2.0
    return float(values[0])


class TestArguments:
    rows = np.arange(12.0).reshape(6, 2)
    weights = np.linspace(1.0, 2.0, 6)
    is_counted = np.array([True, False, True, True, False, True])
    expected = float((rows[:, 0] * weights)[is_counted].sum())

    def test_as_declared(self) -> None:
        assert weighted_sum(self.rows, self.weights, self.is_counted) == pytest.approx(
            self.expected, rel=1e-15
        )

    @pytest.mark.parametrize(
        "rows",
        [
            np.asfortranarray(rows),
            np.repeat(rows, 2, axis=0)[::2],
            rows.astype(np.float32),
            np.frombuffer(rows.tobytes()).reshape(6, 2),  # read-only
        ],
        ids=["by column", "strided", "single", "read-only"],
    )
    def test_other_layouts_and_types_mean_the_same(self, rows: np.ndarray) -> None:
        assert weighted_sum(rows, self.weights, self.is_counted) == weighted_sum(
            self.rows, self.weights, self.is_counted
        )

    def test_names_decide_over_the_order(self) -> None:
        assert weighted_sum(
            self.rows, is_counted=self.is_counted, weights=self.weights
        ) == weighted_sum(self.rows, self.weights, self.is_counted)

    def test_what_is_filled_in_place_is_the_caller_s(self) -> None:
        values = np.array([1.0, 2.0])
        assert doubled_in_place(values) == 2.0
        assert values.tolist() == [2.0, 4.0]

    def test_what_is_filled_in_place_is_never_copied(self) -> None:
        with pytest.raises(TypeError):
            doubled_in_place(np.arange(4.0)[::2])

    def test_a_wrong_number_of_axes_is_refused(self) -> None:
        with pytest.raises(TypeError):
            reciprocals(self.rows)


def test_division_by_zero_and_nan_are_as_in_numpy() -> None:
    values = np.array([0.0, -0.0, np.nan, 2.0])
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(reciprocals(values), 1.0 / values)


def test_what_is_written_is_what_is_compiled() -> None:
    values = np.random.default_rng(1).uniform(0.1, 5.0, 1000)
    np.testing.assert_array_equal(reciprocals(values), inspect.unwrap(reciprocals)(values))


def marked_functions(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text())
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            marks = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
            if MARKS & {one.id for one in marks if isinstance(one, ast.Name)}:
                found[node.name] = node
    return found


FILES_WITH_LOOPS = [
    path
    for folder in ("tracking", "models", "recordings", "pipeline")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "tracking.compiled import" in path.read_text()
]


@pytest.mark.parametrize("path", FILES_WITH_LOOPS, ids=lambda path: path.stem)
def test_machine_code_depends_on_its_own_file_alone(path: Path) -> None:
    """Numba makes machine code anew when its file changes, and knows of no other file.

    A function or a number that came from another file could change and leave the old code.
    """
    imported = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
        if node.module.split(".")[0] in {"tracking", "models", "recordings", "pipeline"}
    } - MARKS
    for name, node in marked_functions(path).items():
        used = {
            inner.id
            for statement in node.body
            for inner in ast.walk(statement)
            if isinstance(inner, ast.Name)
        }
        assert not used & imported, f"{name} uses {sorted(used & imported)} of another file"


LOOP = """
from tracking.compiled import compiled
from tracking.loop_types import REAL

@compiled(REAL, REAL)
def doubled(value: float) -> float:
    return 2.0 * value

print(doubled(3.0))
"""


IMPORTED = """
import sys
import pipeline.measurer
print("numba" in sys.modules)
from tracking.compiled import load_loops
load_loops()
print("numba" in sys.modules)
"""


def test_a_program_that_measures_nothing_waits_for_no_loop() -> None:
    command = [sys.executable, "-c", IMPORTED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


class TestKeptCode:
    """Of a file of its own, run by a process of its own."""

    @pytest.fixture
    def loop(self, tmp_path: Path) -> Path:
        (tmp_path / "loop.py").write_text(LOOP)
        return tmp_path

    def run(self, folder: Path, **settings: str) -> str:
        command = [sys.executable, "-c", "import loop"]
        found = {"PATH": "", "HOME": str(folder), "PYTHONPATH": f"{folder}:{ROOT}"}
        done = subprocess.run(
            command,
            cwd=folder,
            env=found | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def kept(self, folder: Path) -> list[Path]:
        return sorted(folder.rglob("*.nb[ic]"))

    def test_it_is_kept_and_used_again(self, loop: Path) -> None:
        assert self.run(loop) == "6.0"
        before = {path: path.stat().st_mtime_ns for path in self.kept(loop)}
        assert len(before) == 2
        assert self.run(loop) == "6.0"
        assert {path: path.stat().st_mtime_ns for path in self.kept(loop)} == before

    def test_it_is_made_anew_when_its_file_changes(self, loop: Path) -> None:
        assert self.run(loop) == "6.0"
        (loop / "loop.py").write_text(LOOP.replace("2.0 * value", "20.0 * value"))
        assert self.run(loop) == "60.0"

    @pytest.mark.parametrize("n_bytes", [0, 5, 40])
    def test_a_torn_index_costs_a_compilation_and_no_session(
        self, loop: Path, n_bytes: int
    ) -> None:
        assert self.run(loop) == "6.0"
        index = next(path for path in self.kept(loop) if path.suffix == ".nbi")
        index.write_bytes(index.read_bytes()[:n_bytes])
        assert self.run(loop) == "6.0"

    def test_where_nothing_can_be_kept_it_is_compiled_for_the_run(self, loop: Path) -> None:
        nowhere = "EnvironmentLocator"
        (loop / "nowhere.py").write_text(
            f"class {nowhere}:\n"
            "    @classmethod\n"
            "    def from_function(cls, function, path):\n"
            "        return None\n"
        )
        assert self.run(loop, NUMBA_CACHE_LOCATOR_CLASSES=f"nowhere.{nowhere}") == "6.0"
        assert self.kept(loop) == []
