"""Change a configuration layer from what a form says: scope, target, its settings as text, and a reason."""

from bpsportal.web.access import Scope, User, require
from bpsportal.web.errors import Invalid
from campaigns import catalog
from campaigns.core import schema
from campaigns.core.config import Layer
from campaigns.core.document import Document
from campaigns.models import ConfigLayer
from campaigns.reading import origin_of, read
from campaigns.services import layers


def change_layer(scope: str, target: str, text: str, *, user: User, reason: str) -> tuple[ConfigLayer, bool]:
    """The next version of a layer, unless nothing differs; Invalid with lines of the text, Refused."""
    require(user, "config.change", Scope())
    given = read(text)
    head = {"scope": scope, "reason": reason, **({"target": target} if target else {})}
    lines = {("config", *place): line for place, line in given.lines.items()}
    document = Document({"layer": head, "config": given.data}, lines)
    actor = user.get_username()
    checked = schema.check(document, catalog.load(), origin_of(actor, reason), kind="layer")
    if checked.problems or not isinstance(checked.spec, Layer):
        raise Invalid(checked.problems)
    return layers.add(checked.spec, actor=actor, reason=reason, text=text)
