"""Colour of the hits: procedural albedo, Lambert, Blinn highlight, optional shadows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.simulation.raycast import Hits, RayTarget
from recordings.simulation.scene import Light, Scene
from recordings.simulation.texture import albedo
from tracking.arrays import Float, UInt8
from tracking.transforms import invert, transform_points

Float32 = NDArray[np.float32]

GAMMA = 1 / 2.2  # display encoding of the linear colours
SHADOW_LIFT_MM = 0.3  # start shadow rays off the surface, or it shadows itself
GLOSSIEST_EXPONENT = 400.0  # Blinn exponent at roughness 0; falls to DULLEST at roughness 1
DULLEST_EXPONENT = 8.0
GAMMA_STEPS = 4096  # table of the encoding: finer than 8 bit at the dark end


@dataclass(frozen=True, eq=False)
class Shading:
    """Colour image, and the highlight strength of the hit pixels in row order."""

    color_rgb: UInt8
    highlight: Float32


def shade(
    scene: Scene,
    target: RayTarget,
    hits: Hits,
    directions: Float32,
    camera_from_world: Float,
) -> Shading:
    """Light the hits of one view."""
    is_hit = hits.part_index >= 0
    part_index = hits.part_index[is_hit]
    view = directions[is_hit]
    points = view * hits.distance[is_hit][:, None]
    normals = hits.normals[is_hit]
    to_eye = _unit(-view)
    base, specular, exponent = _materials(scene, part_index, points, camera_from_world)
    diffuse = np.full((len(points), 3), scene.ambient, np.float32)
    highlight = np.zeros((len(points), 3), np.float32)
    for light in scene.lights:
        position = _light_position(light, camera_from_world)
        to_light = _unit(position - points)
        strength = np.float32(light.intensity) * np.array(light.color_rgb, np.float32)
        lambert = np.maximum(np.einsum("ij,ij->i", normals, to_light), 0.0)
        half = _unit(to_light + to_eye)
        lobe = np.maximum(np.einsum("ij,ij->i", normals, half), 0.0) ** exponent
        lobe = np.where(lambert > 0, lobe * specular, np.float32(0.0))
        if light.casts_shadow:
            origins = points + normals * np.float32(SHADOW_LIFT_MM)
            lit = ~target.is_shadowed(origins, np.broadcast_to(position, origins.shape))
            lambert, lobe = lambert * lit, lobe * lit
        diffuse += lambert[:, None] * strength
        highlight += lobe[:, None] * strength
    image = np.empty((*is_hit.shape, 3), np.float32)
    image[:] = np.array(scene.background_rgb, np.float32)
    image[is_hit] = base * diffuse + highlight
    return Shading(_encode(image), highlight.max(axis=1))


def _light_position(light: Light, camera_from_world: Float) -> Float32:
    position = np.array(light.position_mm, np.float64)
    if not light.follows_camera:
        position = transform_points(camera_from_world, position)
    return position.astype(np.float32)


def _materials(
    scene: Scene, part_index: NDArray[np.int16], points: Float32, camera_from_world: Float
) -> tuple[Float32, Float32, Float32]:
    """Albedo (n, 3), highlight strength (n,) and Blinn exponent (n,) of every hit."""
    base = np.empty((len(points), 3), np.float32)
    specular = np.empty(len(points), np.float32)
    exponent = np.empty(len(points), np.float32)
    for index, part in enumerate(scene.parts):
        rows = np.flatnonzero(part_index == index)
        if rows.size == 0:
            continue
        material = part.material
        color = np.array(material.albedo_rgb, np.float32)
        base[rows] = color
        specular[rows] = material.specular
        exponent[rows] = GLOSSIEST_EXPONENT * (DULLEST_EXPONENT / GLOSSIEST_EXPONENT) ** (
            material.roughness
        )
        if material.texture is None and material.ink is None:
            continue
        part_from_camera = invert(camera_from_world @ part.world_from_part).astype(np.float32)
        local = points[rows] @ part_from_camera[:3, :3].T + part_from_camera[:3, 3]
        if material.texture is not None:
            mix = albedo(material.texture, local)[:, None]
            second = np.array(material.texture.second_rgb, np.float32)
            base[rows] += mix * (second - color)
        if material.ink is not None:
            on_paper, brightness = material.ink.albedo(local)
            base[rows[on_paper]] = brightness[on_paper, None]
            specular[rows[on_paper]] = 0.0
    return base, specular, exponent


def _unit(vectors: Float32) -> Float32:
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    unit: Float32 = vectors / np.maximum(length, np.float32(1e-6))[:, None]
    return unit


def _encode(linear: Float32) -> UInt8:
    table = np.round(255 * np.linspace(0, 1, GAMMA_STEPS) ** GAMMA).astype(np.uint8)
    encoded: UInt8 = table[(np.clip(linear, 0, 1) * (GAMMA_STEPS - 1)).astype(np.int32)]
    return encoded
