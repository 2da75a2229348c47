"""The simulated sky and the plan of the night: one catalogue of stars, two fields cut into tiles, their exposures."""

from dataclasses import dataclass

import numpy as np

from calibration.camera import BANDS, SCALE, SIZE, projection
from calibration.images import ZERO_NJY
from calibration.projection import Tan

PATCHES = 3  # tiles a side in each tract
PATCH = 190  # pixels a side in each tile
EXPTIME = {"r": 30.0, "i": 40.0}
SKY = {"r": 5.0, "i": 7.5}  # electrons a second and pixel
FAINT, BRIGHT = 21.4, 15.7  # AB magnitudes in r between which stars are drawn
STARS = 540  # in each field


@dataclass(frozen=True, slots=True)
class Field:
    """One tract of the sky map: where it is, what it is observed for, and where its brightest stars are put.

    `showpieces`: offsets (arcseconds east and north) and r magnitudes of stars bright enough for a cut-out each.
    """

    tract: int
    ra: float
    dec: float
    program: str
    showpieces: tuple[tuple[float, float, float], ...]

    @property
    def grid(self) -> Tan:
        """Pixels of the whole tract; patch p begins at column PATCH * (p % PATCHES), row PATCH * (p // PATCHES)."""
        middle = (PATCHES * PATCH - 1) / 2
        return Tan.oriented((self.ra, self.dec), (middle, middle), SCALE)


FIELDS = (
    Field(1, 10.0, -30.0, "main-survey", ((64.0, -66.0, 14.6), (-5.0, 3.0, 14.9), (-63.0, 66.0, 14.5))),
    Field(2, 53.1, -27.8, "deep-field", ((4.0, -64.0, 14.6), (66.0, 5.0, 14.8))),
)


@dataclass(frozen=True, slots=True)
class Star:
    """A star of the truth: degrees, and flux in nanojanskys by band."""

    number: int
    ra: float
    dec: float
    flux: dict[str, float]


@dataclass(frozen=True, slots=True)
class Exposure:
    """One science exposure of the plan; `angle` in degrees, `seeing` (full width at half maximum) in arcseconds."""

    number: int
    field: Field
    band: str
    pointing: tuple[float, float]
    angle: float
    seeing: float
    transparency: float
    sky: float

    def look(self, detector: int) -> Tan:
        """Where one detector of the exposure lies on the sky."""
        return projection(detector, self.pointing, self.angle)


def stars(seed: int) -> list[Star]:
    """Every star of the sky: more faint ones than bright ones, and the showpieces of each field."""
    rng = np.random.default_rng([seed, 2])
    found: list[Star] = []
    for field in FIELDS:
        reach = PATCHES * PATCH * SCALE / 2 + 10
        slope = 0.2 * np.log(10)
        share = rng.uniform(0, 1, STARS)
        magnitudes = FAINT + np.log(share + (1 - share) * np.exp(-slope * (FAINT - BRIGHT))) / slope
        places = np.column_stack([rng.uniform(-reach, reach, (STARS, 2)), magnitudes])
        for east, north, magnitude in [*field.showpieces, *places]:
            ra, dec = field.grid.to_sky(field.grid.x - east / SCALE, field.grid.y + north / SCALE)
            red = 10 ** (0.4 * (ZERO_NJY - magnitude))
            flux = {"r": round(float(red), 3), "i": round(float(red * 10 ** (0.4 * rng.normal(0.25, 0.15))), 3)}
            found.append(Star(len(found) + 1, round(float(ra), 8), round(float(dec), 8), flux))
    return found


def plan(seed: int, number: int) -> list[Exposure]:
    """The first exposures of the night: three of a field in one band, three in the other, again; then the next."""
    rng = np.random.default_rng([seed, 3])
    planned = []
    for index in range(number):
        field, band = FIELDS[index // 12 % len(FIELDS)], BANDS[index // 3 % len(BANDS)]
        east, north = rng.uniform(-18.0, 18.0, 2)
        pointing = field.grid.to_sky(field.grid.x - east / SCALE, field.grid.y + north / SCALE)
        planned.append(Exposure(
            index + 1, field, band, (round(float(pointing[0]), 7), round(float(pointing[1]), 7)),
            angle=round(float(rng.uniform(-2.0, 2.0)), 3),
            seeing=round(float(rng.uniform(1.15, 1.55)), 3),
            transparency=round(float(rng.uniform(0.82, 1.0)), 4),
            sky=round(float(SKY[band] * rng.uniform(0.9, 1.2)), 3),
        ))  # fmt: skip
    return planned


def patches_under(exposure: Exposure, detector: int) -> list[int]:
    """The tiles of the exposure's tract that at least one pixel of the detector falls on."""
    edge = np.linspace(0, SIZE - 1, 41)
    x, y = np.meshgrid(edge, edge)
    column, row = exposure.field.grid.to_pixel(*exposure.look(detector).to_sky(x, y))
    across, up = np.floor((column + 0.5) / PATCH), np.floor((row + 0.5) / PATCH)
    inside = (across >= 0) & (across < PATCHES) & (up >= 0) & (up < PATCHES)
    return sorted({int(value) for value in (across + PATCHES * up)[inside]})
