// Finite trap: flag = min(flag, serial) if any x[i] is NaN or ±infinity.
//
// The test looks at the bits (exponent all ones), because compilers may assume that floats are finite.
// One invocation an element. The minimum over serial numbers names the first dispatch that went wrong.
import package::lib::linear::linear_index;
import constants::WORKGROUP;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> serial: array<u32>; // [1]
@group(0) @binding(2) var<storage, read_write> flag: atomic<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= arrayLength(&x)) { return; }
  if ((bitcast<u32>(x[i]) & 0x7f800000u) == 0x7f800000u) { atomicMin(&flag, serial[0]); }
}
