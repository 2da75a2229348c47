"""Step: the coadd of a sky tile in a band, with a picture: python -m calibration.coadd."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration.filtering import background, robust_sigma
from calibration.images import ZERO_NJY, Image, read_masked, write
from calibration.picture import stretch, write_png
from calibration.projection import Pair, Tan
from calibration.step import Item, StepError, Work, read_json, run

DEFAULTS = {"clip": 4.0, "tolerance": 0.3, "softness": 4.0, "white": 600.0, "enlarge": 2}
TAPS = np.arange(-2, 4)  # pixels that the kernel reaches on each side


@dataclass(frozen=True, slots=True)
class Layer:
    """One image on the tile's grid, in nanojanskys a pixel without sky; not a number where it has nothing good.

    `variance`: of the empty sky; `electron`: nanojanskys that one electron stands for.
    """

    pixels: Image
    variance: float
    electron: float
    exptime: float
    exposure: int


def process(work: Work) -> str:
    """Average what the images saw of the tile, weighted by their depth, without what only a single one saw."""
    tile, size = _tile(read_json(work.one("skyMap").path), work.data_id)
    zeros = _zero_points([read_json(item.path) for item in work.least("visitSummary")])
    sky = tile.to_sky(*np.meshgrid(np.arange(size), np.arange(size)))
    candidates = [_layer(item, zeros, sky) for item in work.least("postISRCCD")]
    layers = [layer for layer in candidates if layer is not None]
    if not layers:
        raise StepError(f"none of {len(candidates)} images has usable pixels on the tile")
    mean, variance, count = combine(layers, clip=work.config["clip"], tolerance=work.config["tolerance"])
    exposures = {layer.exposure: layer.exptime for layer in layers}
    cards = {
        "OBSTYPE": "coadd", "FILTER": work.data_id["band"],
        "TRACT": work.data_id["tract"], "PATCH": work.data_id["patch"],
        "EXPTIME": sum(exposures.values()), "NIMAGES": len(layers), "NEXPOSUR": len(exposures), "BUNIT": "nJy",
        **tile.cards(),
    }  # fmt: skip
    planes = mean.astype(np.float32), variance.astype(np.float32), count.astype(np.uint8)
    write(work.output("coadd"), dict(zip(("PIXELS", "VARIANCE", "COUNT"), planes, strict=True)), cards)
    grey = stretch(mean, softness=work.config["softness"], white=work.config["white"])
    times = int(work.config["enlarge"])
    write_png(work.output("coaddPicture"), grey.repeat(times, axis=0).repeat(times, axis=1))
    return f"{len(layers)} images of {len(exposures)} exposures, {(count > 0).mean():.0%} of the tile covered"


def _tile(sky_map: dict[str, Any], data_id: dict[str, Any]) -> tuple[Tan, int]:
    """The projection of a patch and its pixels a side."""
    patches, size, patch = sky_map["patches"], sky_map["size"], data_id["patch"]
    if not 0 <= patch < patches**2:
        raise StepError(f"patch {patch} is not on the sky map, which has {patches**2} patches from 0")
    middle = (patches * size - 1) / 2
    pixel = (middle - patch % patches * size, middle - patch // patches * size)
    return Tan.oriented((sky_map["ra"], sky_map["dec"]), pixel, sky_map["scale"]), size


def _zero_points(summaries: list[dict[str, Any]]) -> dict[tuple[int, int | None], float]:
    """Zero points by exposure and detector, and by exposure alone (detector None) for detectors without their own."""
    zeros: dict[tuple[int, int | None], float] = {}
    for summary in summaries:
        exposure = summary["dataId"]["exposure"]
        zeros[exposure, None] = summary["zeroPoint"]
        zeros |= {(exposure, int(number)): figures["zeroPoint"] for number, figures in summary["detectors"].items()}
    return {key: value for key, value in zeros.items() if value is not None}


def _layer(item: Item, zeros: dict[tuple[int, int | None], float], sky: Pair) -> Layer | None:
    """An image in nanojanskys on the grid with pixels at `sky` (ra, dec); None without zero point or good pixel."""
    exposure, detector = item.data_id["exposure"], item.data_id["detector"]
    zero = zeros.get((exposure, detector), zeros.get((exposure, None)))
    if zero is None:
        return None
    image = read_masked(item.path)
    exptime = float(image.header["EXPTIME"])
    njy = 10 ** (0.4 * (ZERO_NJY - zero)) / exptime
    pixels = (image.pixels - background(image.pixels, image.mask > 0)) * njy
    x, y = image.projection.to_pixel(*sky)
    resampled = resample(np.where(image.mask > 0, np.nan, pixels), pixels, x, y)
    if not np.isfinite(resampled).any():
        return None
    return Layer(resampled, robust_sigma(pixels) ** 2, njy, exptime, exposure)


def resample(known: Image, filled: Image, x: Image, y: Image) -> Image:
    """Values at fractional pixel positions by a Lanczos kernel of order 3.

    `known` has masked pixels as not a number: what lies beside one is not a number; `filled` has a guess in their
    place, so that a masked pixel farther off spoils nothing.
    """
    height, width = known.shape
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    inside = (column >= 2) & (column < width - 3) & (row >= 2) & (row < height - 3)
    column, row, fx, fy = column[inside], row[inside], (x - np.floor(x))[inside], (y - np.floor(y))[inside]
    across, along = _kernel(fx), _kernel(fy)
    values = np.zeros(column.shape)
    for index, dy in enumerate(TAPS):
        line = sum(across[number] * filled[row + dy, column + dx] for number, dx in enumerate(TAPS))
        values += along[index] * line
    masked = np.isnan(known)
    beside = masked[row, column] | masked[row, column + 1] | masked[row + 1, column] | masked[row + 1, column + 1]
    result = np.full(x.shape, np.nan)
    result[inside] = np.where(beside, np.nan, values)
    return result


def _kernel(fraction: Image) -> list[Image]:
    """Weights of the six pixels around positions at these fractions of a pixel; they add up to one."""
    weights = [np.sinc(fraction - tap) * np.sinc((fraction - tap) / 3.0) for tap in TAPS]
    total = sum(weights)
    return [weight / total for weight in weights]


def combine(layers: list[Layer], *, clip: float, tolerance: float) -> tuple[Image, Image, Image]:
    """Weighted mean of layers, its variance, and how many took part in each pixel.

    A value farther than `clip` deviations plus `tolerance` times the median's height from the median is left out; the
    tolerance is for the cores of stars, which the seeing makes differ from image to image.
    """
    stack = np.array([layer.pixels for layer in layers])
    variance = np.array([layer.variance for layer in layers])[:, None, None]
    known = np.isfinite(stack)
    seen = known.any(axis=0)
    middle = np.zeros(seen.shape)
    middle[seen] = np.nanmedian(stack[:, seen], axis=0)
    electron = np.array([layer.electron for layer in layers])[:, None, None]
    noise = np.sqrt(variance + np.abs(middle) * electron)
    kept = known & (np.abs(np.where(known, stack, 0.0) - middle) <= clip * noise + tolerance * np.abs(middle))
    kept = np.where(known.sum(axis=0) >= 3, kept, known)
    weight = np.where(kept, 1.0 / variance, 0.0)
    total = weight.sum(axis=0)
    some = total > 0
    mean = np.full(seen.shape, np.nan)
    mean[some] = (weight * np.where(kept, stack, 0.0)).sum(axis=0)[some] / total[some]
    return mean, np.where(some, 1.0 / np.where(some, total, 1.0), np.nan), kept.sum(axis=0)


if __name__ == "__main__":
    run("coadd", process, DEFAULTS)
