# What the report of the bundled study rests on, by hand: read the tables, means by week, t-tests, exact intervals, survfit.
library(survival)
folder <- commandArgs(trailingOnly = TRUE)[1]
patients <- read.csv(file.path(folder, "patients.csv"), check.names = FALSE)
rows <- read.csv(file.path(folder, "assessments.csv"))
follow <- read.csv(file.path(folder, "ck_follow_up.csv"))
inside <- patients$patient[is.na(patients$efficacy_set) | patients$efficacy_set == "yes"]
rows <- rows[rows$patient %in% inside, ]
for (code in c("MMT", "ADL", "CK")) {
  own <- rows[rows$measure == code, ]
  wide <- reshape(own[c("patient", "week", "value")], idvar = "patient", timevar = "week", direction = "wide")
  print(sapply(wide[-1], function(x) c(n = sum(!is.na(x)), mean = mean(x, na.rm = TRUE), sd = sd(x, na.rm = TRUE))))
  for (week in setdiff(names(wide)[-1], "value.0")) {
    change <- wide[[week]] - wide[["value.0"]]
    if (sum(!is.na(change)) > 1) print(t.test(change))
  }
  gain <- (wide[["value.4"]] - wide[["value.0"]]) - (wide[["value.0"]] - wide[["value.-4"]])
  print(t.test(gain))
  print(wilcox.test(gain, exact = FALSE))
}
for (responders in c(14, 12, 15)) print(binom.test(responders, 15)$conf.int)
print(binom.test(7, 16)$conf.int)
follow <- follow[!is.na(follow$normalized_on), ]
event <- !is.na(follow$re_elevated_on)
duration <- ifelse(event, follow$re_elevated_on, follow$observed_until) - follow$normalized_on
diagnosis <- patients$diagnosis[match(follow$patient, patients$patient)]
curve <- survfit(Surv(duration, event) ~ 1, conf.type = "log-log")
print(curve)
print(summary(curve))
print(survdiff(Surv(duration, event) ~ diagnosis))
