"""Labels along outlines as the colours of the full picture tell them.

The network's labels lie on its canvas, whose pixels are two of a depth camera's a side, and their
outlines are a pixel of it off at times. In a window of 20 depth pixels around each block of 4 that
has an outline beside it, each label's share is regressed on the colour, and every pixel of the
block gets the label that its own colour speaks for. That is a guided filter whose guide is the
picture (He, Sun, Tang, "Guided Image Filtering", TPAMI 2013), on a coarse grid (He, Sun, "Fast
Guided Filter", arXiv:1505.00996), without its second averaging, which gains nothing here. Where
colour explains little of the labels, they stay as they are.

Blocks are 2x2 canvas pixels, as the network's input holds them side by side. Sums are of integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.letterbox import Letterbox
from tracking.arrays import UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import BYTE, COUNT, LABELS, NEW_LABELS, REAL, array_in

Sums = NDArray[np.int32]
Indices = NDArray[np.int64]

REACH = 2  # blocks on each side of a window; of the one beside it a pixel may take the label
LEAST_BLOCKS = 12  # of a window's 25 that lie in the picture: fewer are explained by chance
LEAST_EXPLAINED = 0.3  # of the variance of a window's labels
NOISE_GREY_LEVELS = 1.0  # of a block's mean colour: a difference of that size tells nothing
SIDE: Final = 2  # canvas pixels of a block, `plane_loops.FOLD`
N_COLORS, N_LABELS = 3, 4
PER_BLOCK: Final = SIDE**2  # pixels: a block's colour and counts are sums over them
RIDGE: Final = (NOISE_GREY_LEVELS * PER_BLOCK) ** 2

# What is summed over a window: blocks, squares of counts, colours, products of colours (the upper
# triangle), counts of the labels, and those times the colours.
AT_BLOCKS, AT_SQUARES, AT_COLORS, AT_PRODUCTS, AT_COUNTS = 0, 1, 2, 5, 11
AT_CROSS: Final = AT_COUNTS + N_LABELS
N_SUMS: Final = AT_CROSS + N_LABELS * N_COLORS


@dataclass(frozen=True, eq=False)
class Picture:
    """A frame's colours in the depth grid and on the canvas.

    Attributes
    ----------
    color_rgb : uint8 (height, width, 3)
    folded : uint8 (gh, gw, 40), the planes of the canvas with that picture
    letterbox : where it lies there
    """

    color_rgb: UInt8
    folded: UInt8
    letterbox: Letterbox

    @classmethod
    def of(cls, color_rgb: UInt8 | None, tensor: UInt8, letterbox: Letterbox) -> Picture | None:
        """That of a frame and the network's input made of it; None without colour."""
        return None if color_rgb is None else cls(color_rgb, tensor[0], letterbox)

    def outlined(self, labels: UInt8, small: UInt8) -> UInt8:
        """Labels (height, width) with outlines as the colours have them; `small`: on the canvas."""
        box, followed = self.letterbox, labels.copy()
        down, right = box.fitted[0] / box.source[0], box.fitted[1] / box.source[1]
        _follow(followed, self.color_rgb, self.folded, small, box.top, down, box.left, right)
        return followed


@compiled(COUNT, NEW_LABELS, array_in(BYTE, 3), array_in(BYTE, 3), LABELS, COUNT, REAL, COUNT, REAL)
def _follow(
    labels: UInt8,
    color_rgb: UInt8,
    folded: UInt8,
    small: UInt8,
    top: int,
    down: float,
    left: int,
    right: float,
) -> int:
    """Change labels (height, width) in place; in how many blocks.

    `small` (h, w) are those of the canvas pixels from (`top`, `left`) on; `down`, `right`: canvas
    pixels for each of the picture's.
    """
    n_rows, n_columns, n_planes = folded.shape
    if color_rgb.shape != (*labels.shape, N_COLORS) or n_planes <= PER_BLOCK * N_COLORS:
        raise ValueError("no picture of these labels")
    if top < 0 or top + small.shape[0] > n_rows * SIDE or small.max() >= N_LABELS:
        raise ValueError("rows or labels that there are not")
    if left < 0 or left + small.shape[1] > n_columns * SIDE:
        raise ValueError("columns that there are not")
    padded = n_rows + 2 * REACH, n_columns + 2 * REACH
    is_open = _opened(small, top, left, padded)
    sums, held = _summed_up(is_open, folded, small, top, left)
    rows = _starts(labels.shape[0], small.shape[0], down)
    columns = _starts(labels.shape[1], small.shape[1], right)
    of_rows, of_window = np.empty((padded[1], N_SUMS), np.int32), np.empty(N_SUMS, np.int32)
    model, n_told = np.empty((N_LABELS, N_COLORS + 1)), 0
    for row in range(n_rows):
        window, ready = sums[row : row + 2 * REACH + 1], 0
        for at in np.flatnonzero(is_open[row + REACH]):
            column = int(at) - REACH
            explained = _learn(window, column, ready, of_rows, of_window, model)
            ready = column + 2 * REACH + 1
            if not explained > LEAST_EXPLAINED:
                continue
            near = _any_of(held[row + REACH - 1 : row + REACH + 2, at - 1 : at + 2])
            v, u = SIDE * row - top, SIDE * column - left
            there = slice(rows[v], rows[v + SIDE]), slice(columns[u], columns[u + SIDE])
            _tell(color_rgb[there], model, near, labels[there])
            n_told += 1
    return n_told


@part
def _starts(n: int, n_canvas: int, scale: float) -> Indices:
    """The first pixel whose centre lies in each canvas pixel of a line, and behind the last one."""
    edges = np.ceil(np.arange(n_canvas + 1) / scale - 0.5)
    return np.minimum(np.maximum(edges, 0), n).astype(np.int64)


@part
def _any_of(held: UInt8) -> int:
    """Labels that any of some blocks holds, a bit each."""
    bits = 0
    for row in range(held.shape[0]):
        for column in range(held.shape[1]):
            bits |= int(held[row, column])
    return bits


@part
def _opened(small: UInt8, top: int, left: int, padded: tuple[int, int]) -> UInt8:
    """1 where a block that lies in the picture, or one beside it, has labels that differ.

    Among themselves or from those right and below. Padded by `REACH` blocks on every side.
    """
    height, width = small.shape
    is_open, differs = np.zeros(padded, np.uint8), np.zeros((width + 7) // 8 * 8, np.uint8)
    eight = differs.view(np.uint64)  # at a time: most are alike
    for v in range(height):
        line, below = small[v], small[min(v + 1, height - 1)]
        for u in range(width):
            differs[u] = line[u] ^ below[u]
        for u in range(width - 1):
            differs[u] |= line[u] ^ line[u + 1]
        row = (top + v) // SIDE + REACH
        for word in range(len(eight)):
            if eight[word] == 0:
                continue
            for u in range(8 * word, 8 * word + 8):
                if differs[u] != 0:
                    column = (left + u) // SIDE + REACH
                    is_open[row - 1 : row + 2, column - 1 : column + 2] = 1
    first, last = (top + SIDE - 1) // SIDE + REACH, (top + height) // SIDE + REACH
    start, stop = (left + SIDE - 1) // SIDE + REACH, (left + width) // SIDE + REACH
    is_open[:first], is_open[last:] = 0, 0
    is_open[:, :start], is_open[:, stop:] = 0, 0
    return is_open


@part
def _summed_up(
    is_open: UInt8, folded: UInt8, small: UInt8, top: int, left: int
) -> tuple[Sums, UInt8]:
    """What each block of a window adds to its sums, and which labels it holds, a bit each.

    Padded, as `is_open`. A block beyond the picture adds nothing and holds none.
    """
    n_rows, n_columns = is_open.shape
    in_window = np.zeros_like(is_open)
    for row in range(n_rows):
        for column in np.flatnonzero(is_open[row]):
            start, stop = column - REACH, column + REACH + 1
            in_window[row - REACH : row + REACH + 1, start:stop] = 1
    sums, held = np.empty((n_rows, n_columns, N_SUMS), np.int32), np.zeros_like(is_open)
    for row in range(n_rows):
        v = SIDE * (row - REACH) - top
        for column in np.flatnonzero(in_window[row]):
            u = SIDE * (column - REACH) - left
            adds = sums[row, column]
            adds[:] = 0
            if 0 <= v <= small.shape[0] - SIDE and 0 <= u <= small.shape[1] - SIDE:
                block = folded[row - REACH, column - REACH]
                held[row, column] = _sum_up(block, small[v : v + SIDE, u : u + SIDE], adds)
    return sums, held


@part
def _sum_up(block: UInt8, labels: UInt8, sums: Sums) -> int:
    """What a block and its labels (2, 2) add to the sums; which labels, a bit each."""
    n_planes, bits = len(block) // PER_BLOCK, 0
    for down in range(SIDE):
        for right in range(SIDE):
            sums[AT_COUNTS + labels[down, right]] += 1
    sums[AT_BLOCKS] = 1
    for color in range(N_COLORS):
        total = np.int32(0)
        for pixel in range(PER_BLOCK):
            total += block[pixel * n_planes + color]
        sums[AT_COLORS + color] = total
    at = AT_PRODUCTS
    for color in range(N_COLORS):
        for other in range(color, N_COLORS):
            sums[at] = sums[AT_COLORS + color] * sums[AT_COLORS + other]
            at += 1
    for label in range(N_LABELS):
        count = sums[AT_COUNTS + label]
        if count > 0:
            bits |= 1 << label
            sums[AT_SQUARES] += count * count
            for color in range(N_COLORS):
                sums[AT_CROSS + N_COLORS * label + color] = count * sums[AT_COLORS + color]
    return bits


@part
def _learn(
    window: Sums,
    start: int,
    ready: int,
    of_rows: Sums,
    of_window: Sums,
    model: NDArray[np.float64],
) -> float:
    """`_solve` of the window whose padded columns begin at `start`.

    `window` are its rows of the sums; of those before `ready` the sum is in `of_rows` already.
    """
    stop = start + 2 * REACH + 1
    for column in range(max(start, ready), stop):
        _add(window[:, column], of_rows[column])
    _add(of_rows[start:stop], of_window)
    return _solve(of_window, model)


@part
def _add(five: Sums, total: Sums) -> None:
    """The sum of what lies on a window's side (5, N_SUMS), into `total`."""
    for at in range(N_SUMS):
        total[at] = five[0, at] + five[1, at] + five[2, at] + five[3, at] + five[4, at]


@part
def _solve(sums: Sums, model: NDArray[np.float64]) -> float:
    """Ridge regression of the labels on the colours of a window's blocks.

    Writes of each label what a grey level of red, green and blue adds to its share, and the share
    of black, into `model` (n_labels, 4). Returns how much of the labels' variance colour explains,
    0 to 1; 0 without writing where there are too few blocks, or only one label.
    """
    if sums[AT_BLOCKS] < LEAST_BLOCKS:
        return 0.0
    each = 1.0 / sums[AT_BLOCKS]
    r, g, b = sums[AT_COLORS] * each, sums[AT_COLORS + 1] * each, sums[AT_COLORS + 2] * each
    rr = sums[AT_PRODUCTS] * each - r * r + RIDGE
    rg = sums[AT_PRODUCTS + 1] * each - r * g
    rb = sums[AT_PRODUCTS + 2] * each - r * b
    gg = sums[AT_PRODUCTS + 3] * each - g * g + RIDGE
    gb = sums[AT_PRODUCTS + 4] * each - g * b
    bb = sums[AT_PRODUCTS + 5] * each - b * b + RIDGE
    # The inverse of a symmetric matrix by its cofactors.
    c_rr, c_rg, c_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    one_over = 1.0 / (rr * c_rr + rg * c_rg + rb * c_rb)
    explained, variance = 0.0, sums[AT_SQUARES] * each
    for label in range(N_LABELS):
        if sums[AT_COUNTS + label] == 0:
            model[label] = 0.0
            continue
        mean, at = sums[AT_COUNTS + label] * each, AT_CROSS + N_COLORS * label
        with_r = sums[at] * each - r * mean
        with_g = sums[at + 1] * each - g * mean
        with_b = sums[at + 2] * each - b * mean
        on_r = (c_rr * with_r + c_rg * with_g + c_rb * with_b) * one_over
        on_g = (c_rg * with_r + c_gg * with_g + c_gb * with_b) * one_over
        on_b = (c_rb * with_r + c_gb * with_g + c_bb * with_b) * one_over
        explained += on_r * with_r + on_g * with_g + on_b * with_b
        variance -= mean * mean
        # Counts and colours are both sums over a block: their slope is that of share and level.
        model[label, 0], model[label, 1], model[label, 2] = on_r, on_g, on_b
        model[label, 3] = (mean - on_r * r - on_g * g - on_b * b) / PER_BLOCK
    return explained / variance if variance > 0.0 else 0.0


@part
def _tell(color_rgb: UInt8, model: NDArray[np.float64], near: int, labels: UInt8) -> None:
    """Give each pixel the label of the largest share of those `near` it; ties: the lower one."""
    for row in range(labels.shape[0]):
        for column in range(labels.shape[1]):
            color, told, best = color_rgb[row, column], 0, -np.inf
            for label in range(N_LABELS):
                if (near >> label) & 1:
                    of_label = model[label]
                    share = of_label[0] * color[0] + of_label[1] * color[1] + of_label[2] * color[2]
                    share += of_label[3]
                    if share > best:
                        told, best = label, share
            labels[row, column] = told
