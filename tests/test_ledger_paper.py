"""Every 'printed' cell of the ledger is printed: numbers by search, claims by their words.

The paper is not part of the project. The few words around each number stand here; with the path of the paper's text in the
environment variable ``IVIGMYO_PAPER`` they are searched for in it as well.
"""

import os
import re
from pathlib import Path

import pytest

from ivigmyo.saito2008.published import load_published

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]

SNIPPETS = {
    "Abstract": {
        "administered to 15 patients": ["patients.efficacy"],
        "eight with polymyositis": ["patients.efficacy.PM"],
        "seven with dermatomyositis": ["patients.efficacy.DM"],
        "significantly decreased from week 1": [f"significance.CK.{week}" for week in (1, 2, 4, 8, 12)],
        "significantly increased from week 2": [
            f"significance.{code}.{week}" for code in ("MMT", "ADL") for week in (2, 4, 8, 12)
        ],
        "93.3% (14/15 patients) as assessed": ["response.MMT.percent", "response.MMT.count"],
        "80.0% (12/15 patients) using": ["response.ADL.percent", "response.ADL.count"],
        "100% (15/15 patients) using": ["response.CK.percent", "response.CK.count"],
        "significantly greater than that before IVIG therapy": ["acceleration.ln.all"],
        "after IVIG therapy was 334.5 days": ["median"],
        "seven of 16 patients (43.8%)": ["reactions.count", "reactions.percent"],
        "none of the adverse reactions were considered to be serious": ["unprinted.serious"],
    },
    "Introduction": {
        "about 80% of patients exhibit a good response": ["external.response"],
        "IVIG therapy in 15 Japanese patients": ["patients.efficacy"],
    },
    "Methods": {
        "aged from 16 to 64 years": ["eligible.age"],
        "≥50 mg/day or ≥1 mg/kg/day": ["eligible.dose"],
        "except where their total score was 81 points or more": ["eligible.MMT"],
        "an improvement of four points or less": ["resistant"],
        "four weeks of high-dose steroid therapy": ["observed_before"],
        "in 20 medical institutions": ["unprinted.institutions"],
        "for five consecutive days at a dose of 0.4 g/kg/day": ["course.days", "course.dose"],
        "a follow-up study period of 12 weeks": ["observed_after"],
        "even for steroid pulse therapy, were not allowed": ["no_increase"],
        "done on 18 proximal muscles": ["items.MMT"],
        "(normal score: 90 points)": ["full_score.MMT"],
        "the following 15 activities": ["items.ADL"],
        "(normal score: 45 points)": ["full_score.ADL"],
        "if the score increased by ten points or more": ["threshold.MMT.marked", "threshold.ADL.marked"],
        "if the score increased by 5–9 points": ["threshold.MMT.improved", "threshold.ADL.improved"],
        "if the score decreased by five points or more": ["threshold.MMT.worsened", "threshold.ADL.worsened"],
        "if the level decreased by ≥50%": ["threshold.CK.marked"],
        "if the level decreased by 30 to <50%": ["threshold.CK.improved"],
        "if the level increased by ≥30%": ["threshold.CK.worsened"],
        "all patients who had been tentatively registered for up to 757 days": ["monitored.days", "monitored.patients"],
    },
    "Table 1": {
        "Weeks after the initiation of IVIG therapy -4 0 1 2 4 8 12": [],
        "Manual muscle test (MMT) ○ ○ ○ ○ ○ ○": ["scheduled.MMT"],
        "Activities of daily living (ADL) ○ ○ ○ ○ ○ ○": ["scheduled.ADL"],
        "Laboratory tests ○ ○ ○ ○ ○": ["scheduled.CK", "unscheduled.CK.-4", "unscheduled.CK.1"],
        "0.4 g/kg/day × 5 days": ["course.dose", "course.days"],
    },
    "Results": {
        "Of 25 tentatively registered patients, 16 were formally registered": ["registered", "patients.treated"],
        "remaining nine were excluded from formal registration": ["not_registered"],
        "steroid monotherapy was effective in five patients": ["left_because.monotherapy"],
        "one patient withdrew from treatment": ["left_because.withdrew"],
        "BUN was extremely elevated in one patient": ["left_because.BUN"],
        "two patients were found to have contravened the study protocol": ["left_because.contravened"],
        "was discontinued in two patients": ["discontinued"],
        "due to aggravation of DM 35 days after": ["last_seen.15"],
        "(bronchial asthma) two days after": ["asthma.16"],
        "was administered for only two days": ["infused.16"],
        "the efficacy evaluation was performed for 15 patients": ["patients.efficacy"],
        "(eight patients with PM, seven patients with DM; three men and 12 women)": [
            "patients.efficacy.PM", "patients.efficacy.DM", "patients.efficacy.M", "patients.efficacy.F",
        ],
        "ranged from 31 to 64 years (mean: 51.9 years, SD: 10.2 years)": [
            f"describe.efficacy.age.{statistic}" for statistic in ("minimum", "maximum", "mean", "sd")
        ],
        "ranged from 0.08 to 2.67 years (mean: 0.74 years, SD: 0.72 years)": [
            f"describe.efficacy.disease_duration.{statistic}" for statistic in ("minimum", "maximum", "mean", "sd")
        ],
        "performed for all 16 patients administered": ["patients.safety"],
        **{
            text: [f"visit.efficacy.{code}.{week}.{statistic}" for statistic in ("mean", "sd")]
            for code, weeks in {
                "MMT": {-4: "64.2 ± 11.7 points", 0: "57.4 ± 13.5 points", 12: "reached 78.6 ± 12.9 points by week 12"},
                "ADL": {-4: "20.7 ± 8.5 points", 0: "18.9 ± 9.6 points", 12: "reached 34.4 ± 8.4 points by week 12"},
                "CK": {-4: "2897.1 ± 2019.6 IU/L", 0: "1259.8 ± 1280.2 IU/L", 12: "reached 219.3 ± 445.0 IU/L by week 12"},
            }.items()
            for week, text in weeks.items()
        },
        "The score significantly increased by week 2": ["significance.MMT.2"],
        "The score had significantly increased by week 2": ["significance.ADL.2"],
        "significantly decreased by week 1": ["significance.CK.1"],
        "93.3% (14/15 patients) for the MMT score": ["response.MMT.percent", "response.MMT.count"],
        "80.0% for the ADL score (12/15 patients)": ["response.ADL.percent", "response.ADL.count"],
        "100% (15/15 patients) for the serum CK level": ["response.CK.percent", "response.CK.count"],
        "There were two patients who did not show": ["adl_unlike_mmt.count"],
        "45 days after the initiation of IVIG therapy (patient no. 3)": ["event.3.back pain", "adl_unlike_mmt.ids"],
        "28 days after the initiation of IVIG therapy (patient no. 12)": ["event.12.fracture", "adl_unlike_mmt.ids"],
        "Changes from week 4 to therapy initiation": ["first_week"],
        "significantly greater than the four-week change before IVIG therapy (P = 0.0122; Table 3)": [
            "acceleration.ln.all", "log_ck.p",
        ],
        "For the 13 patients for whom serum CK levels were normalized": ["normalized", "abnormal_before"],
        "in 50% of the patients was 334.5 days": ["median"],
        "seven of 16 patients (43.8%; Table 5)": ["reactions.count", "reactions.percent"],
        "None of the adverse reactions required emergency treatment": ["unprinted.emergency"],
        "in patient no. 3 seven days after": ["first_event.3.liver"],
        "“probably related.”": ["relation.3"],
        "“could not be determined.”": ["relation.others"],
        "performed on patient no. 12 seven days after": ["first_event.12.ischemia"],
        "enteric-coated aspirin and isosorbide dinitrate": ["given.12"],
        "electrocardiography performed 28 days after": ["unprinted.electrocardiography"],
        "no infections were observed during the course of the study": ["reactions.infections"],
    },
    "Table 2": {
        "Mean 52.3 1.04 64.7 58.5 70.4 72.9 78.6 21.5 20.1 26.1 30.3 34.4 2735.5 1186.3 298.4 227.7 219.3": [],
        "SD 10.0 1.36 11.4 13.7 15.4 13.8 12.9 8.9 10.3 10.4 11.9 8.4 2055.4 1271.3 448.2 449.6 455.0": [],
        "Mean c 51.9 0.74 64.2 57.4 70.4 72.9 78.6 20.7 18.9 26.1 30.3 34.4 2897.1 1259.8 298.4 227.7 219.3": [],
        "SD c 10.2 0.72 11.7 13.5 15.4 13.8 12.9 8.5 9.6 10.4 11.9 8.4 2019.6 1280.2 448.2 449.6 455.0": [],
        "discontinued at 35 days after": ["last_seen.15"],
        "bronchial asthma on the second day of IVIG therapy": ["day_of.asthma.16"],
        "discontinued for this patient on the third day": ["day_of.stop.16"],
    },
    "Fig. 1": {
        "in 15 patients with PM/DM on IVIG therapy, who were included": ["patients.efficacy"],
        "at one week after the initiation of IVIG therapy is 15": ["seen.CK.1"],
        "*: P < 0.01, **: P < 0.05": ["marks.1", "marks.5"],
    },
    "Fig. 2": {
        "in 15 patients with PM/DM on IVIG therapy who were included": ["patients.efficacy"],
        "y = -0.25602x + 6.60394": ["line.slope", "line.intercept"],
    },
    "Table 3": {
        "n 15": ["log_ck.n"],
        "(week -4 to week 0) 1.051 ± 0.708": ["log_ck.pre.mean", "log_ck.pre.sd"],
        "(week 0 to week 4) 1.652 ± 0.575": ["log_ck.post.mean", "log_ck.post.sd"],
        "0.601 ± 0.809": ["log_ck.difference.mean", "log_ck.difference.sd"],
        "t = 2.877 P = 0.0122": ["log_ck.t", "log_ck.p"],
    },
    "Table 4": {
        text: [f"{name}.{patient}" for name in ("duration", "status")]
        for patient, text in {
            2: "25 – >254 Monitoring discontinued", 3: "19 390 371 Re-elevated", 4: "24 – >448 Monitoring discontinued",
            6: "9 139 130 Re-elevated", 7: "35 – >409 Monitoring discontinued", 8: "38 137 99 Re-elevated",
            9: "15 438 423 Re-elevated", 10: "12 96 84 Re-elevated", 11: "35 255 220 Re-elevated",
            12: "21 400 379 Re-elevated", 13: "34 – >594 Monitoring discontinued", 14: "49 180 131 Re-elevated",
            15: "7 – >52 Monitoring discontinued",
        }.items()
    } | {
        "409 – – – Not normalized": ["status.1"],
        "374 – – – Not normalized": ["status.5"],
        **{f"{patient} {'PM' if patient < 9 else 'DM'} {dose}": ["diagnoses.follow_up"] for patient, dose in enumerate(
            (41, 70, 55, 40, 50, 45, 55, 50, 45, 55, 60, 55, 50, 55, 40), 1
        )},
    },
    "Table 5": {
        **{
            f"{patient} {diagnosis} {age} {sex}": [
                "diagnoses.reactions", "sexes.reactions", "reactions.patients", f"age.{patient}",
            ]
            for patient, diagnosis, age, sex in (
                (3, "PM", 46, "F"), (8, "PM", 50, "F"), (9, "DM", 58, "F"), (10, "DM", 60, "M"), (11, "DM", 59, "M"),
                (12, "DM", 51, "F"), (16, "DM", 58, "F"),
            )
        },
        "elevated to 133 and 1,200, respectively": ["highest.10.CA19-9", "highest.10.DUPAN-II"],
    },
    "Fig. 3": {
        "of the 13 patients with PM/DM": ["normalized"],
        "was 334.5 days, and the mean effective duration": ["median"],
        "302.3 ± 40.0 days (mean ± SD)": ["mean", "se"],
    },
    "Discussion": {
        "a relatively large number of 15 patients": ["patients.efficacy"],
        "a significant improvement in MMT and ADL scores": ["final.MMT", "final.ADL"],
        "93.3% (14/15 patients) using the MMT score": ["response.MMT.percent", "response.MMT.count"],
        "88.0% (12/15 patients) using the ADL score": ["response.ADL.percent", "response.ADL.count"],
        "this was because two patients": ["unchanged.ADL", "no_response.ADL"],
        "were significant when compared with changes in MMT and ADL scores before IVIG therapy": ["gain.MMT", "gain.ADL"],
        "apparent by week 2 and persisted until week 12": [
            f"significance.{code}.{week}" for code in ("MMT", "ADL") for week in (2, 12)
        ],
        "using the serum CK level was 100% (15/15 patients)": ["response.CK.percent", "response.CK.count"],
        "had significantly decreased even before IVIG therapy": ["fall_before"],
        "significantly accelerated the decrease in the serum CK level": ["acceleration.ln.all"],
        "at the time of IVIG therapy was 25 mg": ["external.dose"],
        "all patients were treated with more than 40 mg of prednisolone": ["dose_above_40"],
        "clearly effective for both PM and DM": [
            *(f"final_by.{label}.{code}" for label in ("PM", "DM") for code in ("MMT", "ADL")),
            "acceleration.ln.PM", "acceleration.ln.DM",
        ],
        "enrolled eight patients with DM, including five patients who had cutaneous symptoms": ["enrolled.DM", "sign.any"],
        "heliotrope rash (in three patients), Gottron's sign (in three patients)": ["sign.HELIOTROPE", "sign.GOTTRON"],
        "Reynaud's phenomenon (in one patient)": ["sign.RAYNAUD"],
        "heliotrope rash disappeared in two patients": ["sign_gone.HELIOTROPE"],
        "(from positive to negative in one patient, and from false-positive to negative in one patient)": [
            "sign_gone.HELIOTROPE.positive", "sign_gone.HELIOTROPE.false-positive",
        ],
        "sign disappeared in one patient (from positive to negative)": ["sign_gone.GOTTRON", "sign_gone.GOTTRON.positive"],
        "remained positive until 12 weeks post-therapy": ["sign_kept.RAYNAUD"],
        "in 50% of patients was 334.5 days": ["median"],
        "no recurrence for 19 months and 23 months": ["external.first_months", "external.second_months"],
        "needed to receive IVIG therapy every six weeks": ["external.interval"],
        "no clear relationship was observed": ["steroid_association"],
        "no adverse reactions requiring emergency treatment or infections such as pneumonia or sepsis": [
            "unprinted.emergency", "reactions.infections",
        ],
        "four patients experienced adverse reactions relating to liver function": ["reactions.liver"],
        "one patient was diagnosed with subendocardial ischemia": ["reactions.ischemia"],
    },
}  # fmt: skip
"""By place, the words around what is printed, and the rows that they hold."""

FOOTERS = {
    "Mean": "treated.{}.mean", "SD": "treated.{}.sd", "Mean c": "efficacy.{}.mean", "SD c": "efficacy.{}.sd",
}  # fmt: skip
COLUMNS = ["age", "disease_duration", *(f"{code}.{week}" for code in ("MMT", "ADL", "CK") for week in (-4, 0, 4, 8, 12))]


def plain(text):
    """A text without its marks, on one line, small numbers in digits."""
    text = re.sub(r"</?(?:sup|sub|i)>", " ", text).replace("$", " ").replace("\\*", "*")
    text = re.sub(r"(?<!\*)\*(t|n|P)\*(?!\*)", r"\1", text)
    for sign, ours in {"\\geq": "≥", "\\pm": "±", "\\times": "×", "\\%": "%", "’": "'", "\u2212": "-"}.items():
        text = text.replace(sign, ours)
    text = " ".join(text.split())
    text = re.sub(r" (?=[,;)])|(?<=\() |(?<=[≥≤]) (?=\d)|(?<=[a-z] <) (?=\d+%)", "", text)
    return re.sub(rf"\b({'|'.join(WORDS)})\b", lambda word: str(WORDS.index(word[0].lower())), text, flags=re.IGNORECASE)


@pytest.fixture(scope="module")
def printed():
    return load_published()


def places(printed):
    """The words around each row, by its id."""
    names = {"Abstract", "Introduction", "Methods", "Results", "Discussion"}
    ids = {(row.place, row.id.partition("/")[2]): row.id for row in printed.values()}
    assert set(SNIPPETS) == {row.place for row in printed.values()} >= names
    found = {}
    for place, snippets in SNIPPETS.items():
        for text, rows in snippets.items():
            for row in rows:
                found.setdefault(ids[place, row], []).append(plain(text))
    return found


def footers():
    """The printed cells of Table 2's footers, by row of the ledger."""
    cells = {}
    for text in SNIPPETS["Table 2"]:
        name = next((name for name in sorted(FOOTERS, reverse=True) if re.match(rf"{name} \d", text)), None)
        if name is not None:
            numbers = text.removeprefix(name).split()
            for column, cell in zip(COLUMNS, numbers, strict=True):
                kind = "describe" if column in ("age", "disease_duration") else "visit"
                cells[f"table2/{kind}.{FOOTERS[name].format(column)}"] = cell
    return cells


def circles(row):
    """The weeks of Table 1's circles, of which the words here hold the number."""
    return {6: "-4 0 2 4 8 12", 5: "0 2 4 8 12"}[row.count("○")]


def test_every_printed_cell_is_among_the_words_around_it(printed):
    around, cells = places(printed), footers()
    assert len(cells) == 68
    for id, row in printed.items():
        if id in cells:
            assert row.printed == cells[id], id
            continue
        words = " | ".join(around[id])
        if row.table == "Table 1" and "○" in words:
            assert row.printed == circles(words), id
        elif row.table in ("Table 4", "Table 5") and id.partition("/")[2].startswith(("diagnoses", "sexes")):
            column = 3 if "sexes" in id else 1
            assert row.printed.split() == [text.split()[column] for text in around[id]], id
        elif id == "table5/reactions.patients":
            assert row.printed == "7"
        else:
            for part in row.printed.split(", ") if id.endswith("adl_unlike_mmt.ids") else [row.printed]:
                sought = plain(part).replace("/", " of ") if " of 16 " in words else plain(part)
                assert re.search(rf"(?<![\d.-]){re.escape(sought)}(?!\.?\d)", words), (id, part, words)


def test_each_row_has_words_around_it(printed):
    assert set(places(printed)) | set(footers()) == set(printed)


def test_the_words_are_short():
    for snippets in SNIPPETS.values():
        for text in snippets:
            assert len(text.split()) <= 19


@pytest.mark.skipif("IVIGMYO_PAPER" not in os.environ, reason="the paper's text is not part of the project")
def test_the_words_stand_in_the_paper():
    paper = plain(Path(os.environ["IVIGMYO_PAPER"]).read_text(encoding="utf-8"))
    for place, snippets in SNIPPETS.items():
        for text in snippets:
            assert plain(text) in paper, (place, text)
