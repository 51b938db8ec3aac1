// Counter-based random numbers, bit for bit those of src/engine/random.ts.

fn random_mix(value: u32) -> u32 {
  var x = (value ^ (value >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}

fn hash32(a: u32, b: u32, c: u32, d: u32) -> u32 {
  var h = random_mix(a + 0x9e3779b9u);
  h = random_mix((h ^ b) + 0x85ebca6bu);
  h = random_mix((h ^ c) + 0xc2b2ae35u);
  return random_mix((h ^ d) + 0x27d4eb2fu);
}

// Uniform in [0, 1) with 24 bits.
fn uniform01(a: u32, b: u32, c: u32, d: u32) -> f32 {
  return f32(hash32(a, b, c, d) >> 8u) * 5.9604644775390625e-8;
}
