"""Step: picks the bright sources of an image, as many as there are: python -m calibration.bright."""

from calibration.step import Work, read_json, run, write_json

DEFAULTS = {"flux": 3.0e6}


def process(work: Work) -> str:
    """Write one document for each source brighter than `flux` nanojanskys; its number in the catalogue is its name."""
    catalogue = read_json(work.one("sourceCatalog").path)
    if catalogue["zeroPoint"] is None:
        return "no source picked: the catalogue has no zero point"
    picked = [source for source in catalogue["sources"] if source["flux"] > work.config["flux"]]
    for source in picked:
        content = {"dataId": {**work.data_id, "source": source["id"]}, "band": catalogue["band"], **source}
        write_json(work.many("brightSource", source["id"]), content)
    return f"{len(picked)} of {len(catalogue['sources'])} sources are bright"


if __name__ == "__main__":
    run("bright", process, DEFAULTS)
