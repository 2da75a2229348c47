"""From texts to workflows: what a checked payload comes to with all its layers."""

from dataclasses import replace

from campaigns.core.blueprint import blueprint_of, breakpoints_of, plan_spec, resolver_of
from campaigns.core.config import Layer
from campaigns.core.keys import Scope
from campaigns.core.planner import plan, plan_below
from campaigns.core.preview import preview
from campaigns.core.resolution import allowed_sites
from campaigns.core.universe import DatasetRow
from execution.core.workflow import FailurePolicy, OnFailure, Request
from tests.unit.campaigns.catalogs import CAMPAIGN, campaign_with, checked, datasets, full_catalog

CATALOG = full_catalog()


def campaign(text=CAMPAIGN, catalog=CATALOG):
    found = checked(text, catalog)
    assert found.problems == ()
    return found.spec


def blueprint(text=CAMPAIGN, catalog=CATALOG):
    spec = campaign(text, catalog)
    return blueprint_of(spec, spec.payloads[0], catalog, run=2)


def planning(text=CAMPAIGN, catalog=CATALOG):
    spec = campaign(text, catalog)
    return plan_spec(spec, spec.payloads[0], catalog, datasets())


def test_steps_carry_their_resolved_settings():
    steps = {step.label: step for step in blueprint().steps}
    assert list(steps) == ["bias", "isr", "measure", "cut", "visitSummary"]
    assert [step.position for step in steps.values()] == [0, 1, 2, 3, 4]
    assert steps["isr"].config == {"threshold": 6, "plot": True}
    assert {step.software for step in steps.values()} == {"demo-1.0"}
    assert steps["measure"].discover == "brightSource"


def test_requests_stand_for_each_site_and_step():
    site = Layer(Scope.SITE, "slurm", {"queue": "roma", "steps": {"bias": {"requestMemory": 512}}})
    requests = blueprint(catalog=replace(CATALOG, layers=(site,))).requests
    assert requests["local"]["isr"] == Request(memory_mb=4096)
    assert requests["slurm"]["isr"] == Request(memory_mb=4096, queue="roma")
    assert requests["slurm"]["bias"] == Request(memory_mb=512, queue="roma")
    assert requests["local"]["bias"] == Request(memory_mb=2048)


def test_policies_follow_the_layers():
    text = campaign_with("onFailure: continue", "onFailure: {tolerate: 0.05}").replace(
        "config: {}", "config: {onFailure: stop}"
    )
    steps = {step.label: step.on_failure for step in blueprint(text).steps}
    assert steps["isr"] == FailurePolicy(OnFailure.TOLERATE, 0.05)
    assert steps["bias"] == FailurePolicy(OnFailure.STOP)


def test_what_is_kept_is_said_for_every_type_that_is_made():
    assert blueprint().persist == {
        "masterBias": "keep", "postISRCCD": "transient", "isrPlot": "keep", "sources": "keep", "brightSource": "keep",
        "cutout": "keep", "visitSummary": "keep",
    }  # fmt: skip
    assert blueprint(campaign_with("default: keep", "default: transient")).persist["sources"] == "transient"


def test_the_rest_of_the_blueprint():
    found = blueprint(
        campaign_with("order: breadth-first", "order: depth-first\n    logs: failed").replace(
            "avoidNodes: []", "avoidNodes: [cc30*]"
        )
    )
    assert (found.campaign, found.run, found.payload) == ("night-2026-11-22", 2, "calibrate")
    assert (found.depth_first, found.logs, found.unexpected, found.verify) == (True, "failed", "save", True)
    assert found.avoid_nodes == ("cc30*",)
    assert found.types["coadd"] == ("tile", "band")


def test_any_order_but_breadth_first_is_kept_at_the_sites_too():
    assert not blueprint().depth_first
    assert blueprint(campaign_with("order: breadth-first", "order: {by: [exposure]}")).depth_first


def test_sites_are_those_that_are_allowed():
    assert list(blueprint(campaign_with("only: []", "only: [slurm]")).requests) == ["slurm"]
    assert list(blueprint(campaign_with("avoid: []", "avoid: [slurm]")).requests) == ["local"]


def test_a_payload_may_have_sites_of_its_own():
    spec = campaign(campaign_with("unexpected: save", "sites: {only: [local]}"))
    assert allowed_sites(resolver_of(spec, spec.payloads[0], CATALOG).general(), CATALOG.sites) == ("local",)
    assert spec.payloads[0].sites == ("local",)


def test_breakpoints_are_listed():
    spec = campaign(campaign_with("onFailure: continue", "breakpoint: true"))
    assert breakpoints_of(spec, spec.payloads[0], CATALOG) == ("isr",)


def test_priority_and_share_come_from_the_layers():
    spec = planning(campaign_with("unexpected: save", "share: 2"))
    assert (spec.priority, spec.share) == (700, 2)
    assert planning(campaign_with("unexpected: save", "priority: 1")).priority == 1


def test_the_example_plans_as_counted_by_hand():
    made = plan(planning())
    assert made.counts.instances == {"bias": 9, "isr": 215, "measure": 215, "visitSummary": 24}
    # 24 exposures of 9 detectors in jobs of four detectors, two steps each; exposure 7 has 8 detectors
    assert made.counts.jobs == {"bias": 9, "perExposure": 24 * 3 - 1, "visitSummary": 24}
    assert made.counts.workflows == 1 and made.omissions == ()
    assert [point.step for point in made.open_points] == ["measure"]


def test_the_example_goes_on_below_its_discovering_step():
    found = [DatasetRow("brightSource", (1, 2, 5), 9001), DatasetRow("brightSource", (1, 2, 6), 9002)]
    images = [DatasetRow("postISRCCD", (1, 2), 9003)]
    below = plan_below(planning(), "measure", [*found, *images])
    jobs = [job for workflow in below.workflows() for job in workflow.jobs]
    assert [job.instances[0].data_id for job in jobs] == [(1, 2, 5), (1, 2, 6)]
    assert [item.dataset for item in jobs[0].instances[0].inputs] == [9001, 9003]


def test_the_coadd_gathers_by_tile_and_band():
    made = plan(planning(campaign_with('steps: "bias..visitSummary", skip: [coadd]', "steps: 'bias..'")))
    assert made.counts.instances["coadd"] == 6
    (job,) = [job for workflow in made.workflows() for job in workflow.jobs if job.label == "coadd"][:1]
    read = [item.data_id for item in job.instances[0].inputs if item.type == "postISRCCD"]
    assert job.instances[0].data_id == (0, "g")
    assert read == [(e, d) for e in (6, 12, 18, 24) for d in range(9)]


def test_a_preview_counts_steps_jobs_and_core_hours():
    spec = planning()
    found = preview(plan(spec), spec.blueprint.requests["local"], {"isr": 36.0})
    rows = {row.step: row for row in found.steps}
    assert (rows["isr"].instances, rows["isr"].jobs, rows["isr"].cluster) == (215, 71, "perExposure")
    assert (rows["isr"].core_hours, rows["isr"].is_measured) == (2.15, True)
    assert (rows["bias"].core_hours, rows["bias"].is_measured, rows["bias"].cluster) == (9.0, False, "")
    assert (rows["cut"].instances, rows["cut"].is_open) == (0, True)
    assert (found.instances, found.jobs, found.workflows) == (463, 104, 1)
    assert found.is_at_least
    assert found.core_hours == 2.15 + 9 + 215 + 24


def test_a_preview_of_a_cut_cluster_counts_the_jobs_of_each_step():
    spec = planning(campaign_with("maxSize: 9", "maxSize: 1"))
    rows = {row.step: row.jobs for row in preview(plan(spec), {}).steps}
    assert (rows["isr"], rows["measure"]) == (215, 215)
