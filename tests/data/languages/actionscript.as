package shapes {
    /** A circle. */
    public class Circle {
        private var radius:Number;

        public function Circle(radius:Number) {
            this.radius = radius;
        }

        public function area():Number {
            return 3.14 * radius * radius;
        }
    }
}
