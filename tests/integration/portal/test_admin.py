"""The administration of users, roles and tokens."""

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import User

from bpsportal.web.models import Membership, Token, TokenScope
from bpsportal.web.tokens import create_token
from provenance.models import Event

MANAGEMENT = {
    "memberships-TOTAL_FORMS": "1",
    "memberships-INITIAL_FORMS": "0",
    "memberships-0-role": "operator",
    "memberships-0-program": "deep",
}


def test_a_role_is_given_on_the_users_page(browser_of, admin, stranger):
    answer = browser_of(admin).post(
        f"/admin/auth/user/{stranger.pk}/change/", {"username": "stranger", "is_active": "on", **MANAGEMENT}
    )
    assert answer.status_code == 302, answer.context["errors"]
    assert list(Membership.objects.filter(user=stranger).values_list("role", "program")) == [("operator", "deep")]
    event = Event.objects.get()
    assert (event.kind, event.actor) == ("user.role-changed", "admin")
    assert event.details == {"user": "stranger", "before": [], "after": ["operator (deep)"]}


def test_a_role_narrowed_twice_is_refused_in_words(browser_of, admin, stranger):
    fields = {"username": "stranger", "is_active": "on", **MANAGEMENT, "memberships-0-campaign": "night-1"}
    answer = browser_of(admin).post(f"/admin/auth/user/{stranger.pk}/change/", fields)
    assert "Narrow a membership to a program or to a campaign, not to both." in answer.content.decode()


def test_tokens_can_be_taken_away_but_neither_made_nor_changed(browser_of, admin, operator):
    create_token(operator, scope=TokenScope.READ, days=1)
    token = Token.objects.get()
    client = browser_of(admin)
    assert client.get("/admin/web/token/add/").status_code == 403
    assert client.post(f"/admin/web/token/{token.pk}/change/", {"scope": "operate"}).status_code == 403
    assert client.post(f"/admin/web/token/{token.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Token.objects.exists()
    event = Event.objects.get()
    assert (event.kind, event.details["user"]) == ("user.token-revoked", "operator")


def test_the_list_of_users_costs_the_same_for_many(browser_of, admin, django_assert_max_num_queries):
    for n in range(30):
        Membership.objects.create(user=User.objects.create(username=f"u{n}"), role="viewer")
    client = browser_of(admin)
    with django_assert_max_num_queries(12):
        assert client.get("/admin/auth/user/").status_code == 200


@pytest.mark.parametrize("model", sorted(django_admin.site._registry, key=lambda model: model._meta.label))
def test_every_list_and_form_of_the_administration_opens(browser_of, admin, model):
    client, base = browser_of(admin), f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert client.get(base).status_code == 200
    assert client.get(f"{base}add/").status_code in {200, 403}
