"""Every tolerance of the pure core's tests, with its reason."""

from __future__ import annotations

ROUNDING = 1e-9  # products of a few float64 matrices with entries up to 1000
ROTATION_RAD = 1e-7  # arccos of a rounded unit dot product; far below any sigma
NUMERIC_INTEGRAL_MM = 1e-3  # mid-point rule with 400 x 400 cells over the field

SIGMA_RATIO = 0.06  # a standard deviation from 4000 draws scatters by 1.1 %: five times that
N_DRAWS = 4000

CHI_SQUARE_999 = {2: 13.8, 3: 16.3}  # 99.9 %: dozens of seeded views, each must pass
MEAN_NORMALISED_SQUARE = (0.1, 1.8)  # of a dozen views, 24 to 36 squares: 99.9 % stay below 1.8
K_99 = 2.58  # two-sided 99 % of a Gaussian
K_SAFE = 4.0  # one of a few dozen seeded cases at 6e-5 each: a fixed seed never meets it by chance

AXIS_DEG = 0.2  # asked for at 0.4 to 0.6 m with the D4xx noise
EXIT_MM = 1.0
CONFIDENTLY_WRONG_AXIS_DEG = 1.0  # tolerance of the example plans' docking tilt
CONFIDENTLY_WRONG_EXIT_MM = 3.0  # tolerance of the example plans' air gap

CORRELATION_RATIO = 0.05  # variance of 3000 simulated means: 2.6 % standard error
FIELD_RATIO = 0.02  # standard deviation of a simulated field of 2e5 correlated pixels
