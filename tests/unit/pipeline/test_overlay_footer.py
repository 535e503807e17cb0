from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.overlay.canvas import FOOTER_BOX, blank_canvas
from pipeline.overlay.footer import Footer, footer_text, survey_text
from tests.builders import pose_looking_at
from tests.builders_results import Geometry, bed_coefficients, make_context, make_result
from tests.builders_survey import N_SURVEY_FRAMES, make_survey
from tracking.survey_alignment import AlignedSurvey, SurveyStatus

CONTEXT = make_context()


@pytest.fixture(scope="module")
def aligned() -> AlignedSurvey:
    return make_survey(bed_coefficients(Geometry()), pose_looking_at())


def test_without_a_survey_it_says_so() -> None:
    assert footer_text(make_result(), CONTEXT).endswith("no survey")


def test_a_survey_that_is_measured_with_says_how_long_it_was(aligned: AlignedSurvey) -> None:
    assert survey_text(aligned) == f"survey of {N_SURVEY_FRAMES} frames"
    result = make_result()
    result = replace(result, record=replace(result.record, survey=aligned))
    assert footer_text(result, CONTEXT).endswith(survey_text(aligned))


@pytest.mark.parametrize(
    ("status", "text"),
    [(SurveyStatus.STALE, "survey out of date"), (SurveyStatus.LOST, "survey hidden")],
)
def test_a_survey_that_is_not_measured_with_says_why(
    aligned: AlignedSurvey, status: SurveyStatus, text: str
) -> None:
    assert survey_text(AlignedSurvey(status, aligned.survey)) == text


def test_a_long_plan_name_stays_inside_the_picture() -> None:
    context = replace(CONTEXT, plan=replace(CONTEXT.plan, plan_id="plan " * 60))
    canvas = blank_canvas((240, 424))
    Footer().draw(canvas, make_result(), context)
    beside = canvas.pixels[FOOTER_BOX.top + 1 : FOOTER_BOX.bottom - 1, FOOTER_BOX.right - 8 :]
    assert (beside == beside[0, 0]).all()
