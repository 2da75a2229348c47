"""The site document and the software document: read into values, or every problem at once with its path."""

import difflib
import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from bpsportal.web.errors import Problem
from execution.core import alphabets

MAX_ITEMS = 100
Name = Annotated[str, AfterValidator(alphabets.name)]
Word = Annotated[str, AfterValidator(alphabets.word)]
Host = Annotated[str, AfterValidator(alphabets.host)]
Path = Annotated[str, AfterValidator(alphabets.path)]
Line = Annotated[str, AfterValidator(alphabets.line)]
Mebibytes = Annotated[int, BeforeValidator(alphabets.mebibytes)]
Bytes = Annotated[int, BeforeValidator(alphabets.size_bytes)]
Count = Annotated[int, Field(gt=0, le=10_000_000)]
Fraction = Annotated[float, Field(gt=0, lt=1)]

DIRECTIVE = {"slurm": "#SBATCH ", "pbs": "#PBS ", "gridengine": "#$ "}
"""How a directive line begins; HTCondor's are submit commands, `local` has none."""

CONDOR_OWN = frozenset({
    "executable", "arguments", "universe", "queue", "log", "output", "error", "initialdir", "transfer_executable",
    "hold",
})  # fmt: skip
"""Submit commands that the driver writes itself."""


class _Part(BaseModel):
    """Keys in camel case as in the document, none unknown, no number taken for a text or the other way round."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


class Ssh(_Part):
    """How a login host is reached; `key` names a file, host keys are pinned (design: no automatic acceptance)."""

    hosts: Annotated[list[Host], Field(min_length=1, max_length=MAX_ITEMS)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 22
    user: Annotated[str, AfterValidator(alphabets.account)]
    key: Annotated[str, AfterValidator(alphabets.key_file)]
    host_keys: Annotated[
        list[Annotated[str, AfterValidator(alphabets.host_key)]], Field(min_length=1, max_length=MAX_ITEMS)
    ]


class Transport(_Part):
    """Empty for the portal's own machine."""

    ssh: Ssh | None = None


class Staging(_Part):
    """The area between jobs and backbone: bytes, and the shares at which cleaning begins and ends."""

    path: Path
    capacity: Bytes
    high: Fraction = 0.9
    low: Fraction = 0.7

    @model_validator(mode="after")
    def _ordered(self) -> "Staging":
        if self.low >= self.high:
            raise ValueError("low has to be less than high")
        return self


class Limits(_Part):
    """What the portal never exceeds at a site."""

    queued: Count | None = None
    running: Count | None = None
    commands_per_minute: Count | None = None
    channels: Annotated[int, Field(ge=1, le=8)] | None = None


class Offers(_Part):
    """What the largest machine of the site has; memory in MiB."""

    architecture: Word | None = None
    memory: Mebibytes | None = None
    cpus: Count | None = None
    features: Annotated[list[Word], Field(max_length=MAX_ITEMS)] = []


class SiteDocument(_Part):
    """A computational platform."""

    site: Name
    driver: Literal["local", "slurm", "htcondor", "gridengine", "pbs"]
    transport: Transport = Transport()
    workdir: Path
    shared: bool = True
    staging: Staging | None = None
    limits: Limits = Limits()
    offers: Offers = Offers()
    directives: Annotated[list[Line], Field(max_length=MAX_ITEMS)] = []

    @model_validator(mode="after")
    def _fitting(self) -> "SiteDocument":
        for directive in self.directives:
            _check_directive(self.driver, directive)
        if self.transport.ssh and self.workdir.startswith("{data}"):
            raise ValueError("workdir: {data} is a folder of the portal's machine; name an absolute path at the site")
        return self

    def columns(self) -> dict[str, Any]:
        """The document as columns of a `Site`."""
        plain = self.model_dump(by_alias=True, exclude_none=True)
        names = ("driver", "transport", "workdir", "shared", "limits", "offers", "directives")
        return {name: plain[name] for name in names} | {"staging": plain.get("staging", {})}


class Available(_Part):
    """How the software is set up at one site: shell lines of the site's administrator, and an image for containers."""

    setup: Annotated[list[Line], Field(max_length=MAX_ITEMS)] = []
    image: Annotated[str, AfterValidator(alphabets.line), Field(max_length=300)] | None = None


class SoftwareDocument(_Part):
    """One named software environment (LDM-636 0009)."""

    software: Name
    kind: Literal["venv", "eups", "container", "modules", "script"]
    reference: Annotated[str, Field(max_length=300)] = ""
    sites: Annotated[dict[Name, Available], Field(min_length=1, max_length=MAX_ITEMS)]
    probe: Annotated[list[Line], Field(max_length=MAX_ITEMS)] = []
    production: bool = False

    @model_validator(mode="after")
    def _usable(self) -> "SoftwareDocument":
        if self.reference:
            alphabets.line(self.reference)
        if self.kind == "container":
            bare = [site for site, place in self.sites.items() if not (place.image or self.reference)]
            if bare:
                raise ValueError(f"sites: a container needs an image, in reference or at {', '.join(bare)}")
        return self

    def columns(self) -> dict[str, Any]:
        """The document as columns of a `SoftwareVersion`."""
        plain = self.model_dump(by_alias=True, exclude_none=True)
        names = ("kind", "reference", "sites", "probe", "production")
        return {name: plain[name] for name in names} | {"digest": self.digest()}

    def digest(self) -> str:
        """What identifies the software in recipes, SHA-256.

        With a reference (tag, image, table) that is the identity, and a further site changes nothing; without one the
        set-up lines are all there is to tell two environments apart.
        """
        what: dict[str, Any] = {"kind": self.kind, "reference": self.reference}
        if not self.reference:
            what["sites"] = {site: place.model_dump(exclude_none=True) for site, place in self.sites.items()}
        return hashlib.sha256(json.dumps(what, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


D = TypeVar("D", bound=_Part)


def read_site(fields: Mapping[str, Any]) -> SiteDocument | tuple[Problem, ...]:
    """The site document, or everything that is wrong with it."""
    return _read(SiteDocument, fields)


def read_software(fields: Mapping[str, Any]) -> SoftwareDocument | tuple[Problem, ...]:
    """The software document, or everything that is wrong with it."""
    return _read(SoftwareDocument, fields)


def close_match(text: str, known: list[str]) -> str:
    """`; did you mean “x”?` where something known is near, else empty."""
    near = difflib.get_close_matches(text, known, n=1)
    return f"; did you mean “{near[0]}”?" if near else ""


def _read(model: type[D], fields: Mapping[str, Any]) -> D | tuple[Problem, ...]:
    try:
        return model.model_validate(dict(fields))
    except ValidationError as found:
        return tuple(_problem(model, dict(error)) for error in found.errors(include_url=False, include_context=True))


def _problem(model: type[BaseModel], error: Mapping[str, Any]) -> Problem:
    where = tuple(error["loc"])
    kind, context = error["type"], error.get("ctx") or {}
    message = str(error["msg"])
    if kind == "extra_forbidden":
        message = f"unknown key{close_match(str(where[-1]), _keys_at(model, where[:-1]))}"
    elif kind == "missing":
        message = "is required"
    elif kind == "literal_error":
        message = f"is not one of {context['expected']}{close_match(str(error['input']), _words(context['expected']))}"
    elif kind == "value_error":
        message = str(context["error"])
        key, separator, rest = message.partition(": ")
        if not where and separator and key in _keys_at(model, ()):
            where, message = (key,), rest
    else:
        message = message.replace("Input should", "should", 1)
    return Problem(message=message, path=_path(where))


def _words(expected: str) -> list[str]:
    return expected.replace(" or ", ", ").replace("'", "").split(", ")


def _path(where: tuple[int | str, ...]) -> str:
    """`transport.ssh.hosts[0]`; pydantic marks the key of a mapping, not its value, with `[key]`."""
    text = ""
    for part in where:
        if part == "[key]":
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _keys_at(model: type[BaseModel], where: tuple[int | str, ...]) -> list[str]:
    """The keys that the document knows at this place."""
    for part in where:
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        inner = _model_in(field.annotation) if field else None
        if inner is not None:
            model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The document part inside an annotation such as `dict[Name, Available]` or `Ssh | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _check_directive(driver: str, directive: str) -> None:
    if driver == "local":
        raise ValueError("directives: the local driver has no directives; remove them")
    if driver == "htcondor":
        key = directive.partition("=")[0].strip().lower()
        if (
            "=" not in directive
            or key in CONDOR_OWN
            or not key.replace("_", "").replace("+", "").replace(".", "").isalnum()
        ):
            raise ValueError(
                f"directives: “{directive}” is not a submit command that may be added: write `name = value`"
            )
    elif not directive.startswith(DIRECTIVE[driver]):
        raise ValueError(f"directives: “{directive}” does not begin with “{DIRECTIVE[driver].strip()} ”")
