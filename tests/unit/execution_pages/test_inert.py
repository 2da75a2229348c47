"""Text from a site cannot steer the page or a terminal."""

import pytest

from execution.core.inert import inert


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"plain \xc3\xa4\n\tend", "plain ä\n\tend"),
        (b"\x1b[31;1mred\x1b[0m", "red"),
        (b"\x1b]0;evil title\x07after", "after"),
        (b"\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bP+q544e\x1b\\x", "x"),
        (b"\x1bcreset", "reset"),
        (b"bell\x07 back\x08 null\x00", "bell\\x07 back\\x08 null\\x00"),
        ("\u202eturned\u2066".encode(), "\\u202eturned\\u2066"),
        (b"\xff\xfe bytes", "\ufffd\ufffd bytes"),
        (b"10 %\r20 %\r\n", "10 %\n20 %\n"),
        (b"\xc2\x9b31m", ""),
        (b"\x1b[", ""),
        (b"<script>", "<script>"),
        (b"", ""),
    ],
)
def test_what_a_page_shows_of_a_stream(body: bytes, text: str) -> None:
    assert inert(body) == text


def test_an_unended_sequence_hides_no_later_line() -> None:
    assert inert(b"\x1b]0;title without end\nnext line") == "\nnext line"
