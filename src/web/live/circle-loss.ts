/** What softmax over cosines reaches on the circle, where more than three agents cannot form a simplex. */

/**
 * Softmax loss of features that coincide with their agents, n of which stand evenly on the circle: log Σₖ exp(s·(cos(2πk/n) − 1)).
 * For up to three classes this is the bound of Proposition 2, for more it lies above.
 */
export function evenCircleLoss(classes: number, scale: number): number {
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += Math.exp(scale * (Math.cos((2 * Math.PI * k) / classes) - 1));
  return Math.log(sum);
}
