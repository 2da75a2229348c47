"""A small resource over the memberships, and a few pages that refuse, as the apps' own would be built."""

from typing import ClassVar

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter

from bpsportal.urls import handler400, handler403, handler404, handler500
from bpsportal.urls import urlpatterns as portal_urls
from bpsportal.web.access import require, visible
from bpsportal.web.api import PortalViewSet, idempotent
from bpsportal.web.errors import Invalid, Missing, NotAllowed, Problem
from bpsportal.web.models import Membership
from bpsportal.web.roles import Role, Scope

__all__ = ["handler400", "handler403", "handler404", "handler500"]


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    """Plain fields."""

    class Meta:
        model = Membership
        fields = ("id", "user", "role", "program", "campaign")


class Things(PortalViewSet):
    """Memberships stand for campaigns: they have a program and a campaign, too."""

    queryset = Membership.objects.all()
    serializer_class = MembershipSerializer
    ordering = "id"
    verbs: ClassVar = {
        "list": "view.campaign",
        "retrieve": "view.campaign",
        "create": "campaign.create",
        "validate": "campaign.validate",
        "pause": "campaign.pause",
        "broken": "view.campaign",
        "refused_late": "campaign.pause",
    }
    scoped_inside = frozenset({"validate"})

    def get_queryset(self):
        return super().get_queryset().filter(visible(self.request.user).q(campaign="campaign"))

    def scope_of(self, obj: Membership) -> Scope:
        return Scope(program=obj.program, campaign=obj.campaign)

    @idempotent
    def create(self, request: Request) -> Response:
        if request.data.get("role") not in list(Role):
            raise Invalid(
                [Problem("role", "unknown role", layer="campaign", line=3), Problem("sites[0]", "unknown site")]
            )
        row = Membership.objects.create(
            user=User.objects.get(pk=request.user.pk),
            role=request.data["role"],
            program=request.data.get("program", ""),
        )
        return Response({"id": row.pk}, status=201)

    @action(detail=False, methods=["post"])
    def validate(self, request: Request) -> Response:
        require(request.user, "campaign.validate", Scope(program=request.data["program"]))
        return Response({})

    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str = "") -> Response:
        row = self.get_object()
        raise NotAllowed("draft", "paused", ["submit", "archive"], f"campaign {row.campaign}")

    @action(detail=True, methods=["post"])
    def undeclared(self, request: Request, pk: str = "") -> Response:
        return Response({})

    @action(detail=False)
    def broken(self, request: Request) -> Response:
        raise RuntimeError("the inside of the portal")

    @action(detail=False, methods=["post"])
    @idempotent
    def refused_late(self, request: Request) -> Response:
        Membership.objects.create(user=User.objects.get(pk=request.user.pk), role=Role.VIEWER, program="half-done")
        raise NotAllowed("draft", "paused", [])


def conflict(request: HttpRequest) -> HttpResponse:
    raise NotAllowed("draft", "paused", ["submit"], "campaign night-1")


def invalid(request: HttpRequest) -> HttpResponse:
    raise Invalid([Problem("payloads[0].data.where", "<b>no such</b> dimension", layer="payload", line=12)])


def refused(request: HttpRequest) -> HttpResponse:
    require(request.user, "site.pause", Scope(site="local"))
    return HttpResponse("paused")


def missing(request: HttpRequest) -> HttpResponse:
    raise Missing("campaign", "<night-9>")


def gone(request: HttpRequest) -> HttpResponse:
    raise Http404


def fault(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the inside of the portal")


router = DefaultRouter()
router.register("things", Things, "thing")
urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("t/conflict/", conflict),
    path("t/invalid/", invalid),
    path("t/refused/", refused),
    path("t/missing/", missing),
    path("t/gone/", gone),
    path("t/fault/", fault),
    *portal_urls,
]
