"""Configuration: layers into settings that remember where they come from (LDM-636 0007).

What names the step beats what does not; among equals the later scope wins: built-in default, global, site, campaign,
payload - and, naming the step, its definition in the pipeline, then `steps` of the layers in the same order, then the
layers of the step itself. Mappings (`config`, `persist`, `sites`) are merged key by key, everything else is replaced.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns.core.keys import STEPS, Scope
from execution.core.workflow import FailurePolicy, OnFailure, Request

_STRENGTH = {scope: rank for rank, scope in enumerate(Scope)}
_MERGED = frozenset({"config", "persist", "sites"})


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of configuration. `target`: "" for global, the site, the campaign, `campaign/payload`, and for a step
    `label`, `pipeline/label` or `campaign/payload/label`. `values` are as `keys.read_values` gives them.
    """

    scope: Scope
    target: str
    values: Mapping[str, Any]
    version: int = 1
    author: str = ""
    at: datetime | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """`global`, `site:slurm`, `step:example-calibration/isr`."""
        return f"{self.scope}:{self.target}" if self.target else str(self.scope)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a step stands, for the layers that concern it."""

    campaign: str
    payload: str
    pipeline: str
    step: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One resolved value and the layer that said it; `replaced` is what would hold without that layer."""

    key: str
    value: Any
    layer: str
    version: int
    author: str
    at: datetime | None
    reason: str
    replaced: "Setting | None" = None


@dataclass(frozen=True, slots=True)
class Change:
    """A key with different values on two sides; None where a side does not have it."""

    key: str
    old: Setting | None
    new: Setting | None


@dataclass(frozen=True, slots=True)
class Settings:
    """The resolved settings of one step at one site, by key; keys inside mappings read `config.threshold`."""

    by_key: Mapping[str, Setting] = field(default_factory=dict)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key; for `config`, `persist` and `sites` use `below`."""
        setting = self.by_key.get(key)
        return default if setting is None else setting.value

    def below(self, key: str) -> dict[str, Any]:
        """The values inside a mapping: `below("config")` is the step's science configuration."""
        prefix = f"{key}."
        return {name.removeprefix(prefix): item.value for name, item in self.by_key.items() if name.startswith(prefix)}

    def layer_of(self, key: str) -> str:
        """The layer that said a key, "" where nobody did."""
        setting = self.by_key.get(key)
        return "" if setting is None else setting.layer


_BUILT_IN = Request()
DEFAULTS = Layer(
    Scope.DEFAULT,
    "",
    {
        "requestMemory": _BUILT_IN.memory_mb,
        "requestCpus": _BUILT_IN.cpus,
        "requestDisk": _BUILT_IN.disk_mb,
        "requestWalltime": _BUILT_IN.walltime_s,
        "memoryMultiplier": _BUILT_IN.memory_multiplier,
        "numberOfRetries": _BUILT_IN.retries,
        "retryUnlessExit": [],
        "onFailure": "continue",
        "logs": "all",
        "unexpected": "save",
        "verify": True,
        "persist": {"default": "keep"},
        "priority": 500,
        "share": 1.0,
    },
    reason="built in",
)
"""What holds where no layer says anything."""


def resolve(layers: Iterable[Layer], address: Address, site: str = "") -> Settings:
    """The settings of a step at a site; layers that concern other campaigns, steps or sites are passed over.

    Without a site no site layer counts, which is enough for everything that can change what comes out.
    """
    said = [item for item in _said((DEFAULTS, *layers), address, site)]
    said.sort(key=lambda item: item[0])
    found: dict[str, Setting] = {}
    for _, layer, key, value in said:
        found[key] = Setting(
            key, value, layer.name, layer.version, layer.author, layer.at, layer.reason, found.get(key)
        )
    return Settings(dict(sorted(found.items())))


def difference(old: Settings, new: Settings) -> tuple[Change, ...]:
    """The keys whose values differ, in alphabetical order."""
    keys = sorted(old.by_key.keys() | new.by_key.keys())
    return tuple(Change(key, old.by_key.get(key), new.by_key.get(key)) for key in keys if old.get(key) != new.get(key))


def request_of(settings: Settings) -> Request:
    """What the settings ask of a batch system."""
    return Request(
        memory_mb=settings.get("requestMemory"),
        cpus=settings.get("requestCpus"),
        disk_mb=settings.get("requestDisk"),
        walltime_s=settings.get("requestWalltime"),
        memory_max_mb=settings.get("requestMemoryMax", 0),
        memory_multiplier=settings.get("memoryMultiplier"),
        retries=settings.get("numberOfRetries"),
        retry_unless_exit=tuple(settings.get("retryUnlessExit")),
        queue=settings.get("queue", ""),
        account=settings.get("accountingGroup", ""),
    )


def policy_of(settings: Settings) -> FailurePolicy:
    """What a failure of the step means."""
    said = settings.get("onFailure", "continue")
    if isinstance(said, Mapping):
        return FailurePolicy(OnFailure.TOLERATE, said["tolerate"])
    return FailurePolicy(OnFailure(said))


def concerns(layer: Layer, address: Address, site: str) -> bool:
    """Whether a layer has anything to say for a step at a site."""
    match layer.scope:
        case Scope.SITE:
            return layer.target == site
        case Scope.CAMPAIGN:
            return layer.target == address.campaign
        case Scope.PAYLOAD:
            return layer.target == f"{address.campaign}/{address.payload}"
        case Scope.STEP | Scope.DEFINITION:
            return layer.target in step_targets(address)
        case _:
            return True


def step_targets(address: Address) -> tuple[str, str, str]:
    """The targets of step layers that mean this step, the widest first."""
    label = address.step
    return label, f"{address.pipeline}/{label}", f"{address.campaign}/{address.payload}/{label}"


def _said(
    layers: Sequence[Layer], address: Address, site: str
) -> Iterator[tuple[tuple[int, int, int, int], Layer, str, Any]]:
    """Every value that concerns the step, with its strength."""
    for at, layer in enumerate(layers):
        if not concerns(layer, address, site):
            continue
        rank = _STRENGTH[layer.scope]
        if layer.scope in (Scope.STEP, Scope.DEFINITION):
            strength = (1, rank if layer.scope is Scope.STEP else -1, layer.target.count("/"), at)
            yield from ((strength, layer, key, value) for key, value in _flat(layer.values))
            continue
        general = {key: value for key, value in layer.values.items() if key != STEPS}
        yield from (((0, rank, 0, at), layer, key, value) for key, value in _flat(general))
        own = layer.values.get(STEPS, {}).get(address.step, {})
        yield from (((1, rank, 0, at), layer, key, value) for key, value in _flat(own))


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Keys and values, with the mappings that are merged taken apart."""
    for key, value in values.items():
        if key not in _MERGED:
            yield key, value
            continue
        for inner, item in value.items():
            if key == "persist" and inner == "types":
                yield from ((f"persist.types.{name}", rule) for name, rule in item.items())
            else:
                yield f"{key}.{inner}", item
