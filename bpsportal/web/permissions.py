"""The gate of every REST resource: which verb an action is, and whether this user may use it on this object."""

from collections.abc import Mapping
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from bpsportal.web.access import require
from bpsportal.web.errors import Refused
from bpsportal.web.roles import Scope, is_view

_METADATA = ("metadata", None)


class RolePermission(BasePermission):
    """Asks `access.require` with the verb that the viewset's table `verbs` names for the action.

    `verbs = {"list": "view.campaign", "submit": "campaign.submit"}`; an action that is not in the table is refused.
    Actions on one object are judged by `scope_of(obj)`. An acting verb without object (create) is judged for the
    whole portal,
    unless the action stands in `scoped_inside`: then the view itself calls `require` once it knows the scope from the
    document.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Judge the action before any object is known."""
        if not request.user or not request.user.is_authenticated:
            return False
        if getattr(view, "swagger_fake_view", False):
            return True
        verb = _verb(view)
        without_object = (
            not _is_detail(view) and not is_view(verb) and view.action not in getattr(view, "scoped_inside", ())
        )
        require(request.user, verb, Scope() if without_object else None)
        return True

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Judge the action on this object."""
        scope_of = getattr(view, "scope_of", None)
        require(request.user, _verb(view), scope_of(obj) if scope_of else Scope())
        return True


def _verb(view: Any) -> str:
    """Return the declared verb of the action at hand; Refused when there is none."""
    action: str | None = getattr(view, "action", None)
    verbs: Mapping[str, str] = getattr(view, "verbs", {})
    if action is not None and action in verbs:
        return verbs[action]
    if action in _METADATA:
        return "view.api"
    raise Refused(str(action), "nobody")


def _is_detail(view: Any) -> bool:
    """True when the URL names one object."""
    if getattr(view, "detail", None) is not None:
        return bool(view.detail)
    return (view.lookup_url_kwarg or view.lookup_field) in view.kwargs
