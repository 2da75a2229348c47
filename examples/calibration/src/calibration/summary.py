"""Step: the summary of an exposure from the detectors there are: python -m calibration.summary."""

from statistics import median
from typing import Any

from calibration.step import StepError, Work, read_json, run, write_json

DEFAULTS = {"minimum": 1}
FIGURES = ("fwhm_arcsec", "background_e", "noise_e", "zeroPoint")


def process(work: Work) -> str:
    """Gather the figures of the detectors and take the median of each over the exposure."""
    catalogues = [read_json(item.path) for item in work.least("sourceCatalog", work.config["minimum"])]
    bands = {catalogue["band"] for catalogue in catalogues}
    if len(bands) > 1:
        raise StepError(f"the catalogues are of several bands ({', '.join(sorted(bands))}), not of one exposure")
    detectors = {str(catalogue["dataId"]["detector"]): _figures(catalogue) for catalogue in catalogues}
    content = {
        "dataId": work.data_id,
        "band": bands.pop(),
        "exptime_s": catalogues[0]["exptime_s"],
        **{name: _middle([figures[name] for figures in detectors.values()]) for name in FIGURES},
        "sources": sum(figures["sources"] for figures in detectors.values()),
        "detectors": dict(sorted(detectors.items(), key=lambda entry: int(entry[0]))),
    }
    write_json(work.output("visitSummary"), content)
    return f"{len(detectors)} detectors, {content['sources']} sources, seeing {content['fwhm_arcsec']} arcsec"


def _figures(catalogue: dict[str, Any]) -> dict[str, Any]:
    return {name: catalogue[name] for name in FIGURES} | {"sources": len(catalogue["sources"])}


def _middle(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 4) if known else None


if __name__ == "__main__":
    run("summary", process, DEFAULTS)
