import gleam/io

/// A closed shape.
pub type Shape {
  Circle(radius: Float)
  Square(side: Float)
}

const limit = 10

/// The area.
pub fn area(shape: Shape) -> Float {
  case shape {
    Circle(r) -> 3.14 *. r *. r
    Square(a) -> a *. a
  }
}
