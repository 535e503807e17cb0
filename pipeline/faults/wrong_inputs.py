"""Wrong plan, patient, mirror, unit, cone and bevel: every way that is tried, and its right reason.

Every case is a right set-up (its twin, which must become READY) and the same with one thing wrong.
The persons' papers are those of the right one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.faults import input_damage as damage
from pipeline.faults.loading_path import (
    Loaded,
    Outcome,
    load,
    run,
    run_changed,
    run_loaded,
    run_unnoticed,
)
from pipeline.faults.set_up import SetUp, arming_session, right_set_up

Kind = Literal["plan", "patient", "mirror", "unit", "cone", "bevel"]

# What a rig that puts the camera elsewhere makes of a docking, in any order
MISPLACED = ("SSD_", "DOCKING_GAP_", "LATERAL_", "TILT_")


@dataclass(frozen=True)
class WrongInput:
    """One way to be wrong.

    Attributes
    ----------
    expects : tuple of str
        Parts of what may be told first; one of them must be in it.
    from_dicom : bool
        The plan comes as a DICOM file.
    is_late : bool
        It happens after the time-out, while the session is READY.
    papers_agree : bool
        The persons' papers are of the wrong set-up, too: they cannot notice.
    """

    kind: Kind
    name: str
    damage: damage.Damage
    expects: tuple[str, ...]
    from_dicom: bool = False
    is_late: bool = False
    papers_agree: bool = False


WRONG_INPUTS: tuple[WrongInput, ...] = (
    WrongInput("plan", "another plan", damage.another_plan, ("Different: plan, patient",)),
    WrongInput("plan", "former revision", damage.another_revision, ("Different: plan.",)),
    WrongInput(
        "plan", "revised after the time-out", damage.another_revision, ("NO_TIMEOUT",), is_late=True
    ),
    WrongInput(
        "plan",
        "area drawn anew after the time-out",
        damage.another_area,
        ("NO_TIMEOUT",),
        is_late=True,
    ),
    WrongInput(
        "plan",
        "not approved",
        damage.set_plan("approved", lambda _rng: False),
        ("PLAN_NOT_APPROVED",),
        papers_agree=True,
    ),
    WrongInput(
        "plan",
        "not approved, DICOM",
        damage.unapproved,
        ("is not approved",),
        from_dicom=True,
        papers_agree=True,
    ),
    WrongInput(
        "plan",
        "another machine",
        damage.set_plan("machine", lambda _rng: "liac"),
        ("for another machine",),
    ),
    WrongInput("plan", "looser than the site", damage.looser, ("is looser than the site",)),
    WrongInput("patient", "another patient", damage.another_patient, ("Different: plan, patient",)),
    WrongInput(
        "patient",
        "another patient, DICOM",
        damage.another_patient,
        ("Different: plan, patient",),
        from_dicom=True,
    ),
    WrongInput("patient", "one person says no", damage.denied("patient"), ("Different: patient.",)),
    WrongInput(
        "patient",
        "another patient's structure set",
        damage.other_structures,
        ("is another patient's",),
        from_dicom=True,
    ),
    WrongInput(
        "patient",
        "another patient after the time-out",
        damage.another_patient,
        ("NO_TIMEOUT",),
        is_late=True,
    ),
    WrongInput("mirror", "rig mirrored", damage.mirrored_rig, ("is mirrored",)),
    WrongInput("mirror", "rig with two axes turned", damage.turned_rig, MISPLACED),
    WrongInput(
        "mirror", "another position", damage.other_position, ("lies otherwise",), from_dicom=True
    ),
    WrongInput(
        "mirror",
        "pitch mirrored",
        damage.mirrored_pitch,
        ("head pitch is beyond",),
        from_dicom=True,
    ),
    WrongInput(
        "mirror",
        "region mirrored",
        damage.mirrored_region,
        ("does not meet the area",),
        from_dicom=True,
    ),
    WrongInput("unit", "source distance", damage.plan_ssd_in_unit, ("source to surface distance",)),
    WrongInput(
        "unit",
        "source distance, DICOM",
        damage.dicom_ssd_in_unit,
        ("source to surface distance",),
        from_dicom=True,
    ),
    WrongInput("unit", "docking gap", damage.gap_in_unit, ("docks otherwise",)),
    WrongInput("unit", "energy", damage.energy_in_kev, ("no such energy",)),
    WrongInput("unit", "energy, DICOM", damage.energy_in_kev, ("no such energy",), from_dicom=True),
    WrongInput("unit", "head angle", damage.angle_in_radians, ("in radians?",)),
    WrongInput(
        "unit", "head angle, DICOM", damage.angle_in_radians, ("in radians?",), from_dicom=True
    ),
    WrongInput(
        "unit",
        "opening, DICOM",
        damage.opening_in_unit,
        ("opening of the plan's applicator",),
        from_dicom=True,
    ),
    WrongInput(
        "unit", "contours, DICOM", damage.region_in_unit, ("make no sense",), from_dicom=True
    ),
    WrongInput("unit", "camera's place", damage.rig_in_unit, MISPLACED),
    WrongInput("unit", "catalogue", damage.catalogue_in_unit, ("catalogue entry disagree",)),
    WrongInput("cone", "another in the room", damage.other_cone_in_the_room, ("OTHER_CONE",)),
    WrongInput(
        "cone",
        "swapped after the time-out",
        damage.other_cone_in_the_room,
        ("WRONG_APPLICATOR",),
        is_late=True,
    ),
    WrongInput(
        "cone", "another planned", damage.other_cone_planned, ("Different: plan, applicator",)
    ),
    WrongInput(
        "cone",
        "another planned, DICOM",
        damage.other_cone_planned,
        ("Different: plan, applicator",),
        from_dicom=True,
    ),
    WrongInput(
        "cone",
        "id that no cone has, DICOM",
        damage.applicator_id(lambda made, rng: f"C{rng.choice([2, 9, 60])}B{made.cone[1]:g}"),
        ("is not one entry of the catalogue",),
        from_dicom=True,
    ),
    WrongInput(
        "cone",
        "opening of another, DICOM",
        damage.opening_of_another_cone,
        ("opening of the plan's applicator",),
        from_dicom=True,
    ),
    WrongInput(
        "cone",
        "diameter mistyped in the catalogue",
        damage.other_diameter_catalogued,
        ("catalogue entry disagree",),
    ),
    WrongInput(
        "cone",
        "entry changed after the time-out",
        damage.other_length_catalogued,
        ("NO_TIMEOUT",),
        is_late=True,
    ),
    WrongInput("bevel", "another in the room", damage.other_bevel_in_the_room, ("OTHER_CONE",)),
    WrongInput(
        "bevel",
        "swapped after the time-out",
        damage.other_bevel_in_the_room,
        ("WRONG_APPLICATOR",),
        is_late=True,
    ),
    WrongInput(
        "bevel", "another planned", damage.other_bevel_planned, ("Different: plan, applicator",)
    ),
    WrongInput(
        "bevel",
        "another planned, DICOM",
        damage.other_bevel_planned,
        ("Different: plan, applicator",),
        from_dicom=True,
    ),
    WrongInput(
        "bevel",
        "id that no cone has, DICOM",
        damage.applicator_id(lambda made, rng: f"C{made.cone[0] / 10:g}B{rng.choice([45, 5, 20])}"),
        ("is not one entry of the catalogue",),
        from_dicom=True,
    ),
    WrongInput(
        "bevel",
        "id without bevel, DICOM",
        damage.applicator_id(lambda made, _rng: f"C{made.cone[0] / 10:g}"),
        ("cannot read the plan's applicator id",),
        from_dicom=True,
    ),
    WrongInput(
        "bevel",
        "mistyped in the catalogue",
        damage.other_bevel_catalogued,
        ("catalogue entry disagree",),
    ),
)


@dataclass(frozen=True, eq=False)
class InputCase:
    """A wrong input, and the set-up that it strikes."""

    wrong: WrongInput
    right: SetUp

    @property
    def name(self) -> str:
        """`kind: what`."""
        return f"{self.wrong.kind}: {self.wrong.name}"

    @cached_property
    def _loaded(self) -> Loaded:
        return load(self.right)

    def run_twin(self) -> Outcome:
        """Run the set-up without the fault: it must become READY."""
        return run_loaded(self._loaded)

    def run(self) -> Outcome:
        """Run the set-up with the fault: it must not, and say why.

        Raises
        ------
        FaultError
            A late fault came before READY: the twin is not READY either.
        """
        rng = np.random.default_rng([self.right.seed, 227])
        struck = self.wrong.damage(self.right.copied(), rng)
        if self.wrong.is_late:
            return run_changed(self._loaded, struck)
        if self.wrong.papers_agree:
            return run_unnoticed(struck)
        return run(struck, self._loaded.running)

    def is_expected(self, outcome: Outcome) -> bool:
        """Whether what is told first is what the case is about."""
        return any(part in outcome.first for part in self.wrong.expects)


def wrong_input_cases(n_cases: int, seed: int, first: int = 0) -> Iterator[InputCase]:
    """Yield cases `first` .. of all ways to be wrong in turn, each on a set-up of its own."""
    for index in range(first, first + n_cases):
        wrong = WRONG_INPUTS[index % len(WRONG_INPUTS)]
        session_seed = arming_session(seed * 1_000_003 + index)
        yield InputCase(wrong, right_set_up(session_seed, from_dicom=wrong.from_dicom))
