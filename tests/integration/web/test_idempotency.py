"""The same request twice, one after the other and at the same time."""

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone

from bpsportal.tasks import housekeeping
from bpsportal.web.models import IdempotencyKey, Membership

pytestmark = pytest.mark.urls("tests.integration.web.resource")
THINGS = "/api/v1/things/"
KEY = {"Idempotency-Key": "submit-1"}
BODY = {"role": "viewer", "program": "deep"}


def made() -> int:
    return Membership.objects.filter(program="deep").count()


def test_the_same_key_and_body_act_once_and_are_answered_alike(api, operator):
    client = api(operator)
    first, second = (client.post(THINGS, BODY, headers=KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (first.headers.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")
    assert made() == 1


def test_the_same_key_with_another_body_is_refused(api, operator):
    client = api(operator)
    client.post(THINGS, BODY, headers=KEY)
    answer = client.post(THINGS, BODY | {"program": "wide"}, headers=KEY)
    assert answer.status_code == 422
    assert answer.json()["message"].endswith("Take a new key for a new request.")
    assert not Membership.objects.filter(program="wide").exists()


def test_the_same_key_of_another_user_is_another_key(api, operator, admin):
    assert [api(user).post(THINGS, BODY, headers=KEY).status_code for user in (operator, admin)] == [201, 201]


def test_a_refused_request_is_not_remembered(api, operator):
    client = api(operator)
    assert client.post(THINGS, {"role": "emperor"}, headers=KEY).status_code == 400
    assert client.post(THINGS, BODY, headers=KEY).status_code == 201


def test_what_a_refused_request_had_written_does_not_stay(api, operator):
    assert api(operator).post(f"{THINGS}refused_late/", {}, headers=KEY).status_code == 409
    assert not Membership.objects.filter(program="half-done").exists()
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", ["k" * 201, "tab\tinside"])
def test_a_key_that_cannot_be_kept_is_a_problem(api, operator, key):
    answer = api(operator).post(THINGS, BODY, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "Idempotency-Key"


def test_a_multipart_body_is_not_understood_at_all(api, operator):
    answer = api(operator).post(THINGS, {"f": SimpleUploadedFile("x", b"x")}, headers=KEY, format="multipart")
    assert answer.status_code == 415


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_time_are_one(api, operator):
    clients = [api(operator) for _ in range(4)]
    barrier, answers = threading.Barrier(len(clients)), []

    def send(client) -> None:
        barrier.wait()
        try:
            answers.append(client.post(THINGS, BODY, headers=KEY))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.content for answer in answers}) == 1
    assert made() == 1


def test_answers_are_forgotten_after_a_week(operator):
    now = timezone.now()
    for key, age in (("young", 6), ("old", 8)):
        IdempotencyKey.objects.create(user=operator, key=key, fingerprint="")
        IdempotencyKey.objects.filter(key=key).update(created_at=now - timedelta(days=age))
    assert housekeeping()["answers"] == 1
    assert IdempotencyKey.objects.get().key == "young"
