// Element-wise work: a workgroup walks a contiguous range of COUNT elements, its invocations side by side, in STEPS strides.
//
// On a GPU STEPS is 1 and the grid does the walking; on drivers that run a subgroup as one SIMD register a workgroup is one
// subgroup and STEPS is large, because starting a workgroup costs as much as a dozen elements.
import constants::{WORKGROUP, GRID_X, STEPS};

// Index of the element of this invocation in one of the STEPS strides; the last ones may lie past the end.
fn element(workgroup: vec3u, local: u32, step: u32) -> u32 {
  return ((workgroup.y * GRID_X + workgroup.x) * STEPS + step) * WORKGROUP + local;
}
