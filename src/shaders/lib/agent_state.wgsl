// What an agent loss knows of one sample before it walks over the classes.
struct Sample {
  // Squared distance to the agent of the own class.
  own_distance: f32,
  // ‖f̂‖²
  square: f32,
  // Negatives nearer than this cost.
  reach: f32,
}

// What it keeps of the negative entries of the sample while it walks.
struct State {
  // Σ D over the other classes, for the log.
  distances: f32,
  // Σ of the entries and of their slopes −∂entry/∂D.
  entries: f32,
  slopes: f32,
  // Largest entry and its class; the first of equal ones.
  largest: f32,
  nearest: u32,
}

fn empty() -> State { return State(0.0, 0.0, 0.0, 0.0, 0xffffffffu); }

fn merge(a: State, b: State) -> State {
  let takes_b = b.largest > a.largest || (b.largest == a.largest && b.nearest < a.nearest);
  return State(
    a.distances + b.distances,
    a.entries + b.entries,
    a.slopes + b.slopes,
    select(a.largest, b.largest, takes_b),
    select(a.nearest, b.nearest, takes_b),
  );
}

// What the end of the forward pass decides about one sample.
struct Decision {
  // ∂(sum of entries)/∂D of the own class.
  own_slope: f32,
  // Factor of the slopes of the negatives.
  negatives: f32,
  // The only class whose negative counts, or all_classes.
  only: u32,
  // Σ of ∂(sum of entries)/∂D over all classes.
  all_slopes: f32,
}

const all_classes = 0xffffffffu;
