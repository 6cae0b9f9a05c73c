# Writes intervals.json: what R's survival package says of events that are only known to lie in intervals.
# Run from the top of the project: Rscript tests/reference/intervals.R > tests/reference/intervals.json
# Needs the package survival.

suppressMessages(library(survival))

shortest <- function(number) { # the fewest digits that read back as the same number; infinity as null
  if (is.infinite(number)) return("null")
  if (number == round(number)) return(sprintf("%.0f", number))
  for (digits in 1:17) {
    text <- sprintf("%.*g", digits, number)
    if (as.numeric(text) == number) return(text)
  }
}
row <- function(numbers) paste0("[", paste(vapply(numbers, shortest, ""), collapse = ", "), "]")

fit_of <- function(left, right) {
  high <- ifelse(is.infinite(right), NA_real_, right)
  # with NA for a left end of 0, R leaves the mass of such patients at their right ends, far below the maximum
  survfit(Surv(left, high, type = "interval2") ~ 1)
}

# survfit ends its self-consistency early; here the same steps go on from its masses until none moves. The last mass, left
# out at the end, is that of those who may never have the event. A little is given to every mass first, as one of 0 stays 0.
go_on <- function(left, right, time, mass) {
  within <- outer(left, time, "<") & outer(right, time, ">=") | outer(left, time, "==") & left == right
  within <- cbind(within, is.infinite(right)) * 1
  mass <- pmax(c(mass, 1 - sum(mass)), 0) + 1e-3 * colMeans(within)
  mass <- mass / sum(mass)
  for (step in 1:200000) {
    new <- mass * colMeans(within / as.vector(within %*% mass))
    moved <- max(abs(new - mass))
    mass <- new
    if (moved < 1e-15) break
  }
  list(mass = round(mass[-length(mass)], 13), ended = moved < 1e-15)
}

draw <- function() {
  n <- sample(3:30, 1)
  grid <- sort(sample(1:120, sample(3:12, 1)))
  time <- round(rexp(n, 1 / 50), 1)
  left <- right <- numeric(n)
  for (i in seq_len(n)) {
    looks <- sort(sample(grid, sample(seq_along(grid), 1)))
    left[i] <- max(0, looks[looks < time[i]])
    right[i] <- min(Inf, looks[looks >= time[i]])
  }
  exact <- runif(n) < sample(c(0, 0.2), 1) & time > 0
  left[exact] <- right[exact] <- ceiling(time[exact])
  known <- !(left == 0 & is.infinite(right))  # R refuses an interval that says nothing
  list(left = left[known], right = right[known])
}

set.seed(1976)
sets <- list(list(left = c(0, 0, 28, 28, 56, 56, 84, 0, 28, 0), right = c(28, 56, 56, 84, 84, Inf, Inf, 28, Inf, 84)))
while (length(sets) < 200) {
  one <- draw()
  if (length(one$left) > 1) sets[[length(sets) + 1]] <- one
}
texts <- vapply(sets, function(one) {
  fit <- fit_of(one$left, one$right)
  mass <- -diff(c(1, fit$surv))
  further <- go_on(one$left, one$right, fit$time, mass)
  paste0('{"left": ', row(one$left), ', "right": ', row(one$right), ', "time": ', row(fit$time),
         ', "mass": ', row(mass),
         ', "further": ', row(further$mass), ', "ended": ', if (further$ended) "true" else "false", "}")
}, "")
cat('{"R": "', R.version.string, '", "survival": "', as.character(packageVersion("survival")), '",\n"sets": [\n', paste(texts, collapse = ",\n"), "\n]}\n", sep = "")
