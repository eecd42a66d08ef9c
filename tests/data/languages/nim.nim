import strutils

const limit = 10

type
  Circle* = object
    radius: float

## Computes the area.
proc area*(c: Circle): float =
  ## In square metres.
  result = 3.14 * c.radius * c.radius

func double(x: int): int = x * 2

iterator items(c: Circle): float =
  yield c.radius

template twice(body: untyped) =
  body
  body
