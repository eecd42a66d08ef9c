import Foundation

/// Something that can be drawn.
protocol Drawable {
    func draw()
}

/// A circle.
public final class Circle: Drawable {
    let radius: Double

    init(radius: Double) {
        self.radius = radius
    }

    /// Draws it.
    public func draw() {
        print(radius)
    }

    deinit {
        print("gone")
    }
}

struct Size {
    var width = 0.0
}

enum Side {
    case left, right
}

extension Circle {
    func scaled(by factor: Double) -> Circle {
        return Circle(radius: radius * factor)
    }
}

@discardableResult
func render(_ shapes: [Drawable]) async throws -> Int {
    shapes.forEach { $0.draw() }
    return shapes.count
}
