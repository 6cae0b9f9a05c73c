# Power of the paired t-test, two-sided, both tails.
# Run: Rscript power.R > power.json
rows <- expand.grid(n = c(2, 3, 5, 10, 15, 30, 80), delta = c(0.05, 0.3, 0.601, 1.5), sd = 0.809, alpha = c(0.05, 0.01))
rows$power <- mapply(function(n, delta, sd, alpha) {
  power.t.test(n = n, delta = delta, sd = sd, sig.level = alpha, type = "paired", strict = TRUE)$power
}, rows$n, rows$delta, rows$sd, rows$alpha)
written <- sprintf('    {"n": %d, "delta": %s, "sd": %s, "alpha": %s, "power": %.15g}', rows$n, rows$delta, rows$sd, rows$alpha, rows$power)
cat('{\n  "R": "', R.version.string, '",\n  "package": "stats ', as.character(packageVersion("stats")), '",\n  "power": [\n',
    paste(written, collapse = ",\n"), "\n  ]\n}\n", sep = "")
