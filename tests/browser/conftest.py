"""A headless Chromium of Debian's, or the reason why there is none; no page may ask for anything from elsewhere."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import PASSWORD
from tests.rigs import absent

QUIET = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        absent("chromium", "no chromium found; install the package chromium")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps an event loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page_of(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Return a page, signed in as the user if one is given: `page_of(viewer, width=390, dark=True)`."""
    contexts, trouble = [], []

    def judge(request: Any) -> None:
        if not request.url.startswith((live_server.url, "data:")):
            trouble.append(f"asked for {request.url}")

    def listen(message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            trouble.append(message.text)

    def make(user: Any = None, *, width: int = 1280, dark: bool = False) -> Page:
        context = chromium.new_context(
            base_url=live_server.url, color_scheme="dark" if dark else "light", viewport={"width": width, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", judge)
        page.on("console", listen)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        if user is not None:
            page.goto("/accounts/login/")
            page.fill("[name=username]", user.get_username())
            page.fill("[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_load_state()
        return page

    yield make
    for context in contexts:
        context.close()
    assert trouble == []
