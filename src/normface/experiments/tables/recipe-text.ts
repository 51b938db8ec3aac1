/** What was run, in words. */

import type { Recipe, Stage } from './recipe.ts';

/** Of the baseline alone. */
export function baselineText(recipe: Recipe, seeds: readonly number[]): string {
  const { net, faces, baseline } = recipe;
  return `Net \`${net}\` on ${faces.description}. For ${seedsText(seeds)} a softmax baseline of ${stepsText(baseline)}.`;
}

/** Of the baseline and what is made of it. */
export function recipeText(recipe: Recipe, seeds: readonly number[]): string {
  const { fineTune, merge, snapshots, newClassWeights } = recipe;
  const rate =
    fineTune.schedule?.kind === 'cosine'
      ? `a rate that falls from ${fineTune.learningRate} to zero`
      : `a rate of ${fineTune.learningRate}`;
  const classWeights = newClassWeights
    ? 'Class weights start anew where the loss is another.'
    : "Class weights go on from the baseline's, other than in the paper, since so few steps would not suffice for new ones; a second loss has new ones of its own.";
  const evaluated = snapshots.count === 1 ? 'the last checkpoint' : `the last ${snapshots.count} checkpoints`;
  const merged = merge === 'front' ? 'images alone' : `image and mirror image merged by ${merge}`;
  return (
    `${baselineText(recipe, seeds)} From it each row takes ${stepsText(fineTune)} at ${rate}; ` +
    `the control is as many further steps of the baseline's own loss. ${classWeights} Evaluated: ${evaluated}, ${merged}.`
  );
}

function seedsText({ length }: readonly number[]): string {
  return length === 1 ? 'one seed' : `each of ${length} seeds`;
}

function stepsText({ steps, batchSize }: Stage): string {
  return `${steps.toLocaleString('en-US')} steps of ${batchSize} images`;
}
