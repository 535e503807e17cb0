"""Quick rendering of a training view: one cast, one shading pass, world space, linear light.

Made for speed and variety, not for the exactness of `recordings.simulation.render`: a scene's
triangles are prepared once for all its views.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.training.scenes.lights import Lighting
from models.training.scenes.shading import Surface, shade
from models.training.scenes.tracing import traced
from recordings.simulation.raycast import Hits, RayTarget
from recordings.simulation.scene import Part
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label
from tracking.transforms import invert

Float32 = NDArray[np.float32]

HIDING_MM = 0.5  # nearer than the cone by more than this hides it: above what casting errs by
GLANCE_STRIDE_PX = 12  # grid on which a view is judged before it is rendered
TOO_CLOSE_MM, MOST_CLOSE_SHARE = 90.0, 0.1
MOST_OCCLUDER_SHARE, LEAST_HIT_SHARE = 0.6, 0.3
COVER_STRIDE_PX = 4  # grid on which the cone's hidden share is counted


@dataclass(frozen=True, eq=False)
class Photo:
    """One view without a sensor's faults; every array is (height, width, ...).

    Attributes
    ----------
    light_rgb : float32 (height, width, 3)
        Linear, 0 dark, 1 white, may exceed 1.
    depth_mm : float32
        True z, 0 where the ray meets nothing.
    behind_mm : float32
        True z of what lies behind see-through parts, elsewhere `depth_mm`.
    depth_loss : float32
        Share of depth lost to see-through surfaces.
    highlight : float32
        Strength of lamps' reflections.
    albedo : float32
        Mean albedo: what the imagers of the depth camera see by.
    labels : uint8
        Codes of `Label`.
    """

    light_rgb: Float32
    depth_mm: Float32
    behind_mm: Float32
    depth_loss: Float32
    highlight: Float32
    albedo: Float32
    labels: UInt8


@dataclass(frozen=True, eq=False)
class _Behind:
    """Light (n, 3) and depth (n,) behind see-through pixels."""

    light_rgb: Float32
    depth_mm: Float32


class Studio:
    """A scene's parts, ready to be photographed from several places."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = list(parts)
        self._target = RayTarget(self._parts, np.eye(4))

    @cached_property
    def _opaque(self) -> tuple[list[Part], RayTarget]:
        """What is behind see-through things."""
        opaque = [part for part in self._parts if not _is_see_through(part)]
        return opaque, RayTarget(opaque, np.eye(4))

    def photograph(
        self, intrinsics: CameraIntrinsics, camera_from_world: Float, lighting: Lighting
    ) -> Photo:
        """Render one view."""
        world_from_camera = invert(camera_from_world)
        eye = world_from_camera[:3, 3].astype(np.float32)
        rays = world_rays(intrinsics, world_from_camera)
        hits = traced(self._target, rays, eye)
        surface = Surface(self._parts, hits, rays, eye)
        shading = shade(surface, lighting, self._target, world_from_camera)
        depth_loss = _looked_up([p.material.transparent_depth for p in self._parts], hits)
        behind_mm = hits.distance
        clearness = _looked_up([p.material.transparency for p in self._parts], hits)
        is_clear = (clearness > 0) | (depth_loss > 0)
        if is_clear.any():
            seen = self._behind(rays[is_clear][None], lighting, world_from_camera)
            behind_mm = behind_mm.copy()
            behind_mm[is_clear] = seen.depth_mm
            front = shading.light_rgb[is_clear]
            share = clearness[is_clear][:, None]
            shading.light_rgb[is_clear] = front + share * (seen.light_rgb - front)
        return Photo(
            light_rgb=shading.light_rgb,
            depth_mm=hits.distance,
            behind_mm=behind_mm,
            depth_loss=depth_loss,
            highlight=shading.highlight,
            albedo=shading.albedo,
            labels=_labels(self._parts, hits),
        )

    def shows(self, intrinsics: CameraIntrinsics, camera_from_world: Float) -> bool:
        """Whether a view shows the scene, not the inside of a sleeve or what fills the image."""
        world_from_camera = invert(camera_from_world)
        rays = world_rays(intrinsics, world_from_camera, GLANCE_STRIDE_PX)
        hits = self._target.cast(rays, world_from_camera[:3, 3].astype(np.float32))
        is_hit = hits.part_index >= 0
        is_close = is_hit & (hits.distance < TOO_CLOSE_MM)
        in_the_way = np.mean(_labels(self._parts, hits) == Label.OCCLUDER)
        return bool(
            is_close.mean() < MOST_CLOSE_SHARE
            and in_the_way < MOST_OCCLUDER_SHARE
            and is_hit.mean() > LEAST_HIT_SHARE
        )

    def _behind(self, rays: Float32, lighting: Lighting, world_from_camera: Float) -> _Behind:
        """Light and depth of what opaque things the rays (1, n, 3) meet."""
        parts, target = self._opaque
        eye = world_from_camera[:3, 3].astype(np.float32)
        hits = target.cast(rays, eye)
        surface = Surface(parts, hits, rays, eye)
        light = shade(surface, lighting, None, world_from_camera).light_rgb
        return _Behind(light[0], hits.distance[0])


class Cover:
    """A cone alone, to tell how much of it other things hide."""

    def __init__(self, cone_parts: Sequence[Part]) -> None:
        self._target = RayTarget(cone_parts, np.eye(4))

    def hidden_fraction(
        self, intrinsics: CameraIntrinsics, camera_from_world: Float, seen_depth_mm: Float32
    ) -> float | None:
        """Share of the cone's pixels that something else hides; None with none in the image."""
        world_from_camera = invert(camera_from_world)
        step = COVER_STRIDE_PX
        rays = world_rays(intrinsics, world_from_camera, step)
        alone = self._target.cast(rays, world_from_camera[:3, 3].astype(np.float32))
        is_cone = alone.part_index >= 0
        if not is_cone.any():
            return None
        seen = seen_depth_mm[::step, ::step][is_cone]
        return float(np.mean((seen > 0) & (seen < alone.distance[is_cone] - HIDING_MM)))


def world_rays(intrinsics: CameraIntrinsics, world_from_camera: Float, step_px: int = 1) -> Float32:
    """Rays through pixel centres in world axes, of length 1 along the camera's z: (h, w, 3)."""
    rotation = world_from_camera[:3, :3]
    u = (np.arange(0, intrinsics.width, step_px) - intrinsics.cx) / intrinsics.fx
    v = (np.arange(0, intrinsics.height, step_px) - intrinsics.cy) / intrinsics.fy
    across = (u[:, None] * rotation[:, 0] + rotation[:, 2]).astype(np.float32)
    down = (v[:, None] * rotation[:, 1]).astype(np.float32)
    return down[:, None] + across[None]


def _is_see_through(part: Part) -> bool:
    return part.material.transparent_depth > 0 or part.material.transparency > 0


def _looked_up(values: list[float], hits: Hits) -> Float32:
    table = np.array([*values, 0.0], np.float32)  # index -1, nothing, is the last
    image: Float32 = table[hits.part_index]
    return image


def _labels(parts: list[Part], hits: Hits) -> UInt8:
    codes = np.array([*(part.label for part in parts), Label.OTHER], np.uint8)
    labels: UInt8 = codes[hits.part_index]
    return labels
