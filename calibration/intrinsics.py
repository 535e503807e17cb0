"""Intrinsic calibration: lens model by evidence, outlier views, held-out views, and what it means.

Model: the number of views bounds how rich it may be (`MODEL_BY_VIEWS`); a rational lens is taken
only on overwhelming evidence (F test below `RICHER_P` and a smaller error on views held out), since
a model picked by a lenient test would make the stated intervals too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution

from calibration.board_pose import board_pose, reprojection_px
from calibration.board_view import BoardView
from calibration.intrinsics_fit import IntrinsicsFit, fit_intrinsics, squares
from calibration.intrinsics_quality import ViewSet, judge_views
from calibration.intrinsics_trust import check_lens_fit
from calibration.lens import COEFFICIENTS, Lens, Model
from recordings.progress import Report
from tracking.arrays import Float

MIN_VIEWS = 4  # a lens of ten numbers and an error: three views leave nothing to judge by
MODEL_BY_VIEWS: tuple[tuple[int, Model], ...] = ((8, "brown5"), (6, "brown4"), (0, "radial2"))
MIN_VIEWS_RATIONAL = 15
RICHER_P = 1e-9
RICHER_GAIN = 0.97  # held-out error of the richer model over the simpler one's, at most
N_FOLDS = 5
OUTLIER_RATIO = 3.0  # a view's rms over the median view's
MIN_OUTLIER_PX = 0.3  # below it a bad view does no harm worth a warning
MAX_OUTLIER_SHARE = 0.3


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """A calibration and its evidence. `held_out_rms_px` of each view used, by fits without it."""

    fit: IntrinsicsFit
    views: tuple[BoardView, ...]
    outliers: tuple[tuple[str, float], ...]  # name and rms of views left out
    held_out_rms_px: Float
    view_set: ViewSet
    model_reason: str

    @property
    def stated_sigma(self) -> Float:
        """1-sigma of each free parameter: corner noise, or more where the views disagree."""
        return self.fit.stated_sigma

    @property
    def held_out_px(self) -> float:
        """Root mean square over the views."""
        return float(np.sqrt(np.mean(self.held_out_rms_px**2)))


def calibrate_intrinsics(
    views: Sequence[BoardView], report: Report, model: Model | None = None
) -> Intrinsics:
    """Calibrate from at least `MIN_VIEWS` views; `model` None chooses.

    Raises
    ------
    CalibrationError
        The views do not determine a camera, or not one that can be.
    """
    by_views: Model = next(name for n, name in MODEL_BY_VIEWS if len(views) >= n)
    chosen = by_views if model is None else model
    kept, outliers, fit = _without_outliers(list(views), chosen)
    reason = "asked for" if model else f"{chosen} for {len(kept)} views"
    held_out = held_out_rms(kept, fit, report)
    if model is None and len(kept) >= MIN_VIEWS_RATIONAL:
        rich = fit_intrinsics(kept, "rational8")
        if richness_p(fit, rich) < RICHER_P:
            rich_held_out = held_out_rms(kept, rich, report)
            if _rms(rich_held_out) < RICHER_GAIN * _rms(held_out):
                fit, held_out = rich, rich_held_out
                reason = "rational8: views held out fit better than with brown5"
    check_lens_fit(fit)
    return Intrinsics(
        fit=fit,
        views=tuple(kept),
        outliers=tuple(outliers),
        held_out_rms_px=held_out,
        view_set=judge_views(kept, fit),
        model_reason=reason,
    )


def held_out_rms(views: Sequence[BoardView], fit: IntrinsicsFit, report: Report) -> Float:
    """Rms of each view under a lens fitted to the other folds; its own pose is fitted."""
    n_folds = min(N_FOLDS, len(views))
    rms = np.zeros(len(views))
    for fold in range(n_folds):
        rest = [view for i, view in enumerate(views) if i % n_folds != fold]
        lens = fit_intrinsics(rest, fit.model, fit.lens).lens
        for i in range(fold, len(views), n_folds):
            rms[i] = view_rms(views[i], lens)
        report(fold + 1, n_folds)
    return rms


def view_rms(view: BoardView, lens: Lens) -> float:
    """Rms distance of a view's corners under a lens, with the view's best pose."""
    residuals = reprojection_px(view, lens, board_pose(view, lens))
    return float(np.sqrt(squares(residuals).mean()))


def richness_p(simple: IntrinsicsFit, rich: IntrinsicsFit) -> float:
    """F test's probability that the richer model's smaller error is chance."""
    n = 2 * sum(len(r) for r in simple.residuals_px)
    extra = len(COEFFICIENTS[rich.model]) - len(COEFFICIENTS[simple.model])
    n_free = n - 6 * len(rich.residuals_px) - len(rich.values)
    loss, rich_loss = (n * fit.rms_px**2 for fit in (simple, rich))
    if loss <= rich_loss or extra <= 0 or n_free <= 0:
        return 1.0
    ratio = (loss - rich_loss) / extra / (rich_loss / n_free)
    return float(f_distribution.sf(ratio, extra, n_free))


def _rms(values: Float) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _without_outliers(
    views: list[BoardView], model: Model
) -> tuple[list[BoardView], list[tuple[str, float]], IntrinsicsFit]:
    """Leave out the worst view while it is grossly worse than the median one."""
    outliers: list[tuple[str, float]] = []
    most = min(int(MAX_OUTLIER_SHARE * len(views)), len(views) - MIN_VIEWS)
    fit = fit_intrinsics(views, model)
    while len(outliers) < most:
        rms = fit.view_rms_px
        worst = int(np.argmax(rms))
        if rms[worst] < max(OUTLIER_RATIO * float(np.median(rms)), MIN_OUTLIER_PX):
            break
        outliers.append((views.pop(worst).name, float(rms[worst])))
        fit = fit_intrinsics(views, model)
    return views, outliers, fit
