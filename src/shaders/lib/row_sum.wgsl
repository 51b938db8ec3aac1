// Sums and maxima along the rows of a matrix: eight invocations a row, eight rows a workgroup of 64. The order of additions is fixed.
const row_lanes = 8u;
const rows_per_workgroup = 8u;

var<workgroup> row_partial: array<f32, 64>;

// Sum of the values that the eight invocations of a row hold, the same in all of them. Every invocation must call it.
fn row_sum(value: f32, local: u32) -> f32 {
  row_partial[local] = value;
  workgroupBarrier();
  let first = local / row_lanes * row_lanes;
  var sum = 0.0;
  for (var i = 0u; i < row_lanes; i++) { sum += row_partial[first + i]; }
  workgroupBarrier();
  return sum;
}

// Largest of the values, likewise.
fn row_max(value: f32, local: u32) -> f32 {
  row_partial[local] = value;
  workgroupBarrier();
  let first = local / row_lanes * row_lanes;
  var largest = row_partial[first];
  for (var i = 1u; i < row_lanes; i++) { largest = max(largest, row_partial[first + i]); }
  workgroupBarrier();
  return largest;
}
