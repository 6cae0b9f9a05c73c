# Writes rates.json: what R says of exact Poisson intervals, and of exact McNemar tests.
# Run from the top of the project: Rscript tests/reference/rates.R > tests/reference/rates.json
# Needs base R only.

shortest <- function(number) { # the fewest digits that read back as the same number
  if (number == round(number) && abs(number) < 1e15) return(sprintf("%.0f", number))
  for (digits in 1:17) {
    text <- sprintf("%.*g", digits, number)
    if (as.numeric(text) == number) return(text)
  }
}

array_of <- function(numbers) paste0("[", paste(vapply(numbers, shortest, ""), collapse = ", "), "]")

levels <- c(0.8, 0.9, 0.95, 0.99)

rates <- list()
for (events in c(0, 1, 2, 3, 8, 9, 25, 100, 1000)) for (exposure in c(0.7, 12.5, 664)) {
  intervals <- vapply(levels, function(level) {
    array_of(as.vector(poisson.test(events, exposure, conf.level = level)$conf.int))
  }, "")
  rates[[length(rates) + 1]] <- sprintf('{"events": %d, "exposure": %s, "intervals": [%s]}',
                                        events, shortest(exposure), paste(intervals, collapse = ", "))
}

findings <- list()
for (lost in c(0, 1, 2, 3, 5, 8, 13, 40)) for (gained in c(0, 1, 2, 4, 7, 21)) {
  if (lost + gained == 0) next
  findings[[length(findings) + 1]] <- sprintf('{"lost": %d, "gained": %d, "p_value": %s}', lost, gained,
                                              shortest(binom.test(lost, lost + gained)$p.value))
}

cat(sprintf('{"R": "%s", "levels": %s,\n"rates": [\n%s],\n"findings": [\n%s]}\n', R.version.string, array_of(levels),
            paste(rates, collapse = ",\n"), paste(findings, collapse = ",\n")))
