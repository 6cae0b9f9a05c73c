"""ADAE and ADEX -> the tables of adverse events and treatments, and which judgements of causality leave a reaction."""

from __future__ import annotations

from ivigmyo.adam.datasets import DataSet, Source, open_data_set, table_of, with_first_dose
from ivigmyo.errors import spell
from ivigmyo.files.tables import Findings, Table

__all__ = ["NOT_RELATED", "RELATED", "read_events", "read_treatments"]

NOT_RELATED = frozenset(
    {
        *("N", "NO", "NONE", "NOT RELATED", "UNRELATED", "DEFINITELY NOT RELATED", "NOT LIKELY RELATED"),
        *("UNLIKELY", "UNLIKELY RELATED", "PROBABLY NOT RELATED", "NOT SUSPECTED", "NOT APPLICABLE"),
    }
)
"""The judgements of causality, in capitals, that are read as 'not related'."""


RELATED = frozenset(
    {
        *("Y", "YES", "RELATED", "SUSPECTED", "POSSIBLE", "POSSIBLY RELATED", "PROBABLE", "PROBABLY RELATED"),
        *("LIKELY", "LIKELY RELATED", "DEFINITE", "DEFINITELY RELATED", "CERTAIN", "COULD NOT BE DETERMINED", ""),
    }
)
"""The judgements that leave an event a reaction; any other word does so too, and is said."""


_EVENT = {"serious": "AESER", "severity": "AESEV", "outcome": "AEOUT", "action": "AEACN"}


def read_events(source: Source, encoding: str | None, subjects: DataSet) -> Table:
    """Read the adverse events; those that the judgement of causality leaves out are 'not related'."""
    data = with_first_dose(open_data_set(source, "ADAE", Findings(), encoding), subjects)
    term = "AEDECOD" if "AEDECOD" in data.frame else "AETERM"
    relation = "AREL" if "AREL" in data.frame else "AEREL"
    data.require("USUBJID", term)
    data.say_unread()
    texts = {"patient": "USUBJID", "term": term, "group": "AEBODSYS", "relation": relation}
    texts |= {column: variable for column, variable in _EVENT.items() if variable in data.frame}
    cells = {column: data.text(variable) for column, variable in texts.items()}
    judged = data.text(relation).str.upper()
    for word, count in judged[~judged.isin(NOT_RELATED | RELATED)].value_counts(sort=False).items():
        data.say(int(count), "event", f"{{}} of {relation} {spell(word)}, which is not known, {{}} counted as related")
    cells["relation"] = cells["relation"].mask(judged.isin(NOT_RELATED) & (judged.str.len() > 0), "not related")
    return table_of(data, {**cells, "day": data.dated_days("ASTDY", "ASTDT")}, texts | {"day": "ASTDY"})


def read_treatments(source: Source, encoding: str | None, subjects: DataSet) -> Table:
    """Read the treatments."""
    data = with_first_dose(open_data_set(source, "ADEX", Findings(), encoding), subjects)
    data.require("USUBJID", "EXTRT")
    data.say_unread()
    texts = {"patient": "USUBJID", "treatment": "EXTRT", "unit": "EXDOSU"}
    days = {"start_day": data.dated_days("ASTDY", "ASTDT"), "end_day": data.dated_days("AENDY", "AENDT")}
    cells = {column: data.text(variable) for column, variable in texts.items()} | days | {"dose": data.numbers("EXDOSE")}
    return table_of(data, cells, texts | {"start_day": "ASTDY", "end_day": "AENDY", "dose": "EXDOSE"})
