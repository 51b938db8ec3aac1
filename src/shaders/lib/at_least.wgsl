// max(value, least), but a NaN stays one: a learnt scale that diverged must show in the loss.
fn at_least(value: f32, least: f32) -> f32 { return select(value, least, value < least); }
