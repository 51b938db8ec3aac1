// Label trap: if any label is not below the number of classes and no earlier dispatch has set the finding, the finding becomes
// serial, the largest such label, and the number of classes.
//
// labels          COUNT labels
// serial          [1], the number of this check
// finding         [3], CLEAR in the first until a check went wrong
// classes_in_use  with @if(partial): the number of classes, instead of CLASSES
// All invocations of a dispatch store the same serial, and dispatches run in order, so the first that went wrong stays.
import constants::{COUNT, CLASSES, WORKGROUP, CLEAR};

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> serial: array<u32>;
@group(0) @binding(2) var<storage, read_write> finding: array<atomic<u32>, 3>;
@if(partial) @group(0) @binding(3) var<storage, read> classes_in_use: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var classes = u32(CLASSES);
  @if(partial) { classes = min(classes, classes_in_use); }
  if (id.x >= COUNT || labels[id.x] < classes) { return; }
  if (atomicLoad(&finding[0]) == CLEAR) { atomicStore(&finding[0], serial[0]); }
  if (atomicLoad(&finding[0]) == serial[0]) {
    atomicMax(&finding[1], labels[id.x]);
    atomicStore(&finding[2], classes);
  }
}
