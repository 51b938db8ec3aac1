// Slow compilers must not unroll some loops, which multiplies their time: they cannot see through this step. The others must,
// so that the arrays stay in registers.
@if(rolled)  fn step_of(i: u32) -> u32 { return 1u + u32(f32(i) * 1e-30); }
@if(!rolled) fn step_of(i: u32) -> u32 { return 1u; }
