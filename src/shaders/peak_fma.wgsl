// Most multiply-adds a second: eight independent chains of vec4f an invocation, nothing but registers.
//
// sink  one number an invocation, so that nothing is optimised away
// STEPS times four unrolled rounds of 8·4 multiply-adds: 256·STEPS floating-point operations an invocation.
import constants::{STEPS, WORKGROUP};

@group(0) @binding(0) var<storage, read_write> sink: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let b = vec4f(0.999 + f32(id.x & 1u) * 1e-4);
  let c = vec4f(1e-3);
  var v0 = vec4f(0.1);
  var v1 = vec4f(0.2);
  var v2 = vec4f(0.3);
  var v3 = vec4f(0.4);
  var v4 = vec4f(0.5);
  var v5 = vec4f(0.6);
  var v6 = vec4f(0.7);
  var v7 = vec4f(0.8);
  for (var i = 0u; i < STEPS; i++) {
    v0 = fma(v0, b, c); v1 = fma(v1, b, c); v2 = fma(v2, b, c); v3 = fma(v3, b, c);
    v4 = fma(v4, b, c); v5 = fma(v5, b, c); v6 = fma(v6, b, c); v7 = fma(v7, b, c);
    v0 = fma(v0, b, c); v1 = fma(v1, b, c); v2 = fma(v2, b, c); v3 = fma(v3, b, c);
    v4 = fma(v4, b, c); v5 = fma(v5, b, c); v6 = fma(v6, b, c); v7 = fma(v7, b, c);
    v0 = fma(v0, b, c); v1 = fma(v1, b, c); v2 = fma(v2, b, c); v3 = fma(v3, b, c);
    v4 = fma(v4, b, c); v5 = fma(v5, b, c); v6 = fma(v6, b, c); v7 = fma(v7, b, c);
    v0 = fma(v0, b, c); v1 = fma(v1, b, c); v2 = fma(v2, b, c); v3 = fma(v3, b, c);
    v4 = fma(v4, b, c); v5 = fma(v5, b, c); v6 = fma(v6, b, c); v7 = fma(v7, b, c);
  }
  let sum = v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7;
  sink[id.x] = sum.x + sum.y + sum.z + sum.w;
}
