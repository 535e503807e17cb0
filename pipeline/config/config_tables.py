"""Rig, plan, site and applicator back into the tables of the files they came from.

Every default is filled in; what is not set is left out, as the files leave it out.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import PurePath

from pipeline.config.display_table import display_table_of
from pipeline.config.origin_tables import origin_table, region_table
from pipeline.config.planned import planned_table
from pipeline.config.qa_settings import qa_table
from pipeline.config.site import Caps, Machine, Site
from pipeline.config.supervisor_table import table_of
from tracking.applicator import Applicator
from tracking.depth_calibration import DepthCalibration
from tracking.depth_noise import DepthDomainNoise, DepthNoise, StereoNoise
from tracking.outline import Outline
from tracking.plan import Limits, Plan, Tolerance, VectorTolerance
from tracking.rig import Fiducial, FiducialMarker, Rig
from tracking.toml_text import TomlValue

Table = dict[str, TomlValue]


def rig_table(rig: Rig) -> Table:
    """The rig under the keys of `rig.toml`."""
    return _set(
        camera_serial=rig.camera_serial,
        mount=rig.mount,
        head_from_camera=[[float(x) for x in row] for row in rig.head_from_camera],
        angle_sigma_deg=rig.angle_sigma_deg,
        position_sigma_mm=rig.position_sigma_mm,
        calibrated_at=rig.calibrated_at,
        valid_days=rig.valid_days,
        depth=_depth_table(rig.depth, rig.depth_calibration),
        labels=dict(rig.labels) or None,
        fiducial=None if rig.fiducial is None else _fiducial_table(rig.fiducial),
    )


def plan_table(plan: Plan) -> Table:
    """The plan under the keys of `plan.toml`."""
    beam = _set(
        energy_mev=plan.energy_mev,
        ssd_mm=plan.ssd_mm,
        head_roll_deg=plan.head_roll_deg,
        head_pitch_deg=plan.head_pitch_deg,
    )
    return _set(
        plan_id=plan.plan_id,
        patient_id=plan.patient_id,
        approved=plan.approved,
        machine=plan.machine,
        applicator=plan.applicator_id,
        limits=_limits_table(plan.limits),
        beam=beam or None,
        patient=_set(orientation=plan.patient_orientation) or None,
        area_at_risk=None if plan.area_at_risk is None else _outline_table(plan.area_at_risk),
        keep_out={name: _outline_table(outline) for name, outline in plan.keep_out} or None,
        area_at_risk_patient=None
        if plan.area_at_risk_patient is None
        else region_table(plan.area_at_risk_patient),
        dicom=None if plan.origin is None else origin_table(plan.origin),
    )


def site_table(site: Site) -> Table:
    """The site under the keys of `site.toml`, without the verifiers of its persons' PINs.

    What is written beside results may go anywhere; a short PIN can be guessed from its verifier.
    """
    pattern = site.applicator_pattern
    return _set(
        site_id=site.site_id,
        applicator_pattern=None if pattern is None else pattern.pattern,
        area_at_risk_pattern=None
        if site.area_at_risk_pattern is None
        else site.area_at_risk_pattern.pattern,
        caps=_caps_table(site.caps),
        planned=planned_table(site.planned),
        machine={name: _machine_table(machine) for name, machine in site.machines.items()} or None,
        person={person.id: _set(name=person.name, role=person.role) for person in site.persons}
        or None,
        qa=qa_table(site.qa),
        supervisor=table_of(site.supervisor),
        display=display_table_of(site.display),
    )


def _machine_table(machine: Machine) -> Table:
    pattern, roll, pitch = (
        machine.applicator_pattern,
        machine.roll_range_deg,
        machine.pitch_range_deg,
    )
    return _set(
        angle_convention=machine.angle_convention,
        dicom_names=list(machine.dicom_names) or None,
        applicator_pattern=None if pattern is None else pattern.pattern,
        applicator_diameter_unit=None if pattern is None else machine.applicator_unit,
        energies_mev=list(machine.energies_mev) or None,
        angle_step_deg=machine.angle_step_deg,
        roll_range_deg=None if roll is None else list(roll),
        pitch_range_deg=None if pitch is None else list(pitch),
        plan_limits=None if machine.plan_limits is None else _limits_table(machine.plan_limits),
    )


def applicator_table(applicator: Applicator) -> Table:
    """The applicator under the keys of its catalogue entry; of a mesh, the file's name only."""
    return _set(
        machine=applicator.machine,
        inner_diameter_mm=applicator.inner_diameter_mm,
        wall_mm=applicator.wall_mm,
        length_mm=applicator.length_mm,
        bevel_deg=applicator.bevel_deg,
        ring_diameter_mm=applicator.ring_diameter_mm,
        ring_height_mm=applicator.ring_height_mm,
        material=applicator.material,
        mesh=PurePath(applicator.mesh_path).name,
        docking=applicator.docking,
        ssd_mm=applicator.ssd_mm,
        field_margin_mm=applicator.field_margin_mm,
        sleeve_diameter_mm=applicator.sleeve_diameter_mm,
        collar=None if applicator.collar is None else asdict(applicator.collar),
    )


def _depth_table(noise: DepthNoise, held: DepthCalibration | None) -> Table:
    if isinstance(noise, StereoNoise):
        own = _set(
            model="stereo",
            baseline_mm=noise.baseline_mm,
            focal_px=noise.focal_px,
            subpixel_px=noise.subpixel_px,
        )
    elif isinstance(noise, DepthDomainNoise):
        own = _set(model="depth", sigma_mm=list(noise.sigma_coefficients_mm))
    else:
        raise TypeError(f"no keys of rig.toml for {type(noise).__name__}")
    common: Table = {"correlation_px": noise.correlation_px, "bias_mm": list(noise.bias_mm)}
    if held is None:
        return {**own, **common}
    return {**own, **common, "calibration": depth_calibration_table(held)}


def depth_calibration_table(held: DepthCalibration) -> Table:
    """What a depth calibration holds for, under the keys of `[depth.calibration]`."""
    return _set(
        camera_serial=held.camera_serial,
        calibrated_at=held.calibrated_at,
        valid_days=held.valid_days,
        distance_mm=list(held.distance_mm),
        reference_sigma_mm=held.reference_sigma_mm,
        temperature_c=None if held.temperature_c is None else list(held.temperature_c),
        warm_up_min=held.warm_up_min,
    )


def _fiducial_table(fiducial: Fiducial) -> Table:
    plane, marker = fiducial.plane, fiducial.marker
    return _set(
        region_px=list(fiducial.region_px),
        depth_mm=fiducial.depth_mm,
        normal=None if plane is None else list(plane.normal),
        distance_mm=None if plane is None else plane.distance_mm,
        marker=None if marker is None else _fiducial_marker_table(marker),
    )


def _fiducial_marker_table(marker: FiducialMarker) -> Table:
    return _set(
        dictionary=marker.dictionary,
        id=marker.id,
        side_mm=marker.side_mm,
        corners_px=[list(corner) for corner in marker.corners_px],
        picture_px=list(marker.picture_px),
    )


def _outline_table(outline: Outline) -> Table:
    return _set(
        frame_index=outline.frame_index,
        outline_px=[list(corner) for corner in outline.outline_px],
        margin_mm=outline.margin_mm,
    )


def _limits_table(limits: Limits) -> Table:
    coverage = limits.coverage_minimum_fraction
    intrusion = limits.intrusion_maximum_mm
    rim = limits.air_gap_rim_maximum_mm
    return _set(
        docking_tilt_deg=_tolerance_table(limits.docking_tilt_deg),
        docking_lateral_mm=_tolerance_table(limits.docking_lateral_mm),
        docking_gap_mm=_tolerance_table(limits.docking_gap_mm),
        incidence_deg=_tolerance_table(limits.incidence_deg),
        air_gap_mm=_tolerance_table(limits.air_gap_mm),
        ssd_error_mm=_tolerance_table(limits.ssd_error_mm),
        coverage_fraction=None if coverage is None else _set(minimum=coverage),
        intrusion_mm=None if intrusion is None else _set(maximum=intrusion),
        air_gap_rim_mm=None if rim is None else _set(maximum=rim),
    )


def _tolerance_table(limit: Tolerance | VectorTolerance) -> Table:
    planned = list(limit.planned) if isinstance(limit, VectorTolerance) else limit.planned
    return _set(planned=planned, tolerance=limit.tolerance)


def _caps_table(caps: Caps) -> Table:
    return _set(
        docking_tilt_deg=caps.docking_tilt_deg,
        docking_lateral_mm=caps.docking_lateral_mm,
        docking_gap_mm=caps.docking_gap_mm,
        incidence_deg=caps.incidence_deg,
        air_gap_mm=caps.air_gap_mm,
        ssd_error_mm=caps.ssd_error_mm,
        coverage_fraction=caps.coverage_minimum_fraction,
        intrusion_mm=caps.intrusion_maximum_mm,
        air_gap_rim_mm=caps.air_gap_rim_maximum_mm,
    )


def _set(**values: TomlValue | None) -> Table:
    """The values that are set, in their order."""
    return {key: value for key, value in values.items() if value is not None}
