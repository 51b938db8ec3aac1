/** What was run, in words: every setting that a reader needs to judge a comparison. */

import type { HeadSettings } from './loss-rows.ts';
import type { Recipe, Stage } from './recipe.ts';

/** Of the baseline alone. @param loss that it is trained with */
export function baselineText(recipe: Recipe, seeds: readonly number[], loss = 'softmax'): string {
  const { net, faces, baseline, augmentation } = recipe;
  return (
    `Net \`${net}\` on ${faces.description}. For ${seedsText(seeds)} a ${loss} baseline of ${stepsText(baseline)}${baseline.adam ? ' by Adam' : ''}, ` +
    `its last layer with a bias, which the paper says it has nowhere. ${augmentationText(augmentation)}`
  );
}

/** Of the baseline and what is made of it. @param isCompared whether rows are compared with controls */
export function recipeText(recipe: Recipe, seeds: readonly number[], isCompared = true): string {
  const { fineTune, merge, snapshots, newClassWeights, head } = recipe;
  const rate =
    fineTune.schedule?.kind === 'cosine'
      ? `a rate that falls from ${fineTune.learningRate} to zero`
      : `a rate of ${fineTune.learningRate}`;
  const classWeights = newClassWeights
    ? 'Class weights are initialised again where the loss is another.'
    : "Class weights go on from the baseline's, other than in the paper, since so few steps would not suffice for new ones; a second loss has new ones of its own.";
  const evaluated = snapshots.count === 1 ? 'the last checkpoint' : `the last ${snapshots.count} checkpoints`;
  const merged = merge === 'front' ? 'images alone' : `image and mirror image merged by ${merge}`;
  return (
    `${baselineText(recipe, seeds)} From it each row takes ${stepsText(fineTune)} at ${rate}; ` +
    `the control is as many further steps of the baseline's own loss. ${classWeights} ${headText(head, isCompared)} Evaluated: ${evaluated}, ${merged}.`
  );
}

/** The settings in which the rows differ from the control besides their loss. */
function headText({ scale, jointScale, agents, distanceAgents }: HeadSettings, isCompared: boolean): string {
  const scaleText = ({ initial, learn = true }: HeadSettings['scale']) =>
    learn ? `learnt from ${initial}` : `fixed at ${initial}`;
  const scales =
    scaleText(scale) === scaleText(jointScale)
      ? `${scaleText(scale)}, alone and beside a second loss`
      : `${scaleText(scale)}, and beside a second loss ${scaleText(jointScale)}`;
  const rates = [agents, distanceAgents].map(({ learningRateMultiplier = 1 }) => learningRateMultiplier);
  const isPaper = scale.learn !== false && jointScale.learn !== false;
  return (
    `The scale of softmax over cosines is ${scales}${isPaper ? '' : '; the paper learns it, alone from 10, beside a second loss from 4'}. ` +
    (rates.every((times) => times === 1)
      ? 'Class weights learn at the rate of the net.'
      : `Class weights of softmax over cosines and of later losses learn at ${rates[0] === 1 ? '' : `${rates[0]} times `}the rate of the net, those of C-contrastive and C-triplet, alone or as the second loss, at ${rates[1]} times` +
        `${isCompared ? '; every row is therefore compared with the control whose class weights learn as fast as its own' : ''}.`)
  );
}

function augmentationText({ mirror = false, shift = 0, randomCrop = false }: Recipe['augmentation']): string {
  const what = [
    ...(mirror ? ['mirrored at random'] : []),
    ...(shift > 0 ? [`shifted by up to ${shift} pixels`] : []),
    ...(randomCrop ? ['cropped at random'] : []),
  ];
  return what.length === 0
    ? 'Training images are taken as they are.'
    : `Training images are ${what.join(' and ')}.`;
}

function seedsText({ length }: readonly number[]): string {
  return length === 1 ? 'one seed' : `each of ${length} seeds`;
}

/** "600 steps of 32 images", or the epochs of data sets of different sizes. */
export function stepsText({ steps, epochs, batchSize }: Stage): string {
  return steps === undefined
    ? `${epochs} epochs in batches of ${batchSize}`
    : `${steps.toLocaleString('en-US')} steps of ${batchSize} images`;
}
