#include <cuda_runtime.h>

// Adds two vectors, one element a thread.
__global__ void add(const float* a, const float* b, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = a[i] + b[i];
}

template <typename T>
__device__ T clamp(T x, T low, T high) {
  return x < low ? low : (x > high ? high : x);
}

struct Launch {
  int blocks;
  int threads() const { return 256; }
};
