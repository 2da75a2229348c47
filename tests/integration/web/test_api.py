"""REST resources: who may, how refusals read, paging, export."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from bpsportal.web.models import Membership, Token
from bpsportal.web.roles import Role

pytestmark = pytest.mark.urls("tests.integration.web.resource")
THINGS = "/api/v1/things/"


@pytest.fixture
def many(viewer):
    rows = [Membership(user=viewer, role=Role.VIEWER, program="p", campaign="") for _ in range(1)]
    rows += [Membership(user=viewer, role=Role.VIEWER, campaign=f"night-{n:03}") for n in range(250)]
    return Membership.objects.bulk_create(rows)


def test_without_a_token_the_answer_says_how_to_come_in(api):
    answer = api().get(THINGS)
    assert answer.status_code == 401
    assert answer.json() == {"message": "Sign in, or send a token as “Authorization: Bearer …”.", "problems": []}
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["nonsense", "a" * 64, "Ünicode", "two words", "'; drop table --"])
def test_a_wrong_token_is_refused(api, token):
    answer = api().get(THINGS, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.json()["problems"] == []


def test_an_expired_token_is_refused_and_forgotten(api, viewer):
    client = api(viewer)
    Token.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert client.get(THINGS).status_code == 401
    assert not Token.objects.exists()


def test_the_token_itself_is_not_in_the_database(api, viewer):
    client = api(viewer)
    text = client._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    row = Token.objects.values().get()
    assert all(text not in str(value) for value in row.values())


def test_a_user_who_was_switched_off_is_refused(api, viewer):
    client = api(viewer)
    viewer.is_active = False
    viewer.save(update_fields=["is_active"])
    assert client.get(THINGS).status_code == 401


def test_a_token_to_read_changes_nothing(api, operator):
    client = api(operator, scope="read")
    assert client.get(THINGS).status_code == 200
    answer = client.post(THINGS, {"role": "viewer"})
    assert answer.status_code == 403
    assert answer.json() == {
        "message": "“campaign.create” needs the role operator and a token of scope “operate”. "
        "Ask an administrator of the portal for it.",
        "problems": [],
        "verb": "campaign.create",
        "needed_role": "operator and a token of scope “operate”",
    }


def test_a_refusal_names_the_role(api, viewer):
    answer = api(viewer).post(THINGS, {"role": "viewer"})
    assert (answer.status_code, answer.json()["needed_role"]) == (403, "operator")


def test_an_action_that_no_verb_was_declared_for_is_refused_to_everybody(api, admin):
    row = Membership.objects.get(user=admin)
    assert api(admin).post(f"{THINGS}{row.pk}/undeclared/").status_code == 403


def test_a_thing_outside_ones_program_is_not_there(api, person):
    ann = person("ann", Role.OPERATOR, program="deep")
    other = Membership.objects.create(user=ann, role=Role.VIEWER, campaign="night-9")
    Membership.objects.filter(pk=other.pk).update(user=person("bob"))
    client = api(ann)
    assert [row["program"] for row in client.get(THINGS).json()["results"]] == ["deep"]
    assert client.get(f"{THINGS}{other.pk}/").status_code == 404


def test_seeing_a_thing_is_not_enough_to_act_on_it(api, person):
    ann = person("ann", Role.VIEWER)
    Membership.objects.create(user=ann, role=Role.OPERATOR, program="deep")
    other = Membership.objects.create(user=ann, role=Role.VIEWER, campaign="night-9")
    client = api(ann)
    assert client.get(f"{THINGS}{other.pk}/").status_code == 200
    answer = client.post(f"{THINGS}{other.pk}/pause/")
    assert answer.status_code == 403
    assert "for campaign night-9" in answer.json()["message"]


def test_creating_needs_a_role_everywhere_unless_the_view_finds_the_scope_itself(api, person):
    client = api(person("ann", Role.OPERATOR, program="deep"))
    assert client.post(THINGS, {"role": "viewer"}).status_code == 403
    assert client.post(f"{THINGS}validate/", {"program": "deep"}).status_code == 200
    assert client.post(f"{THINGS}validate/", {"program": "wide"}).status_code == 403


def test_a_conflict_names_the_state_and_what_is_possible(api, operator):
    row = Membership.objects.create(user=operator, role=Role.VIEWER, campaign="night-1")
    answer = api(operator).post(f"{THINGS}{row.pk}/pause/")
    assert answer.status_code == 409
    assert answer.json() == {
        "message": "campaign night-1 is draft and cannot become or do “paused”; possible now: submit, archive.",
        "problems": [],
        "state": "draft",
        "legal": ["submit", "archive"],
    }


def test_every_problem_comes_with_path_layer_and_line(api, operator):
    answer = api(operator).post(THINGS, {"role": "emperor"})
    assert answer.status_code == 400
    assert answer.json() == {
        "message": "There are 2 problems in what was sent.",
        "problems": [
            {"path": "role", "layer": "campaign", "line": 3, "message": "unknown role"},
            {"path": "sites[0]", "layer": "", "line": None, "message": "unknown site"},
        ],
    }


def test_text_that_is_no_json_is_a_problem_and_not_a_fault(api, operator):
    answer = api(operator).generic("POST", THINGS, "{", content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("JSON parse error")


def test_an_unknown_thing_is_404_in_the_same_shape(api, viewer):
    answer = api(viewer).get(f"{THINGS}999/")
    assert answer.status_code == 404
    assert set(answer.json()) == {"message", "problems"}


def test_an_unknown_address_below_api_answers_in_json(api, viewer):
    answer = api(viewer).get("/api/v1/nothing/")
    assert answer.status_code == 404
    assert answer.json() == {"message": "There is nothing at this address.", "problems": []}


def test_a_fault_tells_its_request_id_and_nothing_of_the_inside(api, viewer, caplog):
    answer = api(viewer).get(f"{THINGS}broken/", headers={"X-Request-ID": "abc-123"})
    assert answer.status_code == 500
    assert answer.json()["request_id"] == "abc-123"
    assert "inside of the portal" not in answer.content.decode()
    assert "inside of the portal" in caplog.text


def test_too_many_requests_say_when_to_come_back(api, viewer, monkeypatch):
    from rest_framework.throttling import UserRateThrottle

    monkeypatch.setattr(UserRateThrottle, "rate", "2/min", raising=False)
    client = api(viewer)
    statuses = [client.get(THINGS).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = client.get(THINGS)
    assert answer.json()["message"].startswith("Too many requests; try again in ")
    assert int(answer["Retry-After"]) > 0


def test_pages_follow_each_other_without_loss_or_repetition(api, viewer, many):
    client, url, seen = api(viewer), f"{THINGS}?limit=100", []
    while url:
        page = client.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == sorted(Membership.objects.values_list("pk", flat=True))


def test_a_page_is_never_larger_than_a_thousand(api, viewer):
    Membership.objects.bulk_create(Membership(user=viewer, role="viewer", campaign=f"c{n}") for n in range(1100))
    assert len(api(viewer).get(f"{THINGS}?limit=5000").json()["results"]) == 1000


def test_a_nonsense_cursor_is_404_and_no_fault(api, viewer):
    assert api(viewer).get(f"{THINGS}?cursor=%00nonsense").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_rows(api, viewer, many, django_assert_num_queries):
    client = api(viewer)
    with django_assert_num_queries(4):  # token, its user's tokens, roles, page
        client.get(f"{THINGS}?limit=10")
    with django_assert_num_queries(4):
        client.get(f"{THINGS}?limit=200")


def test_csv_streams_the_whole_list(api, viewer, many):
    answer = api(viewer).get(f"{THINGS}?format=csv")
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="thing.csv"'
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert lines[0] == ["id", "user", "role", "program", "campaign"]
    assert len(lines) == 1 + Membership.objects.count()


def test_csv_of_one_page_is_what_was_asked_for(api, viewer, many):
    answer = api(viewer).get(f"{THINGS}?format=csv&limit=5")
    assert len(answer.content.decode().splitlines()) == 6


def test_json_is_what_one_gets_by_name_or_by_default(api, viewer):
    client = api(viewer)
    assert json.loads(client.get(f"{THINGS}?format=json").content) == client.get(THINGS).json()


def test_a_request_that_is_too_large_is_refused_unread(api, operator):
    answer = api(operator).generic(
        "POST", THINGS, "{}", content_type="application/json", CONTENT_LENGTH=str(17 * 2**20)
    )
    assert answer.status_code == 413
    assert answer.json()["message"] == "The request is too large: 17 MiB, at most 16 MiB."


def test_an_unknown_format_is_refused_in_json(api, viewer):
    answer = api(viewer).get(f"{THINGS}?format=exe")
    assert answer.status_code == 404


def test_a_session_posts_only_with_a_csrf_token(operator):
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(THINGS, {"role": "viewer"}, format="json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["message"]


def test_the_schema_is_for_those_who_are_signed_in(api, viewer):
    assert api().get("/api/v1/schema/").status_code == 401
    assert api(viewer).get("/api/v1/schema/").status_code == 200
