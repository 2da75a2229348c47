"""Step: the master bias of a detector, a robust mean of its bias frames: python -m calibration.bias."""

import numpy as np

from calibration.filtering import TO_SIGMA, clipped_mean
from calibration.images import BAD, read_raw, write_masked
from calibration.step import StepError, Work, run

DEFAULTS = {"sigma": 4.0, "minimum": 3, "stuck": 500.0}


def process(work: Work) -> str:
    """Average the frames and mask pixels that read more than `stuck` counts above their detector's level."""
    frames = [read_raw(item.path) for item in work.least("rawBias", work.config["minimum"])]
    if len({frame.pixels.shape for frame in frames}) > 1:
        raise StepError("the bias frames differ in size, they are not of one detector")
    stack = np.array([frame.pixels for frame in frames])
    master = clipped_mean(stack, sigma=work.config["sigma"])
    spread = TO_SIGMA * float(np.median(np.abs(stack - master))) * np.sqrt(len(frames) / (len(frames) - 1))
    stuck = np.abs(master) > work.config["stuck"]
    noise = float(spread * frames[0].header["GAIN"])
    cards = {
        "OBSTYPE": "masterbias", "DETECTOR": frames[0].header["DETECTOR"], "NFRAMES": len(frames),
        "RDNOISE": round(noise, 4), "NBAD": int(stuck.sum()), "BUNIT": "adu",
    }  # fmt: skip
    write_masked(work.output("masterBias"), master, np.where(stuck, BAD, 0).astype(np.uint8), cards)
    return f"{len(frames)} frames, read noise {noise:.2f} electrons, {int(stuck.sum())} stuck pixels"


if __name__ == "__main__":
    run("bias", process, DEFAULTS)
