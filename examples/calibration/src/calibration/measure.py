"""Step: source measurement, a catalogue of positions and fluxes of an image: python -m calibration.measure."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration import sources
from calibration.filtering import clipped_median, robust_sigma
from calibration.images import ZERO_NJY, Masked, read_masked
from calibration.projection import Tan
from calibration.step import StepError, Work, read_json, run, write_json

DEFAULTS = {"threshold": 6.0, "aperture": 1.8, "seeing": 1.3, "match": 1.0, "references": 3}
KIND = "calibration sources 1"


@dataclass(frozen=True, slots=True)
class Zero:
    """What one electron a second means: nanojanskys, its scatter among `stars` reference stars (relative)."""

    scale: float | None
    scatter: float | None
    stars: int

    @property
    def magnitude(self) -> float | None:
        """AB magnitude of a source that gives one electron a second."""
        return None if self.scale is None else round(ZERO_NJY - 2.5 * float(np.log10(self.scale)), 4)


def process(work: Work) -> str:
    """Find sources, measure them, put them on the sky, and set their fluxes by the reference stars among them."""
    image = read_masked(work.one("postISRCCD").path)
    missing = [name for name in ("EXPTIME", "FILTER", "CRVAL1", "CD1_1") if name not in image.header]
    if missing:
        raise StepError(f"the image's header has no {', '.join(missing)}")
    look = image.projection
    scale = 3600.0 * np.sqrt(abs(look.cd[0] * look.cd[3] - look.cd[1] * look.cd[2]))
    found = sources.measure(
        image, threshold=work.config["threshold"], aperture=work.config["aperture"], width=work.config["seeing"] / scale
    )
    references = [star for item in work.all("referenceCatalog") for star in read_json(item.path)["stars"]]
    zero = _zero(found, image, references, work.config)
    write_json(work.output("sourceCatalog"), _catalogue(work.data_id, image, found, zero, float(scale)))
    seeing = "unknown" if found.fwhm is None else f"{found.fwhm * scale:.2f} arcsec"
    return f"{len(found.sources)} sources, seeing {seeing}, zero point {zero.magnitude} from {zero.stars} stars"


def _zero(found: sources.Field, image: Masked, references: list[dict[str, Any]], config: dict[str, Any]) -> Zero:
    """The flux scale from reference stars that were found and have no flags."""
    band, exptime = image.header["FILTER"], float(image.header["EXPTIME"])
    clean = [source for source in found.sources if not source.flags and source.snr > 20]
    known = [star for star in references if band in star["flux"]]
    if not clean or not known:
        return Zero(None, None, 0)
    ra, dec = image.projection.to_sky([s.x for s in clean], [s.y for s in clean])
    ratios = []
    for star in known:
        away = np.hypot((ra - star["ra"]) * np.cos(np.radians(star["dec"])), dec - star["dec"]) * 3600
        nearest = int(np.argmin(away))
        if away[nearest] < config["match"]:
            ratios.append(star["flux"][band] / (clean[nearest].flux / exptime))
    if len(ratios) < config["references"]:
        return Zero(None, None, len(ratios))
    scale = clipped_median(np.array(ratios))
    return Zero(scale, round(robust_sigma(np.array(ratios)) / scale, 5), len(ratios))


def _catalogue(
    data_id: dict[str, Any], image: Masked, found: sources.Field, zero: Zero, scale: float
) -> dict[str, Any]:
    """The document of one image; positions in degrees and pixels from 0, fluxes in nanojanskys, counts in electrons."""
    exptime = float(image.header["EXPTIME"])
    height, width = image.pixels.shape
    return {
        "catalogue": KIND, "dataId": data_id, "band": image.header["FILTER"], "exptime_s": exptime,
        "fwhm_arcsec": None if found.fwhm is None else round(found.fwhm * scale, 4),
        "background_e": round(found.sky, 3), "noise_e": round(found.noise, 3), "aperture_px": round(found.radius, 3),
        "zeroPoint": zero.magnitude, "zeroPointScatter": zero.scatter, "zeroPointStars": zero.stars,
        "size": [width, height], "wcs": image.projection.cards(),
        "masked": round(float((image.mask > 0).mean()), 6),
        "sources": _rows(found.sources, image.projection, None if zero.scale is None else zero.scale / exptime),
    }  # fmt: skip


def _rows(measured: list[sources.Source], look: Tan, njy: float | None) -> list[dict[str, Any]]:
    ra, dec = look.to_sky([s.x for s in measured], [s.y for s in measured])
    return [
        {
            "id": number, "ra": round(float(ra[number - 1]), 8), "dec": round(float(dec[number - 1]), 8),
            "x": round(s.x, 4), "y": round(s.y, 4), "counts": round(s.flux, 2), "countsError": round(s.error, 2),
            "flux": None if njy is None else round(s.flux * njy, 3),
            "fluxError": None if njy is None else round(s.error * njy, 3),
            "snr": round(s.snr, 2), "fwhm_px": None if s.fwhm is None else round(s.fwhm, 3), "flags": s.flags,
        }
        for number, s in enumerate(measured, start=1)
    ]  # fmt: skip


if __name__ == "__main__":
    run("measure", process, DEFAULTS)
