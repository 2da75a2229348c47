"""Images in FITS files: raw frames, calibrated images with masks, and checks that a broken file must not pass."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from calibration.projection import Tan
from calibration.step import StepError, whole

Image = NDArray[np.floating[Any]]
Mask = NDArray[np.uint8]

BAD, SATURATED, COSMIC = 1, 2, 4
FULL_SCALE = 65535
ZERO_NJY = 31.4  # AB magnitude of one nanojansky


@dataclass(frozen=True, slots=True)
class Masked:
    """Pixels with a mask (a sum of BAD, SATURATED, COSMIC; 0 is good) and the FITS header they came with."""

    pixels: Image
    mask: Mask
    header: fits.Header

    @property
    def projection(self) -> Tan:
        """Where the image lies on the sky."""
        return Tan.from_cards(self.header)


@dataclass(frozen=True, slots=True)
class Raw:
    """A raw frame: imaging pixels with the overscan level taken off (ADU), which of them are saturated, the header."""

    pixels: Image
    saturated: NDArray[np.bool_]
    header: fits.Header


def read_raw(path: Path) -> Raw:
    """A raw frame; a file that is cut short, unreadable or without the needed cards is an error that says so."""
    header, (counts,) = read(path, [0])
    for name in ("EXPTIME", "GAIN", "RDNOISE", "DATACOLS"):
        if name not in header:
            raise StepError(f"{path}: the card {name} is missing, this is not a raw frame")
    columns = int(header["DATACOLS"])
    level = float(np.median(counts[:, columns:]))
    counts = counts[:, :columns]
    return Raw(counts.astype(np.float64) - level, counts >= FULL_SCALE, header)


def read_masked(path: Path) -> Masked:
    """A calibrated image: the first unit holds the pixels, the second the mask."""
    header, (pixels, mask) = read(path, [0, 1])
    return Masked(pixels.astype(np.float64), mask.astype(np.uint8), header)


def read(path: Path, units: list[int]) -> tuple[fits.Header, list[NDArray[Any]]]:
    """The first header of a FITS file and the arrays of some of its units, all in memory and the file closed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(path, memmap=False) as file:
                _check_length(path, file)
                arrays = [np.ascontiguousarray(file[unit].data) for unit in units]
                return file[0].header.copy(), arrays
    except FileNotFoundError as error:
        raise StepError(f"{path}: no such file") from error
    except (OSError, IndexError, ValueError, TypeError) as error:
        raise StepError(f"{path}: not a readable FITS file ({error}); copy it anew from its source") from error


def _check_length(path: Path, file: fits.HDUList) -> None:
    last = file[len(file) - 1].fileinfo()
    expected, found = last["datLoc"] + last["datSpan"], path.stat().st_size
    if found < expected:
        raise StepError(f"{path}: the file is cut short, {found} of {expected} bytes; copy it anew from its source")


def write_masked(path: Path, pixels: Image, mask: Mask, cards: Mapping[str, Any]) -> None:
    """Write pixels (32-bit floats) and mask; equal content gives equal bytes, nothing tells when or where."""
    write(path, {"PIXELS": pixels.astype(np.float32), "MASK": mask}, cards)


def write(path: Path, units: Mapping[str, NDArray[Any]], cards: Mapping[str, Any]) -> None:
    """Write named arrays as the units of one FITS file; the cards go to the first, in their order."""
    (_, pixels), *others = units.items()
    first = fits.PrimaryHDU(pixels)
    for name, value in cards.items():
        first.header[name] = value
    rest = [fits.ImageHDU(array, name=name) for name, array in others]
    with whole(path) as draft:
        fits.HDUList([first, *rest]).writeto(draft)


def cards_of(header: fits.Header) -> dict[str, Any]:
    """The cards of a header worth carrying over to what is made of it: all that do not describe the array itself."""
    own = {"SIMPLE", "BITPIX", "EXTEND", "BZERO", "BSCALE", "DATACOLS", "BUNIT", "", "COMMENT", "HISTORY"}
    return {name: header[name] for name in header if name not in own and not name.startswith("NAXIS")}
