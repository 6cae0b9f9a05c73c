# Reference values for tests/test_survival.py and tests/test_comparison.py, from R's survival package: the paper's data,
# small awkward sets, and random trials with heavy ties.
# Run beside this file, where R is installed:  Rscript survival.R > survival.json
source("_survival.R")

describe <- function(name, time, event, group = rep(1:2, length.out = length(time)), value = (seq_along(time) * 7) %% 5)
  c(list(name = name, durations = I(time), events = I(event), groups = I(group), values = I(value)),
    ask(time, event, group, value))

# --- the sets -------------------------------------------------------------------------------------------------------

# Saito et al. 2008, Table 4: days of normal CK, and days from the start of treatment with patient 2 as an event.
normal_days <- c(254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131, 52)
re_elevated <- c(0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0)
from_start <- c(279, 390, 472, 139, 444, 137, 438, 96, 255, 400, 628, 180, 59)
diagnosis <- c(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2)
last_dose <- c(35, 25, 27.5, 22.5, 27.5, 35, 20, 32.5, 17, 28, 20, 15, NA)

sets <- list(
  describe("paper", normal_days, re_elevated, diagnosis, last_dose),
  describe("published", from_start, replace(re_elevated, 1, 1), diagnosis, last_dose),
  describe("CAMIS", c(54, 75, 77, 84, 87, 92, 103, 105, 112, 118), c(1, 1, 1, 1, 1, 0, 0, 0, 0, 0)),
  describe("event tied with censoring", c(3, 3, 5, 5, 8, 8), c(1, 0, 1, 0, 1, 0)),
  describe("half, later event", 1:4, c(1, 1, 1, 1)),
  describe("half of six", 1:6, rep(1, 6)),
  describe("half, no later event", 1:4, c(1, 1, 0, 0)),
  describe("half after censoring", c(1, 2, 3, 4, 5, 6, 7), c(1, 0, 1, 0, 1, 1, 0)),
  describe("half as 6/8 x 2/3", c(1, 1, 2, 2, 2, 3, 4, 5), c(1, 1, 0, 0, 0, 1, 0, 1)),
  describe("half as 10/12 x 3/5", c(1, 1, 2, 2, 2, 2, 2, 3, 3, 4, 5, 6), c(1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1)),
  describe("half with ties", c(5, 5, 5, 7, 7, 9), c(1, 1, 1, 0, 1, 1)),
  describe("all censored", c(2, 4, 6), c(0, 0, 0)),
  describe("one patient, event", 5, 1),
  describe("one patient, censored", 5, 0),
  describe("two patients", c(4, 9), c(1, 1)),
  describe("never reaching half", c(1, 2, 3, 4, 5, 6), c(1, 0, 1, 0, 0, 0)),
  describe("unsorted", c(9, 1, 7, 3, 5, 3), c(0, 1, 1, 0, 1, 1)),
  describe("all at one time", c(6, 6, 6, 6), c(1, 1, 1, 1)),
  describe("duration zero", c(0, 0, 3, 4, 4), c(1, 0, 1, 1, 0)),
  describe("decimals", c(0.5, 1.25, 2.5, 2.5, 3.75, 10.5), c(1, 0, 1, 1, 0, 1)),
  describe("upper band rises", c(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), c(1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1)),
  describe("three groups", c(6, 7, 10, 15, 15, 19, 25, 25, 30), c(1, 0, 1, 1, 1, 0, 1, 0, 1), rep(1:3, 3)),
  describe("a group never at risk", c(1, 1, 6, 7, 8, 9), c(0, 0, 1, 1, 0, 1), c(1, 1, 2, 3, 2, 3))
)

RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(20080125)
trials <- lapply(1:200, function(i) {
  n <- sample(2:60, 1)
  time <- sample(sample(0:1, 1):sample(c(3, 6, 10, 20), 1), n, replace = TRUE)
  event <- rbinom(n, 1, sample(c(0.2, 0.5, 0.8, 1), 1))
  describe(paste("trial", i), time, event, sample(1:sample(2:3, 1), n, replace = TRUE), sample(1:6, n, replace = TRUE))
})

# R joins times that differ by a relative 1.5e-8 or less: here 0.3 and 0.30000000000000004.
nearly_equal <- curve(c(0.3, 0.1 + 0.2, 1), c(1, 1, 1))

cat(json(list(
  R = as.character(getRversion()), survival = as.character(packageVersion("survival")),
  levels = levels, shares = shares, nearly_equal_n_event = nearly_equal$n.event, sets = c(sets, trials))), "\n", sep = "")
