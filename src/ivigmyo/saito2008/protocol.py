"""What the trial of Saito et al. 2008 planned; ``data/study.csv`` states the same."""

from __future__ import annotations

from ivigmyo.study import Conduct, Course, Eligibility, Protocol, SteroidRules

__all__ = ["MAXIMUM_MMT_GAIN", "PROTOCOL"]

MAXIMUM_MMT_GAIN = 4
"""By how many points the muscle strength of a patient who is resistant to steroids may have risen in four weeks."""

PROTOCOL = Protocol(
    scheduled_weeks={"": (-4, 0, 2, 4, 8, 12), "CK": (-4, 0, 1, 2, 4, 8, 12)},
    endpoint_week=12,
    comparison_weeks=(-4, 4),
    off_schedule="next",
    conduct=Conduct(
        eligibility=Eligibility(
            minimum_age=16,
            maximum_age=64,
            maximum_mmt=80,
            maximum_mmt_gain=MAXIMUM_MMT_GAIN,
            minimum_dose=50,
            minimum_dose_per_kg=1,
            exclusion_conditions=(
                "malignancy",
                "acute interstitial pneumonia",
                "IgA deficiency",
                "severe liver disorder",
                "severe kidney disorder",
                "severe cardiac disorder",
                "pregnancy",
            ),
        ),
        course=Course("IVIG", days=5, dose=0.4, unit="g/kg/day"),
        steroid_rules=SteroidRules(max_reduction=0.1, within_days=14),
        prohibited_treatments=(
            "cyclosporin",
            "tacrolimus",
            "azathioprine",
            "mercaptopurine",
            "methotrexate",
            "cyclophosphamide",
            "chlorambucil",
            "mycophenolate",
            "mizoribine",
            "leflunomide",
            "sirolimus",
            "everolimus",
            "antithymocyte globulin",
            "rituximab",
            "infliximab",
            "etanercept",
            "adalimumab",
            "abatacept",
            "tocilizumab",
            "tofacitinib",
            "baricitinib",
            "plasma exchange",
            "steroid pulse",
        ),
    ),
)
"""The protocol of Saito et al. 2008.

The weeks are those of Table 1, with CK in weeks -4 and 1 as well, of which the paper reports it; values of an unscheduled
week stand under the next scheduled one, as in Table 2. The course, the criteria and the rules for steroids are those of
'Patients' and of the treatment; the treatments are the immunosuppressive drugs and plasma exchange that were prohibited.
"""
