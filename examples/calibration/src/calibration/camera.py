"""The simulated camera: nine detectors in a square, each with its own gain, bias structure, response and bad pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.projection import Tan

SIZE = 160  # imaging pixels a side
OVERSCAN = 16  # columns after the imaging ones that see no light
GAP = 10  # pixels between detectors
COLUMNS = 3  # detectors in a row of the mosaic
SCALE = 0.4  # arcseconds a pixel
BANDS = ("r", "i")
READ_NOISE = 5.0  # electrons
LEVEL = 1000.0  # counts of the bias in all pixels
SENSITIVITY = {"r": 0.0028, "i": 0.0022}  # electrons a second from a source of one nanojansky

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector as it truly is; the pipeline has to find all this from its images.

    `bias`: counts; `response`: by band, about 1; `hot`: electrons a second; `stuck`: pixels that always read high.
    """

    number: int
    gain: float
    bias: Array
    response: dict[str, Array]
    hot: Array
    stuck: NDArray[np.bool_]
    dead: NDArray[np.bool_]

    @property
    def bad(self) -> NDArray[np.bool_]:
        """Every pixel that cannot be used."""
        return self.stuck | self.dead | (self.hot > 0)


def build(seed: int, number: int) -> Detector:
    """The detector of this number in the camera of this seed."""
    rng = np.random.default_rng([seed, 1, number])
    stuck, dead, hot = (np.zeros((SIZE, SIZE), dtype=bool) for _ in range(3))
    for kind, count in ((stuck, 6), (dead, 10), (hot, 12)):
        kind[rng.integers(2, SIZE - 2, count), rng.integers(2, SIZE - 2, count)] = True
    if number % 3 == 0:
        dead[: SIZE // 2, rng.integers(20, SIZE - 20)] = True
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    bias = rng.normal(0.0, 3.0, SIZE)[None, :] + 8.0 * rows * rng.uniform(0.5, 1.5) + 4.0 * np.sin(9.0 * columns)
    bias[stuck] += rng.uniform(2000.0, 8000.0, int(stuck.sum()))
    response = {band: _response(rng, number, dead) for band in BANDS}
    gain = float(rng.uniform(1.4, 1.6))
    return Detector(number, gain, bias, response, np.where(hot, rng.uniform(20, 90, hot.shape), 0), stuck, dead)


def _response(rng: np.random.Generator, number: int, dead: NDArray[np.bool_]) -> Array:
    """Pixel-to-pixel differences, dust shadows, and the fall of light towards the corner of the field."""
    x, y = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
    left, bottom = corner(number)
    middle = _side() / 2
    far = ((x + left - middle) ** 2 + (y + bottom - middle) ** 2) / (2 * middle**2)
    response = (1.0 - 0.12 * far) * rng.normal(1.0, 0.008, (SIZE, SIZE)) * rng.uniform(0.95, 1.05)
    for _ in range(3):
        radius = np.hypot(x - rng.uniform(0, SIZE), y - rng.uniform(0, SIZE)) / rng.uniform(8, 14)
        response *= 1.0 - 0.04 * np.exp(-(((radius - 1.0) / 0.35) ** 2))
    response[dead] *= 0.08
    return response


def corner(number: int) -> tuple[float, float]:
    """Column and row of the mosaic where the detector's first pixel lies."""
    return float(number % COLUMNS * (SIZE + GAP)), float(number // COLUMNS * (SIZE + GAP))


def _side() -> float:
    return COLUMNS * SIZE + (COLUMNS - 1) * GAP


def projection(number: int, pointing: tuple[float, float], angle: float) -> Tan:
    """Where the detector looks when the middle of the mosaic points at (ra, dec), turned by `angle` degrees."""
    left, bottom = corner(number)
    middle = (_side() - 1) / 2
    return Tan.oriented(pointing, (middle - left, middle - bottom), SCALE, angle)
