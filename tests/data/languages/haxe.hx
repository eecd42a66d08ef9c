package shapes;

/** A circle. */
class Circle {
  var radius:Float;

  public function new(radius:Float) {
    this.radius = radius;
  }

  public function area():Float {
    return 3.14 * radius * radius;
  }
}
