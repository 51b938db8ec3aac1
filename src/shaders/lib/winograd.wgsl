// The one-dimensional transforms of Winograd's minimal filtering F(M, 3): M outputs of a filter with three taps from ALPHA = M + 2
// inputs by ALPHA products instead of 3·M.  (Winograd 1980; for convolutions: Lavin and Gray 2016, section 4)
//
//   y = Aᵀ·[(G·g) ⊙ (Bᵀ·d)]      in two dimensions   Y = Aᵀ·[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]·A
//
// A product of polynomials by their values at the points 0, ±p, ±q, ∞ (Toom and Cook): G and A evaluate, Bᵀ interpolates. The
// adjoints A and Gᵀ serve the weight gradient  dg = Gᵀ·[(A·dY·Aᵀ) ⊙ (Bᵀ·d·B)]·G.
//
// F(2, 3), @if(small_tile), has the usual points 0, ±1, ∞. F(4, 3) has ±3/4, ±3/2 rather than the usual ±1, ±2: with 128 channels
// of normal numbers the largest error is 1.7e-6 of the largest result instead of 5.9e-6, and 1.1e-6 for a sum of products one by
// one; the constants of Bᵀ and A stay exact in f32.
//
// Pairs ±p share their even and odd parts.
@if(small_tile)  const M = 2u;
@if(!small_tile) const M = 4u;
const ALPHA = M + 2u;
// Squares of p and q; of the one point pair ±1 for F(2, 3).
const p = 0.75;
const q = 1.5;
const pp = p * p;
const qq = q * q;

// Bᵀ·d
fn interpolate(d: array<vec4f, ALPHA>) -> array<vec4f, ALPHA> {
  @if(small_tile) return array<vec4f, ALPHA>(d[2] - d[0], d[2] + d[1], d[2] - d[1], d[3] - d[1]);
  @if(!small_tile) {
    let even_p = d[4] - qq * d[2];
    let odd_p = p * (d[3] - qq * d[1]);
    let even_q = d[4] - pp * d[2];
    let odd_q = q * (d[3] - pp * d[1]);
    return array<vec4f, ALPHA>(
      d[4] - (pp + qq) * d[2] + pp * qq * d[0],
      even_p + odd_p, even_p - odd_p, even_q + odd_q, even_q - odd_q,
      d[5] - (pp + qq) * d[3] + pp * qq * d[1]);
  }
}

// G·g
fn evaluate_filter(g: array<vec4f, 3>) -> array<vec4f, ALPHA> {
  @if(small_tile) {
    let even = 0.5 * (g[0] + g[2]);
    let odd = 0.5 * g[1];
    return array<vec4f, ALPHA>(-g[0], even + odd, even - odd, g[2]);
  }
  @if(!small_tile) {
    const scale_p = 1.0 / (2.0 * pp * (pp - qq));
    const scale_q = 1.0 / (2.0 * qq * (qq - pp));
    let even_p = scale_p * (g[0] + pp * g[2]);
    let odd_p = scale_p * p * g[1];
    let even_q = scale_q * (g[0] + qq * g[2]);
    let odd_q = scale_q * q * g[1];
    return array<vec4f, ALPHA>(
      1.0 / (pp * qq) * g[0], even_p + odd_p, even_p - odd_p, even_q + odd_q, even_q - odd_q, g[2]);
  }
}

// Gᵀ·u
fn evaluate_filter_adjoint(u: array<vec4f, ALPHA>) -> array<vec4f, 3> {
  @if(small_tile) {
    let even = 0.5 * (u[1] + u[2]);
    return array<vec4f, 3>(even - u[0], 0.5 * (u[1] - u[2]), even + u[3]);
  }
  @if(!small_tile) {
    const scale_p = 1.0 / (2.0 * pp * (pp - qq));
    const scale_q = 1.0 / (2.0 * qq * (qq - pp));
    let even_p = scale_p * (u[1] + u[2]);
    let even_q = scale_q * (u[3] + u[4]);
    return array<vec4f, 3>(
      1.0 / (pp * qq) * u[0] + even_p + even_q,
      scale_p * p * (u[1] - u[2]) + scale_q * q * (u[3] - u[4]),
      pp * even_p + qq * even_q + u[5]);
  }
}

// Aᵀ·m
fn evaluate_output(m: array<vec4f, ALPHA>) -> array<vec4f, M> {
  @if(small_tile) return array<vec4f, M>(m[0] + m[1] + m[2], m[1] - m[2] + m[3]);
  @if(!small_tile) {
    let even_p = m[1] + m[2];
    let odd_p = m[1] - m[2];
    let even_q = m[3] + m[4];
    let odd_q = m[3] - m[4];
    return array<vec4f, M>(
      m[0] + even_p + even_q,
      p * odd_p + q * odd_q,
      pp * even_p + qq * even_q,
      pp * p * odd_p + qq * q * odd_q + m[5]);
  }
}

// A·y
fn evaluate_output_adjoint(y: array<vec4f, M>) -> array<vec4f, ALPHA> {
  @if(small_tile) return array<vec4f, ALPHA>(y[0], y[0] + y[1], y[0] - y[1], y[1]);
  @if(!small_tile) {
    let even_p = y[0] + pp * y[2];
    let odd_p = p * y[1] + pp * p * y[3];
    let even_q = y[0] + qq * y[2];
    let odd_q = q * y[1] + qq * q * y[3];
    return array<vec4f, ALPHA>(
      y[0], even_p + odd_p, even_p - odd_p, even_q + odd_q, even_q - odd_q, y[3]);
  }
}
