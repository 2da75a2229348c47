"""Compares catalogues with the truth of the simulation: python -m calibration.verify TRUTH.json CATALOGUES_DIR."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.filtering import robust_sigma
from calibration.images import ZERO_NJY
from calibration.measure import KIND
from calibration.projection import Tan

NEAR = 1.0  # arcseconds within which a source and a star are the same
ALONE = 5.0  # arcseconds around a star in which nothing may be brighter than SPOILS of it
SPOILS = 0.03
SIGNAL = 25.0  # signal over noise from which sources are compared
SURE = 19.5  # AB magnitude to which every star that stands alone must be found
MARGIN = 10  # pixels from the edge of an image where stars are not asked for
LIMITS = {"position_rms_arcsec": 0.06, "flux_bias": 0.01, "flux_scatter": 0.03, "completeness": 0.97}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well the catalogues agree with the truth.

    `position_rms_arcsec`: per coordinate; `flux_bias`, `flux_scatter`: median and robust deviation of measured over
    true flux less one; `completeness`: share of the bright stars standing alone that were found.
    """

    catalogues: int
    matched: int
    position_rms_arcsec: float | None
    flux_bias: float | None
    flux_scatter: float | None
    completeness: float | None
    ok: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """The stars of the truth in one band: degrees, nanojanskys, and which of them stand alone."""

    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    flux: NDArray[np.float64]
    alone: NDArray[np.bool_]


def compare(truth: dict[str, Any], catalogues: list[dict[str, Any]]) -> Verdict:
    """The verdict over all catalogues together; no catalogue or no match is not ok."""
    bands = {band: _truth(truth["stars"], band) for band in {catalogue["band"] for catalogue in catalogues}}
    rows, sought, found = [], 0, 0
    for catalogue in catalogues:
        stars = bands[catalogue["band"]]
        rows += list(_matches(stars, catalogue))
        expected, met = _completeness(stars, catalogue)
        sought, found = sought + expected, found + met
    if not rows or not sought:
        return Verdict(len(catalogues), len(rows), None, None, None, None, False)
    offsets, ratios = np.array([row[:2] for row in rows]), np.array([row[2] for row in rows])
    figures = {
        "position_rms_arcsec": round(float(np.sqrt((offsets**2).mean())), 4),
        "flux_bias": round(float(np.median(ratios)) - 1.0, 5),
        "flux_scatter": round(robust_sigma(ratios), 5),
        "completeness": round(found / sought, 4),
    }
    good = all(abs(figures[name]) <= limit for name, limit in LIMITS.items() if name != "completeness")
    return Verdict(len(catalogues), len(rows), **figures, ok=good and figures["completeness"] >= LIMITS["completeness"])


def _truth(stars: list[dict[str, Any]], band: str) -> Truth:
    ra, dec = np.array([star["ra"] for star in stars]), np.array([star["dec"] for star in stars])
    flux = np.array([star["flux"][band] for star in stars])
    alone = np.ones(len(stars), dtype=bool)
    for index in range(len(stars)):
        away = _arcseconds(ra - ra[index], dec - dec[index], dec[index])
        near = (np.hypot(*away) < ALONE) & (flux > SPOILS * flux[index])
        alone[index] = near.sum() == 1
    return Truth(ra, dec, flux, alone)


def _matches(stars: Truth, catalogue: dict[str, Any]) -> Iterator[tuple[float, float, float]]:
    """Offsets (arcseconds) and flux ratio of every well-measured source that is a star standing alone."""
    for source in catalogue["sources"]:
        if source["flags"] or source["snr"] < SIGNAL or source["flux"] is None:
            continue
        east, north = _arcseconds(source["ra"] - stars.ra, source["dec"] - stars.dec, source["dec"])
        nearest = int(np.argmin(np.hypot(east, north)))
        if np.hypot(east[nearest], north[nearest]) < NEAR and stars.alone[nearest]:
            yield float(east[nearest]), float(north[nearest]), float(source["flux"] / stars.flux[nearest])


def _completeness(stars: Truth, catalogue: dict[str, Any]) -> tuple[int, int]:
    """How many bright stars standing alone an image shows, and how many of them its catalogue has."""
    width, height = catalogue["size"]
    x, y = Tan.from_cards(catalogue["wcs"]).to_pixel(stars.ra, stars.dec)
    inside = (x > MARGIN) & (x < width - 1 - MARGIN) & (y > MARGIN) & (y < height - 1 - MARGIN)
    wanted = np.flatnonzero(inside & stars.alone & (stars.flux > 10 ** (0.4 * (ZERO_NJY - SURE))))
    places = np.array([(source["x"], source["y"]) for source in catalogue["sources"]]).reshape(-1, 2)
    met = sum(bool((np.hypot(places[:, 0] - x[star], places[:, 1] - y[star]) < 3).any()) for star in wanted)
    return len(wanted), met


def _arcseconds(ra: Any, dec: Any, at: Any) -> tuple[Any, Any]:
    return ra * np.cos(np.radians(at)) * 3600.0, dec * 3600.0


def catalogues_below(folder: Path) -> Iterator[dict[str, Any]]:
    """Every source catalogue in a directory tree, known by what it says of itself, whatever its name."""
    for path in sorted(folder.rglob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(content, dict) and content.get("catalogue") == KIND:
            yield content


def main() -> None:
    """Print the verdict as JSON; exit status 0 when the catalogues agree with the truth, 1 when they do not."""
    parser = argparse.ArgumentParser(prog="python -m calibration.verify", description="Compare with the truth.")
    parser.add_argument("truth", type=Path, metavar="TRUTH.json")
    parser.add_argument("folder", type=Path, metavar="CATALOGUES_DIR")
    given = parser.parse_args()
    if not given.truth.is_file() or not given.folder.is_dir():
        parser.error(f"{given.truth} must be a file and {given.folder} a directory")
    verdict = compare(json.loads(given.truth.read_text(encoding="utf-8")), list(catalogues_below(given.folder)))
    print(json.dumps(asdict(verdict)))
    raise SystemExit(0 if verdict.ok else 1)


if __name__ == "__main__":
    main()
