# Reference values for tests/test_survival.py and tests/test_comparison.py, from R's survival package: its own data sets.
# Run beside this file, where R is installed:  Rscript datasets.R > datasets.json
#
# The data sets come with the package, under the LGPL. They are named here and taken from R at every run; no row and no
# covariate of them is kept, only what R computes. The event tables of the groups are all that the tests need of the rest.
source("_survival.R")

event_table <- function(time, event) {
  fit <- curve(time, event)
  printed <- summary(fit)$table
  list(time = I(fit$time), n_risk = I(fit$n.risk), n_event = I(fit$n.event), n_censor = I(fit$n.censor),
       median = printed[["median"]], low = printed[["0.95LCL"]], high = printed[["0.95UCL"]])
}

describe <- function(name, time, event, group) {
  group <- as.integer(factor(group))
  event <- as.integer(event)
  fit <- curve(time, event)
  tables <- lapply(sort(unique(group)), function(g) event_table(time[group == g], event[group == g]))
  c(list(name = name, joined_times = length(unique(time)) - length(fit$time), tables = tables),
    ask(time, event, group, group))
}

first <- function(times, otherwise) ifelse(is.na(times), otherwise, times)

sets <- list(
  with(aml, describe("aml, by maintenance", time, status, x)),
  with(bladder[bladder$enum == 1, ], describe("bladder, first recurrence, by treatment", stop, event, rx)),
  with(capacitor, describe("capacitor, by voltage", time, status, voltage)),
  with(cgd0, describe("cgd0, first infection, by treatment", first(etime1, futime), !is.na(etime1), treat)),
  with(diabetic, describe("diabetic, by treatment", time, status, trt)),
  with(imotor, describe("imotor, by temperature", time, status, temp)),
  with(jasa, describe("jasa, by transplantation", futime, fustat, transplant)),
  with(kidney, describe("kidney, by disease", time, status, disease)),
  with(lung, describe("lung, by sex", time, status == 2, sex)),
  with(mgus2, describe("mgus2, by sex", futime, death, sex)),
  with(ovarian, describe("ovarian, by treatment", futime, fustat, rx)),
  with(pbc[!is.na(pbc$trt), ], describe("pbc, deaths, by treatment", time, status == 2, trt)),
  with(rats, describe("rats, by treatment", time, status, rx)),
  with(stanford2, describe("stanford2, by age from 40", time, status, age >= 40)),
  with(veteran, describe("veteran, by cell type", time, status, celltype))
)

cat(json(list(
  R = as.character(getRversion()), survival = as.character(packageVersion("survival")),
  levels = levels, shares = shares, sets = sets)), "\n", sep = "")
