module Shapes

export area

const LIMIT = 10

"""
A circle.
"""
struct Circle <: Shape
    radius::Float64
end

# The area.
function area(c::Circle)
    return pi * c.radius^2
end

double(x) = 2x

abstract type Shape end

macro twice(ex)
    return :($ex; $ex)
end

function Base.show(io::IO, c::Circle)
    print(io, "circle")
end

end
