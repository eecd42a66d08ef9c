library(stats)

limit <- 10

#' Adds two numbers.
#'
#' @param a first
#' @export
add <- function(a, b) {
  a + b
}

scale.vector = function(x, by = 1) x * by

setMethod("show", "Point", function(object) {
  cat(object@x)
})
