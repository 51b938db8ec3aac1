// x = max(x, FLOOR), one number in place: the lower clamp of a learnt scale (NormFace's scale layer).
import package::lib::at_least::at_least;
import constants::FLOOR;

@group(0) @binding(0) var<storage, read_write> x: f32;

@compute @workgroup_size(1)
fn main() { x = at_least(x, FLOOR); }
