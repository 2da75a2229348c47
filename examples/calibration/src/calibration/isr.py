"""Step: instrument signature removal, a raw frame made a calibrated image: python -m calibration.isr."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration import cosmics
from calibration.filtering import clipped_median, repair
from calibration.images import BAD, COSMIC, SATURATED, cards_of, read_masked, read_raw, write_masked
from calibration.step import StepError, Work, read_json, run

DEFAULTS = {"threshold": 5.0, "contrast": 3.0, "rounds": 4}


def process(work: Work) -> str:
    """Take off bias, divide by the flat, mask bad and saturated pixels and cosmic rays, and fill what is masked."""
    raw = read_raw(work.one("raw").path)
    bias, flat = read_masked(work.one("masterBias").path), read_masked(work.one("masterFlat").path)
    if not raw.pixels.shape == bias.pixels.shape == flat.pixels.shape:
        shapes = f"raw {raw.pixels.shape}, master bias {bias.pixels.shape} and master flat {flat.pixels.shape}"
        raise StepError(f"{shapes} differ in size, they are not of one detector")
    bad = (bias.mask | flat.mask) > 0
    defects = work.maybe("defects")
    if defects is not None:
        bad |= _defects(read_json(defects.path), bad.shape)
    pixels = (raw.pixels - bias.pixels) * float(raw.header["GAIN"]) / flat.pixels
    mask = np.where(bad, BAD, np.where(raw.saturated, SATURATED, 0)).astype(np.uint8)
    noise = float(bias.header["RDNOISE"])
    hit = cosmics.find(
        pixels, mask > 0, noise=noise, sigma=work.config["threshold"], contrast=work.config["contrast"],
        rounds=int(work.config["rounds"]),
    )  # fmt: skip
    mask[hit] |= COSMIC
    filled = repair(pixels, mask > 0)
    cards = cards_of(raw.header) | {
        "RDNOISE": noise, "BUNIT": "electron", "BACKGR": round(clipped_median(filled), 3),
        "NBAD": int((mask & BAD > 0).sum()), "NSATUR": int((mask & SATURATED > 0).sum()), "NCOSMIC": int(hit.sum()),
    }  # fmt: skip
    write_masked(work.output("postISRCCD"), filled, mask, cards)
    counts = f"{cards['NBAD']} bad, {cards['NSATUR']} saturated, {cards['NCOSMIC']} cosmic-ray pixels"
    return f"{counts}, sky {cards['BACKGR']} electrons"


def _defects(table: dict[str, Any], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The known defects as a picture; a pixel beyond the detector is an error."""
    places = np.array(table.get("pixels", []), dtype=int).reshape(-1, 2)
    if places.size and ((places < 0).any() or (places >= shape).any()):
        raise StepError(f"the table of defects names pixels outside of the detector's {shape[0]} x {shape[1]}")
    bad = np.zeros(shape, dtype=bool)
    bad[places[:, 0], places[:, 1]] = True
    return bad


if __name__ == "__main__":
    run("isr", process, DEFAULTS)
