"""Light that the hits of one view send to the camera, in one pass for all materials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.scenes.lights import Lighting
from recordings.simulation.raycast import Hits, RayTarget
from recordings.simulation.scene import Light, Part
from recordings.simulation.shading import DULLEST_EXPONENT, GLOSSIEST_EXPONENT, SHADOW_LIFT_MM
from recordings.simulation.texture import albedo
from tracking.arrays import Float
from tracking.transforms import invert, transform_points

Float32 = NDArray[np.float32]

SHINY = 0.3  # highlight strength above which a surface mirrors its surroundings
SHADOW_STRIDE_PX = 2  # shadows are cast on this grid and spread smoothly
CREVICE_BOX_PX, CREVICE_MM = 25, 25.0  # how far crevices are darkened, how deep is darkest
MIRROR_TURNS = 2.5  # bright and dark zones of the mirrored room


class Surface:
    """The hits (height, width) of one view: points, normals and materials as planes."""

    def __init__(self, parts: Sequence[Part], hits: Hits, rays: Float32, eye_mm: Float32) -> None:
        self.shape = hits.distance.shape
        self.distance_mm = hits.distance
        self.index = hits.part_index
        self.view = _planes(rays)
        self.points: Float32 = self.view * hits.distance + eye_mm[:, None, None]
        normals = _planes(hits.normals)  # means of neighbours' are shorter than 1
        length = np.sqrt(np.maximum(_dot(normals, normals), np.float32(1e-6)))
        self.normals: Float32 = np.divide(normals, length, dtype=np.float32)
        length = np.sqrt(_dot(self.view, self.view))
        self.to_eye: Float32 = np.divide(self.view, -length, dtype=np.float32)
        self.base = self._base(parts)
        materials = [part.material for part in parts]
        self.specular = self._looked_up([m.specular for m in materials])
        ratio = DULLEST_EXPONENT / GLOSSIEST_EXPONENT
        exponents = [GLOSSIEST_EXPONENT * ratio**m.roughness for m in materials]
        self.exponent = self._looked_up(exponents)

    def _looked_up(self, values: list[float]) -> Float32:
        table = np.array([*values, 0.0], np.float32)  # index -1, nothing, is the last
        plane: Float32 = table[self.index]
        return plane

    def _base(self, parts: Sequence[Part]) -> Float32:
        """Albedo (3, height, width)."""
        base = np.stack(
            [
                self._looked_up([p.material.albedo_rgb[channel] for p in parts])
                for channel in (0, 1, 2)
            ]
        )
        counts = np.bincount(self.index.ravel() + 1, minlength=len(parts) + 1)[1:]
        flat = self.index.ravel()
        colors, points = base.reshape(3, -1), self.points.reshape(3, -1)
        for index in np.flatnonzero(counts).tolist():
            part = parts[index]
            texture = part.material.texture
            if texture is None:
                continue
            rows = np.flatnonzero(flat == index)
            part_from_world = invert(part.world_from_part).astype(np.float32)
            local: Float32 = points[:, rows].T @ part_from_world[:3, :3].T + part_from_world[:3, 3]
            mix = albedo(texture, local)
            for channel in (0, 1, 2):
                first, second = part.material.albedo_rgb[channel], texture.second_rgb[channel]
                colors[channel, rows] += mix * np.float32(second - first)
        return base


@dataclass(frozen=True, eq=False)
class Shading:
    """Linear light (height, width, 3), highlight strength and mean albedo (height, width)."""

    light_rgb: Float32
    highlight: Float32
    albedo: Float32


def shade(
    surface: Surface, lighting: Lighting, target: RayTarget | None, world_from_camera: Float
) -> Shading:
    """Light the hits; without `target` nothing casts a shadow."""
    diffuse, highlight = _lamplight(surface, lighting, target, world_from_camera)
    if lighting.mirrored and lighting.style == "lit":
        highlight = highlight + _mirrored(surface, lighting)
    if lighting.crevices and min(surface.shape) > CREVICE_BOX_PX:
        diffuse *= _crevices(surface.distance_mm, lighting.crevices)
    light = surface.base * diffuse + highlight
    light = np.moveaxis(light, 0, 2).copy()
    light[surface.index < 0] = lighting.background_rgb
    mean = surface.base.mean(axis=0)
    return Shading(light, highlight.max(axis=0), mean)


def _lamplight(
    surface: Surface, lighting: Lighting, target: RayTarget | None, world_from_camera: Float
) -> tuple[Float32, Float32]:
    """Diffuse and mirrored light of the lamps, (3, height, width) each."""
    diffuse = np.empty((3, *surface.shape), np.float32)
    diffuse[:] = lighting.ambient * (1 + lighting.sky * surface.normals[2])
    highlight = np.zeros((3, *surface.shape), np.float32)
    facing = _dot(surface.normals, surface.to_eye)
    if lighting.style == "flat":
        diffuse[:] = 1.0
        return diffuse, highlight
    if lighting.style == "facing":
        diffuse[:] = lighting.ambient + (1 - lighting.ambient) * np.maximum(facing, 0)
        return diffuse, highlight
    for lamp in lighting.lamps:
        place = _place(lamp, world_from_camera)
        to_light: Float32 = place[:, None, None] - surface.points
        to_light *= 1 / np.sqrt(_dot(to_light, to_light) + np.float32(1e-6))
        lambert = np.maximum(_dot(surface.normals, to_light), 0)
        if lamp.casts_shadow and target is not None:
            lambert *= _lit(surface, target, place)
        color = np.float32(lamp.intensity) * np.array(lamp.color_rgb, np.float32)
        for channel in (0, 1, 2):
            diffuse[channel] += lambert * color[channel]
        if lighting.style == "matt":
            continue
        between = np.sqrt(np.maximum(2 + 2 * _dot(to_light, surface.to_eye), 1e-6))
        cosine = (_dot(surface.normals, to_light) + facing) / between
        # exp(k (cos - 1)) is Blinn's cos^k within a few per cent where either is bright
        lobe = np.exp(surface.exponent * np.minimum(cosine - 1, 0)) * surface.specular
        lobe *= np.minimum(4 * lambert, 1)  # none on the side that the lamp does not reach
        for channel in (0, 1, 2):
            highlight[channel] += lobe * color[channel]
    return diffuse, highlight


def _place(lamp: Light, world_from_camera: Float) -> Float32:
    place = np.array(lamp.position_mm, dtype=np.float64)
    if lamp.follows_camera:
        place = transform_points(world_from_camera, place)
    return place.astype(np.float32)


def _lit(surface: Surface, target: RayTarget, place: Float32) -> Float32:
    """Share of the lamp that reaches each pixel, 0..1, with soft edges."""
    step = SHADOW_STRIDE_PX
    coarse = (slice(None), slice(None, None, step), slice(None, None, step))
    points = surface.points[coarse] + surface.normals[coarse] * np.float32(SHADOW_LIFT_MM)
    origins = np.ascontiguousarray(np.moveaxis(points, 0, 2))
    lit = (~target.is_shadowed(origins, np.broadcast_to(place, origins.shape))).astype(np.float32)
    height, width = surface.shape
    grown = cv2.resize(lit, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, np.float32)


def _mirrored(surface: Surface, lighting: Lighting) -> Float32:
    """The room in shiny surfaces: bright and dark zones by the direction of reflection."""
    is_shiny = surface.specular > SHINY
    if not is_shiny.any():
        return np.zeros((1, *surface.shape), np.float32)
    facing = _dot(surface.normals, surface.to_eye)
    across = 2 * facing * surface.normals[0] - surface.to_eye[0]
    up = 2 * facing * surface.normals[2] - surface.to_eye[2]
    room = 0.5 + 0.5 * np.sin(np.float32(MIRROR_TURNS) * up + np.float32(2 * MIRROR_TURNS) * across)
    strength = np.where(is_shiny, surface.specular, np.float32(0))
    mirrored: Float32 = (np.float32(0.6 * lighting.mirrored) * strength * room)[None]
    return mirrored


def _crevices(depth_mm: Float32, strength: float) -> Float32:
    """Factor of the diffuse light: less where the surroundings are nearer to the camera."""
    mean = np.asarray(cv2.blur(depth_mm, (CREVICE_BOX_PX, CREVICE_BOX_PX)), np.float32)
    deep = np.clip((depth_mm - mean) * np.float32(1 / CREVICE_MM), 0, 1)
    factor: Float32 = 1 - np.float32(strength) * deep
    return factor


def _planes(vectors: Float32) -> Float32:
    return np.ascontiguousarray(np.moveaxis(vectors, 2, 0))


def _dot(first: Float32, second: Float32) -> Float32:
    product: Float32 = first[0] * second[0]
    product += first[1] * second[1]
    product += first[2] * second[2]
    return product
