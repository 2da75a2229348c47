"""Text from a site made harmless: escape sequences gone, what steers a terminal or turns text round made visible."""

import re

_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # OSC, DCS, SOS, PM, APC: titles, links, anything up to their end
    r"|\x1b[ -/]*[0-~]"  # two-byte ones
    r"|\x9b[0-?]*[ -/]*[@-~]",  # CSI in eight bits
    re.MULTILINE,
)
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF}
_SHOWN = {code: f"\\u{code:04x}" for code in _TURNING}
_SHOWN |= {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
_SHOWN |= {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}


def inert(body: bytes) -> str:
    """What a page may show of a stream; HTML is escaped by the template, as everything else is."""
    text = body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return _SEQUENCES.sub("", text).translate(_SHOWN)
