"""Finds sources in a calibrated image and measures them: positions, widths, aperture fluxes; pixels, electrons."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.filtering import background, robust_sigma, smooth
from calibration.images import BAD, COSMIC, SATURATED, Image, Mask, Masked

FWHM = 2.3548  # full width at half maximum of a Gaussian over its standard deviation
NEIGHBOUR = 0.02  # share of a source's flux from which a source beside it spoils the measurement
EDGE = 5  # sources closer to the edge than this many pixels are not measured


@dataclass(slots=True)
class Source:
    """One source: centre (pixels from 0), flux in the aperture with its error (electrons), width (pixels), warnings."""

    x: float
    y: float
    flux: float = 0.0
    error: float = 0.0
    fwhm: float | None = None
    flags: list[str] = field(default_factory=list)

    @property
    def snr(self) -> float:
        """Signal over noise."""
        return self.flux / self.error


@dataclass(frozen=True, slots=True)
class Field:
    """What was measured in one image: its sources, brightest first, and the sky (electrons a pixel) they stand on."""

    sources: list[Source]
    sky: float
    noise: float
    fwhm: float | None
    radius: float


def measure(image: Masked, *, threshold: float, aperture: float, width: float) -> Field:
    """Find and measure every source of an image.

    `threshold`: deviations that a peak must stand out; `aperture`: radius in units of the seeing; `width`: the seeing
    to look for, and to take where no star is good enough to measure it, in pixels.
    """
    sky = background(image.pixels, image.mask > 0)
    pixels = image.pixels - sky
    noise = robust_sigma(pixels)
    candidates = [_centred(pixels, *peak) for peak in _peaks(pixels, image.mask, threshold, width)]
    sources = _distinct([source for source in candidates if source])
    for source in sources:
        source.fwhm = _width(pixels, source)
    bright = [s.fwhm for s in sources if s.fwhm and _peak(pixels, s) > 20 * noise and not _masked(image.mask, s, 3.0)]
    fwhm = float(np.median(bright)) if len(bright) >= 3 else None
    radius = aperture * (fwhm or width)
    variance = np.maximum(image.pixels, 1.0) + float(image.header["RDNOISE"]) ** 2
    for source in sources:
        source.flux, source.error = _aperture(pixels, variance, source, radius)
    for source in sources:
        source.flags = _flags(image.mask, source, sources, radius)
    kept = sorted((s for s in sources if s.flux > 3 * s.error), key=lambda s: -s.flux)
    return Field(kept, float(np.median(sky)), noise, fwhm, radius)


def _peaks(pixels: Image, mask: Mask, threshold: float, width: float) -> list[tuple[int, int]]:
    """Rows and columns of the local maxima that stand out of the noise of the smoothed image."""
    smoothed = smooth(np.where(mask & BAD > 0, 0.0, pixels), width / FWHM)
    level = threshold * robust_sigma(smoothed)
    around = np.pad(smoothed, 2, constant_values=-np.inf)
    height, wide = pixels.shape
    neighbours = [around[y : y + height, x : x + wide] for y in range(5) for x in range(5) if (y, x) != (2, 2)]
    top = (smoothed > level) & (smoothed > np.maximum.reduce(neighbours))
    top[:EDGE] = top[-EDGE:] = top[:, :EDGE] = top[:, -EDGE:] = False
    return [(int(row), int(column)) for row, column in np.argwhere(top)]


def _centred(pixels: Image, row: int, column: int, *, window: float = 2.0) -> Source | None:
    """The source at a peak, its centre by iterated Gaussian-weighted moments; None when the centre runs away."""
    x, y = float(column), float(row)
    for _ in range(20):
        box, dx, dy = _cut(pixels, x, y, 7)
        weighted = box * np.exp(-0.5 * (dx**2 + dy**2) / window**2)
        total = float(weighted.sum())
        if total <= 0:
            return None
        step_x, step_y = 2.0 * float((weighted * dx).sum()) / total, 2.0 * float((weighted * dy).sum()) / total
        x, y = x + step_x, y + step_y
        inside = EDGE - 1 <= x <= pixels.shape[1] - EDGE and EDGE - 1 <= y <= pixels.shape[0] - EDGE
        if not inside or abs(x - column) > 2 or abs(y - row) > 2:
            return None
        if abs(step_x) + abs(step_y) < 1e-3:
            break
    return Source(x, y)


def _width(pixels: Image, source: Source) -> float | None:
    """Full width at half maximum from the slope of log(flux) over squared radius in the core; None when it has none."""
    box, dx, dy = _cut(pixels, source.x, source.y, 5)
    away = dx**2 + dy**2
    core = (box > 0.4 * box.max()) & (away < 16)
    if core.sum() < 5:
        return None
    slope = np.polynomial.polynomial.polyfit(away[core], np.log(box[core]), 1, w=box[core])[1]
    return float(FWHM * np.sqrt(-0.5 / slope)) if slope < -0.02 else None


def _aperture(pixels: Image, variance: Image, source: Source, radius: float) -> tuple[float, float]:
    """Flux in a round aperture and its error; pixels that its rim crosses count in part."""
    box, dx, dy = _cut(pixels, source.x, source.y, int(radius) + 2)
    spread, _, _ = _cut(variance, source.x, source.y, int(radius) + 2)
    weight = np.clip(radius + 0.5 - np.hypot(dx, dy), 0.0, 1.0)
    return float((weight * box).sum()), float(np.sqrt((weight**2 * spread).sum()))


def _flags(mask: Mask, source: Source, sources: list[Source], radius: float) -> list[str]:
    """Reasons to trust a measurement less."""
    near = _cut(mask, source.x, source.y, int(radius) + 2)
    inside = near[0][np.hypot(near[1], near[2]) < radius]
    flags = [name for name, bit in (("bad", BAD), ("saturated", SATURATED), ("cosmic", COSMIC)) if (inside & bit).any()]
    beside = [s for s in sources if s is not source and np.hypot(s.x - source.x, s.y - source.y) < 2 * radius]
    if any(other.flux > NEIGHBOUR * source.flux for other in beside):
        flags.append("neighbour")
    height, width = mask.shape
    if min(source.x, source.y, width - 1 - source.x, height - 1 - source.y) < radius:
        flags.append("edge")
    return flags


def _distinct(sources: list[Source]) -> list[Source]:
    """The sources without those whose centres fell onto one found before."""
    kept: list[Source] = []
    for source in sources:
        if all(np.hypot(source.x - other.x, source.y - other.y) > 1.5 for other in kept):
            kept.append(source)
    return kept


def _peak(pixels: Image, source: Source) -> float:
    return float(pixels[round(source.y), round(source.x)])


def _masked(mask: Mask, source: Source, radius: float) -> bool:
    box, dx, dy = _cut(mask, source.x, source.y, int(radius) + 1)
    return bool((box[np.hypot(dx, dy) <= radius] > 0).any())


def _cut(pixels: NDArray[Any], x: float, y: float, half: int) -> tuple[NDArray[Any], ...]:
    """The pixels around a position, and their distances from it along x and y."""
    column, row = round(x), round(y)
    left, bottom = max(0, column - half), max(0, row - half)
    box = pixels[bottom : row + half + 1, left : column + half + 1]
    dy, dx = np.mgrid[bottom : bottom + box.shape[0], left : left + box.shape[1]]
    return box, dx - x, dy - y
