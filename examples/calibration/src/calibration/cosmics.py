"""Cosmic rays in a single image by Laplacian edge detection (L.A.Cosmic, van Dokkum 2001, PASP 113, 1420)."""

import numpy as np
from numpy.typing import NDArray

from calibration.filtering import repair, running_median
from calibration.images import Image

Pixels = NDArray[np.bool_]


def find(image: Image, masked: Pixels, *, noise: float, sigma: float, contrast: float, rounds: int) -> Pixels:
    """The pixels that cosmic rays hit.

    `image`: electrons, sky included; `masked`: pixels known to be bad; `noise`: read noise in electrons; `sigma`: how
    many deviations an edge must stand out; `contrast`: how much sharper than the fine structure of a star it must be.
    """
    found = np.zeros(image.shape, dtype=bool)
    clean = repair(image, masked)
    for _ in range(rounds):
        edges, sharp = _edges(clean, noise)
        hit = (edges > sigma) & (sharp > contrast)
        hit = _grown(hit) & (edges > sigma) | _grown(hit) & (edges > 0.4 * sigma) & (sharp > 0.5 * contrast)
        if not (hit & ~found).any():
            break
        found |= hit
        clean = repair(image, masked | found)
    return found & ~masked


def _edges(image: Image, noise: float) -> tuple[Image, Image]:
    """How significant the edge in each pixel is, and by how much it exceeds the fine structure around it."""
    level = np.maximum(running_median(image, 5), 1e-3)
    deviation = np.sqrt(level + noise**2)
    edges = _laplacian(image) / (2.0 * deviation)
    edges -= running_median(edges, 5)
    core = running_median(image, 3)
    fine = np.maximum((core - running_median(core, 7)) / deviation, 0.01)
    return edges, edges / fine


def _laplacian(image: Image) -> Image:
    """Positive Laplacian of the image sampled twice as finely, averaged back: no negative rings beside edges."""
    padded = np.pad(image, 1, mode="edge")
    up, down = padded[:-2, 1:-1], padded[2:, 1:-1]
    left, right = padded[1:-1, :-2], padded[1:-1, 2:]
    corners = [np.maximum(2.0 * image - across - along, 0.0) for across in (left, right) for along in (up, down)]
    laplacian: Image = np.sum(corners, axis=0) / 4.0
    return laplacian


def _grown(pixels: Pixels) -> Pixels:
    padded = np.pad(pixels, 1)
    height, width = pixels.shape
    grown: Pixels = np.any([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)
    return grown
