"""Pipelines, software, sites, layers, datasets and data-ID tables as documents."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from campaigns.core.config import Layer
from campaigns.core.document import load_many
from campaigns.core.keys import Scope
from campaigns.core.payload_faults import Origin
from campaigns.core.pipeline import DatasetType
from campaigns.core.schema import KINDS, check, json_schema
from campaigns.core.specs import DatasetSpec, SiteSpec, SoftwareSpec
from campaigns.core.universe import Table
from execution.core.workflow import InputSpec, Need, OutputSpec
from tests.unit.campaigns.catalogs import PIPELINE, checked, empty_catalog, full_catalog, problems

CATALOG = full_catalog()
NEW = replace(CATALOG, pipelines={})


def spec(text, catalog=CATALOG, **options):
    found = checked(text, catalog, **options)
    assert found.problems == ()
    return found.spec


def pipeline_with(old, new):
    assert old in PIPELINE
    return PIPELINE.replace(old, new)


def test_a_pipeline_becomes_steps_over_types():
    found = spec(PIPELINE, NEW)
    isr = found.steps[1]
    assert (found.name, found.version, isr.label, isr.pipeline, isr.version) == (
        "example-calibration",
        1,
        "isr",
        "example-calibration",
        1,
    )
    assert isr.inputs == (InputSpec("raw"), InputSpec("masterBias"))
    assert isr.outputs == (
        OutputSpec("postISRCCD", ("exposure", "detector"), True, ".fits", None, ("EXPTIME", "FILTER"), "fits-header"),
        OutputSpec("isrPlot", ("exposure", "detector"), False, ".png"),
    )
    assert isr.values == {"requestMemory": 1024, "config": {"threshold": 5, "plot": True}}
    assert isr.command[-3:] == ("{inputs}", "{outputs}", "{config}")


def test_needs_of_inputs_are_read():
    assert spec(PIPELINE, NEW).steps[0].inputs == (InputSpec("biasRaw", Need.AT_LEAST, 2),)
    assert spec(PIPELINE, NEW).steps[5].inputs[1] == InputSpec("visitSummary", Need.OPTIONAL)


def test_an_output_with_one_more_dimension_has_as_many_as_the_step_finds():
    measure = spec(PIPELINE, NEW).steps[2]
    assert measure.outputs[1].many == "source"
    assert measure.many == {"brightSource"}


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("version: 1\n", "version: 0\n", "version", "must be more than 0"),
        ("version: 1\n", "version: 1.2\n", "version", "must be a whole number, not a number (1.2)"),
        ("version: 1\n", "", "version", "version is required"),
        ("{dimensions: [exposure, detector], format: png}", "{dimension: [exposure]}", None, None),
        ("raw: {dimensions: [exposure, detector], format: fits}", "raw: {dimensions: [exposure], format: fits}",
         "datasetTypes.raw.dimensions",
         "datasets of type raw exist with the dimensions detector, exposure; choose another name"),
        ("coadd: {dimensions: [tile, band]", "coadd: {dimensions: [tile, and]",
         "datasetTypes.coadd.dimensions[1]", None),
        ("masterBias: {dimensions: [detector]", "masterBias: {dimensions: [detector, detector]",
         "datasetTypes.masterBias.dimensions", "the dimension detector stands twice"),
        ("inputs: {raw: required, masterBias", "inputs: {rav: required, masterBias", "steps.isr.inputs.rav",
         "there is no dataset type rav (did you mean raw?)"),
        ("outputs: {visitSummary: required}", "outputs: {visitSumary: required}",
         "steps.visitSummary.outputs.visitSumary",
         "there is no dataset type visitSumary (did you mean visitSummary?)"),
        ("{raw: required, masterBias: required}", "{raw: needed, masterBias: required}", "steps.isr.inputs.raw",
         "must be required, optional or {atLeast: 1}, not a text ('needed')"),
        ("{atLeast: 2}", "{atLeast: 0}", "steps.bias.inputs.biasRaw",
         "atLeast must be a whole number of 1 or more, not a whole number (0)"),
        ("{atLeast: 2}", "{atleast: 2}", "steps.bias.inputs.biasRaw",
         "must be required, optional or {atLeast: 1}, not a mapping"),
        ("outputs: {coadd: required}", "outputs: {coadd: always}", "steps.coadd.outputs.coadd",
         "must be 'required' or 'optional'"),
        ("outputs: {coadd: required}", "outputs: {cutout: required}", None, None),
        ("calibration.isr, \"{inputs}\"", "calibration.isr, \"{input}\"", "steps.isr.command[3]",
         "undefined variable {input} (did you mean inputs?)"),
        ("requestMemory: 1024", "requestMemroy: 1024", "steps.isr.requestMemroy",
         "unknown key requestMemroy (did you mean requestMemory?)"),
        ("requestMemory: 1024", "input: {}", "steps.isr.input", "unknown key input (did you mean inputs?)"),
        ("requestMemory: 1024", "requestMemory: 0", "steps.isr.requestMemory", "must be more than 0"),
        ("requestMemory: 1024", "priority: 5", "steps.isr.priority", None),
        ("discover: brightSource", "discover: sources", "steps.measure.discover",
         "step measure does not make as many sources as it finds; it makes brightSource so"),
        ("inputs: {postISRCCD: required, visitSummary: optional}", "inputs: {postISRCCD: required, coadd: optional}",
         None, None),
    ],
)  # fmt: skip
def test_mistakes_in_pipelines(old, new, path, message):
    found = problems(pipeline_with(old, new), NEW)
    assert found
    if path is not None:
        assert {place for place, _ in found} == {path}
    if message is not None:
        assert found == [(path, message)]


def test_an_output_has_the_dimensions_of_its_step_or_one_more():
    text = pipeline_with("outputs: {coadd: required}", "outputs: {cutout: required, masterBias: optional}")
    messages = [message for path, message in problems(text, NEW) if path.startswith("steps.coadd.outputs")]
    assert messages == [
        "cutout has the dimensions detector, exposure, source, the step band, tile;"
        " an output has those of its step, or one more",
        "masterBias has the dimensions detector, the step band, tile; an output has those of its step, or one more",
    ]


def test_a_type_that_two_steps_make_is_told():
    text = pipeline_with("outputs: {visitSummary: required}", "outputs: {visitSummary: required}") + (
        "  again: {dimensions: [exposure], outputs: {visitSummary: required}, command: [x]}\n"
    )
    assert problems(text, NEW) == [("steps.again", "visitSummary is made by visitSummary already; skip one of the two")]


def test_steps_in_a_wrong_order_are_told():
    head, steps = PIPELINE.split("steps:\n")
    first, second = steps.split("  isr:\n")[0], "  isr:\n" + steps.split("  isr:\n")[1].split("  measure:\n")[0]
    rest = "  measure:\n" + steps.split("  measure:\n")[1]
    assert problems(f"{head}steps:\n{second}{first}{rest}", NEW) == [
        ("steps.isr", "it reads masterBias, which bias makes only later; put bias before isr")
    ]


def test_a_circle_of_steps_is_named():
    text = pipeline_with("inputs: {biasRaw: {atLeast: 2}}", "inputs: {sources: required}")
    ((path, message),) = problems(text, NEW)
    assert path.startswith("steps.")
    assert message.startswith("steps wait for each other in a circle: ") and "bias → isr" in message


def test_a_version_that_exists_is_refused():
    assert problems(PIPELINE) == [
        ("version", "version 1 of pipeline example-calibration exists already; the next one is 2")
    ]
    assert spec(PIPELINE.replace("version: 1\n", "version: 2\n")).version == 2


def test_problems_of_a_pipeline_belong_to_the_step_layer():
    (found,) = checked(pipeline_with("requestMemory: 1024", "requestMemory: 0"), NEW).problems
    assert (found.layer, found.line) == ("step", 25)


SOFTWARE = """\
software: demo-3.0
kind: venv
sites: {local: {setup: ["source {data}/demo-venv/bin/activate"]}, slurm: {setup: ["source {workdir}/x ${HOME}"]}}
probe: [python, --version]
production: true
"""


def test_software_is_read():
    assert spec(SOFTWARE) == SoftwareSpec(
        "demo-3.0", "venv",
        {"local": {"setup": ["source {data}/demo-venv/bin/activate"]},
         "slurm": {"setup": ["source {workdir}/x ${HOME}"]}},
        probe=("python", "--version"), production=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("software: demo-3.0", "software: demo-1.0", "software"),
        ("software: demo-3.0", "software: a b", "software"),
        ("kind: venv", "kind: docker", "kind"),
        ("kind: venv", "kind: container", None),
        ("{data}", "{dta}", "sites.local.setup[0]"),
        ("local:", "locl:", "sites.locl"),
        ("production: true", "production: 1", "production"),
        ("production: true", "prodution: true", "prodution"),
    ],
)
def test_mistakes_in_software(old, new, path):
    found = problems(SOFTWARE.replace(old, new))
    assert (path is None and found == []) or [place for place, _ in found] == [path]


def test_each_kind_of_software_needs_what_it_needs():
    assert problems("software: x\nkind: container\nsites: {slurm: {}}\n") == [
        ("sites.slurm", "software of kind container needs image or setup at site slurm")
    ]
    assert spec("software: x\nkind: container\nsites: {slurm: {image: /cvmfs/x.sif}}\n")


SITE = """\
site: slurm-usdf
driver: slurm
transport: {ssh: {hosts: [login1, login2], port: 22, user: prod, key: usdf-key, hostKeys: ["ssh-ed25519 AAAA"]}}
workdir: /scratch/prod
shared: false
staging: {path: /scratch/prod/staging, capacity: 10 TiB, high: 0.9, low: 0.7}
limits: {queued: 5000, running: 2000, commandsPerMinute: 60, channels: 4}
offers: {architecture: x86_64, memory: 512 GiB, cpus: 64, features: []}
directives: ["#SBATCH --constraint=cvmfs"]
interval: 30s
"""


def test_a_site_is_read():
    assert spec(SITE) == SiteSpec(
        "slurm-usdf", "slurm", "/scratch/prod",
        transport={"ssh": {"hosts": ["login1", "login2"], "port": 22, "user": "prod", "key": "usdf-key",
                           "hostKeys": ["ssh-ed25519 AAAA"]}},
        staging={"path": "/scratch/prod/staging", "capacity": 10995116277760, "high": 0.9, "low": 0.7},
        limits={"queued": 5000, "running": 2000, "commandsPerMinute": 60, "channels": 4},
        offers={"architecture": "x86_64", "memory": 524288, "cpus": 64, "features": []},
        directives=("#SBATCH --constraint=cvmfs",), interval_s=30,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("site: slurm-usdf", "site: -x", "site"),
        ("driver: slurm", "driver: slrm", "driver"),
        ("port: 22", "port: 70000", "transport.ssh.port"),
        ("user: prod", "user: -oProxyCommand=x", "transport.ssh.user"),
        ("login1, login2", "-x", "transport.ssh.hosts[0]"),
        ("user: prod, ", "", "transport.ssh.user"),
        ("transport: {ssh", "transport: {local: {}, ssh", "transport"),
        ("workdir: /scratch/prod\n", "workdir: scratch\n", "workdir"),
        ("workdir: /scratch/prod\n", "workdir: /scratch/../etc\n", "workdir"),
        ("low: 0.7", "low: 0.95", "staging.low"),
        ("capacity: 10 TiB", "capacity: lots", "staging.capacity"),
        ("high: 0.9", "high: 90", "staging.high"),
        ("queued: 5000", "queued: 0", "limits.queued"),
        ("memory: 512 GiB", "memory: -1", "offers.memory"),
        ("cvmfs", "cvmfs\\n#SBATCH -x", "directives[0]"),
        ("cvmfs", "{constraint}", "directives[0]"),
        ("shared: false", "shared: 'no'", "shared"),
    ],
)
def test_mistakes_in_sites(old, new, path):
    assert [place for place, _ in problems(SITE.replace(old, new))] == [path]


def test_a_layer_is_read_with_its_origin():
    text = "layer: {scope: step, target: example-calibration/isr, reason: big images}\nconfig: {requestMemory: 4 GiB}\n"
    when = datetime(2026, 11, 23, tzinfo=UTC)
    assert spec(text, origin=Origin("ann", when, version=4)) == Layer(
        Scope.STEP, "example-calibration/isr", {"requestMemory": 4096}, 4, "ann", when, "big images"
    )


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("layer: {scope: stp}\nconfig: {}", "layer.scope", "must be 'global', 'site', 'campaign', 'payload' or 'step'"),
        ("layer: {scope: global, target: x}\nconfig: {}", "layer.target", "the global layer has no target"),
        ("layer: {scope: site}\nconfig: {}", "layer.target", "a site layer needs a target"),
        ("layer: {scope: site, target: slrum}\nconfig: {}", "layer.target",
         "there is no site slrum (did you mean slurm?)"),
        ("layer: {scope: site, target: slurm}\nconfig: {software: demo-1.0}", "config.software",
         "software can change what comes out, so it cannot depend on the site"),
        ("layer: {scope: step, target: isrr}\nconfig: {}", "layer.target", "there is no step isrr (did you mean isr?)"),
        ("layer: {scope: step, target: x/isr}\nconfig: {}", "layer.target",
         "there is no pipeline x; known are example-calibration"),
        ("layer: {scope: campaign, target: earlier}\nconfig: {}", "layer.target",
         "the campaign layer is the document of the campaign; change it there"),
        ("layer: {scope: global}\nconfig: {requestMemroy: 1}", "config.requestMemroy",
         "unknown key requestMemroy (did you mean requestMemory?)"),
        ("layer: {scope: global}\nconfig: {software: demo-9.9}", "config.software", None),
        ("layer: {scope: global}", "config", "config is required"),
    ],
)  # fmt: skip
def test_mistakes_in_layers(text, path, message):
    found = problems(text)
    assert [place for place, _ in found] == [path]
    assert message in (None, found[0][1])


DATASET = (
    "dataset: {type: raw, dataId: {exposure: 7, detector: 3}, path: /data/x.fits, sha256: %s,"
    " metadata: {ra: 10.1, band: r}}"
)


def test_a_dataset_is_read():
    text = DATASET % ("ab" * 32)
    assert spec(text) == DatasetSpec(
        "raw", {"exposure": 7, "detector": 3}, "/data/x.fits", "ab" * 32, 0, {"ra": 10.1, "band": "r"}
    )


def test_a_dataset_may_be_of_a_type_that_only_a_pipeline_knows():
    assert spec("dataset: {type: sources, dataId: {exposure: 7, detector: 3}, path: /x}").type == "sources"


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("type: raw", "type: rav", "dataset.type", "there is no dataset type rav (did you mean raw?)"),
        (
            "detector: 3",
            "visit: 3",
            "dataset.dataId",
            "the dimensions of raw are detector, exposure, not exposure, visit",
        ),
        ("detector: 3", "detector: 1.5", "dataset.dataId.detector", None),
        ("detector: 3", "detector: ../x", "dataset.dataId.detector", None),
        ("/data/x.fits", "''", "dataset.path", "must have 1 or more characters"),
        ("sha256: ", "sha256: x", "dataset.sha256", None),
        ("ra: 10.1", "ra: [1]", "dataset.metadata.ra", "must be a text, a number, true or false, not a list"),
        ("path: /data/x.fits,", "", "dataset.path", "path is required"),
    ],
)
def test_mistakes_in_datasets(old, new, path, message):
    found = problems((DATASET % ("ab" * 32)).replace(old, new))
    assert [place for place, _ in found] == [path]
    assert message in (None, found[0][1])


def test_a_table_is_read():
    text = "table: sky-tiles\ncolumns: [exposure, tile, ra]\nrows: [[1, a, 10.5], [2, b, null]]\n"
    assert spec(text) == Table("sky-tiles", ("exposure", "tile", "ra"), ((1, "a", 10.5), (2, "b", None)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("table: t\ncolumns: [a, a]\nrows: [[1, 2]]", [("columns", "the column a stands twice")]),
        ("table: t\ncolumns: [a]\nrows: [[1, 2]]", [("rows[0]", "has 2 values for 1 columns")]),
        ("table: t\ncolumns: [a]\nrows: [[1], [1, 2]]", [("rows[1]", "has 2 values, the first one 1")]),
        ("table: t\ncolumns: [a]\nrows: [[1], 3, [{}]]", [
            ("rows[1]", "must be a list of values, not a whole number (3)"),
            ("rows[2][0]", "must be a text, a number, true or false, not a mapping"),
        ]),
        ("table: t\ncolumns: [a]\nrows: []", [("rows", "the table has no rows")]),
        ("table: t\ncolumns: [a]", [("rows", "rows is required")]),
        ("table: t\ncolumns: []\nrows: [[1]]", [
            ("columns", "must have 1 or more entries"), ("rows[0]", "has 1 values for 0 columns"),
        ]),
    ],
)  # fmt: skip
def test_mistakes_in_tables(text, expected):
    assert problems(text) == expected


def test_a_file_of_many_documents_is_checked_one_by_one():
    loaded = load_many(f"{PIPELINE}---\n{SOFTWARE}---\n{SITE}")
    found = [check(document, empty_catalog()) for document in loaded.documents]
    assert [(item.kind, item.problems) for item in found] == [("pipeline", ()), ("software", ()), ("site", ())]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_json_schema(kind):
    assert kind in json_schema(kind)["properties"]


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("value", ["3", "null", "[]", "{}", "x", "-1.5", "[[{}]]"])
def test_every_kind_refuses_nonsense_and_never_raises(kind, value):
    assert problems(f"{kind}: {value}\n")


def test_a_known_type_keeps_its_dimensions():
    catalog = replace(NEW, types={"sources": DatasetType("sources", ("detector", "exposure"))})
    assert spec(PIPELINE, catalog)
