"""`camera_settings.json` in a header: how a camera was set when its stream was opened. No SDK here.

Names and numbers are the vendor's own (exposure of a stereo module in us, of a colour camera in
100 us; laser power in mW; depth units in m; stereo baseline in mm; temperatures in deg C).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydantic import ValidationError

from recordings.session.intrinsics_record import StrictRecord
from recordings.source import SourceHeader

NAME = "camera_settings.json"


class SensorSettings(StrictRecord):
    """One sensor of a camera.

    Attributes
    ----------
    options : dict
        The vendor's options by name; those that the sensor has and tells.
    preset : str
        What the number of the option `visual_preset` means; "" where nobody knows.
    """

    name: str
    options: dict[str, float]
    preset: str = ""


class CameraSettings(StrictRecord):
    """What a camera, or its recording, says of itself; "" where it does not."""

    firmware: str = ""
    usb: str = ""
    sensors: tuple[SensorSettings, ...] = ()

    def lines(self) -> Iterator[str]:
        """For people, a line a sensor."""
        if self.firmware or self.usb:
            yield f"firmware {self.firmware or 'not told'}, USB {self.usb or 'not told'}"
        for sensor in self.sensors:
            told = [f"{name} {value:g}" for name, value in sensor.options.items()]
            if sensor.preset:
                told.append(f"preset {sensor.preset}")
            yield f"{sensor.name}: {', '.join(told) or 'nothing told'}"


def with_settings(header: SourceHeader, settings: CameraSettings) -> SourceHeader:
    """The header with the settings; unchanged where the camera told none."""
    if not any(sensor.options for sensor in settings.sensors):
        return header
    kept = tuple(pair for pair in header.embedded if pair[0] != NAME)
    return replace(header, embedded=(*kept, (NAME, settings.model_dump_json())))


def settings_of(header: SourceHeader) -> CameraSettings | None:
    """The settings that a recording carries; None where there are none that can be read."""
    text = dict(header.embedded).get(NAME)
    if text is None:
        return None
    try:
        return CameraSettings.model_validate_json(text)
    except ValidationError:
        return None
