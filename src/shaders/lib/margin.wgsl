// Margins of softmax losses: what stands for the cosine c = cos θ of a sample with a class before the scale, and its slope.
//
//   own class, @if(cosine_margin)   c − MARGIN                          AM-Softmax, CosFace; @if(only_above): where c > MARGIN
//              @if(angle_margin)    cos(θ + MARGIN), past π c − MARGIN·sin MARGIN        ArcFace; @if(easy): where c > 0
//              @if(multiple_angle)  (λ·c + ψ(θ))/(λ + 1),   ψ = (−1)^k·cos(MULTIPLE·θ) − 2k for θ in [k, k + 1]·π/MULTIPLE
//                                                                                                           SphereFace
//              @if(circle)          [1 + MARGIN − c]₊·(c − 1 + MARGIN)                                         circle loss
//   others     c, or with @if(circle) [c + MARGIN]₊·(c − MARGIN)
//
// With @if(straight_through) the slope of the angle margin is 1, as if MARGIN were added to a constant. The brackets of circle
// loss are weights, not differentiated (Sun et al. 2020, section 3.2).
//
// annealing  λ, one number
// own_gaps   [SAMPLES] 1 − c of the own class, of own_gap, with @if(angle_margin): what the angle is found from
import constants::{MARGIN, MULTIPLE};

@if(multiple_angle) @group(0) @binding(10) var<storage, read> annealing: array<f32>;
@if(angle_margin) @group(0) @binding(12) var<storage, read> own_gaps: array<f32>;

struct Margined { value: f32, slope: f32 }

const pi = 3.14159265358979;

// c: cosine of sample i with its own or another class
fn margined(c: f32, i: u32, is_own: bool) -> Margined {
  @if(circle) {
    if (is_own) { let weight = max(1.0 + MARGIN - c, 0.0); return Margined(weight * (c - 1.0 + MARGIN), weight); }
    let weight = max(c + MARGIN, 0.0);
    return Margined(weight * (c - MARGIN), weight);
  }
  @else {
    if (!is_own) { return Margined(c, 1.0); }
    @if(angle_margin) return own_margined(c, own_gaps[i]);
    @else return own_margined(c);
  }
}

@if(cosine_margin)
fn own_margined(c: f32) -> Margined {
  @if(only_above) { if (c <= MARGIN) { return Margined(c, 1.0); } }
  return Margined(c - MARGIN, 1.0);
}

@if(angle_margin)
fn own_margined(c: f32, gap: f32) -> Margined {
  @if(easy) { if (c <= 0.0) { return Margined(c, 1.0); } }
  @if(!easy) { if (c <= -cos(MARGIN)) { return Margined(c - MARGIN * sin(MARGIN), 1.0); } }
  // sin²θ = (1 − c)(1 + c)
  let sine = sqrt(max(gap * (2.0 - gap), 0.0));
  let value = (1.0 - gap) * cos(MARGIN) - sine * sin(MARGIN);
  @if(straight_through) return Margined(value, 1.0);
  // The slope sin(θ + m)/sin θ has no limit at θ = 0: it ends at the angle at which a cosine is one rounding away from 1.
  @else return Margined(value, cos(MARGIN) + (1.0 - gap) / max(sine, 4.5e-4) * sin(MARGIN));
}

// cos(m·θ) and its slope m·U(c) by the recurrences of the Chebyshev polynomials: no arc cosine.
@if(multiple_angle)
fn own_margined(c: f32) -> Margined {
  var first = vec2f(1.0, 0.0);
  var second = vec2f(c, 1.0);
  var k = 0.0;
  for (var i = 1u; i < MULTIPLE; i++) {
    let next = 2.0 * c * second - first;
    first = second;
    second = next;
    if (c < cos(f32(i) * pi / MULTIPLE)) { k += 1.0; }
  }
  let sign = 1.0 - 2.0 * (k % 2.0);
  let lambda = annealing[0];
  return Margined(
    (lambda * c + sign * second.x - 2.0 * k) / (1.0 + lambda),
    (lambda + sign * MULTIPLE * second.y) / (1.0 + lambda),
  );
}
