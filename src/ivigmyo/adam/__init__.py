"""CDISC ADaM <-> studies, CK series, durations and grades.

Data sets are read from DataFrames, CSV files and SAS transport files (XPT); for these last the extra ``ivigmyo[adam]`` must
be installed.
"""

from __future__ import annotations

from ivigmyo.adam.durations import read_durations, to_adtte
from ivigmyo.adam.export import to_adae, to_adex, to_adsl, to_bds
from ivigmyo.adam.labels import LABELS
from ivigmyo.adam.measurements import ck_notes, ck_series
from ivigmyo.adam.responses import to_adrs
from ivigmyo.adam.subjects import read_study
from ivigmyo.adam.transport import read_xpt, write_xpt

__all__ = [
    "LABELS",
    "ck_notes",
    "ck_series",
    "read_durations",
    "read_study",
    "read_xpt",
    "to_adae",
    "to_adex",
    "to_adrs",
    "to_adsl",
    "to_adtte",
    "to_bds",
    "write_xpt",
]
