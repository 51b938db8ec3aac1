// What happens to the numbers of a convolution before they are stored, instead of in passes of their own:
//
//   z += bias[channel];   y = z > 0 ? z : slope[channel]·z;   y += residual
//
// each with the condition of its name. With @if(keep) z is stored too, as `before`, for the backward pass.
//
// bias, slope  [channels]
// residual     like y
// before       like y
// With @if(vec4_y) all go by vec4f, and channel and index count vectors.
@if(vec4_y)  alias Value = vec4f;
@if(!vec4_y) alias Value = f32;

@if(bias)     @group(0) @binding(3) var<storage, read> bias: array<Value>;
@if(slope)    @group(0) @binding(4) var<storage, read> slope: array<Value>;
@if(residual) @group(0) @binding(5) var<storage, read> residual: array<Value>;
@if(keep)     @group(0) @binding(6) var<storage, read_write> before: array<Value>;

fn finish(value: Value, channel: u32, index: u32) -> Value {
  var result = value;
  @if(bias)     result += bias[channel];
  @if(keep)     before[index] = result;
  @if(slope)    result = select(slope[channel] * result, result, result > Value());
  @if(residual) result += residual[index];
  return result;
}
