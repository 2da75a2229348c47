"""The example's own promises: the same bytes twice, the truth found again, and clear words where something is broken.

The example has numpy and astropy in an environment of its own, so everything here runs it as a program. The environment
is made once and kept under $BPS_TEST_CACHE (var/test-cache).
"""

import fcntl
import hashlib
import json
import os
import struct
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from campaigns.core.catalog import Catalog, SiteEntry
from campaigns.core.document import load as load_document
from campaigns.core.schema import check
from execution.core.documents import SiteDocument, SoftwareDocument

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "calibration"
CACHE = Path(os.environ.get("BPS_TEST_CACHE") or ROOT / "var" / "test-cache")
BROKEN = {"exposure": 2, "detector": 1}  # the middle of a night of 4 exposures and 2 detectors
Done = subprocess.CompletedProcess[str]


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Keep other test processes out."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def install(folder: Path) -> None:
    """Bring the environment up to the example as it is now; nothing to do when it is."""
    sources = [EXAMPLE / "pyproject.toml", EXAMPLE / "requirements.txt", EXAMPLE / "pipeline.yaml"]
    sources += sorted((EXAMPLE / "src").rglob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([*pip, "-r", str(EXAMPLE / "requirements.txt")], check=True)
    subprocess.run([*pip, "--no-deps", "--force-reinstall", str(EXAMPLE)], check=True)
    stamp.write_text(digest)


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter of the example's environment."""
    with alone(CACHE / "demo-venv.lock"):
        install(CACHE / "demo-venv")
    return CACHE / "demo-venv" / "bin" / "python"


@pytest.fixture(scope="session")
def module(python: Path) -> Callable[..., Done]:
    """Run a module of the example: `module("verify", truth, folder)`."""

    def run(name: str, *args: object) -> Done:
        argv = [str(python), "-m", f"calibration.{name}", *map(str, args)]
        return subprocess.run(argv, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def ask(python: Path) -> Callable[..., Any]:
    """Run a few lines in the example's environment; what they print is JSON."""

    def run(code: str, *args: object) -> Any:
        argv = [str(python), "-c", code, *map(str, args)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def night(module: Callable[..., Done], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small night, processed once for all tests: 4 exposures (three in r, one in i) of 2 detectors."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "example-night"
    with alone(shared.with_suffix(".lock")):
        if not (shared / "checksums.json").exists():
            done = module("night", shared, "--exposures", 4, "--detectors", 2)
            assert done.returncode == 0, done.stdout + done.stderr
    return shared


@pytest.fixture
def step(module: Callable[..., Done], tmp_path: Path) -> Callable[..., Done]:
    """Run one step by hand: `step("isr", data_id, inputs, outputs, config)`."""

    def run(name: str, data_id: dict, inputs: dict, outputs: dict, config: dict | None = None) -> Done:
        documents = {
            "inputs": {"dataId": data_id, "inputs": inputs},
            "outputs": {"outputs": outputs},
            "config": config or {},
        }
        for document, content in documents.items():
            (tmp_path / f"{document}.json").write_text(json.dumps(content))
        return module(name, *(tmp_path / f"{document}.json" for document in documents))

    return run


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def document(name: str) -> dict[str, Any]:
    return yaml.safe_load((EXAMPLE / name).read_text())


def datasets(night: Path) -> list[dict[str, Any]]:
    return [entry["dataset"] for entry in load(night / "night" / "datasets.json")]


def inputs_of_isr(night: Path, raw: Path) -> dict[str, Any]:
    made = night / "outputs"
    return {
        "raw": [{"dataId": {"exposure": 1, "detector": 0}, "path": str(raw)}],
        "masterBias": [{"dataId": {"detector": 0}, "path": str(made / "masterBias/detector=0.fits")}],
        "masterFlat": [
            {"dataId": {"detector": 0, "band": "r"}, "path": str(made / "masterFlat/detector=0,band=r.fits")}
        ],
    }


def last_line(done: Done) -> str:
    return [line for line in done.stderr.splitlines() if line.strip()][-1]


# The whole night


def test_the_same_night_twice_gives_the_same_bytes(night: Path, module: Callable[..., Done], tmp_path: Path) -> None:
    again = tmp_path / "again"
    module("night", again, "--exposures", 4, "--detectors", 2)
    assert load(again / "checksums.json") == load(night / "checksums.json")
    assert datasets(again) == datasets(night)
    assert len(load(night / "checksums.json")) > 40


def test_only_the_broken_file_fails_and_only_what_descends_from_it_is_not_made(night: Path) -> None:
    outcomes = load(night / "outcomes.json")
    failed = [(each["step"], each["dataId"]) for each in outcomes if each["outcome"] == "failed"]
    assert failed == [("isr", BROKEN)]
    measured = [each["dataId"] for each in outcomes if each["step"] == "measure"]
    assert len(measured) == 7
    assert BROKEN not in measured
    assert Counter(each["outcome"] for each in outcomes)["failed"] == 1


def test_every_bright_source_found_gets_its_cutout(night: Path) -> None:
    found = [path for path in (night / "found/brightSource").rglob("*.json")]
    assert len(found) >= 3
    assert len(found) == len(list((night / "outputs/cutout").iterdir()))


# The truth found again


def test_star_positions_and_fluxes_agree_with_the_truth(night: Path, module: Callable[..., Done]) -> None:
    done = module("verify", night / "night/truth.json", night / "outputs")
    verdict = json.loads(done.stdout)
    assert done.returncode == 0, verdict
    assert verdict["ok"] is True
    assert verdict["catalogues"] == 7
    assert verdict["matched"] >= 20
    assert verdict["position_rms_arcsec"] < 0.06
    assert abs(verdict["flux_bias"]) < 0.01
    assert verdict["flux_scatter"] < 0.03


@pytest.mark.parametrize(("key", "factor"), [("flux", 1.05), ("dec", 1.00001)])
def test_catalogues_that_are_wrong_are_not_verified(
    night: Path, module: Callable[..., Done], tmp_path: Path, key: str, factor: float
) -> None:
    for path in (night / "outputs/sourceCatalog").iterdir():
        catalogue = load(path)
        for source in catalogue["sources"]:
            source[key] *= factor
        (tmp_path / path.name).write_text(json.dumps(catalogue))
    done = module("verify", night / "night/truth.json", tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False


def test_no_catalogue_at_all_is_not_verified(night: Path, module: Callable[..., Done], tmp_path: Path) -> None:
    done = module("verify", night / "night/truth.json", tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["matched"] == 0


COSMIC_RAYS = """
import json, sys
from pathlib import Path
import numpy as np
from calibration.filtering import clipped_median
from calibration.images import read_masked
night = Path(sys.argv[1])
truth = json.loads((night / "night/truth.json").read_text())
hit = found = left = false = pixels = 0
for rays in truth["cosmicRays"]:
    path = night / f"outputs/postISRCCD/exposure={rays['exposure']},detector={rays['detector']}.fits"
    if not path.exists():
        continue
    image = read_masked(path)
    rows, columns, electrons = np.array(rays["pixels"]).T
    struck = np.zeros(image.mask.shape, bool)
    struck[rows, columns] = True
    near = np.pad(struck, 1)
    near = np.any([near[y:y + struck.shape[0], x:x + struck.shape[1]] for y in range(3) for x in range(3)], axis=0)
    hit += rows.size
    found += int((image.mask[rows, columns] > 0).sum())
    left += int((image.pixels[rows, columns] > clipped_median(image.pixels) + 0.5 * electrons).sum())
    bad = np.array(truth["badPixels"][rays["detector"]]["pixels"])
    near[bad[:, 0], bad[:, 1]] = True  # a hot pixel that is in no table looks like a cosmic ray
    false += int(((image.mask & 4 > 0) & ~near).sum())
    pixels += image.mask.size
print(json.dumps([hit, found / hit, left / hit, false / pixels]))
"""


def test_cosmic_rays_are_masked_and_filled_and_stars_are_not(night: Path, ask: Callable[..., Any]) -> None:
    hit, found, left, false = ask(COSMIC_RAYS, night)
    assert hit > 200
    assert found > 0.97
    assert left < 0.03
    assert false < 1e-4


BAD_PIXELS = """
import json, sys
from pathlib import Path
import numpy as np
from calibration.images import read_masked
night, detector = Path(sys.argv[1]), int(sys.argv[2])
truth = json.loads((night / "night/truth.json").read_text())
rows, columns = np.array(truth["badPixels"][detector]["pixels"]).T
image = read_masked(night / f"outputs/postISRCCD/exposure=1,detector={detector}.fits")
print(json.dumps([int(rows.size), int((image.mask[rows, columns] & 1 > 0).sum()), int((image.mask & 1 > 0).sum())]))
"""


def test_every_bad_pixel_is_masked_and_no_good_one(night: Path, ask: Callable[..., Any]) -> None:
    known, masked, all_masked = ask(BAD_PIXELS, night, 0)
    assert known > 20
    assert masked == all_masked == known


def test_a_detector_without_known_defects_has_those_masked_that_bias_and_flat_show(
    night: Path, ask: Callable[..., Any]
) -> None:
    known, masked, all_masked = ask(BAD_PIXELS, night, 1)
    assert 10 < masked < known
    assert all_masked == masked


COADD = """
import json, sys
from pathlib import Path
import numpy as np
from calibration.images import read
from calibration.projection import Tan
night = Path(sys.argv[1])
truth = json.loads((night / "night/truth.json").read_text())
seeing = np.median([e["seeing"] for e in truth["exposures"] if e["band"] == "r"])
places = np.array([[s["ra"], s["dec"], s["flux"]["r"]] for s in truth["stars"]])
ratios = []
for path in sorted((night / "outputs/coadd").glob("*band=r.fits")):
    header, (pixels, count) = read(path, [0, 2])
    x, y = Tan.from_cards(header).to_pixel(places[:, 0], places[:, 1])
    rows, columns = np.mgrid[:pixels.shape[0], :pixels.shape[1]]
    for index in np.flatnonzero(places[:, 2] > 5e4):
        away = np.hypot(columns - x[index], rows - y[index])
        near = np.hypot(x - x[index], y - y[index]) < 12
        inside = away < 8
        alone = (places[near, 2] > 0.05 * places[index, 2]).sum() == 1
        if inside.sum() > 190 and (count[inside] >= 2).all() and alone:
            weight = np.clip(1.8 * seeing / 0.4 + 0.5 - away, 0, 1)
            ratios.append(float((weight * pixels)[inside].sum() / places[index, 2]))
print(json.dumps([len(ratios), float(np.median(ratios)), float(np.std(ratios))]))
"""


def test_stars_in_a_coadd_have_their_true_flux(night: Path, ask: Callable[..., Any]) -> None:
    number, middle, scatter = ask(COADD, night)
    assert number >= 3
    assert middle == pytest.approx(1.0, abs=0.03)
    assert scatter < 0.05


CLIP = """
import json
import numpy as np
from calibration.coadd import Layer, combine
layers = [Layer(np.full((4, 4), 10.0), 1.0, 1.0, 30.0, exposure) for exposure in range(1, 5)]
layers[2].pixels[1, 2] = 5000.0
layers[0].pixels[3, 3] = np.nan
mean, variance, count = combine(layers, clip=4.0, tolerance=0.3)
print(json.dumps([mean.min(), mean.max(), count.tolist(), variance[0, 0]]))
"""


def test_what_only_one_image_saw_is_left_out_of_the_coadd(ask: Callable[..., Any]) -> None:
    low, high, count, variance = ask(CLIP)
    assert (low, high, variance) == (10.0, 10.0, 0.25)
    assert count == [[4, 4, 4, 4], [4, 4, 3, 4], [4, 4, 4, 4], [4, 4, 4, 3]]


PROJECTION = """
import json
import numpy as np
from astropy.wcs import WCS
from calibration.projection import Tan
worst_sky = worst_pixel = 0.0
for ra, dec, angle in [(10.0, -30.0, 1.5), (359.9999, 88.0, 40.0), (0.001, 0.0, -120.0), (180.0, -89.5, 0.0)]:
    look = Tan.oriented((ra, dec), (250.5, 70.25), 0.4, angle)
    reference = WCS(look.cards())
    x, y = np.meshgrid(np.linspace(-200, 700, 25), np.linspace(-200, 700, 25))
    sky, expected = look.to_sky(x, y), reference.all_pix2world(x, y, 0)
    turn = (sky[0] - expected[0] + 180) % 360 - 180
    worst_sky = max(worst_sky, np.abs(turn * np.cos(np.radians(sky[1]))).max(), np.abs(sky[1] - expected[1]).max())
    back = look.to_pixel(*sky)
    worst_pixel = max(worst_pixel, np.abs(back[0] - x).max(), np.abs(back[1] - y).max())
print(json.dumps([worst_sky * 3600, worst_pixel]))
"""


def test_the_projection_agrees_with_astropy(ask: Callable[..., Any]) -> None:
    arcseconds, pixels = ask(PROJECTION)
    assert arcseconds < 1e-6
    assert pixels < 1e-6


CUTOUTS = """
import json, sys
from pathlib import Path
import numpy as np
from calibration.images import read_masked
found = []
for path in sorted((Path(sys.argv[1]) / "outputs/cutout").iterdir()):
    image = read_masked(path)
    names = dict(part.split("=") for part in path.stem.split(","))
    own = Path(sys.argv[1]) / f"found/brightSource/exposure={names['exposure']},detector={names['detector']}"
    source = json.loads((own / f"{names['source']}.json").read_text())
    x, y = image.projection.to_pixel(source["ra"], source["dec"])
    row, column = np.unravel_index(np.argmax(image.pixels), image.pixels.shape)
    found.append([float(abs(x - column)), float(abs(y - row))])
print(json.dumps(found))
"""


def test_a_cutout_knows_where_its_source_is(night: Path, ask: Callable[..., Any]) -> None:
    offsets = ask(CUTOUTS, night)
    assert offsets
    assert all(across < 1.5 and up < 1.5 for across, up in offsets)


# Missing and broken data


def test_a_summary_is_made_of_the_detectors_there_are(night: Path) -> None:
    summary = load(night / "outputs/visitSummary/exposure=2.json")
    assert list(summary["detectors"]) == ["0"]
    whole = load(night / "outputs/visitSummary/exposure=1.json")
    assert list(whole["detectors"]) == ["0", "1"]
    assert 0.8 < whole["fwhm_arcsec"] < 2.0
    assert 100 < whole["background_e"] < 250
    assert 24.0 < whole["zeroPoint"] < 25.5
    assert whole["sources"] == sum(each["sources"] for each in whole["detectors"].values()) > 10


def test_a_summary_of_nothing_fails(step: Callable[..., Done], tmp_path: Path) -> None:
    target = {"visitSummary": [{"dataId": {"exposure": 2}, "path": str(tmp_path / "summary.json")}]}
    done = step("summary", {"exposure": 2}, {"sourceCatalog": []}, target)
    assert done.returncode == 1
    assert last_line(done) == "summary: 0 sourceCatalog are too few, at least 1 are needed"
    assert not (tmp_path / "summary.json").exists()


def test_a_raw_file_that_is_cut_short_fails_with_a_clear_last_line(
    night: Path, step: Callable[..., Done], tmp_path: Path
) -> None:
    raw = night / "night/raw/raw_002_1.fits"
    target = tmp_path / "image.fits"
    done = step("isr", BROKEN, inputs_of_isr(night, raw), {"postISRCCD": [{"dataId": BROKEN, "path": str(target)}]})
    assert done.returncode == 1
    assert last_line(done) == f"isr: {raw}: the file is cut short, 25344 of 63360 bytes; copy it anew from its source"
    assert not target.exists()


@pytest.mark.parametrize("content", [b"", b"not a picture\n" * 500, b"SIMPLE  =                    T" + b" " * 1000])
def test_a_file_that_is_no_image_fails_with_its_name(
    night: Path, step: Callable[..., Done], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "raw.fits").write_bytes(content)
    target = {"postISRCCD": [{"dataId": {}, "path": str(tmp_path / "image.fits")}]}
    done = step("isr", {"exposure": 1, "detector": 0}, inputs_of_isr(night, tmp_path / "raw.fits"), target)
    assert done.returncode == 1
    assert last_line(done).startswith(f"isr: {tmp_path}/raw.fits: not a readable FITS file")


def test_a_missing_input_is_named(night: Path, step: Callable[..., Done], tmp_path: Path) -> None:
    inputs = inputs_of_isr(night, tmp_path) | {"raw": []}
    target = {"postISRCCD": [{"dataId": {}, "path": str(tmp_path / "image.fits")}]}
    done = step("isr", {"exposure": 1, "detector": 0}, inputs, target)
    assert (done.returncode, last_line(done)) == (1, "isr: input raw is missing")


def test_an_unknown_setting_is_an_error_with_a_hint(night: Path, step: Callable[..., Done]) -> None:
    done = step("isr", {"exposure": 1, "detector": 0}, {}, {}, {"treshold": 5})
    assert (done.returncode, last_line(done)) == (1, "isr: unknown setting treshold: did you mean threshold?")


def test_a_setting_that_is_no_number_is_an_error(step: Callable[..., Done]) -> None:
    done = step("isr", {"exposure": 1, "detector": 0}, {}, {}, {"threshold": "five"})
    assert (done.returncode, last_line(done)) == (1, "isr: setting threshold must be a number, not 'five'")


def test_without_reference_stars_sources_are_measured_but_have_no_flux(
    night: Path, step: Callable[..., Done], tmp_path: Path
) -> None:
    image = night / "outputs/postISRCCD/exposure=1,detector=0.fits"
    data_id = {"exposure": 1, "detector": 0}
    target = {"sourceCatalog": [{"dataId": data_id, "path": str(tmp_path / "catalogue.json")}]}
    done = step("measure", data_id, {"postISRCCD": [{"dataId": data_id, "path": str(image)}]}, target)
    assert done.returncode == 0, done.stderr
    catalogue = load(tmp_path / "catalogue.json")
    assert catalogue["zeroPoint"] is None
    assert len(catalogue["sources"]) > 5
    assert all(source["flux"] is None and source["counts"] > 0 for source in catalogue["sources"])


# Pictures


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place < len(content):
        length, name = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + length]
        (check,) = struct.unpack(">I", content[place + 8 + length : place + 12 + length])
        assert check == zlib.crc32(name + body)
        yield name, body
        place += 12 + length


def test_the_picture_of_a_coadd_is_a_valid_png_with_sky_and_stars(night: Path) -> None:
    pictures = sorted((night / "outputs/coaddPicture").iterdir())
    assert len(pictures) == len(list((night / "outputs/coadd").iterdir())) > 2
    content = pictures[0].read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    parts = list(chunks(content))
    assert [name for name, _ in parts] == [b"IHDR", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", parts[0][1]) == (380, 380, 8, 0, 0, 0, 0)
    lines = zlib.decompress(parts[1][1])
    assert len(lines) == 380 * 381
    grey = Counter(lines)
    assert len(grey) > 50
    assert grey[255] > 0


# The documents


def test_the_whole_night_is_small_and_its_documents_describe_it(module: Callable[..., Done], tmp_path: Path) -> None:
    done = module("simulate", tmp_path / "night")
    assert done.returncode == 0, done.stderr
    found = datasets(tmp_path)
    assert Counter(each["type"] for each in found) == {
        "raw": 216, "rawBias": 45, "rawFlat": 90, "defects": 8, "skyMap": 2, "referenceCatalog": 2,
    }  # fmt: skip
    files = [path for path in (tmp_path / "night").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 40_000_000
    assert load(tmp_path / "night/truth.json")["broken"] == [{"type": "raw", "dataId": {"exposure": 12, "detector": 4}}]
    rows = load(tmp_path / "night/data-ids.json")
    assert {(row["exposure"], row["detector"]) for row in rows} == {(e, d) for e in range(1, 25) for d in range(9)}
    assert {(row["tract"], row["patch"], row["band"]) for row in rows} == {
        (tract, patch, band) for tract in (1, 2) for patch in range(9) for band in "ri"
    }


def test_every_dataset_has_the_dimensions_of_its_type_and_its_checksum(night: Path) -> None:
    types = document("pipeline.yaml")["datasetTypes"]
    for each in datasets(night):
        assert sorted(each["dataId"]) == sorted(types[each["type"]]["dimensions"])
        path = night / "night" / each["path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == each["sha256"]
        assert path.suffix == f".{types[each['type']]['format']}"


def test_another_seed_is_another_night(night: Path, module: Callable[..., Done], tmp_path: Path) -> None:
    module("simulate", tmp_path / "night", "--exposures", 4, "--detectors", 2, "--seed", 1)
    same = {each["sha256"] for each in datasets(tmp_path)} & {each["sha256"] for each in datasets(night)}
    kinds = {each["type"] for each in datasets(night) if each["sha256"] in same}
    assert kinds <= {"skyMap"}


@pytest.mark.parametrize("wrong", [("--exposures", 0), ("--detectors", 10), ("--seed", -1), ("--exposures", "many")])
def test_a_night_that_cannot_be_is_refused(module: Callable[..., Done], tmp_path: Path, wrong: tuple) -> None:
    done = module("simulate", tmp_path / "night", *wrong)
    assert done.returncode == 2
    assert "is no whole number from" in last_line(done)
    assert not (tmp_path / "night").exists()


def test_the_pipeline_names_only_types_it_declares_and_programs_there_are() -> None:
    pipeline = document("pipeline.yaml")
    for name, definition in pipeline["steps"].items():
        assert {*definition["inputs"], *definition["outputs"]} <= set(pipeline["datasetTypes"]), name
        program = definition["command"][2].removeprefix("calibration.")
        assert (EXAMPLE / "src/calibration" / f"{program}.py").exists()
        assert definition["command"][3:] == ["{inputs}", "{outputs}", "{config}"]
    assert pipeline["steps"]["bright"]["discover"] == "brightSource"


def test_the_campaign_uses_the_pipeline_software_and_site_beside_it() -> None:
    campaign, pipeline = document("campaign.yaml"), document("pipeline.yaml")
    (payload,) = campaign["payloads"]
    assert payload["pipelines"] == [{"pipeline": pipeline["pipeline"], "version": pipeline["version"]}]
    assert campaign["software"] == document("software.yaml")["software"]
    assert campaign["sites"]["only"] == [document("site.yaml")["site"]]
    clustered = [step for cluster in payload["cluster"].values() for step in cluster["steps"]]
    assert {*clustered, *payload["steps"]} <= set(pipeline["steps"])


def test_the_documents_pass_the_checks_of_the_portal() -> None:
    catalog = Catalog(sites={"local": SiteEntry("local")})
    for name in ("pipeline.yaml", "software.yaml"):
        (text,) = load_document((EXAMPLE / name).read_bytes()).documents
        assert check(text, catalog).problems == ()
    SiteDocument.model_validate(document("site.yaml"))
    SoftwareDocument.model_validate(document("software.yaml"))


def test_the_probe_of_the_software_version_prints_what_is_installed(python: Path) -> None:
    probe = document("software.yaml")["probe"]
    done = subprocess.run([str(python), *probe[1:]], capture_output=True, text=True, check=True)
    pinned = dict(line.split("==") for line in (EXAMPLE / "requirements.txt").read_text().splitlines() if "==" in line)
    assert f"numpy {pinned['numpy']}, astropy {pinned['astropy']}, calibration 1.0.0" in done.stdout
