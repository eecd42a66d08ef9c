cbuffer Camera : register(b0) {
    float4x4 view;
};

struct Vertex {
    float3 position : POSITION;
};

// Transforms a vertex.
float4 main(Vertex input) : SV_POSITION {
    return mul(view, float4(input.position, 1.0));
}
