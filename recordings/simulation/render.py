"""Render a scene: true depth, labels, colour and normals of one pinhole view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.simulation.raycast import Hits, RayTarget
from recordings.simulation.scene import Scene
from recordings.simulation.shading import Shading, shade
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label
from tracking.transforms import check_transform, invert, transform_points

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Rendering:
    """One view without sensor noise; every array is (height, width, ...) in the depth grid.

    Attributes
    ----------
    depth_mm : float32
        True z, 0 where the ray meets nothing.
    labels : uint8
        Codes of `Label`; what meets nothing is OTHER.
    color_rgb : uint8 (height, width, 3)
    normals_camera : float32 (height, width, 3)
        Unit, facing the camera, camera space; zero where there is nothing.
    part_index : int16
        Index into `Scene.parts`, -1 for nothing.
    highlight : float32
        Strength of the specular reflection, 0 and up: what glare is made of.
    depth_loss : float32
        Share of depth lost to transparency, 0..1.
    depth_behind_mm : float32
        True z of what lies behind transparent parts (equal to `depth_mm` elsewhere).
    """

    depth_mm: Float32
    labels: UInt8
    color_rgb: UInt8
    normals_camera: Float32
    part_index: NDArray[np.int16]
    highlight: Float32
    depth_loss: Float32
    depth_behind_mm: Float32


def render(scene: Scene, intrinsics: CameraIntrinsics, camera_from_world: Float) -> Rendering:
    """Render `scene` through integer pixel centres.

    Raises
    ------
    ValueError
        `camera_from_world` is no rigid transform.
    """
    camera_from_world = check_transform("camera_from_world", camera_from_world)
    directions = intrinsics.ray_grid.astype(np.float32)
    target = RayTarget(scene.parts, camera_from_world)
    hits = target.cast(directions)
    shading = shade(scene, target, hits, directions, camera_from_world)
    depth_loss, depth_behind_mm = _transparency(scene, hits, directions, camera_from_world)
    return Rendering(
        depth_mm=hits.distance,
        labels=_label_image(scene, hits.part_index),
        color_rgb=shading.color_rgb,
        normals_camera=hits.normals,
        part_index=hits.part_index,
        highlight=_framed(shading, hits),
        depth_loss=depth_loss,
        depth_behind_mm=depth_behind_mm,
    )


def render_shape(scene: Scene, intrinsics: CameraIntrinsics, camera_from_world: Float) -> Rendering:
    """Render depth, labels and normals alone: black, dull and opaque, and many times quicker.

    Raises
    ------
    ValueError
        `camera_from_world` is no rigid transform.
    """
    camera_from_world = check_transform("camera_from_world", camera_from_world)
    hits = RayTarget(scene.parts, camera_from_world).cast(intrinsics.ray_grid.astype(np.float32))
    nothing = np.zeros(hits.distance.shape, np.float32)
    return Rendering(
        depth_mm=hits.distance,
        labels=_label_image(scene, hits.part_index),
        color_rgb=np.zeros((*nothing.shape, 3), np.uint8),
        normals_camera=hits.normals,
        part_index=hits.part_index,
        highlight=nothing,
        depth_loss=nothing,
        depth_behind_mm=hits.distance,
    )


def _framed(shading: Shading, hits: Hits) -> Float32:
    highlight = np.zeros(hits.distance.shape, np.float32)
    highlight[hits.part_index >= 0] = shading.highlight
    return highlight


def _label_image(scene: Scene, part_index: NDArray[np.int16]) -> UInt8:
    codes = np.append(scene.label_codes, np.uint8(Label.OTHER))  # index -1 is the last
    labels: UInt8 = codes[part_index]
    return labels


def _transparency(
    scene: Scene, hits: Hits, directions: Float32, camera_from_world: Float
) -> tuple[Float32, Float32]:
    losses = np.array([part.material.transparent_depth for part in scene.parts] + [0.0], np.float32)
    loss = losses[hits.part_index]
    if not loss.any():
        return loss, hits.distance
    loss = np.where(_on_paper(scene, hits, directions, camera_from_world), np.float32(0.0), loss)
    if not loss.any():
        return loss, hits.distance
    opaque = [part for part in scene.parts if part.material.transparent_depth == 0]
    behind = RayTarget(opaque, camera_from_world).cast(directions).distance
    return loss, np.where(loss > 0, behind, hits.distance)


def _on_paper(
    scene: Scene, hits: Hits, directions: Float32, camera_from_world: Float
) -> NDArray[np.bool_]:
    """Where a ray meets the paper of a collar first: opaque, whatever wears it."""
    on_paper = np.zeros(hits.part_index.shape, bool)
    for index, part in enumerate(scene.parts):
        ink = part.material.ink
        if ink is None or part.material.transparent_depth == 0:
            continue
        seen = hits.part_index == index
        points = directions[seen] * hits.distance[seen][:, None]
        part_from_camera = invert(camera_from_world @ part.world_from_part)
        local = transform_points(part_from_camera, points).astype(np.float32)
        on_paper[seen] = ink.albedo(local)[0]
    return on_paper
