"""The one place where a refusal becomes a REST answer: `{"message", "problems"}` and what belongs to the kind of
refusal.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from bpsportal.web import tracing
from bpsportal.web.errors import Invalid, NotAllowed, PortalError, Problem, ProblemLike, Refused


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the answer to an exception raised in a REST view; None for a fault, which becomes a 500."""
    if isinstance(error, PortalError):
        return Response(body(error), status=error.status)
    if isinstance(error, ValidationError):
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return Response(body(Invalid(list(flatten(found)))), status=Invalid.status)
    response = exception_handler(error, dict(context))
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        response.data = body(Invalid(list(flatten(error.detail))))
    else:
        response.data = {"message": _message(error, response.data), "problems": []}
    return response


def body(error: PortalError) -> dict[str, Any]:
    """Return the answer's content for one of the portal's own refusals."""
    content: dict[str, Any] = {"message": error.message, "problems": []}
    match error:
        case Invalid(problems=problems):
            content["problems"] = [_problem(problem) for problem in problems]
        case NotAllowed(state=state, legal=legal):
            content |= {"state": state, "legal": list(legal)}
        case Refused(verb=verb, needed_role=role):
            content |= {"verb": verb, "needed_role": role}
    return content


def fault() -> dict[str, Any]:
    """Return the content of a 500: nothing about the inside, the id under which the log has it."""
    request_id = tracing.current()
    message = f"Something went wrong in the portal. Tell an administrator this request id: {request_id}."
    return {"message": message, "problems": [], "request_id": request_id}


def flatten(detail: Any, path: str = "") -> Iterator[Problem]:
    """Yield one problem for each message of a nested error structure, its path as in `payloads[0].steps.isr`."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from flatten(value, path if key == "non_field_errors" else f"{path}.{key}" if path else str(key))
    elif isinstance(detail, list | tuple):
        for index, value in enumerate(detail):
            yield from flatten(value, f"{path}[{index}]" if isinstance(value, Mapping) else path)
    else:
        yield Problem(path, str(detail))


def _problem(problem: ProblemLike) -> dict[str, Any]:
    return {
        "path": problem.path,
        "layer": getattr(problem, "layer", ""),
        "line": getattr(problem, "line", None),
        "message": problem.message,
    }


def _message(error: Exception, data: Any) -> str:
    """Return a sentence that says what to do."""
    match error:
        case Http404():
            return str(error) or "There is nothing at this address."
        case exceptions.NotAuthenticated():
            return "Sign in, or send a token as “Authorization: Bearer …”."
        case exceptions.AuthenticationFailed():
            return "This token is not valid (any more). Make a new one with `manage.py create_token`."
        case exceptions.Throttled():
            return f"Too many requests; try again in {max(1, round(getattr(error, 'wait', None) or 1))} s."
        case PermissionDenied() | exceptions.PermissionDenied():
            return str(error) or "Your role does not allow this."
        case _:
            return str(data.get("detail", data)) if isinstance(data, Mapping) else str(data)
