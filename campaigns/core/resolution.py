"""Resolution: all layers that concern the steps of one payload, and what they come to."""

from collections.abc import Iterable

from campaigns.core.config import Address, Layer, Settings, resolve, step_targets
from campaigns.core.keys import Scope
from campaigns.core.pipeline import StepDefinition


class Resolver:
    """Resolves settings of one payload's steps from `layers`: the catalog's, the campaign's and the payload's own."""

    def __init__(self, layers: Iterable[Layer], campaign: str, payload: str) -> None:
        self.campaign, self.payload = campaign, payload
        self._general: list[Layer] = []
        self._by_target: dict[str, list[Layer]] = {}
        for layer in layers:
            if layer.scope is Scope.STEP:
                self._by_target.setdefault(layer.target, []).append(layer)
            else:
                self._general.append(layer)

    def settings(self, step: StepDefinition, site: str = "") -> Settings:
        """The settings of a step at a site; without a site those that hold everywhere."""
        address = Address(self.campaign, self.payload, step.pipeline, step.label)
        own = [layer for target in step_targets(address) for layer in self._by_target.get(target, ())]
        return resolve((*self._general, definition_layer(step), *own), address, site)

    def general(self) -> Settings:
        """What concerns the payload as a whole."""
        return resolve(self._general, Address(self.campaign, self.payload, "", ""))


def definition_layer(step: StepDefinition) -> Layer:
    """The layer that the step's definition in its pipeline is."""
    return Layer(Scope.DEFINITION, f"{step.pipeline}/{step.label}", step.values, step.version, reason="step definition")


def allowed_sites(settings: Settings, known: Iterable[str]) -> tuple[str, ...]:
    """The known sites that `sites.only` and `sites.avoid` leave, in alphabetical order."""
    said = settings.below("sites")
    only, avoided = set(said.get("only") or known), set(said.get("avoid") or ())
    return tuple(sorted((only & set(known)) - avoided))
