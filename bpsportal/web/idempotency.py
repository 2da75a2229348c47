"""`Idempotency-Key`: the same request twice, even at the same time, acts once and is answered alike."""

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http.request import RawPostDataException
from rest_framework.request import Request
from rest_framework.response import Response

from bpsportal.web.errors import Invalid, Problem
from bpsportal.web.models import IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST = 200
_FIRST_ERROR = 400


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """Decorate a POST method of a viewset.

    The remembered answer and all that the view writes are one transaction: a crash leaves neither, a second request
    at the same time waits for the first and gets its answer. Answers from 400 on are not kept, for nothing happened.
    """

    @functools.wraps(view)
    def answer(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if not key:
            return view(self, request, *args, **kwargs)
        fingerprint = _fingerprint(request, key)
        with transaction.atomic():
            row, is_new = IdempotencyKey.objects.get_or_create(
                user_id=int(request.user.pk or 0), key=key, defaults={"fingerprint": fingerprint}
            )
            if not is_new:
                return _again(row, fingerprint)
            response = view(self, request, *args, **kwargs)
            if response.status_code >= _FIRST_ERROR:
                transaction.set_rollback(True)
                return response
            row.status, row.body = response.status_code, json.loads(json.dumps(response.data, cls=DjangoJSONEncoder))
            row.save(update_fields=["status", "body"])
        return response

    return answer


def _again(row: IdempotencyKey, fingerprint: str) -> Response:
    """Return the first answer, or refuse a key that was used for something else (422)."""
    if row.fingerprint == fingerprint:
        return Response(row.body, status=row.status, headers={REPLAYED: "true"})
    message = f"This {HEADER} was used before with another request. Take a new key for a new request."
    return Response({"message": message, "problems": []}, status=422)


def _fingerprint(request: Request, key: str) -> str:
    """Return the hash of what was asked; Invalid when the key or the body cannot be remembered."""
    if len(key) > LONGEST or not key.isprintable():
        raise Invalid([Problem(HEADER, f"must be at most {LONGEST} printable characters")])
    try:
        body = request._request.body
    except RawPostDataException:
        raise Invalid([Problem(HEADER, "cannot be used with a multipart body; send JSON or YAML")]) from None
    head = f"{request.method}\n{request.get_full_path()}\n{request.content_type}\n".encode()
    return hashlib.sha256(head + body).hexdigest()
