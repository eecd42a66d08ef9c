cmake_minimum_required(VERSION 3.20)
project(shapes)

# Adds a test.
function(add_shape_test name)
  add_executable(${name} ${name}.cpp)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

macro(twice value)
  math(EXPR result "2 * ${value}")
endmacro()

add_shape_test(circle)
