"""Where the map stays along what a frame does not tell.

A bed that is alike all around tells its height and tilt, and not how it lies along itself. Frame
by frame the directions that are told turn a little: a map that is left where the previous frame
put it would walk off along the bed, by centimetres in minutes. It rests instead where it lay when
such a direction was last told.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracking.arrays import Float
from tracking.survey_alignment import AlignedSurvey


@dataclass(frozen=True, eq=False)
class Rest:
    """A pose of the map that was told in every direction but the last `n_untold` that were lost.

    `survey_from_camera` is (4, 4); `n_untold` the most directions not told since.
    """

    survey_from_camera: Float
    n_untold: int = 0

    def loses(self, found: AlignedSurvey) -> bool:
        """Whether a frame leaves more untold than any since: it rests at the frame before."""
        return found.survey_from_camera is not None and found.n_untold > self.n_untold

    def after(self, found: AlignedSurvey) -> Rest:
        """The rest for the next frame: a frame that tells everything begins anew."""
        pose = found.survey_from_camera
        return Rest(pose) if pose is not None and found.n_untold == 0 else self
