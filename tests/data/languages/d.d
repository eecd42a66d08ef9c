module shapes;

import std.math;

/// A circle.
class Circle : Shape
{
    double radius;

    this(double radius)
    {
        this.radius = radius;
    }

    /// The area.
    double area() const
    {
        return PI * radius * radius;
    }
}

struct Point
{
    int x;
}

enum Color { red, green }

int twice(int x)
{
    return 2 * x;
}
