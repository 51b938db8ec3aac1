// One invocation an element, whatever the size: workgroups beyond the limit of one grid dimension fold into rows.
import constants::{WORKGROUP, GRID_X};

// Index of the element of this invocation; the last ones may lie past the end.
fn linear_index(workgroup: vec3u, local: u32) -> u32 {
  return (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
}
