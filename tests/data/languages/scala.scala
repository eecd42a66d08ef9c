package example

import scala.util.Try

/** Parses numbers. */
object Numbers {
  val Limit = 10

  /** Parses one. */
  def parse(text: String): Option[Int] = {
    Try(text.toInt).toOption
  }
}

trait Shape {
  def area: Double
  def name: String = "shape"
}

case class Circle(radius: Double) extends Shape {
  override def area: Double = math.Pi * radius * radius
}

class Box[T](value: T) {
  def get: T = value
}

def topLevel(x: Int): Int = x + 1
