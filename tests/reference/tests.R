# Writes tests.json: what R says of t tests, signed-rank tests and intervals of proportions.
# Run from the top of the project: Rscript tests/reference/tests.R > tests/reference/tests.json
# Needs base R only.

shortest <- function(number) { # the fewest digits that read back as the same number
  if (is.na(number)) return("null")
  if (number == round(number) && abs(number) < 1e15) return(sprintf("%.0f", number))
  for (digits in 1:17) {
    text <- sprintf("%.*g", digits, number)
    if (as.numeric(text) == number) return(text)
  }
}

write_json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) {
    if (is.null(names(x))) return(paste0("[", paste(vapply(x, write_json, ""), collapse = ",\n"), "]"))
    return(paste0("{", paste0('"', names(x), '": ', vapply(x, write_json, ""), collapse = ", "), "}"))
  }
  one <- if (is.character(x)) paste0('"', x, '"') else vapply(x, shortest, "")
  if (length(x) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}

levels <- c(0.8, 0.9, 0.95, 0.99)

t_of <- function(x) {
  test <- tryCatch(t.test(x), error = function(e) NULL)  # R refuses changes that are all equal
  if (is.null(test)) return(NULL)
  intervals <- lapply(levels, function(level) as.vector(t.test(x, conf.level = level)$conf.int))
  list(mean = mean(x), sd = sd(x), t = unname(test$statistic), df = unname(test$parameter),
       p_value = test$p.value, intervals = intervals)
}

exact_signed_rank <- function(x) {
  size <- signif(abs(x), 10)  # ties that rounding in binary hides from R are ties
  if (any(size < 1e-10) || any(duplicated(size))) return(NULL)
  test <- wilcox.test(x, exact = TRUE)
  list(statistic = unname(test$statistic), p_value = test$p.value)
}

approximate_signed_rank <- function(x) {
  test <- suppressWarnings(wilcox.test(x, exact = FALSE, correct = TRUE))
  list(values = x, statistic = unname(test$statistic), p_value = test$p.value)
}

compared <- function(before, baseline, after) {
  raw <- (after - baseline) - (baseline - before)
  logs <- log(baseline / after) - log(before / baseline)
  list(before = before, baseline = baseline, after = after,
       change = t_of(after - baseline), raw = t_of(raw), ln = t_of(logs),
       pre_ratio = exp(-mean(log(before / baseline))),
       signed_rank = list(raw = exact_signed_rank(raw), ln = exact_signed_rank(logs)))
}

set.seed(2008)
trials <- lapply(1:200, function(i) {
  n <- sample(2:60, 1)
  draw <- if (i %% 2 == 0) function(middle) 10 * sample(1:12, n, replace = TRUE) * middle # heavy ties
          else function(middle) signif(rlnorm(n, log(100 * middle), 1), 6)
  compared(draw(4), draw(2), draw(1))
})

paper <- compared(
  c(3613, 4162, 598, 1789, 4557, 941, 3629, 755, 1862, 525, 3455, 3068, 7180, 5922, 1400),
  c(4565, 554, 366, 973, 2871, 275, 1107, 487, 282, 183, 2482, 581, 2023, 2005, 143),
  c(1570, 82, 83, 147, 1141, 35, 164, 199, 34, 51, 255, 65, 159, 418, 73))

large <- list(
  ties = approximate_signed_rank(sample(-12:15, 260, replace = TRUE)),
  distinct = approximate_signed_rank(signif(rnorm(230, 0.1), 6)),
  all_tied = approximate_signed_rank(rep(c(-1, 1), c(115, 116))))

proportions <- list()
for (n in c(1, 2, 5, 15, 16, 60)) for (count in if (n < 60) 0:n else c(0, 1, 2, 17, 30, 43, 58, 59, 60)) {
  exact <- lapply(levels, function(level) as.vector(binom.test(count, n, conf.level = level)$conf.int))
  wilson <- lapply(levels, function(level)
    as.vector(suppressWarnings(prop.test(count, n, conf.level = level, correct = FALSE))$conf.int))
  proportions[[length(proportions) + 1]] <- list(count = count, n = n, exact = exact, wilson = wilson)
}

cat(write_json(list(
  R = R.version.string, stats = as.character(packageVersion("stats")), levels = levels, paper = paper,
  trials = trials, large = large, proportions = proportions)), "\n", sep = "")
