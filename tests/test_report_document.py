"""A report is put together once, as a document; parts that are absent leave no trace, and arms stand beside each other."""

import unicodedata
from types import SimpleNamespace

import attrs
import numpy as np
import pandas as pd
import pytest

import ivigmyo
from ivigmyo import Proportion, report_markdown, report_page, report_text, saito2008, study_from_frames, trial_report
from ivigmyo.display import Table, number
from ivigmyo.report.document import Listing, Paragraph, Pictures, Section, report_document, report_tables
from ivigmyo.report.frames import report_frames
from ivigmyo.report.key import KeyResult
from ivigmyo.report.tables.visits import weeks_table
from ivigmyo.report.text import check_text
from ivigmyo.study.plan import Course, SteroidRules
from ivigmyo.study.words import in_words


class Extended:
    """A report with fields of its own beside those of another."""

    def __init__(self, report, **fields):
        self._report, self._fields = report, fields

    def __getattr__(self, name):
        return self._fields[name] if name in self._fields else getattr(self._report, name)


def titles(document, kind=Section):
    return [part.title for part in document.parts if isinstance(part, kind)]


def test_a_document_has_its_parts_in_one_order(report):
    document = report_document(report)
    assert document.title == "GB-0998 study"
    assert titles(document) == [
        "Summary",
        "Figures",
        "Patients",
        "Response",
        "Values and changes by week",
        "Before and after the first infusion",
        "How long CK stayed normal",
        "Safety",
        "Protocol",
        "Gaps and remarks",
        "Conventions",
        "Versions",
    ]
    assert document.parts[0] == Paragraph("Saito et al., Mod Rheumatol 2008;18:34-44", "source")
    kinds = [type(part) for part in document.parts]
    assert kinds.count(KeyResult) == 9
    assert kinds.count(Pictures) == 1
    ids = [part.id for part in document.parts if isinstance(part, Section)]
    assert len(ids) == len(set(ids))
    assert report_document(report) == document


def test_every_layout_has_the_tables_of_the_document_in_its_order(report, page):
    tables = [part.title for part in report_document(report).parts if isinstance(part, Table)]
    assert tables == [table.title for table in report_tables(report)][1:]
    for text, mark in ((report_text(report), "\n\n"), (report_markdown(report), "### "), (page, ">")):
        places, start = [], 0
        for title in tables:
            start = text.index(f"{mark}{title}", start)
            places.append(start)
        assert places == sorted(places)


def test_a_document_is_shown_by_a_notebook_as_its_key_results(report):
    html = report_document(report)._repr_html_()
    assert "14/15 (93.3 %; 68.1 to 99.8)" in html
    assert "GB-0998 study" in html


def unplanned(report):
    """The same patients without visits or a protocol, so that nothing is planned, nor inferred."""
    patients = [attrs.evolve(patient, visits=()) for patient in report.study.patients]
    return attrs.evolve(report.study, patients=patients, protocol=ivigmyo.Protocol())


def judged_by_nothing():
    """A study held against a protocol that states nothing."""
    found = SimpleNamespace(
        eligibility=None, resistance=None, course=None, steroid_deviations=None, prohibited_treatments=None, schedule=None
    )
    found.counts = lambda: pd.DataFrame()
    return found


def test_what_is_not_there_leaves_no_trace(report):
    gone = {"measures": (), "log_ck": None, "duration": None, "incidence": None, "remarks": (), "absent": {}}
    bare = Extended(report, protocol=judged_by_nothing(), study=unplanned(report), **gone)
    document = report_document(bare)
    assert titles(document) == ["Summary", "Figures", "Patients", "Conventions", "Versions"]
    text = report_text(bare)
    for word in ("Protocol", "Response", "Safety", "Gaps", "Figures", "Measures"):
        assert f"\n{word}\n" not in text
    assert "<h2" in report_page(bare)
    assert "eligibility" not in report_frames(bare)


def test_parts_of_the_protocol_that_were_not_stated_are_not_judged(report):
    unjudged = Extended(report, protocol=judged_by_nothing(), study=unplanned(report))
    assert "Protocol" not in titles(report_document(unjudged))


def planned(report, **fields):
    """The same report under another protocol, of which nothing is inferred but what is said to be."""
    stated = {"scheduled_weeks": (0, 4, 12), "endpoint_week": 12, "inferred": ()} | fields
    return attrs.evolve(report, study=attrs.evolve(report.study, protocol=ivigmyo.Protocol(**stated)))


def test_the_whole_protocol_is_shown_and_what_was_inferred_is_marked(report):
    conduct = ivigmyo.Conduct(ivigmyo.Eligibility(minimum_age=16), prohibited_treatments=("cyclosporin", "tacrolimus"))
    weeks = {"CK": (0, 2), "MMT": (0,)}
    shown = planned(report, scheduled_weeks=weeks, inferred=("endpoint_week",), conduct=conduct)
    table = next(table for table in report_tables(shown) if table.title == "What was planned")
    assert table.rows == (
        ("scheduled weeks", "CK: 0, 2; MMT: 0", ""),
        ("endpoint week", "12", "inferred"),
        ("week window", "3 days", ""),
        ("week day distance", "7 days", ""),
        ("off schedule", "keep", ""),
        ("population", "adult", ""),
        ("eligibility: minimum age", "16 years", ""),
        ("prohibited treatments", "cyclosporin, tacrolimus", ""),
    )
    assert table.notes[0].startswith("Not stated: comparison weeks, measures, outcomes, primary, control, strata, ")
    assert table.notes[0].endswith("eligibility: exclusion conditions, course, steroid rules, rules.")
    beginning = report_text(shown).split("Disposition")[0]
    assert "Response is judged at week 12, inferred from the values." in beginning
    assert "Response is judged at week 12." in report_text(planned(report))
    # a value keeps its own week, so nothing is said of one that was moved
    assert "stands under the next scheduled" not in report_text(shown)


def test_every_number_of_the_plan_has_its_unit():
    eligibility = ivigmyo.Eligibility(maximum_mmt=80, minimum_dose=50, minimum_dose_per_kg=1)
    course = Course(days=5, dose=0.4, unit="g/kg/day", number=2, interval=28)
    conduct = ivigmyo.Conduct(eligibility, course, steroid_rules=SteroidRules(0.1, 14))
    shown = dict(in_words(ivigmyo.Protocol(week_window=1, conduct=conduct)))
    assert {name: words for name, words in shown.items() if words[0].isdigit()} == {
        "week_window": "1 day",
        "week_day_distance": "7 days",
        "eligibility.maximum_mmt": "80 points",
        "eligibility.minimum_dose": "50 mg/day",
        "eligibility.minimum_dose_per_kg": "1 mg/kg/day",
        "course.days": "5 days",
        "course.dose": "0.4 g/kg/day",
        "course.number": "2",
        "course.interval": "28 days",
        "steroid_rules.max_reduction": "0.1 of the dose",
        "steroid_rules.within_days": "14 days",
    }


def test_both_denominators_stand_where_patients_are_missing(report):
    partial = attrs.evolve(report.measures[0], response=Proportion(31, 37, 3))
    against = attrs.evolve(report.measures[1], response=Proportion(31, 40, 3, "non-response"))
    text = report_text(attrs.evolve(report, measures=(partial, against)))
    assert "31/37 (83.8 %; 68.0 to 93.8), 31/40 with the 3" in text
    assert "MMT: 31/40 with the 3 missing as non-response." in text
    assert "ADL: 31/37 without the 3 missing." in text


def test_lists_are_capped_and_the_rest_is_counted(report):
    many = attrs.evolve(report, remarks=tuple(f"remark number {k}" for k in range(25)))
    text = report_text(many)
    assert "remark number 19" in text
    assert "remark number 20" not in text
    assert "And 5 others." in text
    assert Listing.of("", "ab", 1).rest == "And 1 other."
    schedule = pd.DataFrame(
        [("not recorded", f"P{k}", 4, "MMT") for k in range(30)], columns=["finding", "patient", "week", "measure"]
    )
    protocol = attrs.evolve(report.protocol, schedule=schedule)
    table = next(
        table for table in report_tables(attrs.evolve(report, protocol=protocol)) if table.title.startswith("Deviat")
    )
    assert len(table.rows) == 20
    assert table.notes == ("And 12 other findings; the frames hold them all.",)


@pytest.fixture(scope="module")
def armed():
    """The bundled study, as though the patients with PM had been treated and those with DM had had placebo."""
    study = saito2008.load_study()
    arms = {"PM": "IVIG", "DM": "placebo"}
    patients = [attrs.evolve(each, arm=arms[str(each.diagnosis)]) for each in study.patients]
    protocol = attrs.evolve(study.protocol, control="placebo")
    return trial_report(attrs.evolve(study, patients=patients, protocol=protocol))


def test_arms_stand_beside_each_other_and_are_never_pooled(armed):
    text = report_text(armed)
    assert "16 patients were randomized (8 PM, 8 DM; 13 F, 3 M): 8 IVIG, 8 placebo" in " ".join(text.split())
    summary = dict(report_tables(armed)[0].rows)
    assert summary["MMT response: IVIG"] == "8/8 (100.0 %; 63.1 to 100.0)"
    assert summary["MMT response: placebo"] == "6/7 (85.7 %; 42.1 to 99.6)"
    assert summary["MMT response: IVIG vs placebo"] == "14.3 percentage points (-22.6 to 52.6)"
    assert summary["MMT change: IVIG vs placebo"] == "difference -2.1 (-15.8 to 11.7; n 15)"
    assert "14/15" not in text
    assert "7/16" not in text
    shown = {table.title: table for table in report_tables(armed)}
    assert shown["Response rates by arm"].rows[0][:3] == ("MMT", "IVIG", "8/8")
    shares = shown["Shares: IVIG against placebo"]
    assert shares.rows[0] == ("MMT.response", "8/8", "100.0 %", "6/7", "85.7 %", "14.3 (-22.6 to 52.6)", "0.4667")
    assert shares.notes[1] == "Favours IVIG: in MMT.response, ADL.response and CK.response above 0; in reactions below 0."
    ratios = shown["Ratios of shares: IVIG against placebo"]
    assert ratios.rows[0][2] == "-"
    assert shown["Means: IVIG against placebo"].rows[0][1:3] == ("15", "0")
    assert "Shares: IVIG against placebo (complete cases)" in shown
    assert [row[:2] for row in shown["Change to the final value by arm"].rows][:2] == [("MMT", "IVIG"), ("MMT", "placebo")]
    assert shown["Arms at baseline"].header == ("", "IVIG", "placebo", "std. difference")


def test_within_an_arm_nothing_is_tested(armed):
    document = report_document(armed)
    start = next(i for i, part in enumerate(document.parts) if isinstance(part, Section) and part.id == "arm1")
    changes = [part for part in document.parts[start:] if isinstance(part, Table) and "change from" in part.title]
    assert len(changes) == 6
    assert all("P" not in part.header and "t" not in part.header for part in changes)
    assert not [part for part in document.parts[start:] if isinstance(part, Table) and "against" in part.title]
    own = [words for part in document.parts[start:-4] if isinstance(part, Table) for words in part.notes]
    assert not [words for words in own if "P = " in words or "P < " in words]


@pytest.mark.parametrize("primary", [None, "MMT.change"])
def test_the_primary_outcome_comes_first_and_alone_has_a_p_value(armed, primary):
    protocol = attrs.evolve(armed.study.protocol, primary=primary)
    shown = attrs.evolve(armed, study=attrs.evolve(armed.study, protocol=protocol))
    first, *_ = report_tables(shown)[0].rows
    tested = [label for label, words in report_tables(shown)[0].rows if "P = " in words]
    if primary is None:
        assert first[0].startswith("MMT, week 0")
        assert tested == []
        assert "exploratory" in report_text(shown)
    else:
        assert first[0] == "MMT change: IVIG vs placebo"
        assert tested == [first[0]]
        assert "The primary outcome is MMT.change." in report_text(shown)


def test_every_layout_takes_arms(armed):
    page = report_page(armed)
    assert "Arm: IVIG" in page
    assert page.count("<svg") == 10
    frames = report_frames(armed)
    assert frames["response"]["arm"].tolist() == ["IVIG"] * 3 + ["placebo"] * 3
    assert set(frames["consort"]["arm"].dropna()) == {"IVIG", "placebo"}
    shares = frames["contrasts_shares"]
    assert shares.loc[shares["outcome"] == "MMT.response", ["analysis", "treated_arm"]].to_numpy().tolist() == [
        ["main", "IVIG"],
        ["complete cases", "IVIG"],
    ]


WEEKS = list(range(0, 105, 4))


@pytest.fixture(scope="module")
def long():
    """40 patients with two years of monthly CK."""
    rng = np.random.default_rng(1)
    names = [f"P{k:02d}" for k in range(1, 41)]
    rows = [
        (name, week, "CK", round(float(np.exp(7 - 0.02 * week + rng.normal(0, 0.4)))), 200.0)
        for name in names
        for week in WEEKS
    ]
    rows += [(name, week, "MMT", float(rng.integers(40, 80)), None) for name in names for week in (0, 12, 52, 104)]
    assessments = pd.DataFrame(rows, columns=["patient", "week", "measure", "value", "uln"])
    patients = pd.DataFrame({"patient": names, "diagnosis": ["PM", "DM"] * 20, "sex": "F", "age": 50})
    return trial_report(ivigmyo.study_from_frames(patients, assessments, protocol=ivigmyo.Protocol(scheduled_weeks=WEEKS)))


def test_two_years_of_monthly_ck_stay_a_text_that_can_be_read(long):
    text = report_text(long)
    assert len(text.splitlines()) <= 400
    assert "Response is judged at week 104, the last scheduled week." in text
    assert max(map(len, text.splitlines())) <= 80
    table = next(table for table in report_tables(long) if table.title.startswith("Serum creatine kinase"))
    assert table.header == ("week", "n", "mean ± SD", "change ± SD", "95 % interval", "t", "P")
    assert [row[0] for row in table.rows] == [*map(str, WEEKS), "final"]
    visits = long.measures[1 if long.measures[1].instrument.code == "CK" else 0].visits
    assert [row[2].split(" ± ")[0] for row in table.rows[:-1]] == [number(mean, 1) for mean in visits["mean"]]
    assert "40 patients in 27 weeks are too many to be listed." in table.notes[0]


TITLE = "Trial X\x1b[2J\x1b]0;title\x07\n\nResponders in MMT: 100 %\u202e\u200b ~struck~"


def test_a_title_cannot_write_to_the_terminal_or_begin_a_line(report):
    people = [attrs.evolve(each, id=f"~{each.id}\u202e\n# x") for each in report.study.patients]
    study = attrs.evolve(report.study, title=TITLE, source="- a\n# b\x1b[0m", patients=people)
    evil = trial_report(study, by="sex")
    for text in (
        report_text(evil),
        report_markdown(evil),
        report_page(attrs.evolve(evil, groups={}, measures=evil.measures[:1])),
    ):
        odd = [sign for sign in text if not sign.isprintable() and sign != "\n" and unicodedata.category(sign) != "Zs"]
        assert odd == []
        assert "\nResponders in MMT: 100" not in text
        assert "\n# x" not in text
    assert report_text(evil).startswith("Trial X [2J ]0;title Responders in MMT: 100 % ~struck~\n====")
    markdown = report_markdown(evil)
    assert "\\~struck\\~" in markdown
    assert "\n\\- a \\# b \\[0m\n" in markdown


def test_the_rules_of_the_arms_are_said_once(armed):
    document = report_document(armed)
    (said,) = [part.items for part in document.parts if isinstance(part, Listing) and part.items[0].startswith("Arms are")]
    assert len(said) == len(set(said))
    assert sum(sentence.startswith("Responders are") for sentence in said) == 1
    assert "MMT response" in check_text(armed)


def test_where_not_every_patient_has_a_change_its_own_n_stands_beside(long):
    measure = next(each for each in long.measures if each.instrument.code == "CK")
    changes = measure.changes.assign(n=measure.changes["n"] - 1)
    table = weeks_table(attrs.evolve(measure, changes=changes), long)
    assert table.header[:4] == ("week", "n", "mean ± SD", "n")
    assert table.rows[1][1:4:2] == ("40", "39")
    fewer = weeks_table(attrs.evolve(measure, visits=measure.visits.assign(n=30)), long)
    assert fewer.header[1:5] == ("n all treated", "mean ± SD all treated", "n efficacy set", "mean ± SD efficacy set")


def test_the_limits_that_were_used_stand_beside_their_measure():
    people = pd.DataFrame({"patient": ["P1", "P2"], "diagnosis": "PM", "sex": "F", "age": 50})
    values = pd.DataFrame({"patient": ["P1", "P2"] * 2, "week": [0, 0, 12, 12], "measure": "CK", "value": 400})
    for limits, said in (([170, 200] * 2, "; upper limits of normal: 170, 200 IU/L"), (None, "")):
        study = study_from_frames(people, values.assign(uln=limits))
        (measures,) = [
            part for part in report_document(trial_report(study)).parts if getattr(part, "title", "") == "Measures"
        ]
        assert measures.items == (
            f"CK: Serum creatine kinase (IU/L, greater than 0 and at most 10000000; lower is better){said}",
        )
