// First half of the batch statistics: mean and summed squared deviation of each strand of rows, a channel at a time.
//
// x                [ROWS, COLUMNS], the channel innermost
// partial_mean     [STRANDS, COLUMNS]: mean of x[r, c] − x[0, c] over the rows r = s, s + STRANDS, … of strand s
// partial_squares  [STRANDS, COLUMNS]: Σ (x[r, c] − mean of the strand)²
// Means are relative to the first row of the channel, so one that is large against the deviation costs no digits. Within a
// strand, deviations are taken from its first row: M₂ = Σd² − (Σd)²/n. As that row is one of the n, (Σd)²/n ≤ n·M₂, so the
// difference loses at most a factor n + 1 of precision, whatever the data.
// One invocation a channel and strand, channels innermost: neighbours read neighbours at every step. With @if(vec4) channels go
// by vec4f and COLUMNS counts vectors.
import constants::{ROWS, COLUMNS, STRANDS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> partial_mean: array<Value>;
@group(0) @binding(2) var<storage, read_write> partial_squares: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = id.x / COLUMNS;
  if (strand >= STRANDS) { return; }
  let first = x[id.x];
  var sum = Value();
  var squares = Value();
  for (var i = id.x; i < u32(ROWS * COLUMNS); i += u32(STRANDS * COLUMNS)) {
    let deviation = x[i] - first;
    sum += deviation;
    squares += deviation * deviation;
  }
  let count = f32((ROWS - strand + STRANDS - 1u) / STRANDS);
  partial_mean[id.x] = (first - x[id.x % COLUMNS]) + sum / count;
  partial_squares[id.x] = max(squares - sum * sum / count, Value());
}
