#include <vector>

namespace geo {
namespace detail {

template <typename T>
T square(T value) {
  return value * value;
}

}  // namespace detail

/// A closed shape.
class Shape : public Base {
 public:
  explicit Shape(int sides) : sides_(sides) {}
  virtual ~Shape() = default;

  /// Area in square metres.
  ///
  /// Never negative.
  virtual double area() const = 0;

  int sides() const { return sides_; }

  bool operator==(const Shape& other) const {
    return sides_ == other.sides_;
  }

 private:
  int sides_;
};

template <class T>
struct Box {
  T value;
  T get() {
    return value;
  }
};

enum class Unit { Metre, Foot };

using Shapes = std::vector<Shape>;

double Shape::perimeter() const {
  return sides_ * 1.0;
}

template <class T>
void Box<T>::reset() {
  value = T();
}

}  // namespace geo

std::ostream& operator<<(std::ostream& out, const geo::Shape& shape) {
  return out << shape.sides();
}

int main(int argc, char** argv) {
  return 0;
}
