"""Resolution: all layers that concern the steps of one payload, and what they come to."""

from collections.abc import Iterable
from dataclasses import dataclass

from campaigns.core.config import Address, Layer, Settings, resolve
from campaigns.core.keys import Scope
from campaigns.core.pipeline import StepDefinition


@dataclass(frozen=True, slots=True)
class Resolver:
    """`layers`: the catalog's, the campaign's and the payload's own, in any order."""

    layers: tuple[Layer, ...]
    campaign: str
    payload: str

    def settings(self, step: StepDefinition, site: str = "") -> Settings:
        """The settings of a step at a site; without a site those that hold everywhere."""
        address = Address(self.campaign, self.payload, step.pipeline, step.label)
        return resolve((*self.layers, definition_layer(step)), address, site)

    def general(self) -> Settings:
        """What concerns the payload as a whole."""
        return resolve(self.layers, Address(self.campaign, self.payload, "", ""))


def definition_layer(step: StepDefinition) -> Layer:
    """The layer that the step's definition in its pipeline is."""
    return Layer(Scope.DEFINITION, f"{step.pipeline}/{step.label}", step.values, step.version, reason="step definition")


def allowed_sites(settings: Settings, known: Iterable[str]) -> tuple[str, ...]:
    """The known sites that `sites.only` and `sites.avoid` leave, in alphabetical order."""
    said = settings.below("sites")
    only, avoided = set(said.get("only") or known), set(said.get("avoid") or ())
    return tuple(sorted((only & set(known)) - avoided))
