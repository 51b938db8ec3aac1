/** What was run, in words. */

import type { Recipe, Stage } from './recipe.ts';

/** Of the baseline alone. */
export function baselineText(recipe: Recipe, seeds: readonly number[]): string {
  const { net, faces, baseline } = recipe;
  return `Net \`${net}\` on ${faces.description}. For ${seedsText(seeds)} a softmax baseline of ${stepsText(baseline)}.`;
}

/** Of the baseline and what is made of it. */
export function recipeText(recipe: Recipe, seeds: readonly number[]): string {
  const { fineTune, merge, snapshots } = recipe;
  const evaluated = snapshots.count === 1 ? 'the last checkpoint' : `the last ${snapshots.count} checkpoints`;
  const merged = merge === 'front' ? 'images alone' : `image and mirror image merged by ${merge}`;
  return (
    `${baselineText(recipe, seeds)} From it each row takes ${stepsText(fineTune)} at a rate of ${fineTune.learningRate}; ` +
    "the control is as many further steps of the baseline's own loss. Class weights start anew where the loss is another. " +
    `Evaluated: ${evaluated}, ${merged}.`
  );
}

function seedsText({ length }: readonly number[]): string {
  return length === 1 ? 'one seed' : `each of ${length} seeds`;
}

function stepsText({ steps, batchSize }: Stage): string {
  return `${steps.toLocaleString('en-US')} steps of ${batchSize} images`;
}
