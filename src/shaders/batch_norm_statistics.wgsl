// Second half of the batch statistics: joins the chunks of batch_norm_partial in order and moves the running averages.
//
// Two groups with counts n, m, means a, b and squared deviations A, B join to mean a + (b − a)·m/(n + m) and
// A + B + (b − a)²·n·m/(n + m).  (Chan, Golub & LeVeque 1983, equations 1.5)
//
// x                      [ROWS, CHANNELS]; only row 0 is read, to which means are relative
// partial_mean, _squares [CHUNKS, CHANNELS]
// offset                 [CHANNELS]: mean − x[0, c]
// inverse_deviation      [CHANNELS]: 1/√(variance + EPSILON), variance = squares / ROWS
// running_mean           [CHANNELS]: ← (1 − MOMENTUM)·running_mean + MOMENTUM·mean
// running_variance       [CHANNELS]: the same with the unbiased variance squares / (ROWS − 1)
// One invocation a channel.
import constants::{ROWS, CHANNELS, CHUNKS, ROWS_PER_CHUNK, WORKGROUP, MOMENTUM, EPSILON};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> partial_mean: array<f32>;
@group(0) @binding(2) var<storage, read> partial_squares: array<f32>;
@group(0) @binding(3) var<storage, read_write> offset: array<f32>;
@group(0) @binding(4) var<storage, read_write> inverse_deviation: array<f32>;
@group(0) @binding(5) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> running_variance: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  if (channel >= CHANNELS) { return; }
  var count = min(f32(ROWS_PER_CHUNK), f32(ROWS));
  var mean = partial_mean[channel];
  var squares = partial_squares[channel];
  for (var chunk = 1u; chunk < CHUNKS; chunk++) {
    let rows = f32(min(u32(ROWS_PER_CHUNK), ROWS - chunk * ROWS_PER_CHUNK));
    let difference = partial_mean[chunk * CHANNELS + channel] - mean;
    let share = rows / (count + rows);
    mean += difference * share;
    squares += partial_squares[chunk * CHANNELS + channel] + difference * difference * count * share;
    count += rows;
  }
  offset[channel] = mean;
  inverse_deviation[channel] = 1.0 / sqrt(squares / f32(ROWS) + EPSILON);
  running_mean[channel] += MOMENTUM * (x[channel] + mean - running_mean[channel]);
  running_variance[channel] += MOMENTUM * (squares / f32(ROWS - 1) - running_variance[channel]);
}
