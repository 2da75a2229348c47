"""What a control verb is aimed at: a campaign, one of its payloads, or one workflow."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Empty parts are not narrowed: `Target("night")` is everything of the campaign in every run."""

    campaign: str
    run: int | None = None
    payload: str = ""
    workflow: str = ""

    def __str__(self) -> str:
        return self.workflow or "/".join(part for part in (self.campaign, self.payload) if part)
