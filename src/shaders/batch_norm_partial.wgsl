// First half of the batch statistics: mean and summed squared deviation of each strand of rows, a channel at a time.
//
// x                [ROWS, COLUMNS], the channel innermost
// partial_mean     [STRANDS, COLUMNS]: mean of x[r, c] − x[0, c] over the rows r of strand s, lib/strand
// partial_squares  [STRANDS, COLUMNS]: Σ (x[r, c] − mean of the strand)²
// Means are relative to the first row of the channel, so one that is large against the deviation costs no digits. Within a
// strand, deviations are taken from its first row: M₂ = Σd² − (Σd)²/n. As that row is one of the n, (Σd)²/n ≤ n·M₂, so the
// difference loses at most a factor n + 1 of precision, whatever the data.
// With @if(vec4) channels go by vec4f and COLUMNS counts vectors.
import package::lib::strand::strand_of;
import constants::{ROWS, COLUMNS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> partial_mean: array<Value>;
@group(0) @binding(2) var<storage, read_write> partial_squares: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = strand_of(id.x);
  if (strand.first >= ROWS) { return; }
  let first = x[strand.first * COLUMNS + strand.column];
  var sum = Value();
  var squares = Value();
  for (var row = strand.first; row < strand.end; row++) {
    let deviation = x[row * COLUMNS + strand.column] - first;
    sum += deviation;
    squares += deviation * deviation;
  }
  let count = f32(strand.end - strand.first);
  partial_mean[id.x] = (first - x[strand.column]) + sum / count;
  let spread = squares - sum * sum / count;
  partial_squares[id.x] = select(spread, Value(), spread < Value()); // a NaN stays one
}
