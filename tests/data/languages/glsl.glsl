#version 330 core

uniform vec3 light;

struct Material {
    vec3 color;
};

// How bright a surface is.
float brightness(vec3 normal) {
    return max(dot(normal, light), 0.0);
}

void main() {
    gl_FragColor = vec4(brightness(vec3(0.0)));
}
