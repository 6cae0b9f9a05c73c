# Read by survival.R and datasets.R: what is asked of R's survival package about a set, and how the answers are written.
suppressPackageStartupMessages(library(survival))

# --- JSON, written here so that base R and survival are all that is needed ------------------------------------------

number <- function(x) ifelse(is.finite(x), sprintf("%.15g", x), "null")
json <- function(x) {
  if (is.list(x)) {
    parts <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[\n", paste(parts, collapse = ",\n"), "\n]"))
    return(paste0("{", paste0("\"", names(x), "\":", parts, collapse = ","), "}"))
  }
  parts <- if (is.character(x)) paste0("\"", x, "\"") else number(as.numeric(x))
  if (inherits(x, "AsIs") || length(x) != 1) paste0("[", paste(parts, collapse = ","), "]") else parts
}

# --- what is asked of every set -------------------------------------------------------------------------------------

transforms <- c("log-log", "log", "plain")
levels <- c(0.8, 0.9, 0.95, 0.99)
shares <- seq(0.1, 0.9, by = 0.1)

curve <- function(time, event, transform = "log-log", level = 0.95)
  survfit(Surv(time, event) ~ 1, conf.type = transform, conf.int = level)

bands <- function(time, event, transform) {
  fit <- curve(time, event, transform)
  inverted <- quantile(fit, shares)
  printed <- lapply(levels, function(level) summary(curve(time, event, transform, level))$table)
  list(low = I(fit$lower), high = I(fit$upper),
       quantile_low = as.numeric(inverted$lower), quantile_high = as.numeric(inverted$upper),
       median_low = vapply(printed, function(row) row[[length(row) - 1]], 0),
       median_high = vapply(printed, function(row) row[[length(row)]], 0))
}

restricted <- function(fit, limit) {
  if (limit < min(fit$time)) return(list(until = limit, mean = NA, se = NA)) # R refuses it
  row <- summary(fit, rmean = limit)$table
  list(until = limit, mean = row[["rmean"]], se = row[["se(rmean)"]])
}

log_rank <- function(time, event, group) {
  if (length(unique(group)) < 2 || sum(event) == 0) return(NULL)
  test <- tryCatch(survdiff(Surv(time, event) ~ group), error = function(e) NULL)
  if (is.null(test)) return(NULL)
  df <- sum(test$exp > 0) - 1
  list(statistic = test$chisq, df = df, p_value = if (df > 0) test$pvalue else NA,
       observed = test$obs, expected = test$exp)
}

pairs <- function(time, event, value) {
  if (sum(event) == 0 || length(time) < 2) return(NULL)
  count <- concordance(Surv(time, event) ~ value)
  list(index = as.numeric(count$concordance), concordant = count$count[["concordant"]],
       discordant = count$count[["discordant"]], tied = count$count[["tied.x"]])
}

means_by_group <- function(time, event, group) {
  if (length(unique(group)) != 2) return(NULL)
  fit <- survfit(Surv(time, event) ~ group)
  end <- min(tapply(time, group, max)) # beyond it R would extend one of the curves
  limits <- c(end / 2, end)
  lapply(limits[limits > 0 & limits >= max(tapply(time, group, min))], function(limit) {
    rows <- summary(fit, rmean = limit)$table
    difference <- rows[2, "rmean"] - rows[1, "rmean"]
    se <- sqrt(sum(rows[, "se(rmean)"]^2))
    list(until = limit, difference = difference, se = se, p_value = 2 * pnorm(-abs(difference / se)))
  })
}

# Everything but the data: `value` is set against the durations by concordance, `group` compared.
ask <- function(time, event, group, value) {
  fit <- curve(time, event)
  limits <- unique(c(max(time) / 2, max(time[event == 1], 1), max(time), max(time) + 5))
  answer <- list(
    time = I(fit$time), n_risk = I(fit$n.risk), n_event = I(fit$n.event), n_censor = I(fit$n.censor),
    estimate = I(fit$surv), std_error = I(fit$surv * fit$std.err),
    median = summary(fit)$table[["median"]], quantile = as.numeric(quantile(fit, shares, conf.int = FALSE)),
    follow_up = summary(curve(time, 1 - event))$table[["median"]],
    restricted_mean = lapply(limits[limits > 0], function(limit) restricted(fit, limit)))
  for (transform in transforms) answer[[transform]] <- bands(time, event, transform)
  answer$log_rank <- log_rank(time, event, group)
  answer$compared_means <- means_by_group(time, event, group)
  answer$concordance <- pairs(time, event, value)
  answer
}
