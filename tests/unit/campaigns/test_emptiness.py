"""Whether a selection leaves anything."""

from dataclasses import replace

from campaigns.core.emptiness import is_empty
from campaigns.core.universe import DatasetRow
from tests.unit.campaigns.catalogs import CAMPAIGN, campaign_with, checked, full_catalog

CATALOG = full_catalog()
UNKNOWN = replace(CATALOG, datasets=None)


def payload(text=CAMPAIGN):
    return checked(text, UNKNOWN).spec.payloads[0]


def test_a_selection_that_some_data_satisfy_is_not_empty():
    assert not is_empty(payload(), CATALOG)


def test_a_selection_that_no_data_satisfy_is_empty():
    assert is_empty(payload(campaign_with("(1..24) and detector < 9 or kind = 'bias'", "(500..501)")), CATALOG)


def test_without_knowledge_of_the_data_nothing_is_called_empty():
    assert not is_empty(payload(campaign_with("(1..24) and detector < 9 or kind = 'bias'", "(500..501)")), UNKNOWN)


def test_the_one_exposure_that_fits_may_be_the_last_of_many():
    many = [DatasetRow("raw", (exposure, 1), exposure, {"kind": "x"}) for exposure in range(1000, 9000)]
    catalog = replace(CATALOG, datasets=[*many, DatasetRow("raw", (500, 1), 9999)])
    assert not is_empty(payload(campaign_with("(1..24) and detector < 9 or kind = 'bias'", "(500..501)")), catalog)


def test_excluding_everything_leaves_nothing():
    text = campaign_with("exclude: [{exposure: 7, detector: 3}]", "exclude: [{detector: [0, 1, 2, 3, 4, 5, 6, 7, 8]}]")
    assert is_empty(payload(text), CATALOG)
