"""Printed numbers are read as papers write them, and what is no number is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.manuscript.printed import read_printed


def spelled(text):
    """Each part as its role and its numbers, these as they would be typed."""

    def typed(number):
        return None if number is None else f"{number.relation}{number.value}{'%' if number.percent else ''}"

    return [(part.role, *map(typed, part.numbers)) for part in read_printed(text).parts]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("334.5", [("estimate", "=334.5")]),
        ("93.3 %", [("estimate", "=93.3%")]),
        ("93.3%", [("estimate", "=93.3%")]),
        ("14/15 (93.3 %)", [("share", "=14", "=15"), ("estimate", "=93.3%")]),
        ("93.3% (14/15 patients)", [("estimate", "=93.3%"), ("share", "=14", "=15")]),
        ("seven of 16 patients (43.8%)", [("share", "=7", "=16"), ("estimate", "=43.8%")]),
        ("143 (61 to 267) days", [("estimate", "=143"), ("limits", "=61", "=267")]),
        ("14 (93.3 %)", [("estimate", "=14"), ("estimate", "=93.3%")]),
        ("14 (93.3)", [("estimate", "=14"), ("second", "=93.3")]),
        ("57.4 ± 13.5", [("estimate", "=57.4"), ("second", "=13.5")]),
        ("57.4±13.5 points", [("estimate", "=57.4"), ("second", "=13.5")]),
        ("57.4 +/- 13.5", [("estimate", "=57.4"), ("second", "=13.5")]),
        ("57.4 (13.5)", [("estimate", "=57.4"), ("second", "=13.5")]),
        ("57.4 (SD 13.5)", [("estimate", "=57.4"), ("sd", "=13.5")]),
        ("57.4 (SE: 3.5)", [("estimate", "=57.4"), ("se", "=3.5")]),
        ("P = 0.0122", [("p", "=0.0122")]),
        ("P < 0.01", [("p", "<0.01")]),
        ("p<.001", [("p", "<0.001")]),
        ("P ≤ 0.05*", [("p", "<=0.05")]),
        ("p-value = 0.5", [("p", "=0.5")]),
        (">254", [("estimate", ">254")]),
        ("≥ 10", [("estimate", ">=10")]),
        ("n = 15", [("n", "=15")]),
        ("t = 2.877", [("estimate", "=2.877")]),
        ("99 to not reached", [("limits", "=99", None)]),
        ("99 days to NR", [("limits", "=99", None)]),
        ("not reached", [("estimate", None)]),
        ("0.35 [0.16-0.52]", [("estimate", "=0.35"), ("limits", "=0.16", "=0.52")]),
        ("0.35 (0.16–0.52)", [("estimate", "=0.35"), ("limits", "=0.16", "=0.52")]),
        ("0.35 (0.16, 0.52)", [("estimate", "=0.35"), ("limits", "=0.16", "=0.52")]),
        ("−0.5–−0.3", [("limits", "=-0.5", "=-0.3")]),
        ("-0.5--0.3", [("limits", "=-0.5", "=-0.3")]),
        ("−0.732 to 1.338", [("limits", "=-0.732", "=1.338")]),
        ("85.1 to 97.0 %", [("limits", "=85.1%", "=97.0%")]),
        ("HR 0.35 (95 % CI 0.16 to 0.52; P = 0.03)", [("estimate", "=0.35"), ("limits", "=0.16", "=0.52"), ("p", "=0.03")]),
        ("HR 0.35, 95% CI 0.16–0.52, P = 0.03", [("estimate", "=0.35"), ("limits", "=0.16", "=0.52"), ("p", "=0.03")]),
        ("median 371 days (95% CI, 99 to NE)", [("estimate", "=371"), ("limits", "=99", None)]),
        ("51.9 (range 31-64)", [("estimate", "=51.9"), ("range", "=31", "=64")]),
        ("55 (IQR 42–60)", [("estimate", "=55"), ("quartiles", "=42", "=60")]),
        ("−6.8", [("estimate", "=-6.8")]),
        ("–6.8", [("estimate", "=-6.8")]),
        ("+5.0", [("estimate", "=5.0")]),
        ("57·4 ± 13·5", [("estimate", "=57.4"), ("second", "=13.5")]),
        ("1\u2009186.3", [("estimate", "=1186.3")]),
        ("2\u202f897.1 ± 2\u00a0019.6 IU/L", [("estimate", "=2897.1"), ("second", "=2019.6")]),
        ("1,200", [("estimate", "=1200")]),
        ("1,186.3 to 12,345.6", [("limits", "=1186.3", "=12345.6")]),
        ("8.6 × 10⁻⁶", [("estimate", "=0.0000086")]),
        ("8.6e-6", [("estimate", "=0.0000086")]),
    ],
)
def test_a_text_is_read_part_by_part(text, parts):
    assert spelled(text) == parts


def test_trailing_zeros_are_printed_digits():
    number = read_printed("80.0 %").parts[0].numbers[0]
    assert (number.value, number.decimals) == (Decimal("80.0"), 1)
    assert read_printed("80").parts[0].numbers[0].decimals == 0
    assert read_printed("8.6 × 10⁻⁶").parts[0].numbers[0].decimals == 7


@pytest.mark.parametrize(
    ("text", "level"), [("0.35 (95 % CI 0.16-0.52)", 0.95), ("0.35 (CI 90%: 0.2-0.5)", 0.9), ("0.35 (0.16-0.52)", None)]
)
def test_the_level_is_kept(text, level):
    assert read_printed(text).level == level


@pytest.mark.parametrize("text", ["", "  ", "()", "abc", "none", "1.2.3", "57,4", "0.16 0.52", "57.4 ± ", "P < ", "14//15"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(
        ValueError, match=r"^'printed' must be numbers as papers write them, such as '57\.4 ± 13\.5'.* \(got "
    ):
        read_printed(text)


@given(
    st.integers(-(10**7), 10**7),
    st.integers(0, 4),
    st.sampled_from(["-", "\u2212", "\u2013"]),
    st.sampled_from([".", "\u00b7"]),
    st.sampled_from(["", ",", "\u2009", "\u202f", "\u00a0"]),
    st.sampled_from(["", " %", " IU/L", " points"]),
)
def test_every_way_of_writing_gives_the_number(mantissa, digits, minus, point, thousands, unit):
    value = Decimal(mantissa).scaleb(-digits)
    text = f"{abs(value):,.{digits}f}".replace(",", thousands).replace(".", point)
    text = f"{minus if value < 0 else ''}{text}{unit}"
    number = read_printed(text).parts[0].numbers[0]
    assert (number.value, number.decimals, number.percent) == (value, digits, unit == " %")


@given(st.text("0123456789.,%()[]/±-–<=>P to CInrs", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        parts = read_printed(text).parts
    except ValueError as error:
        assert "must be numbers as papers write them" in str(error)  # noqa: PT017
    else:
        assert all(
            len(part.numbers) == (2 if part.role in ("limits", "range", "quartiles", "share") else 1) for part in parts
        )
