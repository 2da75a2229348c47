"""Step: a small image around one bright source: python -m calibration.cutout."""

from calibration.images import cards_of, read_masked, write_masked
from calibration.step import StepError, Work, read_json, run

DEFAULTS = {"half": 20}


def process(work: Work) -> str:
    """Cut the square of `half` pixels on each side of the source, less where the detector ends."""
    source = read_json(work.one("brightSource").path)
    image = read_masked(work.one("postISRCCD").path)
    height, width = image.pixels.shape
    column, row, half = round(source["x"]), round(source["y"]), int(work.config["half"])
    if not (0 <= column < width and 0 <= row < height):
        raise StepError(f"the source at column {column}, row {row} is not on the image")
    left, bottom = max(0, column - half), max(0, row - half)
    window = slice(bottom, min(height, row + half + 1)), slice(left, min(width, column + half + 1))
    cards = cards_of(image.header) | {"BUNIT": "electron", "SOURCE": source["id"], "FLUX": source["flux"]}
    cards["CRPIX1"] -= left
    cards["CRPIX2"] -= bottom
    write_masked(work.output("cutout"), image.pixels[window], image.mask[window], cards)
    return f"source {source['id']}, {image.pixels[window].shape[1]} x {image.pixels[window].shape[0]} pixels"


if __name__ == "__main__":
    run("cutout", process, DEFAULTS)
