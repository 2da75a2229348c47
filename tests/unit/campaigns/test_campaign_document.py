"""The campaign document: what it says, and every mistake with path, layer and line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.core.catalog import SoftwareEntry
from campaigns.core.config import Layer
from campaigns.core.document import load
from campaigns.core.keys import Scope
from campaigns.core.ordering import Order, OrderKind
from campaigns.core.payload_faults import Origin
from campaigns.core.pipeline import DatasetType
from campaigns.core.schema import check, json_schema
from campaigns.core.specs import Deadline, NoticeSpec
from campaigns.core.splitting import Split
from campaigns.core.universe import Table
from tests.unit.campaigns.catalogs import CAMPAIGN, campaign_with, checked, full_catalog, problems

CATALOG = full_catalog()


def spec(text=CAMPAIGN, catalog=CATALOG, **options):
    found = checked(text, catalog, **options)
    assert found.problems == ()
    return found.spec


def only_problem(text, catalog=CATALOG):
    (found,) = problems(text, catalog)
    return found


def test_the_example_is_without_problems():
    found = spec()
    assert (found.name, found.program, found.priority, found.share) == ("night-2026-11-22", "main-survey", 700, 1.0)
    assert found.deadline == Deadline(at=datetime(2026, 11, 23, 18, tzinfo=UTC))
    assert found.notices == (NoticeSpec("campaign.failed", ("ops@example.org",)),)
    (payload,) = found.payloads
    assert [step.label for step in payload.pipeline.steps] == ["bias", "isr", "measure", "cut", "visitSummary"]
    assert payload.sites == ("local", "slurm")


def test_the_same_in_json_is_the_same():
    import json

    assert spec(json.dumps(load(CAMPAIGN).documents[0].data)).payloads == spec().payloads


def test_layers_remember_who_said_them():
    origin = Origin("ann", datetime(2026, 11, 22, tzinfo=UTC), "first try", 3)
    found = spec(origin=origin)
    assert found.layer == Layer(
        Scope.CAMPAIGN, "night-2026-11-22",
        {"requestMemory": 2048, "software": "demo-1.0", "priority": 700,
         "sites": {"only": [], "avoid": [], "avoidNodes": []}},
        3, "ann", origin.at, "first try",
    )  # fmt: skip
    assert [(layer.name, layer.version) for layer in found.payloads[0].layers] == [
        ("payload:night-2026-11-22/calibrate", 3), ("step:night-2026-11-22/calibrate/isr", 3),
    ]  # fmt: skip


def test_a_problem_has_path_layer_and_line():
    found = checked(campaign_with("requestMemory: 4096", "requestMemroy: 4096"), CATALOG).problems
    assert [(item.path, item.layer, item.line, item.message) for item in found] == [
        ("payloads[0].steps.isr.requestMemroy", "step", 18, "unknown key requestMemroy (did you mean requestMemory?)")
    ]


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("campaign: night-2026-11-22", "campaign: -rf", "campaign",
         "'-rf' is not a name: use letters, digits, '_', '.' and '-', and begin with a letter or digit"),
        ("campaign: night-2026-11-22", "campaign: earlier", "campaign",
         "there is a campaign earlier already; choose another name"),
        ("campaign: night-2026-11-22", "campaign: null", "campaign", "campaign is required"),
        ("program: main-survey", "progam: main-survey", "progam", "unknown key progam (did you mean program?)"),
        ("program: main-survey", "requestCpus: 2", "requestCpus",
         "unknown key requestCpus here; settings stand under config"),
        ("description: nightly", "description: \"{night} nightly\" #", "description",
         "undefined variable {night}; define it under variables"),
        ("priority: 700", "priority: high", "priority", "must be a whole number, not a text ('high')"),
        ("18:00:00Z", "18:00:00", "deadline",
         "the moment 2026-11-23T18:00:00 has no time zone; add Z or an offset such as +02:00"),
        ("2026-11-23T18:00:00Z", "soon", "deadline",
         "must be a moment such as 2026-11-23T18:00:00Z, not a text ('soon')"),
        ("2026-11-23T18:00:00Z", "{from: acquisition.end}", "deadline.within", "within is required"),
        ("parent: null", "parent: erlier", "parent", "there is no campaign erlier (did you mean earlier?)"),
        ("parent: null", "parent: night-2026-11-22", "parent", "a campaign cannot be its own parent"),
        ("software: demo-1.0", "software: demo-1.1", "software",
         "there is no software version demo-1.1 (did you mean demo-1.0?)"),
        ("software: demo-1.0\n", "", "software", "no software version is named; say software: <name>"),
        ("only: []", "only: [slrum]", "sites.only[0]", "there is no site slrum (did you mean slurm?)"),
        ("avoidNodes: []", "avoidNodes: [-x]", "sites.avoidNodes[0]",
         "'-x' is not a node name or pattern: use letters, digits, '_', '.', '-', '*' and '?'"),
        ("only: [], avoid: []", "only: [slurm], avoid: [slurm]", "sites",
         "no site is left to run payload calibrate; known sites are local, slurm"),
        ("config: {requestMemory: 2048}", "config: {requestMemory: 0}", "config.requestMemory", "must be more than 0"),
        ("config: {requestMemory: 2048}", "config: {requestMemory: -5}", "config.requestMemory", "-5 MiB is negative"),
        ("config: {requestMemory: 2048}", "config: {steps: {irs: {}}}", "config.steps.irs",
         "no payload has a step irs (did you mean isr?)"),
        ("event: campaign.failed", "event: campaign.faild", "notify[0].event",
         "there is no event campaign.faild (did you mean campaign.failed?)"),
        ("ops@example.org", "ops", "notify[0].to[0]", "'ops' is not a mail address such as ops@example.org"),
        ("name: calibrate", "name: 7x/", "payloads[0].name",
         "'7x/' is not a name: use letters, digits, '_', '.' and '-', and begin with a letter or digit"),
        ("pipeline: example-calibration", "pipeline: exmple-calibration", "payloads[0].pipelines[0].pipeline",
         "there is no pipeline exmple-calibration (did you mean example-calibration?)"),
        ("version: 1,", "version: 2,", "payloads[0].pipelines[0].version",
         "pipeline example-calibration has no version 2; it has 1"),
        ("bias..visitSummary", "bias..visitSumary", "payloads[0].pipelines[0].steps",
         "there is no step visitSumary (did you mean visitSummary?)"),
        ("skip: [coadd]", "skip: [coad]", "payloads[0].pipelines[0].skip[0]",
         "there is no step coad (did you mean coadd?)"),
        ("bias..visitSummary", "measure..visitSummary", "payloads[0].pipelines[0]", None),
        ("skip: [coadd]", "order: [isr, bias, measure, cut, visitSummary]", "payloads[0].pipelines[0]",
         "step isr: it reads masterBias, which bias makes only later; put bias before isr"),
        ("(1..24)", "(24..1)", "payloads[0].data.where",
         "at character 14: the range 24..1 is empty; the smaller number comes first"),
        ("detector < 9", "detektor < 9", "payloads[0].data.where",
         "at character 25: there is no column detektor (did you mean detector?)"),
        ("(1..24) and detector < 9 or kind = 'bias'", "(500..900)", "payloads[0].data.where",
         "the selection of payload calibrate is empty: no data agree with it"),
        ("detector: 3}", "detctor: 3}", "payloads[0].data.exclude[0].detctor",
         "there is no column detctor (did you mean detector?)"),
        ("detector: 3}", "detector: 3.5}", "payloads[0].data.exclude[0].detector",
         "3.5 cannot be part of a data ID: use a whole number or a word"),
        ("exclude: [{", "inputs: [erlier], exclude: [{", "payloads[0].data.inputs[0]",
         "there is no campaign erlier (did you mean earlier?)"),
        ("exclude: [{", "tables: [sky], exclude: [{", "payloads[0].data.tables[0]",
         "there is no data-ID table sky; known are sky-tiles"),
        ("order: breadth-first", "order: sideways", "payloads[0].order",
         "must be breadth-first, depth-first or {by: [<dimension>, ...]}, not a text ('sideways')"),
        ("order: breadth-first", "order: {by: [visit]}", "payloads[0].order.by",
         "no step has the dimension visit; known are detector, exposure, source"),
        ("order: breadth-first", "split: {by: [detectr]}", "payloads[0].split.by",
         "no step has the dimension detectr (did you mean detector?)"),
        ("order: breadth-first", "split: {maxInstances: 0}", "payloads[0].split.maxInstances", "must be more than 0"),
        ("maxSize: 9", "maxsize: 9", "payloads[0].cluster.perExposure.maxsize",
         "unknown key maxsize (did you mean maxSize?)"),
        ("maxSize: 9", "maxSize: 0", "payloads[0].cluster.perExposure.maxSize", "must be more than 0"),
        ("steps: [isr, measure],", "steps: [isr, mesure],", "payloads[0].cluster.perExposure",
         "there is no step mesure (did you mean measure?)"),
        ("steps: [isr, measure],", "steps: [isr, bias],", "payloads[0].cluster.perExposure",
         "step bias has no dimension exposure, it has detector"),
        ("maxSize: 9}", "maxSize: 9}, two: {steps: [isr]}", "payloads[0].cluster.two",
         "step isr is in clusters perExposure and two; it can be in one only"),
        ("steps: {isr:", "steps: {irs:", "payloads[0].steps.irs", "there is no step irs (did you mean isr?)"),
        ("requestMemory: 4096,", "requestMemory: 1 TiB,", "payloads[0].steps.isr.requestMemory",
         "step isr asks for 1 TiB of memory, and site slurm offers 512 GiB; no allowed site offers more"),
        ("config: {requestMemory: 2048}", "config: {requestCpus: 65}", "config.requestCpus", None),
        ("onFailure: continue", "onFailure: {tolerate: 1.5}", "payloads[0].steps.isr.onFailure.tolerate",
         "must be 1 or less"),
        ("onFailure: continue", "discover: isrPlot", "payloads[0].steps.isr.discover",
         "step isr does not make as many isrPlot as it finds; each of its outputs is foreseen"),
        ("onFailure: continue", "software: demo-9", "payloads[0].steps.isr.software",
         "there is no software version demo-9 (did you mean demo-2.0?)"),
        ("onFailure: continue", "queue: fast", "payloads[0].cluster.perExposure",
         "steps isr and measure cannot share a job: queue is 'fast' for isr and not set for measure"),
        ("postISRCCD: transient", "postISR: transient", "payloads[0].persist.types.postISR",
         "there is no dataset type postISR (did you mean postISRCCD?)"),
        ("postISRCCD: transient", "postISRCCD: {until: irs}", "payloads[0].persist.types.postISRCCD.until",
         "there is no step irs (did you mean isr?)"),
        ("unexpected: save", "unexpected: keep", "payloads[0].unexpected", "must be 'save' or 'drop'"),
        ("verify: true", "verify: yes", "payloads[0].verify", "must be true or false, not a text ('yes')"),
        ("verify: true", "retry: [{when: {cause: memry}, then: {fail: true}}]",
         "payloads[0].retry[0].when.cause[0]", None),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once_at_its_place(old, new, path, message):
    found = problems(campaign_with(old, new), CATALOG)
    assert {place for place, _ in found} == {path}
    if message is not None:
        assert found == [(path, message)]


TWENTY = """\
campaign: night 2026
progam: main-survey
priority: high
deadline: tomorrow
parent: nobody
software: demo-1.1
sites: {only: [locl], avoidNodes: [-x]}
config: {requestMemroy: 2048, requestCpus: 0, queue: "{night}"}
notify: [{event: campaign.faild, to: [ops]}]
payloads:
  - name: calibrate
    pipelines: [{pipeline: example-calibration, version: 1}]
    data: {where: "exposre in (1..24)", exclude: [{detectr: 3}], inputs: [before]}
    order: {by: [telescope]}
    split: {by: [night]}
    cluster:
      a: {steps: [isr, measure], dimensions: [exposure], maxSize: -1}
      b: {steps: [isr, bogus]}
    steps:
      isr: {requestMemory: 1 PiB, onFailure: {tolerate: 3}}
      flat: {requestMemory: 12}
    retry: [{when: {cause: memry}, then: {retry: 1}}]
    persist: {types: {postISR: transient}}
    verify: perhaps
"""


def test_twenty_mistakes_in_one_document_are_told_at_once():
    assert [path for path, _ in problems(TWENTY, CATALOG)] == [
        "campaign", "progam", "priority", "deadline", "parent", "software",
        "sites.avoidNodes[0]", "sites.only[0]",
        "config.queue", "config.requestCpus", "config.requestMemroy",
        "notify[0].event", "notify[0].to[0]",
        "payloads[0].data.exclude[0].detectr", "payloads[0].data.inputs[0]", "payloads[0].data.where",
        "payloads[0].order.by", "payloads[0].split.by",
        "payloads[0].cluster.a.maxSize", "payloads[0].cluster.b", "payloads[0].cluster.b",
        "payloads[0].steps.isr.onFailure.tolerate", "payloads[0].steps.isr.requestMemory", "payloads[0].steps.flat",
        "payloads[0].retry[0].when.cause[0]", "payloads[0].persist.types.postISR", "payloads[0].verify",
    ]  # fmt: skip


def test_a_document_with_problems_has_no_spec():
    assert checked(TWENTY, CATALOG).spec is None


def test_two_payloads_of_one_name_are_refused():
    text = CAMPAIGN + CAMPAIGN[CAMPAIGN.index("  - name") :]
    assert only_problem(text) == ("payloads[1].name", "there are two payloads calibrate; choose another name")


def test_payloads_that_are_no_mappings_do_not_hide_the_others():
    text = campaign_with("payloads:\n", "payloads:\n  - 3\n  - null\n").replace("verify: true", "verify: 1")
    assert problems(text) == [
        ("payloads[0]", "must be a mapping, not a whole number (3)"),
        ("payloads[1]", "an entry is empty"),
        ("payloads[2].verify", "must be true or false, not a whole number (1)"),
    ]


@pytest.mark.parametrize("payloads", ["[]", "null", "{}", "3", "[3]"])
def test_a_campaign_has_payloads(payloads):
    assert problems(f"campaign: x\npayloads: {payloads}\n")


def test_orders_splits_and_inputs_come_with_the_spec():
    text = campaign_with(
        "order: breadth-first", "order: {by: [exposure]}\n    split: {by: [exposure], maxInstances: 100}"
    )
    (payload,) = spec(text.replace("exclude:", "inputs: [earlier], exclude:")).payloads
    assert payload.order == Order(OrderKind.BY_DIMENSIONS, ("exposure",))
    assert payload.split == Split(("exposure",), 100)
    assert payload.inputs == ("earlier",)


def test_a_deadline_may_follow_the_acquisition():
    found = spec(campaign_with("2026-11-23T18:00:00Z", "{from: acquisition.end, within: 1200s}"))
    assert found.deadline == Deadline(after="acquisition.end", within_s=1200)


def test_moments_are_kept_in_utc():
    found = spec(campaign_with("18:00:00Z", "20:00:00+02:00")).deadline
    assert found.at == datetime(2026, 11, 23, 18, tzinfo=UTC) and found.at.utcoffset() == timedelta(0)


def test_the_newest_version_of_a_pipeline_is_the_default():
    first = CATALOG.pipelines["example-calibration"][1]
    catalog = replace(CATALOG, pipelines={"example-calibration": {1: first, 2: replace(first, version=2)}})
    (payload,) = spec(campaign_with("version: 1, ", ""), catalog).payloads
    assert payload.pipeline.name == "example-calibration"


def test_variables_are_filled_in():
    text = campaign_with("(1..24)", "({first}..24)").replace("nightly calibration", "'{campaign} of {program}'")
    found = spec(f"variables: {{first: 3}}\n{text}")
    assert found.payloads[0].where.text == "exposure in (3..24) and detector < 9 or kind = 'bias'"
    assert found.description == "night-2026-11-22 of main-survey"


def test_braces_in_science_configuration_and_patterns_are_no_variables():
    text = campaign_with("threshold: 6", "template: '{name}.fits'")
    text = text.replace("verify: true", "retry: [{when: {stderr: 'x{2,3} {y}'}, then: {fail: true}}]")
    assert spec(text).payloads[0].layers[1].values["config"] == {"template": "{name}.fits"}


def test_a_table_is_found_by_the_dimension_that_only_it_gives():
    text = campaign_with('steps: "bias..visitSummary", skip: [coadd]', 'steps: "bias.."')
    assert spec(text).payloads[0].tables == ("sky-tiles",)
    assert spec().payloads[0].tables == ()


def test_two_tables_for_one_dimension_need_a_choice():
    catalog = replace(CATALOG, tables={**CATALOG.tables, "other": Table("other", ("exposure", "tile"), [(1, 1)])})
    text = campaign_with('steps: "bias..visitSummary", skip: [coadd]', 'steps: "bias.."')
    assert only_problem(text, catalog) == (
        "payloads[0].data", "tables other, sky-tiles all have tile; say which: tables: [other]",
    )  # fmt: skip
    assert spec(text.replace("exclude:", "tables: [other], exclude:"), catalog).payloads[0].tables == ("other",)


def test_a_dimension_that_nothing_gives_is_told():
    catalog = replace(CATALOG, tables={})
    text = campaign_with('steps: "bias..visitSummary", skip: [coadd]', 'steps: "bias.."')
    assert only_problem(text, catalog) == (
        "payloads[0].data",
        "step coadd has the dimension tile, which no input type, metadata or data-ID table gives",
    )


def test_software_must_be_available_at_an_allowed_site():
    text = campaign_with("software: demo-1.0", "software: demo-2.0").replace("only: []", "only: [local]")
    assert only_problem(text) == (
        "software", "software demo-2.0 is available at none of the allowed sites; it is available at slurm",
    )  # fmt: skip


def test_one_site_must_have_both_software_and_room():
    software = {"demo-1.0": SoftwareEntry("demo-1.0", frozenset({"local"}))}
    text = campaign_with("requestMemory: 4096", "requestMemory: 64 GiB")
    assert only_problem(text, replace(CATALOG, software=software)) == (
        "software", "no allowed site has both software demo-1.0 and what step isr asks for",
    )  # fmt: skip


def test_steps_may_have_software_of_their_own():
    assert spec(campaign_with("onFailure: continue", "software: demo-2.0")).payloads


def test_a_need_from_a_layer_elsewhere_is_told_at_the_payloads_step():
    layer = Layer(Scope.GLOBAL, "", {"requestWalltime": 100_000})
    catalog = replace(CATALOG, layers=(layer,))
    text = campaign_with("only: []", "only: [slurm]")
    assert problems(text, catalog)[0] == (
        "payloads[0].steps.bias",
        "step bias asks for 1d3h46m40s of wall time, and site slurm offers 1d; no allowed site offers more",
    )


def test_types_of_which_nobody_knows_how_many_there_will_be_need_discovery():
    pipeline = CATALOG.pipelines["example-calibration"][1]
    steps = tuple(replace(step, values={}) if step.label == "measure" else step for step in pipeline.steps)
    catalog = replace(CATALOG, pipelines={"example-calibration": {1: replace(pipeline, steps=steps)}})
    assert problems(CAMPAIGN, catalog)[0] == (
        "payloads[0].steps.measure",
        "step cut reads brightSource, of which measure makes as many as it finds;"
        " say discover: brightSource for measure",
    )
    assert spec(campaign_with("steps: {isr:", "steps: {measure: {discover: brightSource}, isr:"), catalog)


def test_steps_can_be_inserted_in_the_document():
    inserted = ("insert: [{step: clean, after: isr, dimensions: [exposure, detector], inputs: {postISRCCD: required},"
                " outputs: {cleaned: required}, command: [python, '{inputs}']}],"
                " datasetTypes: {cleaned: {dimensions: [exposure, detector]}}")  # fmt: skip
    (payload,) = spec(campaign_with("skip: [coadd]", inserted)).payloads
    assert [step.label for step in payload.pipeline.steps][:3] == ["bias", "isr", "clean"]


def test_mistakes_in_an_inserted_step_are_told():
    inserted = ("insert: [{step: clean, after: irs, dimensions: [exposure], inputs: {postISR: required},"
                " command: [python, '{input}'], requestMemroy: 3}, {after: isr}]")  # fmt: skip
    assert problems(campaign_with("skip: [coadd]", inserted)) == [
        ("payloads[0].pipelines[0].insert[0]", "there is no step irs (did you mean isr?)"),
        ("payloads[0].pipelines[0].insert[0].command[1]", "undefined variable {input} (did you mean inputs?)"),
        (
            "payloads[0].pipelines[0].insert[0].inputs.postISR",
            "there is no dataset type postISR (did you mean postISRCCD?)",
        ),
        ("payloads[0].pipelines[0].insert[0].requestMemroy", "unknown key requestMemroy (did you mean requestMemory?)"),
        ("payloads[0].pipelines[0].insert[1].command", "command is required"),
        ("payloads[0].pipelines[0].insert[1].dimensions", "dimensions is required"),
        ("payloads[0].pipelines[0].insert[1].step", "step is required"),
    ]


def test_the_last_steps_start_from_data_of_earlier_campaigns():
    known = {**CATALOG.types, "postISRCCD": DatasetType("postISRCCD", ("exposure", "detector"))}
    text = campaign_with("bias..visitSummary", "measure..visitSummary").replace("isr, measure", "measure")
    text = text.replace("exclude:", "inputs: [earlier], exclude:")
    assert spec(text, replace(CATALOG, types=known)).payloads[0].inputs == ("earlier",)


def test_settings_of_steps_that_a_subset_leaves_out_do_no_harm():
    assert spec(campaign_with("bias..visitSummary", "bias").replace("isr, measure", "bias").replace(
        "dimensions: [exposure]", "dimensions: [detector]"))  # fmt: skip


def test_a_cluster_that_would_wait_for_itself_is_told():
    text = campaign_with(
        "steps: [isr, measure], dimensions: [exposure]", "steps: [bias, measure], dimensions: [detector]"
    )
    ((path, message),) = problems(text)
    assert path == "payloads[0].cluster.perExposure"
    assert message.startswith("the cluster would have to wait for itself: ")
    assert set(message.split(": ")[1].split(" → ")) == {"perExposure", "isr"}


@pytest.mark.parametrize("text", ["3", "[]", "x", "{}", "other: 1", "pipeline: x\nversion: 1"])
def test_what_is_no_campaign_is_refused(text):
    (found,) = checked(text, CATALOG, kind="campaign").problems
    assert found.line == 1


def test_kinds_are_recognised_and_guessed():
    assert checked(CAMPAIGN, CATALOG).kind == "campaign"
    assert problems("campain: x") == [("", "this is no known kind of document (did you mean campaign?)")]


def test_nothing_is_left_of_a_document_that_is_wrong_all_over():
    data = {
        "campaign": [],
        "payloads": {"a": 1},
        "config": 3,
        "steps": [],
        "notify": "x",
        "sites": 3,
        "tags": 5,
        "variables": [],
    }
    from campaigns.core.document import Document

    found = check(Document(data), CATALOG)
    assert found.spec is None and len(found.problems) >= 8


def test_the_json_schema_names_what_is_required():
    schema = json_schema("campaign")
    assert schema["required"] == ["campaign", "payloads"]
    assert schema["$defs"]["PayloadPart"]["required"] == ["name", "pipelines"]
    assert "maxInstances" in schema["$defs"]["SplitPart"]["properties"]
