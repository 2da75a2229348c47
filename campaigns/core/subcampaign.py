"""Subcampaigns: what a document leaves out comes from its parent's, and its data are a part of the parent's data."""

from collections.abc import Mapping
from typing import Any

_OWN = frozenset({"campaign", "parent", "description", "deadline", "notify", "payloads", "config", "variables"})
_MERGED = ("config", "variables")


def inherit(data: Mapping[str, Any], parent: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a subcampaign's document, completed from the data of its parent's.

    Settings are merged key by key. Without payloads it has all of the parent's; a payload of the same name inherits
    what it does not say itself, and its selection narrows the parent's: both must hold, both exclusions count.
    """
    said = _OWN | _keys(data.get("config"))
    found = {key: value for key, value in parent.items() if key not in said}
    found.update(data)
    for key in _MERGED:
        found[key] = _merged(parent.get(key), data.get(key))
    known = {
        item["name"]: item for item in parent.get("payloads") or () if isinstance(item, Mapping) and "name" in item
    }
    payloads = data.get("payloads")
    if payloads is None:
        found["payloads"] = list(known.values())
    elif isinstance(payloads, list):
        found["payloads"] = [_payload(item, known) for item in payloads]
    return {key: value for key, value in found.items() if value is not None}


def _payload(item: Any, known: Mapping[Any, Mapping[str, Any]]) -> Any:
    name = item.get("name") if isinstance(item, Mapping) else None
    if not isinstance(name, str) or name not in known:
        return item
    above = known[name]
    found = {key: value for key, value in above.items() if key not in _keys(item.get("config"))} | {**item}
    for key in ("config", "steps"):
        found[key] = _merged(above.get(key), item.get(key))
    found["data"] = _narrowed(above.get("data"), item.get("data"))
    return {key: value for key, value in found.items() if value is not None}


def _keys(config: Any) -> frozenset[Any]:
    """What a document says under `config` beats what its parent says outside of it."""
    return frozenset(config) if isinstance(config, Mapping) else frozenset()


def _merged(above: Any, mine: Any) -> Any:
    """Mappings key by key, down to the bottom; anything else is replaced."""
    if isinstance(above, Mapping) and isinstance(mine, Mapping):
        return {**above, **{key: _merged(above.get(key), value) for key, value in mine.items()}}
    return above if mine is None else mine


def _narrowed(above: Any, mine: Any) -> Any:
    if not isinstance(above, Mapping) or not isinstance(mine, Mapping):
        return above if mine is None else mine
    found = {**above, **mine}
    wheres = [where for where in (above.get("where"), mine.get("where")) if where is not None]
    if len(wheres) > 1 and all(isinstance(where, str) for where in wheres):
        found["where"] = " and ".join(f"({where})" for where in wheres)
    if isinstance(above.get("exclude"), list) and isinstance(mine.get("exclude"), list):
        found["exclude"] = [*above["exclude"], *mine["exclude"]]
    return found
