// Finite trap: flag = serial if any x[i] is NaN or ±infinity and no earlier dispatch has set the flag.
//
// x       COUNT elements
// serial  [1], the number of the dispatch that wrote x
// flag    CLEAR until a dispatch went wrong
// The test looks at the bits (exponent all ones), because compilers may assume that floats are finite. Dispatches run in order
// and all invocations of one store the same serial, so the flag keeps the first that went wrong. Element-wise.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, CLEAR};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> serial: array<u32>;
@group(0) @binding(2) var<storage, read_write> flag: atomic<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT && (bitcast<u32>(x[i]) & 0x7f800000u) == 0x7f800000u && atomicLoad(&flag) == CLEAR) {
      atomicStore(&flag, serial[0]);
    }
  }
}
