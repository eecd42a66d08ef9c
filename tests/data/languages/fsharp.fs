module Shapes

open System

/// A closed shape.
type Shape =
    | Circle of float
    | Square of float

/// The area in square metres.
let area shape =
    match shape with
    | Circle r -> Math.PI * r * r
    | Square a -> a * a

let limit = 10

type Counter(start: int) =
    let mutable value = start

    member this.Add(n) =
        value <- value + n
        value
