// NaN in maxima: WGSL's max may return either operand where one is NaN, and compilers may assume that there is none, so that
// x != x is no test. A NaN is known by its bits: exponent all ones, fraction not zero.
@if(vec4) alias Value = vec4f;
@else alias Value = f32;
@if(vec4) alias Bits = vec4u;
@else alias Bits = u32;
@if(vec4) alias Flag = vec4<bool>;
@else alias Flag = bool;

fn is_nan(value: Value) -> Flag { return (bitcast<Bits>(value) & Bits(0x7fffffffu)) > Bits(0x7f800000u); }

// Whether `value` takes the place of the maximum so far: where it is larger, or the first NaN, which nothing is larger than.
fn exceeds(value: Value, best: Value) -> Flag { return (value > best) | (is_nan(value) & !is_nan(best)); }

// `value`, or `witness` where that is NaN: hinges and clamps make ordinary numbers of it, and so would a loss that is made of them.
fn unless_nan(value: Value, witness: Value) -> Value { return select(value, witness, is_nan(witness)); }
