// Which tile a workgroup computes: x = tiles along the rows of C, y = tiles along its columns, z = groups, phases, splits.
// More row tiles than one grid dimension holds (65,535) go on in z.
import constants::{DEPTH};

fn row_tile(workgroup: vec3u) -> u32 { return workgroup.z / DEPTH * 65535u + workgroup.x; }

fn depth(workgroup: vec3u) -> u32 { return workgroup.z % DEPTH; }
