# Reference values for tests/test_contrasts_interaction.py: interactions of arm and factor in random trials, by base R and its
# survival package.
# Run beside this file, where R is installed:  Rscript interaction.R > interaction.json
source("_survival.R")

responses <- function(y, arm, factor) {
  main <- suppressWarnings(glm(y ~ arm + factor, family = binomial, control = list(epsilon = 1e-14, maxit = 200)))
  whole <- suppressWarnings(glm(y ~ arm * factor, family = binomial, control = list(epsilon = 1e-14, maxit = 200)))
  test <- anova(main, whole, test = "Chisq")
  list(statistic = test$Deviance[2], df = test$Df[2], p_value = test[["Pr(>Chi)"]][2])
}

means <- function(baseline, final, arm, factor, stratum) {
  test <- anova(lm(final - baseline ~ baseline + arm + stratum + factor), lm(final - baseline ~ baseline + arm * factor + stratum))
  list(statistic = test$F[2], df = test$Df[2], df_residual = test$Res.Df[2], p_value = test[["Pr(>F)"]][2])
}

durations <- function(time, event, arm, factor) {
  each <- sapply(levels(factor), function(level) {
    fit <- coxph(Surv(time, event) ~ arm, subset = factor == level, control = coxph.control(eps = 1e-12, iter.max = 100))
    c(coef(fit), vcov(fit))
  })
  weight <- 1 / each[2, ]
  mean <- sum(weight * each[1, ]) / sum(weight)
  q <- sum(weight * (each[1, ] - mean)^2)
  list(statistic = q, df = ncol(each) - 1, p_value = pchisq(q, ncol(each) - 1, lower.tail = FALSE))
}

trial <- function(seed) {
  set.seed(seed)
  levels <- 2 + seed %% 2
  n <- 24 * levels
  arm <- factor(rep(c("IVIG", "placebo"), n / 2), levels = c("placebo", "IVIG"))
  factor <- factor(rep(letters[seq_len(levels)], each = 24))
  stratum <- factor(sample(c("p", "q"), n, replace = TRUE))
  y <- rbinom(n, 1, 0.35 + 0.25 * (arm == "IVIG"))
  baseline <- sample(40:80, n, replace = TRUE)
  final <- baseline + round(rnorm(n, 5 + 3 * (arm == "IVIG"), 6))
  time <- 7 * sample(1:16, n, replace = TRUE)
  event <- rbinom(n, 1, 0.7)
  list(arm = as.character(arm), factor = as.character(factor), stratum = as.character(stratum), responded = y, baseline = baseline,
       final = final, time = time, event = event, responses = responses(y, arm, factor),
       means = means(baseline, final, arm, factor, stratum), durations = durations(time, event, arm, factor))
}

cat(json(lapply(1:24, trial)), "\n", sep = "")
