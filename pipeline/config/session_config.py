"""The configuration that a recording carries: what it is replayed with unless files are named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from calibration.rig_file import parse_rig
from pipeline.config.load import (
    ConfigText,
    RunConfig,
    config_of,
    plan_of,
    read_catalogue_text,
)
from pipeline.config.plan_file import parse_plan
from pipeline.recorder.texts import recorded_catalogue
from recordings.naming import source_name
from recordings.source import CATALOGUE_TEXT, SourceHeader
from tracking.errors import UsageError

RIG_TEXT, PLAN_TEXT = "rig.toml", "plan.toml"


@dataclass(frozen=True)
class GivenTexts:
    """What a person named instead of what the recording carries; None: nothing."""

    rig: ConfigText | None = None
    plan: ConfigText | None = None
    catalogue: ConfigText | None = None
    site: ConfigText | None = None

    @staticmethod
    def read(
        rig: Path | None,
        plan: Path | None,
        catalogue: Path | None = None,
        site: Path | None = None,
    ) -> GivenTexts:
        """Read those that are named. Raises ConfigurationError."""
        paths = {"rig": rig, "plan": plan, "catalogue": catalogue, "site": site}
        read = {
            kind: ConfigText.read(path, kind) for kind, path in paths.items() if path is not None
        }
        return GivenTexts(**read)

    def check(self) -> None:
        """Refuse what cannot be right, whatever the recording carries.

        Raises
        ------
        ConfigurationError, CalibrationError
            A text is malformed, or the plan disagrees with the catalogue and site given.
        """
        if self.rig is not None:
            parse_rig(self.rig.text, str(self.rig.path))
        if self.plan is not None:
            if self.catalogue is None:
                parse_plan(self.plan.text, str(self.plan.path))
            else:
                plan_of(self.plan, self.catalogue, self.site)


def session_config(header: SourceHeader, given: GivenTexts) -> RunConfig:
    """The texts given and, for those that are not, the recording's own.

    A recording without a catalogue was made with the built-in one. None carries its site's rules.

    Raises
    ------
    UsageError
        The recording carries no rig or no plan, and none is given.
    ConfigurationError, CalibrationError
        As `pipeline.config.load.load_config`.
    """
    texts = dict(header.embedded)
    return config_of(
        given.rig or _own(header, texts, RIG_TEXT),
        given.plan or _own(header, texts, PLAN_TEXT),
        given.catalogue or _own_catalogue(header, texts),
        given.site,
    )


def _own(header: SourceHeader, texts: dict[str, str], name: str) -> ConfigText:
    text = texts.get(name)
    source = source_name(header.uri)
    if text is None:
        option = f"--{name.removesuffix('.toml')}"
        raise UsageError(
            f"{source} carries no {name}.",
            expected="a recording that carries it, as `record --rig R --plan P` makes one",
            remedy=f"Name one with {option}.",
        )
    return ConfigText(text, Path(source, name), is_file=False)


def _own_catalogue(header: SourceHeader, texts: dict[str, str]) -> ConfigText:
    text = texts.get(CATALOGUE_TEXT)
    built_in = read_catalogue_text(None)
    if text is None or text == built_in.text:
        return built_in
    name = recorded_catalogue(header) or Path(CATALOGUE_TEXT).stem
    return ConfigText(text, Path(source_name(header.uri), f"{name}.toml"), is_file=False)
