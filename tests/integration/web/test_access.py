"""Who may do what: the whole table, narrowing, and the scope of a token."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError

from bpsportal.web.access import can, require, visible
from bpsportal.web.errors import Refused
from bpsportal.web.models import Membership
from bpsportal.web.roles import VERBS, Role, Scope

VIEW = {"viewer", "operator", "siteadmin", "admin"}
OPERATE = {"operator", "admin"}
SITE = {"siteadmin", "admin"}
ADMIN = {"admin"}

EXPECTED = {
    "view.campaign": VIEW,
    "view.log": VIEW,
    "campaign.create": OPERATE,
    "campaign.validate": OPERATE,
    "campaign.plan": OPERATE,
    "campaign.revise": OPERATE,
    "campaign.archive": OPERATE,
    "campaign.clone": OPERATE,
    "campaign.annotate": OPERATE,
    **{
        f"{subject}.{verb}": OPERATE
        for subject in ("campaign", "payload", "workflow")
        for verb in ("submit", "pause", "resume", "terminate", "prioritise", "restart", "rerun", "resources")
    },
    "job.retry": OPERATE,
    "job.accept": OPERATE,
    "job.reject": OPERATE,
    "job.cancel": OPERATE,
    "config.change": OPERATE,
    "pipeline.change": OPERATE,
    "dataset.register": OPERATE,
    "site.change": SITE,
    "site.check": SITE,
    "site.pause": SITE,
    "site.resume": SITE,
    "node.drain": SITE,
    "node.resume": SITE,
    "software.change": SITE,
    "admin.fix": ADMIN,
    "user.manage": ADMIN,
}


def test_the_expectation_covers_every_verb():
    assert set(VERBS) == {verb for verb in EXPECTED if not verb.startswith("view.")}


@pytest.mark.parametrize("who", ["viewer", "operator", "siteadmin", "admin", "stranger"])
def test_a_role_may_what_the_table_says_and_nothing_else(who, request):
    user = request.getfixturevalue(who)
    allowed = {verb for verb in EXPECTED if can(user, verb, Scope())}
    assert allowed == {verb for verb, roles in EXPECTED.items() if who in roles}


def test_nobody_may_nothing():
    assert not [verb for verb in EXPECTED if can(AnonymousUser(), verb)]


def test_a_superuser_is_an_administrator(django_user_model, db):
    root = django_user_model.objects.create_superuser("root")
    assert all(can(root, verb, Scope()) for verb in EXPECTED)


def test_a_user_who_was_switched_off_has_no_role(operator):
    operator.is_active = False
    assert not can(operator, "view.campaign")


def test_an_unknown_verb_is_a_mistake_and_not_a_no(operator):
    with pytest.raises(LookupError, match=r"campaign\.explode"):
        can(operator, "campaign.explode")


def test_a_refusal_names_the_role_and_the_place(viewer):
    with pytest.raises(Refused) as caught:
        require(viewer, "campaign.pause", Scope(program="deep", campaign="night-1"))
    assert caught.value.needed_role == "operator"
    assert str(caught.value) == (
        "“campaign.pause” needs the role operator for campaign night-1. Ask an administrator of the portal for it."
    )


def test_a_role_in_a_program_reaches_its_campaigns_and_no_others(person):
    user = person("ann", Role.OPERATOR, program="deep")
    assert can(user, "campaign.pause", Scope(program="deep", campaign="night-1"))
    assert not can(user, "campaign.pause", Scope(program="wide", campaign="night-2"))
    assert not can(user, "view.campaign", Scope(program="wide", campaign="night-2"))


def test_a_role_in_a_campaign_reaches_that_campaign_alone(person):
    user = person("ann", Role.OPERATOR, campaign="night-1")
    assert can(user, "campaign.pause", Scope(program="deep", campaign="night-1"))
    assert not can(user, "campaign.pause", Scope(program="deep", campaign="night-2"))


def test_a_narrowed_role_sees_but_does_not_change_what_belongs_to_no_program(person):
    user = person("ann", Role.OPERATOR, program="deep")
    assert can(user, "view.site", Scope(site="local"))
    assert not can(user, "pipeline.change", Scope())


def test_without_a_subject_the_question_is_whether_there_is_any(person):
    assert can(person("ann", Role.OPERATOR, program="deep"), "campaign.create")


def test_a_viewer_everywhere_may_be_an_operator_somewhere(person):
    user = person("ann", Role.VIEWER)
    Membership.objects.create(user=user, role=Role.OPERATOR, program="deep")
    assert visible(user).everything
    assert can(user, "campaign.pause", Scope(program="deep"))
    assert not can(user, "campaign.pause", Scope(program="wide"))


def test_what_is_visible_is_the_union_of_all_memberships(person):
    user = person("ann", Role.VIEWER, program="deep")
    Membership.objects.create(user=user, role=Role.OPERATOR, campaign="night-7")
    seen = visible(user)
    assert (seen.programs, seen.campaigns) == ({"deep"}, {"night-7"})
    assert seen.allows(Scope(program="deep", campaign="night-1"))
    assert seen.allows(Scope(program="wide", campaign="night-7"))
    assert not seen.allows(Scope(program="wide", campaign="night-8"))


def test_a_stranger_sees_nothing(stranger):
    seen = visible(stranger)
    assert not seen.allows(Scope())
    assert not Membership.objects.filter(seen.q(program="program", campaign="campaign")).exists()


def test_the_condition_for_lists_keeps_what_is_visible(person, viewer):
    user = person("ann", Role.VIEWER, program="deep")
    Membership.objects.create(user=viewer, role=Role.VIEWER, program="wide")
    Membership.objects.create(user=user, role=Role.VIEWER, campaign="night-7")
    condition = visible(user).q(program="program", campaign="campaign")
    found = {(row.program, row.campaign) for row in Membership.objects.filter(condition)}
    assert found == {("deep", ""), ("", "night-7")}
    assert Membership.objects.filter(visible(viewer).q()).count() == Membership.objects.count()


def test_a_membership_is_narrowed_to_one_thing_only(viewer):
    with pytest.raises(IntegrityError):
        Membership.objects.create(user=viewer, role=Role.VIEWER, program="deep", campaign="night-1")


def test_roles_are_read_once_for_a_user_object(viewer, django_assert_num_queries):
    with django_assert_num_queries(1):
        for verb in EXPECTED:
            can(viewer, verb)


def test_a_token_to_read_lets_an_operator_only_look(operator):
    operator.token_scope = "read"
    assert can(operator, "view.campaign", Scope(campaign="night-1"))
    with pytest.raises(Refused, match="a token of scope “operate”"):
        require(operator, "campaign.pause", Scope(campaign="night-1"))
