"""Raw frames as the simulated camera reads them out: biases, flats and science images in counts."""

import numpy as np
from numpy.typing import NDArray

from calibration.camera import LEVEL, OVERSCAN, READ_NOISE, SCALE, SENSITIVITY, SIZE, Array, Detector
from calibration.heaven import EXPTIME, Exposure, Star

WINGS = 3.5  # exponent of the Moffat profile of a star
FULL_SCALE = 65535
FLAT_LIGHT = 22000.0  # electrons in a pixel of a flat
HITS = 11  # cosmic rays in a science image, on average
Counts = NDArray[np.uint16]


def bias(detector: Detector, rng: np.random.Generator) -> Counts:
    """A frame of no light and no time."""
    return _read_out(detector, np.zeros((SIZE, SIZE)), rng)


def flat(detector: Detector, band: str, rng: np.random.Generator) -> Counts:
    """A frame of an evenly lit screen; the lamp is never exactly as bright as the time before."""
    light = FLAT_LIGHT * rng.uniform(0.9, 1.1) * detector.response[band]
    return _read_out(detector, rng.poisson(light).astype(float), rng)


def science(
    detector: Detector, exposure: Exposure, stars: list[Star], rng: np.random.Generator
) -> tuple[Counts, list[tuple[int, int, int]]]:
    """A frame of the sky, and the truth of its cosmic rays: (row, column, electrons) of every pixel they hit."""
    time = EXPTIME[exposure.band]
    slope = 1.0 + 0.04 * np.linspace(-1, 1, SIZE)[None, :]
    light = exposure.sky * time * slope + starlight(detector.number, exposure, stars)
    electrons = rng.poisson(light * detector.response[exposure.band] + detector.hot * time).astype(float)
    rays = cosmic_rays(rng)
    electrons += rays
    truth = [(int(row), int(column), round(float(rays[row, column]))) for row, column in np.argwhere(rays)]
    return _read_out(detector, electrons, rng), truth


def starlight(number: int, exposure: Exposure, stars: list[Star]) -> Array:
    """Electrons from stars in each pixel of a detector, before its response."""
    look = exposure.look(number)
    x, y = look.to_pixel([star.ra for star in stars], [star.dec for star in stars])
    gathered = SENSITIVITY[exposure.band] * EXPTIME[exposure.band] * exposure.transparency
    width = exposure.seeing / SCALE / (2.0 * np.sqrt(2.0 ** (1.0 / WINGS) - 1.0))
    image = np.zeros((SIZE, SIZE))
    for star, column, row in zip(stars, x, y, strict=True):
        electrons = star.flux[exposure.band] * gathered
        half = 110 if electrons > 2e5 else 45 if electrons > 1e4 else 24
        left, bottom = max(0, int(column) - half), max(0, int(row) - half)
        right, top = min(SIZE, int(column) + half + 1), min(SIZE, int(row) + half + 1)
        if not np.isfinite(column) or left >= right or bottom >= top:
            continue
        away = (np.arange(bottom, top)[:, None] - row) ** 2 + (np.arange(left, right)[None, :] - column) ** 2
        profile = (1.0 + away / width**2) ** -WINGS * (WINGS - 1.0) / (np.pi * width**2)
        image[bottom:top, left:right] += electrons * profile
    return image


def cosmic_rays(rng: np.random.Generator) -> Array:
    """Electrons left by cosmic rays: straight tracks, sharp as no star is."""
    image = np.zeros((SIZE, SIZE))
    for _ in range(rng.poisson(HITS)):
        row, column = rng.uniform(0, SIZE, 2)
        angle, length = rng.uniform(0, np.pi), 1 + rng.exponential(4.0)
        charge = rng.uniform(400.0, 2500.0)
        for step in np.arange(0.0, length, 1.0):
            at = int(row + step * np.sin(angle)), int(column + step * np.cos(angle))
            if 0 <= at[0] < SIZE and 0 <= at[1] < SIZE:
                image[at] += charge * rng.uniform(0.7, 1.3)
    return image


def _read_out(detector: Detector, electrons: Array, rng: np.random.Generator) -> Counts:
    level = LEVEL + rng.normal(0.0, 2.0)
    noise = rng.normal(0.0, READ_NOISE / detector.gain, (SIZE, SIZE + OVERSCAN))
    counts = np.full((SIZE, SIZE + OVERSCAN), level) + noise
    counts[:, :SIZE] += electrons / detector.gain + detector.bias
    return np.clip(np.rint(counts), 0, FULL_SCALE).astype(np.uint16)
