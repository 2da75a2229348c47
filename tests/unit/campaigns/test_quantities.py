"""Sizes and durations as people write them."""

import pytest

from campaigns.core.quantities import duration_text, mebibytes, seconds, size_bytes, size_text


@pytest.mark.parametrize(
    ("written", "mib"),
    [(2048, 2048), ("2048", 2048), ("4 GiB", 4096), ("4GiB", 4096), ("4G", 4096), ("1.5 TiB", 1572864), ("512 m", 512),
     ("1 GB", 954), ("1 B", 1), ("1025 KiB", 2), (0, 0)],
)  # fmt: skip
def test_sizes_become_mebibytes_rounded_up(written, mib):
    assert mebibytes(written) == mib


@pytest.mark.parametrize(
    ("written", "expected"),
    [(90, 90), ("1200s", 1200), ("2h30m", 9000), ("2h 30m", 9000), ("90 min", 5400), ("1.5h", 5400), ("1d", 86400),
     ("1w", 604800), ("0.2s", 1), ("2 Hours", 7200)],
)  # fmt: skip
def test_durations_become_seconds_rounded_up(written, expected):
    assert seconds(written) == expected


def test_staging_capacity_is_in_bytes():
    assert size_bytes("10 TiB") == 10995116277760
    assert size_bytes(5) == 5


@pytest.mark.parametrize(
    "bad", [-1, True, 1.5, None, [], "", "4 GiBs", "GiB", "4  4", "-4 GiB", "9" * 30, "1e3 MB", "٣"]
)
def test_what_is_no_size_is_refused(bad):
    with pytest.raises(ValueError):
        mebibytes(bad)


@pytest.mark.parametrize("bad", [-1, False, 1.5, None, {}, "", "5 parsec", "h", "2h30", "1:30", "9" * 30 + "s"])
def test_what_is_no_duration_is_refused(bad):
    with pytest.raises(ValueError):
        seconds(bad)


def test_absurd_amounts_are_refused():
    with pytest.raises(ValueError, match="not believable"):
        mebibytes("999999999 TiB")
    with pytest.raises(ValueError, match="not believable"):
        seconds("99999999999 d")


def test_amounts_are_told_in_the_unit_that_fits():
    assert [size_text(mib) for mib in (512, 4096, 1572864, 1073741824)] == ["512 MiB", "4 GiB", "1.5 TiB", "1 PiB"]
    assert [duration_text(s) for s in (0, 45, 9000, 86400)] == ["0s", "45s", "2h30m", "1d"]
