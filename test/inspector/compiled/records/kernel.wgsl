// A kernel with what is counted: multiply-adds in two loops, one in the other, workgroup memory, barriers, an integer multiply-add.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
var<workgroup> tile: array<f32, 2048>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  var sum = 0.0;
  for (var block = 0u; block < 999u; block++) {
    tile[lane] = x[block * 2560u + lane * group.y + 7u];
    workgroupBarrier();
    for (var k = 0u; k < 256u; k++) { sum = fma(tile[(k + lane) % 256u], x[k], sum); }
    workgroupBarrier();
  }
  y[group.x * 256u + lane] = sum;
}
