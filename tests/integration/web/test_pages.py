"""Pages: sign-in, lock-out, refusals and faults in the portal's style, the frame around all of them."""

import re

import pytest
from django.test import Client

from bpsportal.web.roles import Role
from tests.conftest import PASSWORD

pytestmark = pytest.mark.urls("tests.integration.web.resource")
LOGIN = "/accounts/login/"


def words(answer) -> str:
    """The page's text without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_stranger_to_the_portal_is_sent_to_sign_in(db):
    answer = Client().get("/t/conflict/?a=1")
    assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?next=/t/conflict/%3Fa%3D1")


def test_signing_in_leads_to_where_one_wanted_to_go(viewer):
    answer = Client().post(f"{LOGIN}?next=/t/gone/", {"username": "viewer", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/t/gone/")


def test_signing_in_never_leads_away_from_the_portal(viewer):
    answer = Client().post(f"{LOGIN}?next=https://evil.example", {"username": "viewer", "password": PASSWORD})
    assert answer["Location"] == "/"


def test_a_wrong_password_says_so_and_not_which_half_was_wrong(viewer):
    answer = Client().post(LOGIN, {"username": "viewer", "password": "wrong"})
    assert answer.status_code == 200
    assert "Please enter a correct username and password" in words(answer)


def test_five_wrong_passwords_lock_the_sign_in(viewer):
    client = Client()
    for _ in range(5):
        answer = client.post(LOGIN, {"username": "viewer", "password": "wrong"})
    assert answer.status_code == 429
    assert "Too many wrong passwords" in words(answer)
    assert "opens again by itself after 15 minutes" in words(answer)
    assert client.post(LOGIN, {"username": "viewer", "password": PASSWORD}).status_code == 429


def test_the_lock_does_not_touch_others(viewer, operator):
    client = Client()
    for _ in range(6):
        client.post(LOGIN, {"username": "viewer", "password": "wrong"})
    assert client.post(LOGIN, {"username": "operator", "password": PASSWORD}).status_code == 302


def test_signing_out_is_a_post_and_ends_the_session(browser_of, viewer):
    client = browser_of(viewer)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/t/conflict/").status_code == 302


def test_a_form_without_csrf_token_gets_a_page_that_says_what_to_do(viewer):
    answer = Client(enforce_csrf_checks=True).post(LOGIN, {"username": "viewer", "password": PASSWORD})
    assert answer.status_code == 403
    assert "Go back, reload the page and send it again" in words(answer)


def test_a_refusal_names_the_role_that_is_needed_and_the_ones_one_has(browser_of, operator):
    answer = browser_of(operator).get("/t/refused/")
    assert answer.status_code == 403
    assert "needs the role site administrator for site local" in words(answer)
    assert "signed in as operator (operator)" in words(answer)


def test_a_conflict_shows_the_state_and_what_is_possible(browser_of, viewer):
    answer = browser_of(viewer).get("/t/conflict/")
    assert answer.status_code == 409
    assert "campaign night-1 is draft" in words(answer)
    assert "possible now: submit." in words(answer)


def test_problems_are_a_table_and_what_was_sent_is_escaped(browser_of, viewer):
    answer = browser_of(viewer).get("/t/invalid/")
    assert answer.status_code == 400
    assert "payloads[0].data.where payload 12 &lt;b&gt;no such&lt;/b&gt; dimension" in words(answer)


@pytest.mark.parametrize("path", ["/t/missing/", "/t/gone/", "/nowhere/"])
def test_what_is_not_there_is_404_in_the_portals_style(browser_of, viewer, path):
    answer = browser_of(viewer).get(path)
    assert answer.status_code == 404
    assert "Not found" in words(answer)
    assert "<night-9>" not in answer.content.decode()


def test_a_fault_shows_the_request_id_and_nothing_of_the_inside(browser_of, viewer):
    answer = browser_of(viewer).get("/t/fault/", headers={"X-Request-ID": "r-77"})
    assert answer.status_code == 500
    assert "r-77" in words(answer)
    assert "inside of the portal" not in answer.content.decode()


def test_every_answer_has_a_request_id_and_strict_headers(db):
    answer = Client().get(LOGIN)
    assert re.fullmatch(r"[0-9a-f]{12}", answer["X-Request-ID"])
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"


def test_a_request_id_from_outside_is_taken_only_when_it_is_harmless(db):
    assert Client().get(LOGIN, headers={"X-Request-ID": "proxy.42"})["X-Request-ID"] == "proxy.42"
    assert Client().get(LOGIN, headers={"X-Request-ID": "a\nlevel=error"})["X-Request-ID"] != "a\nlevel=error"


@pytest.mark.parametrize("who", ["viewer", "operator", "siteadmin", "admin"])
def test_the_administration_is_shown_and_open_to_administrators_alone(browser_of, who, request):
    client = browser_of(request.getfixturevalue(who))
    page = client.get("/accounts/password/").content.decode()
    assert ('href="/admin/"' in page) == (who == "admin")
    assert client.get("/admin/", follow=True).status_code == (200 if who == "admin" else 403)


def test_an_administrator_may_change_rows_without_being_a_superuser(browser_of, admin):
    assert browser_of(admin).get("/admin/auth/user/add/").status_code == 200


def test_the_administration_sends_strangers_to_the_portals_own_sign_in(db):
    answer = Client().get("/admin/auth/user/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(LOGIN)
    assert answer.status_code == 200


def test_someone_without_a_role_is_told_whom_to_ask(browser_of, stranger):
    answer = browser_of(stranger).get("/")
    assert "nobody has given you a role" in words(answer)


def test_no_page_has_inline_script_or_style(browser_of, viewer):
    client = browser_of(viewer)
    for path in (LOGIN, "/accounts/password/", "/t/conflict/", "/t/fault/", "/nowhere/", "/api/v1/docs/"):
        page = client.get(path, follow=True).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=", page), path


def test_changing_the_password_works_and_says_what_follows(browser_of, viewer):
    client = browser_of(viewer)
    fields = {"old_password": PASSWORD, "new_password1": "a-new-long-secret", "new_password2": "a-new-long-secret"}
    answer = client.post("/accounts/password/", fields, follow=True)
    assert "Your password is changed" in words(answer)
    viewer.refresh_from_db()
    assert viewer.check_password("a-new-long-secret")


def test_a_short_password_is_not_taken(browser_of, viewer):
    fields = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert "at least 12 characters" in words(browser_of(viewer).post("/accounts/password/", fields))


def test_health_needs_no_sign_in_and_tells_each_part(db, person):
    person("x", Role.VIEWER)
    assert Client().get("/healthz").content == b"ok\n"
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "broker": "ok", "clock": "has not run yet"}
