"""Which pairs of robot pose and picture agree: closed forms of small random subsets, judged by all.

Least median of squares (Rousseeuw 1984): the chain whose middle pose errs least; it stands with up
to half of the pairs wrong. The error of a pose is how far the board's middle and a point one arm
beside it move, in mm at the camera's scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from calibration.hand_eye_closed import QUICK, Chain, solve
from calibration.hand_eye_refine import Refined, distances2_of, refine
from calibration.hand_eye_sight import Mount, Sight
from tracking.arrays import Bool, Float
from tracking.errors import CalibrationError
from tracking.transforms import invert

N_SUBSET = 4
N_SUBSETS = 60  # at 30 % wrong pairs one in four subsets is clean: none in 60 has odds of 1e-7
ARM_MM = 100.0
GROSS_RATIO = 6.0  # of the middle error: leaves out what would spoil the first fit
MAX_DISTANCE2 = 27.86  # chi-square with 6 degrees of freedom: 1 in 10,000
MAX_ROUNDS = 10
MIN_KEPT_SHARE = 0.5


def agreeing(
    sights: Sequence[Sight], mount: Mount, seed: int, n_needed: int
) -> tuple[list[Sight], Bool, Refined]:
    """Return all sights (half turns undone), which of them agree, and their refined chain.

    Raises
    ------
    CalibrationError
        Fewer than `n_needed`, or than half, agree.
    """
    chain = _best_chain(sights, seed)
    sights = [_turned_right(sight, chain) for sight in sights]
    errors = chain_errors(sights, chain)
    kept = errors <= GROSS_RATIO * np.median(errors)
    for _ in range(MAX_ROUNDS):
        _require(kept, n_needed)
        chosen = [sight for sight, is_kept in zip(sights, kept, strict=True) if is_kept]
        starts = solve(chosen) or [chain]
        start = min(starts, key=lambda c: float(np.median(chain_errors(chosen, c))))
        fit = refine(chosen, start, mount)
        again = distances2_of(sights, fit, mount) <= MAX_DISTANCE2
        if np.array_equal(again, kept):
            return list(sights), kept, fit
        kept, chain = again, fit.chain
    return (
        list(sights),
        kept,
        refine(
            [sight for sight, is_kept in zip(sights, kept, strict=True) if is_kept], chain, mount
        ),
    )


def chain_errors(sights: Sequence[Sight], chain: Chain) -> Float:
    """How far the board's points lie from where the chain expects them, mm, per sight."""
    centres = np.array([sight.centre_mm for sight in sights])
    points = centres[:, None] + ARM_MM * np.vstack([np.zeros(3), np.eye(3)])
    poses = np.array([sight.camera_from_board for sight in sights])
    motions = np.array([sight.motion for sight in sights])
    expected = invert(chain.mount_from_camera) @ motions @ chain.other_from_board
    miss = poses - expected
    moved = np.einsum("nij,npj->npi", miss[:, :3, :3], points) + miss[:, None, :3, 3]
    return np.asarray(np.sqrt((moved**2).sum(axis=2).mean(axis=1)))


def _best_chain(sights: Sequence[Sight], seed: int) -> Chain:
    rng = np.random.default_rng(seed)
    chains = solve(sights)
    for _ in range(N_SUBSETS):
        subset = rng.choice(len(sights), size=min(N_SUBSET, len(sights)), replace=False)
        chains += solve([sights[i] for i in sorted(subset.tolist())], QUICK)
    if not chains:
        raise CalibrationError(
            "The poses determine no rig.",
            expected="poses that turn the camera about two axes",
            actual="no solver finds a transform",
            remedy="Turn the robot by 20 to 60 degrees about different axes between pictures.",
        )
    return min(chains, key=lambda chain: _middle(sights, chain))


def _middle(sights: Sequence[Sight], chain: Chain) -> float:
    errors = chain_errors(sights, chain)
    if sights[0].turned_from_board is not None:
        errors = np.minimum(errors, chain_errors([_turned(sight) for sight in sights], chain))
    return float(np.median(errors))


def _turned(sight: Sight) -> Sight:
    if sight.turned_from_board is None:
        return sight
    return replace(sight, camera_from_board=sight.camera_from_board @ sight.turned_from_board)


def _turned_right(sight: Sight, chain: Chain) -> Sight:
    """The sight, its board taken half a turn on where that agrees better with the chain."""
    other = _turned(sight)
    errors = chain_errors([sight, other], chain)
    return sight if errors[0] <= errors[1] else other


def _require(kept: Bool, n_needed: int) -> None:
    if kept.sum() >= max(n_needed, MIN_KEPT_SHARE * len(kept)):
        return
    raise CalibrationError(
        "The robot's poses and the pictures do not agree.",
        expected=f"at least {max(n_needed, int(np.ceil(MIN_KEPT_SHARE * len(kept))))} pairs of "
        f"{len(kept)} that follow one rig",
        actual=f"{int(kept.sum())}",
        remedy="Check that each pose belongs to its picture, that poses are base_from_gripper, and "
        "--mount.",
    )
