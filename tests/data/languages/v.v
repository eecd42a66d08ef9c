module shapes

import math

// A circle.
pub struct Circle {
	radius f64
}

// area computes the area.
pub fn (c Circle) area() f64 {
	return math.pi * c.radius * c.radius
}

fn double(x int) int {
	return x * 2
}

enum Color {
	red
	green
}
