"""A small world: one site, one software version, a pipeline with a gather and a discovering step, and its raw data."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from campaigns.services.register import register
from tests.integration.campaigns import world


@pytest.fixture
def places(admin: User) -> None:
    """The site `local` with its limits, and the software version `demo-1.0` that it has."""
    register(world.PLACES, user=admin)


@pytest.fixture
def pipeline(places: None, admin: User) -> None:
    """The pipeline `small`: isr per exposure and detector, gather per exposure, find (discovers), cut below it."""
    register(world.PIPELINE, user=admin)


@pytest.fixture
def night(pipeline: None, admin: User) -> None:
    """Raw data of the exposures 1 to 4 with 3 detectors each."""
    register(world.night(exposures=4, detectors=3), user=admin)


@pytest.fixture
def document() -> Callable[..., str]:
    """A valid campaign document; keyword arguments change or add top-level keys."""

    def write(name: str = "night-1", **changes: Any) -> str:
        return world.campaign(name, **changes)

    return write
