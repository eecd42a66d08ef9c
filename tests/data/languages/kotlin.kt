package org.example

import kotlin.math.sqrt

/** A point in the plane. */
data class Point(val x: Double, val y: Double) {
    fun norm(): Double = sqrt(x * x + y * y)

    companion object {
        fun origin(): Point {
            return Point(0.0, 0.0)
        }
    }
}

interface Shape {
    fun area(): Double
}

object Registry {
    private val shapes = mutableListOf<Shape>()

    // Adds a shape.
    fun add(shape: Shape) {
        shapes.add(shape)
    }
}

enum class Side { LEFT, RIGHT }

suspend fun List<Point>.longest(): Point {
    return maxByOrNull { it.norm() }!!
}

typealias Points = List<Point>
