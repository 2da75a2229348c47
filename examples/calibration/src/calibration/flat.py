"""Step: the master flat of a detector in a band, its response to even light: python -m calibration.flat."""

import numpy as np

from calibration.filtering import clipped_mean, running_median
from calibration.images import BAD, read_masked, read_raw, write_masked
from calibration.step import Work, run

DEFAULTS = {"sigma": 4.0, "minimum": 3, "least": 0.5, "most": 1.5}


def process(work: Work) -> str:
    """Average the frames, each divided by its own level; mask pixels that answer too little or too much."""
    items = work.least("rawFlat", work.config["minimum"])
    bias = read_masked(work.one("masterBias").path)
    frames = [read_raw(item.path) for item in items]
    lit = [frame.pixels - bias.pixels for frame in frames]
    master = clipped_mean(np.array([frame / np.median(frame) for frame in lit]), sigma=work.config["sigma"])
    local = master / running_median(master, 7)
    bad = (local < work.config["least"]) | (local > work.config["most"]) | (bias.mask > 0)
    master = np.where(bad, 1.0, master / np.median(master[~bad]))
    cards = {
        "OBSTYPE": "masterflat", "DETECTOR": frames[0].header["DETECTOR"], "FILTER": frames[0].header["FILTER"],
        "NFRAMES": len(frames), "NBAD": int(bad.sum()), "BUNIT": "1",
    }  # fmt: skip
    write_masked(work.output("masterFlat"), master, np.where(bad, BAD, 0).astype(np.uint8), cards)
    low, high = master[~bad].min(), master[~bad].max()
    return f"{len(frames)} frames, response {low:.3f} to {high:.3f}, {int(bad.sum())} bad pixels"


if __name__ == "__main__":
    run("flat", process, DEFAULTS)
