// Largest magnitude: largest = max(largest, |x[i]|) over all i, as the bits of an f32.
//
// x        COUNT elements
// largest  [1], zero at first; calls for several arrays may share it
// Without its sign bit an f32 is ordered as the whole number that its bits spell, with infinity above all numbers and NaN above
// infinity (IEEE 754). So one maximum of whole numbers finds everything that is not finite, whatever compilers assume of floats,
// and is the same in any order. Each invocation keeps the largest of its walk. Element-wise.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> largest: atomic<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  var own = 0u;
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      own = max(own, bitcast<u32>(x[i]) & 0x7fffffffu);
    }
  }
  if (own > atomicLoad(&largest)) {
    atomicMax(&largest, own);
  }
}
