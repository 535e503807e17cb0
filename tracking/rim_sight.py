"""Which part of the exit's rim the bed hides from the camera, once the bed is known.

Where the bed stands before the rim, or the rim has sunk into it, the outline's lower end is the
bed's doing and tells nothing of the bevel's roll. A rim that touches all around is taken as it
is: how unevenly tissue covers it is part of its noise.

Fails to: a rim that counts as hidden.
"""

from __future__ import annotations

import numpy as np

from tracking.arrays import Bool, Float, frozen
from tracking.bed import BedSurface, quadratic_height
from tracking.cone_model import EXIT, ConeModel
from tracking.registration import Registration
from tracking.transforms import invert

SUNK_MM = 0.5  # under the bed's surface: less is told from a rim on it by the burial's own sigma
CONTACT_MM = 0.4  # above the bed: nearer, rim and tissue cannot be told apart
CLEAR_GAP_MM, LEANS_SUNK_MM = 1.0, 0.3  # a rim that stands off here and is sunk there: it leans,
# and its outline has been drawn towards the bed, so that it is sunk deeper than it seems
N_STEPS = 10  # along the ray towards the camera
REACH_RADII = 1.5  # so far along it: beyond twice the radius from the axis the bed is not known
_STEPS = frozen(np.linspace(0.0, REACH_RADII, N_STEPS))


def hidden_rim(model: ConeModel, registration: Registration, bed: BedSurface) -> Bool | None:
    """Points of the exit's near edge that the bed hides, (N_CURVE_POINTS,); None: none is known."""
    pose, coefficients = registration.camera_from_applicator, bed.coefficients
    exits = [edge for edge in model.edges if edge.name == EXIT]
    if pose is None or coefficients is None or not exits or not registration.roll_observable:
        return None
    rim = exits[0].points_mm
    camera = invert(pose)[:3, 3]
    towards = camera - rim
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    outer = model.applicator.outer_radius_mm
    along = rim[:, None] + (outer * _STEPS)[None, :, None] * towards[:, None]
    near = np.hypot(along[..., 0], along[..., 1]) < 2 * outer
    clearance = np.where(near, _height_mm(along, bed.fit_from_applicator, coefficients), np.inf)
    faces_camera = np.einsum("ij,ij->i", rim[:, :2], towards[:, :2]) > 0
    hidden: Bool = ~(clearance.min(axis=1) > -SUNK_MM)
    rim_mm = clearance[faces_camera, 0]
    if rim_mm.max(initial=0.0) > CLEAR_GAP_MM and rim_mm.min(initial=0.0) < -LEANS_SUNK_MM:
        hidden |= ~(clearance[:, 0] > CONTACT_MM)
    hidden &= faces_camera
    return hidden if hidden.any() else None


def _height_mm(points: Float, fit_from_applicator: Float, coefficients: Float) -> Float:
    """Height of points (..., 3) in applicator space above the bed, along the bed's own z."""
    local = points @ fit_from_applicator.T
    height: Float = local[..., 2] - quadratic_height(coefficients, local[..., 0], local[..., 1])
    return height
