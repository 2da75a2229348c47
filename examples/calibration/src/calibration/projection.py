"""The gnomonic (TAN) projection of FITS paper II (Calabretta & Greisen 2002), by numpy alone: it loads faster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Tan:
    """Pixels to sky and back. Pixels count from 0 (x: column, y: row); ra, dec and the matrix are degrees, J2000."""

    ra: float
    dec: float
    x: float
    y: float
    cd: tuple[float, float, float, float]

    @classmethod
    def oriented(cls, centre: tuple[float, float], pixel: tuple[float, float], scale: float, angle: float = 0) -> "Tan":
        """North up, east left, turned by `angle` degrees about `pixel`; `scale` in arcseconds a pixel."""
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        step = scale / 3600.0
        return cls(*centre, *pixel, (float(-step * cos), float(step * sin), float(step * sin), float(step * cos)))

    @classmethod
    def from_cards(cls, cards: Mapping[str, Any]) -> "Tan":
        """The projection that FITS cards describe; KeyError when one is missing."""
        cd = (float(cards["CD1_1"]), float(cards["CD1_2"]), float(cards["CD2_1"]), float(cards["CD2_2"]))
        return cls(float(cards["CRVAL1"]), float(cards["CRVAL2"]), cards["CRPIX1"] - 1.0, cards["CRPIX2"] - 1.0, cd)

    def cards(self) -> dict[str, float | str]:
        """The FITS cards of the projection, where pixels count from 1."""
        names = ("CD1_1", "CD1_2", "CD2_1", "CD2_2")
        return {
            "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg", "CUNIT2": "deg",
            "CRVAL1": self.ra, "CRVAL2": self.dec, "CRPIX1": self.x + 1.0, "CRPIX2": self.y + 1.0,
            **dict(zip(names, self.cd, strict=True)),
            "RADESYS": "ICRS", "EQUINOX": 2000.0,
        }  # fmt: skip

    def to_sky(self, x: ArrayLike, y: ArrayLike) -> Pair:
        """Right ascension (0..360) and declination, degrees, of pixel positions."""
        dx, dy = np.asarray(x, float) - self.x, np.asarray(y, float) - self.y
        xi = np.radians(self.cd[0] * dx + self.cd[1] * dy)
        eta = np.radians(self.cd[2] * dx + self.cd[3] * dy)
        sin0, cos0 = np.sin(np.radians(self.dec)), np.cos(np.radians(self.dec))
        depth = cos0 - eta * sin0
        ra = np.degrees(np.arctan2(xi, depth)) + self.ra
        dec = np.degrees(np.arctan2(sin0 + eta * cos0, np.hypot(xi, depth)))
        return np.mod(ra, 360.0), dec

    def to_pixel(self, ra: ArrayLike, dec: ArrayLike) -> Pair:
        """Pixel positions of sky positions in degrees; not a number for what lies behind the tangent plane."""
        turn = np.radians(np.asarray(ra, float) - self.ra)
        height = np.radians(np.asarray(dec, float))
        sin0, cos0 = np.sin(np.radians(self.dec)), np.cos(np.radians(self.dec))
        depth = np.sin(height) * sin0 + np.cos(height) * cos0 * np.cos(turn)
        depth = np.where(depth > 1e-6, depth, np.nan)
        xi = np.degrees(np.cos(height) * np.sin(turn) / depth)
        eta = np.degrees((np.sin(height) * cos0 - np.cos(height) * sin0 * np.cos(turn)) / depth)
        a, b, c, d = self.cd
        scale = a * d - b * c
        return self.x + (d * xi - b * eta) / scale, self.y + (a * eta - c * xi) / scale
