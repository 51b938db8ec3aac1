// Second half of the batch statistics: joins the strands of batch_norm_partial in order and moves the running averages.
//
// Two groups with counts n, m, means a, b and squared deviations A, B join to mean a + (b − a)·m/(n + m) and
// A + B + (b − a)²·n·m/(n + m).  (Chan, Golub & LeVeque 1983, equations 1.5)
//
// x                                [ROWS, COLUMNS]; only row 0 is read, to which means are relative
// partial_mean, partial_squares    [STRANDS, COLUMNS]
// offset                           [COLUMNS]: mean − x[0, c]
// inverse_deviation                [COLUMNS]: 1/√(variance + EPSILON), variance = squares / ROWS
// running_mean                     [COLUMNS]: ← (1 − MOMENTUM)·running_mean + MOMENTUM·mean
// running_variance                 [COLUMNS]: the same with the unbiased variance squares / (ROWS − 1)
// One invocation a channel. With @if(vec4) channels go by vec4f and COLUMNS counts vectors.
import package::lib::strand::rows_of;
import constants::{ROWS, COLUMNS, STRANDS, WORKGROUP, MOMENTUM, EPSILON};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> partial_mean: array<Value>;
@group(0) @binding(2) var<storage, read> partial_squares: array<Value>;
@group(0) @binding(3) var<storage, read_write> offset: array<Value>;
@group(0) @binding(4) var<storage, read_write> inverse_deviation: array<Value>;
@group(0) @binding(5) var<storage, read_write> running_mean: array<Value>;
@group(0) @binding(6) var<storage, read_write> running_variance: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  if (channel >= COLUMNS) { return; }
  var count = 0.0;
  var mean = Value();
  var squares = Value();
  for (var strand = 0u; strand < STRANDS; strand++) {
    let rows = f32(rows_of(strand));
    let share = rows / (count + rows);
    let difference = partial_mean[strand * COLUMNS + channel] - mean;
    mean += difference * share;
    squares += partial_squares[strand * COLUMNS + channel] + difference * difference * (count * share);
    count += rows;
  }
  offset[channel] = mean;
  inverse_deviation[channel] = 1.0 / sqrt(squares / f32(ROWS) + EPSILON);
  running_mean[channel] += MOMENTUM * (x[channel] + mean - running_mean[channel]);
  running_variance[channel] += MOMENTUM * (squares / f32(ROWS - 1) - running_variance[channel]);
}
