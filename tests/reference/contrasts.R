# Reference values for tests/test_contrasts_*.py: two arms compared by base R and its survival package, in the examples that
# tests name and in random trials with ties and strata.
# Run beside this file, where R is installed:  Rscript contrasts.R > contrasts.json
source("_survival.R")

or_null <- function(expression) tryCatch(suppressWarnings(expression), error = function(e) NULL)
z <- qnorm(0.975)

# --- shares ---------------------------------------------------------------------------------------------------------

# The likeliest rate of the control arm under a difference. Miettinen and Nurminen's closed form loses its digits near the
# ends (2/7 against 4/4 at -1 + 1e-12), so the slope of the likelihood is searched.
restricted <- function(x, n, y, m, delta) {
  slope <- function(p) (x - n * (p + delta)) * p * (1 - p) + (y - m * p) * (p + delta) * (1 - p - delta)
  ends <- c(max(0, -delta), min(1, 1 - delta))
  if (x + y == 0) return(ends[1])
  if (x + y == n + m) return(ends[2])
  inner <- ends + c(1, -1) * 1e-9 * diff(ends)
  if (slope(inner[1]) <= 0) return(ends[1])
  if (slope(inner[2]) >= 0) return(ends[2])
  uniroot(slope, inner, tol = 1e-16, maxiter = 10000)$root
}

score <- function(x, n, y, m, delta) {
  p <- min(max(restricted(x, n, y, m, delta), 0), 1)
  q <- min(max(p + delta, 0), 1)
  (x / n - y / m - delta) / sqrt((q * (1 - q) / n + p * (1 - p) / m) * (n + m) / (n + m - 1))
}

miettinen_nurminen <- function(x, n, y, m) {
  d <- x / n - y / m
  low <- if (d == -1) -1 else uniroot(function(delta) score(x, n, y, m, delta) - z, c(-1 + 1e-12, d - 1e-12), tol = 1e-14)$root
  high <- if (d == 1) 1 else uniroot(function(delta) score(x, n, y, m, delta) + z, c(d + 1e-12, 1 - 1e-12), tol = 1e-14)$root
  c(low, high)
}

newcombe <- function(x, n, y, m) {
  one <- suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int
  other <- suppressWarnings(prop.test(y, m, correct = FALSE))$conf.int
  p <- x / n; q <- y / m
  c(p - q - sqrt((p - one[1])^2 + (other[2] - q)^2), p - q + sqrt((one[2] - p)^2 + (q - other[1])^2))
}

shares <- function(x, n, y, m) {
  table <- matrix(c(x, y, n - x, m - y), 2)
  test <- suppressWarnings(prop.test(c(x, y), c(n, m), correct = FALSE))
  size <- n + m
  katz <- exp(log(x / n / (y / m)) + c(-1, 1) * z * sqrt(1 / x - 1 / n + 1 / y - 1 / m))
  woolf <- exp(log(x * (m - y) / (y * (n - x))) + c(-1, 1) * z * sqrt(sum(1 / table)))
  wald <- (x / n - y / m) + c(-1, 1) * z * sqrt(x / n * (1 - x / n) / n + y / m * (1 - y / m) / m)
  list(treated = c(x, n), control = c(y, m), difference = x / n - y / m, wald = wald, newcombe = newcombe(x, n, y, m),
       miettinen_nurminen = miettinen_nurminen(x, n, y, m), fisher = min(1, fisher.test(table)$p.value),
       score = pchisq(test$statistic[[1]] * (size - 1) / size, 1, lower.tail = FALSE),
       katz = if (x > 0 && y > 0) katz else c(NA, NA), woolf = if (all(table > 0)) woolf else c(NA, NA))
}

# counts: a matrix of treated responders, treated, control responders, controls; one row a stratum that has both arms.
pooled <- function(counts) {
  x <- counts[, 1]; n <- counts[, 2]; y <- counts[, 3]; m <- counts[, 4]; size <- n + m
  difference <- sum((x * m - y * n) / size) / sum(n * m / size)
  p <- sum((n^2 * y - m^2 * x + n * m * (m - n) / 2) / size^2)
  q <- sum((x * (m - y) + y * (n - x)) / (2 * size))
  sato <- difference + c(-1, 1) * z * sqrt((difference * p + q) / sum(n * m / size)^2)
  tables <- aperm(array(c(x, y, n - x, m - y), c(length(x), 2, 2)), c(2, 3, 1))
  test <- if (length(x) > 1) or_null(mantelhaen.test(tables, correct = FALSE))
  list(counts = lapply(seq_along(x), function(i) counts[i, ]), difference = difference, sato = sato,
       odds_ratio = if (is.null(test)) NA else test$estimate[[1]],
       odds_ratio_interval = if (is.null(test)) c(NA, NA) else as.vector(test$conf.int),
       cmh = if (is.null(test)) NA else test$statistic[[1]], cmh_p_value = if (is.null(test)) NA else test$p.value)
}

# --- means ----------------------------------------------------------------------------------------------------------

covariance <- function(baseline, change, treated, factors) {
  data <- data.frame(baseline = baseline, change = change, treated = treated)
  for (name in names(factors)) data[[name]] <- factor(factors[[name]])
  terms <- c("baseline", "treated", names(factors)[vapply(factors, function(x) length(unique(x)) > 1, TRUE)])
  fit <- lm(reformulate(terms, "change"), data)
  row <- summary(fit)$coefficients["treated", ]
  grid <- expand.grid(lapply(factors, unique))
  for (name in names(factors)) grid[[name]] <- factor(grid[[name]], levels = levels(data[[name]]))
  mean_of <- function(arm) {
    at <- if (length(factors)) grid else data.frame(row.names = 1)
    mean(suppressWarnings(predict(fit, cbind(at, baseline = mean(baseline), treated = arm))))
  }
  list(difference = row[[1]], se = row[[2]], df = fit$df.residual, p_value = row[[4]],
       interval = as.vector(confint(fit)["treated", ]), means = c(mean_of(1), mean_of(0)), aliased = anyNA(coef(fit)))
}

# --- ranks ----------------------------------------------------------------------------------------------------------

ranks <- function(x, y = NULL) {
  if (is.null(y) && (any(x == 0) || anyDuplicated(abs(x)))) return(NULL)
  if (!is.null(y) && anyDuplicated(c(x, y))) return(NULL)
  lapply(c(0.8, 0.95), function(level) {
    test <- suppressWarnings(wilcox.test(x, y, exact = TRUE, conf.int = TRUE, conf.level = level))
    list(level = level, estimate = test$estimate[[1]], interval = as.vector(test$conf.int), p_value = test$p.value)
  })
}

# --- durations ------------------------------------------------------------------------------------------------------

log_rank_in_strata <- function(time, event, group, stratum) {
  test <- or_null(survdiff(Surv(time, event) ~ group + strata(stratum)))
  if (is.null(test)) return(NULL)
  by_stratum <- function(each) if (is.matrix(each)) rowSums(each) else each
  expected <- by_stratum(test$exp)
  df <- sum(expected > 0) - 1
  list(statistic = test$chisq, df = df, p_value = pchisq(test$chisq, df, lower.tail = FALSE),
       observed = by_stratum(test$obs), expected = expected)
}

cox <- function(time, event, treated, stratum = rep(1, length(time))) {
  fit <- or_null(coxph(Surv(time, event) ~ treated + strata(stratum), ties = "efron",
                       control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)))
  if (is.null(fit)) return(NULL)
  list(log_ratio = coef(fit)[[1]], se = sqrt(vcov(fit)[[1]]))
}

# --- crossover ------------------------------------------------------------------------------------------------------

crossover <- function(first, second, sequence) {
  n <- length(first)
  long <- data.frame(value = c(first, second), patient = factor(rep(seq_len(n), 2)), period = rep(0:1, each = n),
                     treated = c(sequence, 1 - sequence))
  rows <- summary(lm(value ~ patient + period + treated, long))$coefficients
  totals <- t.test((first + second)[sequence == 1], (first + second)[sequence == 0], var.equal = TRUE)
  list(first = first, second = second, treated_first = sequence, treatment = as.vector(rows["treated", ]),
       period = as.vector(rows["period", ]),
       carry_over = c(totals$estimate[[1]] - totals$estimate[[2]], totals$stderr, totals$statistic[[1]], totals$p.value))
}

# --- what is asked about --------------------------------------------------------------------------------------------

RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(2012)
trial <- function(i) {
  n <- sample(8:40, 1)
  treated <- c(1, 1, 0, 0, rbinom(n - 4, 1, sample(c(0.4, 0.5, 0.7), 1)))
  stratum <- sample(1:sample(1:4, 1), n, replace = TRUE)
  factor <- sample(1:2, n, replace = TRUE)
  responded <- rbinom(n, 1, ifelse(treated == 1, sample(c(0.1, 0.5, 0.8, 1), 1), sample(c(0, 0.3, 0.6), 1)))
  tied <- i %% 2 == 0
  baseline <- if (tied) sample(50:70, n, replace = TRUE) else sample(100:9999, n)
  final <- if (tied) baseline + sample(-4:15, n, replace = TRUE) else sample(100:9999, n)
  time <- sample(0:sample(c(4, 10, 40), 1), n, replace = TRUE)
  event <- rbinom(n, 1, sample(c(0.3, 0.7, 1), 1))
  cells <- t(vapply(sort(unique(stratum)), function(each) {
    counts <- function(arm) c(sum(responded[stratum == each & treated == arm]), sum(stratum == each & treated == arm))
    c(counts(1), counts(0))
  }, numeric(4)))
  both <- cells[cells[, 2] > 0 & cells[, 4] > 0, , drop = FALSE]
  factors <- list(stratum = stratum, factor = factor)
  levels_of <- function(x) outer(x, sort(unique(x))[-1], "==") * 1
  others <- cbind(1, levels_of(stratum), levels_of(factor))
  aliased <- qr(cbind(others, treated))$rank == qr(others)$rank
  change <- final - baseline
  list(
    treated = treated, stratum = stratum, factor = factor, responded = responded, baseline = baseline, final = final,
    durations = time, events = event,
    shares = shares(sum(responded[treated == 1]), sum(treated), sum(responded[treated == 0]), sum(1 - treated)),
    strata = if (nrow(both)) pooled(both),
    means = covariance(baseline, change, treated, list()),
    means_in_strata = if (!aliased) covariance(baseline, change, treated, factors),
    ln_means = covariance(log(baseline), log(final) - log(baseline), treated, list()),
    ranks = ranks(change), ranks_of_two = ranks(change[treated == 1], change[treated == 0]),
    log_rank = log_rank_in_strata(time, event, treated, rep(1, n)),
    log_rank_in_strata = log_rank_in_strata(time, event, treated, stratum),
    log_rank_of_groups = log_rank_in_strata(time, event, stratum, factor),
    cox = cox(time, event, treated), cox_in_strata = cox(time, event, treated, stratum))
}
trials <- lapply(1:200, trial)

periods <- list(
  crossover(c(310, 310, 370, 410, 250, 380, 330, 370, 310, 380, 290, 260, 90),
            c(270, 260, 300, 390, 210, 350, 365, 385, 400, 410, 320, 340, 220), c(rep(1, 7), rep(0, 6))),
  crossover(c(9, 8, 5, 4, 6), c(6, 4, 8, 9, 9), c(1, 1, 0, 0, 1)))

published <- list(shares(37, 47, 21, 48), shares(56, 70, 48, 80), shares(9, 10, 3, 10))
three_strata <- pooled(rbind(c(10, 12, 4, 10), c(19, 25, 14, 30), c(8, 10, 3, 8)))

larger <- list(x = round(rnorm(60, 0.3), 6), y = round(rnorm(70), 6))
sizes <- expand.grid(p = c(0.6, 0.75), q = c(0.3, 0.5), power = c(0.8, 0.9), alpha = c(0.05, 0.01))
sizes$n <- mapply(function(p, q, power, alpha) power.prop.test(p1 = p, p2 = q, power = power, sig.level = alpha, tol = 1e-12)$n,
                  sizes$p, sizes$q, sizes$power, sizes$alpha)

powers <- expand.grid(n = c(5, 20, 60), m = c(5, 30), difference = c(2, 8), correlation = c(0, 0.6), alpha = c(0.05, 0.01))
powers$power <- mapply(function(n, m, difference, correlation, alpha) {
  df <- n + m - 3
  shift <- difference / (12 * sqrt((1 - correlation^2) * (1 / n + 1 / m)))
  beyond <- qt(1 - alpha / 2, df)
  pt(beyond, df, shift, lower.tail = FALSE) + pt(-beyond, df, shift)
}, powers$n, powers$m, powers$difference, powers$correlation, powers$alpha)

cat(json(list(
  R = as.character(getRversion()), survival = as.character(packageVersion("survival")), published = published,
  three_strata = three_strata, larger = c(larger, list(one = ranks(larger$x), two = ranks(larger$x, larger$y))),
  crossovers = periods, sizes = lapply(seq_len(nrow(sizes)), function(i) as.list(sizes[i, ])),
  powers = lapply(seq_len(nrow(powers)), function(i) as.list(powers[i, ])),
  trials = trials)), "\n", sep = "")
