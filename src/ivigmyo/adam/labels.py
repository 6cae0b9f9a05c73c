"""The variables of the data sets: their labels, and which are numeric."""

from __future__ import annotations

__all__ = ["LABELS", "NUMERIC"]

LABELS = {
    "STUDYID": "Study Identifier",
    "USUBJID": "Unique Subject Identifier",
    "AGE": "Age",
    "AGEU": "Age Units",
    "SEX": "Sex",
    "DIAG": "Diagnosis",
    "TRT01P": "Planned Treatment for Period 01",
    "TRT01A": "Actual Treatment for Period 01",
    "DISDUR": "Disease Duration (years)",
    "PREVTRT": "Previous Treatment",
    "WEIGHTBL": "Weight (kg) at Baseline",
    "PREVDOSE": "Highest Previous Steroid Dose (mg/day)",
    "STERSTRT": "Steroid Dose at Start (mg/day)",
    "STERLAST": "Steroid Dose at Last Observ. (mg/day)",
    "EFFFL": "Efficacy Population Flag",
    "SAFFL": "Safety Population Flag",
    "EXCLREAS": "Reason for Exclusion from Efficacy Pop.",
    "EXCLCOND": "Exclusion Conditions",
    "CONSDY": "Relative Day of Consent",
    "EOSSTT": "End of Study Status",
    "EOSDY": "Relative Day of End of Study",
    "DCSREAS": "Reason for Discontinuation from Study",
    "CKNRMDY": "Relative Day of CK Normalization",
    "CKRELDY": "Relative Day of CK Re-elevation",
    "CKOBSDY": "Relative Day CK Was Last Monitored",
    "PARAM": "Parameter",
    "PARAMCD": "Parameter Code",
    "AVISIT": "Analysis Visit",
    "AVISITN": "Analysis Visit (N)",
    "ADT": "Analysis Date",
    "ADY": "Analysis Relative Day",
    "AVAL": "Analysis Value",
    "AVALC": "Analysis Value (C)",
    "AVALU": "Analysis Value Unit",
    "BASE": "Baseline Value",
    "ABLFL": "Baseline Record Flag",
    "ANRHI": "Analysis Normal Range Upper Limit",
    "DTYPE": "Derivation Type",
    "CNSR": "Censor",
    "EVNTDESC": "Event or Censoring Description",
    "CNSDTDSC": "Censor Date Description",
    "STARTDT": "Time-to-Event Origin Date for Subject",
    "AETERM": "Reported Term for the Adverse Event",
    "AEBODSYS": "Body System or Organ Class",
    "ASTDY": "Analysis Start Relative Day",
    "AENDY": "Analysis End Relative Day",
    "AEREL": "Causality",
    "AESER": "Serious Event",
    "AESEV": "Severity/Intensity",
    "AEOUT": "Outcome of Adverse Event",
    "AEACN": "Action Taken with Study Treatment",
    "EXTRT": "Name of Treatment",
    "EXDOSE": "Dose",
    "EXDOSU": "Dose Units",
}
"""The label of each variable that `ivigmyo.adam` writes, at most forty characters."""

NUMERIC = frozenset(
    {
        *("AGE", "DISDUR", "WEIGHTBL", "PREVDOSE", "STERSTRT", "STERLAST", "CONSDY", "EOSDY"),
        *("CKNRMDY", "CKRELDY", "CKOBSDY", "AVISITN", "ADY", "AVAL", "BASE", "ANRHI", "A1HI", "LBSEQ", "CNSR"),
        *("ASTDY", "AENDY", "EXDOSE"),
    }
)
"""The numeric variables that `ivigmyo.adam` reads or writes."""
