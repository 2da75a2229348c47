"""Writes a simulated night, the documents that describe it, and the truth: python -m calibration.simulate OUTDIR."""

import argparse
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from calibration import camera, frames, heaven, images
from calibration.camera import BANDS, SIZE, Detector
from calibration.step import write_json

SEED = 636
BIASES, FLATS = range(101, 106), {"r": range(201, 206), "i": range(206, 211)}
NIGHT = "2026-11-22"
KNOWN = 20.2  # AB magnitude in r to which the reference catalogue goes


@dataclass(slots=True)
class Night:
    """What has been written so far of a night."""

    folder: Path
    seed: int
    detectors: list[Detector]
    exposures: list[heaven.Exposure]
    stars: list[heaven.Star]
    datasets: list[dict[str, Any]] = field(default_factory=list)
    rays: list[dict[str, Any]] = field(default_factory=list)

    def random(self, exposure: int, detector: int) -> np.random.Generator:
        """The chances of one frame: they depend on nothing but seed and data ID."""
        return np.random.default_rng([self.seed, 4, exposure, detector])

    def register(self, kind: str, data_id: dict[str, Any], path: Path, metadata: dict[str, Any]) -> None:
        """Note a dataset that was written."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entry = {"type": kind, "dataId": data_id, "path": str(path.relative_to(self.folder)), "sha256": digest}
        self.datasets.append({"dataset": {**entry, "metadata": metadata}})

    @property
    def broken(self) -> tuple[int, int]:
        """Exposure and detector of the raw file that is cut short: the middle ones."""
        return (len(self.exposures) + 1) // 2, len(self.detectors) // 2


def write_night(folder: Path, *, exposures: int = 24, detectors: int = 9, seed: int = SEED) -> Night:
    """Write the whole night into a folder; the same arguments give the same bytes."""
    night = Night(
        folder, seed, [camera.build(seed, number) for number in range(detectors)],
        heaven.plan(seed, exposures), heaven.stars(seed),
    )  # fmt: skip
    for name in ("raw", "bias", "flat", "tables"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for detector in night.detectors:
        _write_calibrations(night, detector)
        for exposure in night.exposures:
            _write_science(night, exposure, detector)
    _write_tables(night)
    write_json(folder / "datasets.json", night.datasets)
    write_json(folder / "data-ids.json", list(_rows(night)), indent=None)
    write_json(folder / "truth.json", _truth(night), indent=None)
    return night


def _cards(kind: str, exposure: int, detector: Detector, band: str, exptime: float) -> dict[str, Any]:
    """The header of a raw frame; the clock of the simulated night advances by its exposure numbers alone."""
    minutes = 2 * (exposure % 100) + (0 if kind == "science" else 780 if kind == "bias" else 840)
    moment = np.datetime64(NIGHT + "T00:00") + np.timedelta64(24 * 60 + minutes, "m")
    return {
        "OBSTYPE": kind, "EXPOSURE": exposure, "DETECTOR": detector.number, "FILTER": band, "EXPTIME": exptime,
        "DATE-OBS": str(moment.astype("datetime64[s]")), "TIMESYS": "UTC", "INSTRUME": "example-camera",
        "GAIN": round(detector.gain, 4), "RDNOISE": camera.READ_NOISE, "DATACOLS": SIZE, "BUNIT": "adu",
    }  # fmt: skip


def _write_calibrations(night: Night, detector: Detector) -> None:
    number = detector.number
    for exposure in BIASES:
        path = night.folder / f"bias/bias_{exposure}_{number}.fits"
        counts = frames.bias(detector, night.random(exposure, number))
        images.write(path, {"COUNTS": counts}, _cards("bias", exposure, detector, "none", 0.0))
        night.register("rawBias", {"exposure": exposure, "detector": number}, path, {"exptime_s": 0.0})
    for band in BANDS:
        for exposure in FLATS[band]:
            path = night.folder / f"flat/flat_{band}_{exposure}_{number}.fits"
            counts = frames.flat(detector, band, night.random(exposure, number))
            images.write(path, {"COUNTS": counts}, _cards("flat", exposure, detector, band, 4.0))
            data_id = {"exposure": exposure, "detector": number, "band": band}
            night.register("rawFlat", data_id, path, {"exptime_s": 4.0, "band": band})


def _write_science(night: Night, exposure: heaven.Exposure, detector: Detector) -> None:
    number = detector.number
    counts, rays = frames.science(detector, exposure, night.stars, night.random(exposure.number, number))
    look = exposure.look(number)
    ra, dec = (round(float(value), 6) for value in look.to_sky((SIZE - 1) / 2, (SIZE - 1) / 2))
    time = heaven.EXPTIME[exposure.band]
    cards = _cards("science", exposure.number, detector, exposure.band, time)
    cards |= {"PROGRAM": exposure.field.program, "RA": ra, "DEC": dec, **look.cards()}
    path = night.folder / f"raw/raw_{exposure.number:03d}_{number}.fits"
    images.write(path, {"COUNTS": counts}, cards)
    night.rays.append({"exposure": exposure.number, "detector": number, "pixels": rays})
    metadata = {"ra": ra, "dec": dec, "band": exposure.band, "program": exposure.field.program, "exptime_s": time}
    if (exposure.number, number) == night.broken:
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 5])
    night.register("raw", {"exposure": exposure.number, "detector": number}, path, metadata)


def _write_tables(night: Night) -> None:
    """Known defects (none for the last detector), the sky map and the reference stars of each tract."""
    for detector in night.detectors[:-1]:
        path = night.folder / f"tables/defects_{detector.number}.json"
        pixels = np.argwhere(detector.hot > 0).tolist()
        write_json(path, {"detector": detector.number, "pixels": pixels})
        night.register("defects", {"detector": detector.number}, path, {})
    rng = np.random.default_rng([night.seed, 5])
    for area in sorted({exposure.field for exposure in night.exposures}, key=lambda area: area.tract):
        path = night.folder / f"tables/skymap_{area.tract}.json"
        write_json(path, {
            "tract": area.tract, "ra": area.ra, "dec": area.dec, "scale": camera.SCALE,
            "patches": heaven.PATCHES, "size": heaven.PATCH,
        })  # fmt: skip
        night.register("skyMap", {"tract": area.tract}, path, {})
        path = night.folder / f"tables/reference_{area.tract}.json"
        write_json(path, {"tract": area.tract, "stars": list(_reference(night, area, rng))})
        night.register("referenceCatalog", {"tract": area.tract}, path, {})


def _reference(night: Night, area: heaven.Field, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Well-known stars of a tract: neither faint nor saturated, their fluxes known to half a percent."""
    for star in night.stars:
        near = abs(star.ra - area.ra) < 1 and abs(star.dec - area.dec) < 1
        errors = rng.normal(1.0, 0.005, len(BANDS))
        if near and star.flux["r"] > 10 ** (0.4 * (images.ZERO_NJY - KNOWN)):
            flux = {band: round(star.flux[band] * error, 3) for band, error in zip(BANDS, errors.tolist(), strict=True)}
            yield {"id": star.number, "ra": star.ra, "dec": star.dec, "flux": flux}


def _rows(night: Night) -> Iterator[dict[str, Any]]:
    """The data ID table: which image falls on which tile of the sky, in which band."""
    for exposure in night.exposures:
        for detector in night.detectors:
            for patch in heaven.patches_under(exposure, detector.number):
                place = {"band": exposure.band, "tract": exposure.field.tract, "patch": patch}
                yield {"exposure": exposure.number, "detector": detector.number, **place}


def _truth(night: Night) -> dict[str, Any]:
    exposure, detector = night.broken
    return {
        "night": NIGHT,
        "seed": night.seed,
        "stars": [{"id": s.number, "ra": s.ra, "dec": s.dec, "flux": s.flux} for s in night.stars],
        "exposures": [
            {"exposure": e.number, "band": e.band, "tract": e.field.tract, "program": e.field.program,
             "ra": e.pointing[0], "dec": e.pointing[1], "angle": e.angle, "seeing": e.seeing,
             "transparency": e.transparency, "sky": e.sky}
            for e in night.exposures
        ],
        "badPixels": [{"detector": d.number, "pixels": np.argwhere(d.bad).tolist()} for d in night.detectors],
        "cosmicRays": night.rays,
        "broken": [{"type": "raw", "dataId": {"exposure": exposure, "detector": detector}}],
    }  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of a night."""
    parser.add_argument("folder", type=Path, metavar="OUTDIR")
    parser.add_argument("--exposures", type=between(1, 99), default=24, help="science exposures, 1 to 99 (24)")
    parser.add_argument("--detectors", type=between(1, 9), default=9, help="detectors, 1 to 9 (9)")
    parser.add_argument("--seed", type=between(0, 2**32), default=SEED, help=f"another sky and camera ({SEED})")


def between(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number between two; for argparse."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} is no whole number from {least} to {most}")
        return int(text)

    return read


def main() -> None:
    """Read the command line and write the night."""
    parser = argparse.ArgumentParser(prog="python -m calibration.simulate", description="Write a simulated night.")
    add_arguments(parser)
    given = parser.parse_args()
    night = write_night(given.folder, exposures=given.exposures, detectors=given.detectors, seed=given.seed)
    exposure, detector = night.broken
    broken = f"raw, exposure {exposure}, detector {detector}"
    print(f"{len(night.datasets)} datasets in {given.folder}; the broken one: {broken}")


if __name__ == "__main__":
    main()
