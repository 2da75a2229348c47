"""What the OpenAPI schema says of every operation besides what the views say themselves: the error answers."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema speaks of our tokens."""

    target_class = "bpsportal.web.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "`manage.py create_token USER` makes a token."}


class ProblemSerializer(serializers.Serializer[Any]):
    """One thing that is wrong in what was sent."""

    path = serializers.CharField(help_text="Where, as in `payloads[0].steps.isr`.")
    layer = serializers.CharField(help_text="The configuration layer, empty where it does not apply.")
    line = serializers.IntegerField(allow_null=True, help_text="The line of the document sent, if known.")
    message = serializers.CharField()


class ErrorSerializer(serializers.Serializer[Any]):
    """A refusal."""

    message = serializers.CharField()
    problems = ProblemSerializer(many=True)
    state = serializers.CharField(required=False, help_text="409: the state that forbids it.")
    legal = serializers.ListField(child=serializers.CharField(), required=False, help_text="409: what is possible.")
    verb = serializers.CharField(required=False, help_text="403: what was asked for.")
    needed_role = serializers.CharField(required=False, help_text="403: the role it needs.")


class PortalSchema(AutoSchema):
    """Adds the error answers that any operation may give."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        statuses = ["401", "403", "429"]
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            statuses += ["400", "409"]
        if "{" in self.path:
            statuses.append("404")
        for status in statuses:
            if status not in bodies:
                bodies[status] = self._get_response_for_code(ErrorSerializer, status, ["application/json"])
        return bodies
