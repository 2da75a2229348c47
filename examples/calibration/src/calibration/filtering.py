"""Array filters that need numpy alone: running medians, clipped means, smoothing, and the repair of masked pixels."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from calibration.images import Image

TO_SIGMA = 1.4826  # standard deviation of a normal distribution over its median absolute deviation


def robust_sigma(values: Image) -> float:
    """Standard deviation estimated from the median absolute deviation."""
    return TO_SIGMA * float(np.median(np.abs(values - np.median(values))))


def clipped_median(values: Image, *, sigma: float = 3.0, rounds: int = 5) -> float:
    """Median after outliers were thrown away; not a number when nothing was given."""
    values = values[np.isfinite(values)]
    for _ in range(rounds):
        if values.size < 8:
            break
        kept = values[np.abs(values - np.median(values)) <= sigma * robust_sigma(values)]
        if kept.size in (0, values.size):
            break
        values = kept
    return float(np.median(values)) if values.size else float("nan")


def clipped_mean(stack: Image, *, sigma: float) -> Image:
    """Mean over the first axis without the values farther than `sigma` standard deviations from the median.

    The deviation is taken over the whole stack: with five frames that of a single pixel says too little.
    """
    away = stack - np.median(stack, axis=0)
    kept = np.abs(away) <= sigma * max(TO_SIGMA * float(np.median(np.abs(away))), 1e-6)
    kept |= ~kept.any(axis=0)
    mean: Image = np.where(kept, stack, 0.0).sum(axis=0) / kept.sum(axis=0)
    return mean


def running_median(image: Image, size: int) -> Image:
    """Median in a square of odd `size` around each pixel; the edges are mirrored."""
    half = size // 2
    windows = sliding_window_view(np.pad(image, half, mode="reflect"), (size, size))
    flat = windows.reshape(*image.shape, size * size)
    middle = size * size // 2
    return np.partition(flat, middle, axis=-1)[..., middle]


def smooth(image: Image, sigma: float) -> Image:
    """Convolution with a round Gaussian of `sigma` pixels; zero beyond the edges."""
    half = int(np.ceil(3.5 * sigma))
    offsets = np.arange(-half, half + 1)
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(image, half)
    height, width = image.shape
    rows = np.sum([weight * padded[start : start + height] for start, weight in enumerate(kernel)], axis=0)
    smoothed: Image = np.sum([weight * rows[:, start : start + width] for start, weight in enumerate(kernel)], axis=0)
    return smoothed


def repair(image: Image, masked: NDArray[np.bool_], *, size: int = 5) -> Image:
    """The image with each masked pixel replaced by the median of the good ones in a square around it."""
    rows, columns = np.nonzero(masked)
    if not rows.size:
        return image.copy()
    half = size // 2
    known = np.pad(np.where(masked, np.nan, image), half, constant_values=np.nan)
    around = sliding_window_view(known, (size, size))[rows, columns].reshape(rows.size, -1)
    usable = np.isfinite(around).any(axis=1)
    repaired = image.copy()
    repaired[rows[usable], columns[usable]] = np.nanmedian(around[usable], axis=1)
    repaired[rows[~usable], columns[~usable]] = clipped_median(image[~masked])
    return repaired


def background(image: Image, masked: NDArray[np.bool_], *, box: int = 40) -> Image:
    """The sky under the sources: clipped medians in boxes of `box` pixels, joined by bilinear interpolation."""
    height, width = image.shape
    known = np.where(masked, np.nan, image)
    tops, lefts = _starts(height, box), _starts(width, box)
    levels = np.array([[clipped_median(known[top : top + box, left : left + box]) for left in lefts] for top in tops])
    levels = np.where(np.isfinite(levels), levels, clipped_median(known))
    middles_y, middles_x = np.array(tops) + (box - 1) / 2, np.array(lefts) + (box - 1) / 2
    across = np.array([np.interp(np.arange(width), middles_x, row) for row in levels])
    return np.array([np.interp(np.arange(height), middles_y, column) for column in across.T]).T


def _starts(length: int, box: int) -> list[int]:
    number = max(1, round(length / box))
    return [round(index * (length - box) / max(number - 1, 1)) for index in range(number)]
