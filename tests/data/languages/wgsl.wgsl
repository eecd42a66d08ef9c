struct Vertex {
    @location(0) position: vec3<f32>,
};

@group(0) @binding(0) var<uniform> view: mat4x4<f32>;

// Transforms a vertex.
@vertex
fn main(input: Vertex) -> @builtin(position) vec4<f32> {
    return view * vec4<f32>(input.position, 1.0);
}
