// What softmax cross-entropy keeps of the scores of one sample while it walks over the classes; z = s·score.
struct State {
  // max z and Σ exp(z − max): the running maximum keeps exp from overflowing, with s = 64 and plain logits alike.
  maximum: f32,
  sum: f32,
  // Σ exp(z − max)·score: the mean of the scores under p is what the gradient of s needs.
  weighted: f32,
  // Score of the own class.
  own: f32,
  // Cosine to the own class, and sum of the cosines to the others, for the log.
  own_cosine: f32,
  other_cosines: f32,
}

fn empty() -> State { return State(-3e38, 0.0, 0.0, 0.0, 0.0, 0.0); }

fn fold(state: State, scale: f32, score: f32, cosine: f32, is_own: bool) -> State {
  let z = scale * score;
  let e = exp(-abs(z - state.maximum));
  let shrink = select(1.0, e, z > state.maximum);
  let added = select(e, 1.0, z > state.maximum);
  return State(
    max(state.maximum, z),
    fma(state.sum, shrink, added),
    fma(state.weighted, shrink, added * score),
    state.own + select(0.0, score, is_own),
    state.own_cosine + select(0.0, cosine, is_own),
    state.other_cosines + select(cosine, 0.0, is_own),
  );
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
