// End of the forward pass of a loss that is a mean of entries: loss and statistics.
//
//   loss = Σ entries / their number, 0 where there are none
//
// entries     [SAMPLES]: Σ of the entries of a sample and their number
// cosines     [SAMPLES]: Σ of the cosines with its own class and their number, the same with other classes
// loss        one number
// statistics  mean cosine to the own class and to the others (0 where there are none), number of entries
// One workgroup; the sums are taken in a fixed order.
import package::lib::nan::unless_nan;
import constants::{SAMPLES, WORKGROUP};

@group(0) @binding(0) var<storage, read> entries: array<vec2f>;
@group(0) @binding(1) var<storage, read> cosines: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>;

struct Sums {
  entries: vec2f,
  cosines: vec4f,
}

var<workgroup> parts: array<Sums, WORKGROUP>;

fn merge(a: Sums, b: Sums) -> Sums { return Sums(a.entries + b.entries, a.cosines + b.cosines); }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var sums = Sums();
  for (var i = local; i < SAMPLES; i += WORKGROUP) { sums = merge(sums, Sums(entries[i], cosines[i])); }
  parts[local] = sums;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] = merge(parts[local], parts[local + stride]); }
  }
  if (local == 0u) {
    let total = parts[0];
    loss[0] = unless_nan(total.entries.x / max(1.0, total.entries.y), total.cosines.x + total.cosines.z);
    statistics[0] = total.cosines.x / max(1.0, total.cosines.y);
    statistics[1] = total.cosines.z / max(1.0, total.cosines.w);
    statistics[2] = total.entries.y;
  }
}
