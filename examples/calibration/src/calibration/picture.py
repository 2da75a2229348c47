"""Pictures of images: a stretch that shows faint and bright stars alike, and PNG files by the standard library."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.filtering import clipped_median, robust_sigma
from calibration.images import Image
from calibration.step import whole

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def stretch(image: Image, *, softness: float, white: float) -> NDArray[np.uint8]:
    """Grey values of an image: linear near the noise, logarithmic above (asinh, Lupton et al. 2004, PASP 116, 133).

    The sky lies a little above black; `softness`: deviations of the noise where linear ends; `white`: deviations that
    are white. Pixels that are not a number become black; north, the last row, comes on top.
    """
    known = image[np.isfinite(image)]
    if not known.size:
        return np.zeros(image.shape, np.uint8)
    noise = max(robust_sigma(known), 1e-12)
    low = np.arcsinh(-2.5 / softness)
    high = np.arcsinh(white / softness)
    value = (np.arcsinh((image - clipped_median(known)) / noise / softness) - low) / (high - low)
    grey: NDArray[np.uint8] = np.rint(255.0 * np.clip(np.nan_to_num(value), 0.0, 1.0)).astype(np.uint8)
    return grey[::-1]


def write_png(path: Path, grey: NDArray[np.uint8]) -> None:
    """Write an 8-bit grey picture (rows from the top); equal pixels give equal bytes."""
    height, width = grey.shape
    lines = np.zeros((height, width + 1), np.uint8)
    lines[:, 1:] = grey
    content = SIGNATURE + b"".join((
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)),
        _chunk(b"IEND", b""),
    ))  # fmt: skip
    with whole(path) as draft:
        draft.write_bytes(content)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
