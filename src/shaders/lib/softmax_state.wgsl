// What softmax cross-entropy keeps of the scores of one sample while it walks over the classes; z = s·score. The own class stays
// apart from the others, y from j:
//
//   loss = log(1 + e^a),   1 − p_y = e^a/(1 + e^a),   a = log Σ_j exp z_j − z_y
//
// A sum that included y would round 1 − p_y to nothing for a sample that is recognised with certainty.
struct State {
  // max z_j and Σ exp(z_j − max): the running maximum keeps exp from overflowing, with s = 64 and plain logits alike.
  maximum: f32,
  sum: f32,
  // Σ exp(z_j − max)·score_j: the mean of the scores under p is what the gradient of s needs.
  weighted: f32,
  // Score of the own class.
  own: f32,
  // Cosine to the own class, and sum of the cosines to the others, for the log.
  own_cosine: f32,
  other_cosines: f32,
}

// What the gradient needs of a sample.
struct Decision {
  maximum: f32,
  // p_j/exp(z_j − max) of the other classes
  share: f32,
  // 1 − p_y
  rest: f32,
  // ∂loss/∂s
  slope: f32,
}

// Less than any score, and finite when added to itself.
const nothing = -1e38;

fn empty() -> State { return State(nothing, 0.0, 0.0, 0.0, 0.0, 0.0); }

fn fold(state: State, scale: f32, score: f32, cosine: f32, is_own: bool) -> State {
  var result = state;
  if (is_own) {
    result.own = score;
    result.own_cosine = cosine;
    return result;
  }
  let z = scale * score;
  let e = exp(-abs(z - state.maximum));
  let shrink = select(1.0, e, z > state.maximum);
  let added = select(e, 1.0, z > state.maximum);
  result.maximum = max(state.maximum, z);
  result.sum = fma(state.sum, shrink, added);
  result.weighted = fma(state.weighted, shrink, added * score);
  result.other_cosines += cosine;
  return result;
}

fn merge(a: State, b: State) -> State {
  let maximum = max(a.maximum, b.maximum);
  let x = exp(a.maximum - maximum);
  let y = exp(b.maximum - maximum);
  return State(
    maximum, x * a.sum + y * b.sum, x * a.weighted + y * b.weighted,
    a.own + b.own, a.own_cosine + b.own_cosine, a.other_cosines + b.other_cosines,
  );
}

// a, of all classes; where there is only one, next to −∞.
fn log_odds(state: State, scale: f32) -> f32 {
  return (state.maximum - scale * state.own) + select(log(state.sum), nothing, state.sum == 0.0);
}
