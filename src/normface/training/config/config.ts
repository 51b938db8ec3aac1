/** The configuration of a training run: its check, its defaults and the sentences that explain a wrong one. */

import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { showValue } from '../../../common/show-value.ts';
import { suggest } from '../../../common/suggest.ts';
import { mostPairSamples } from '../../../engine/ops/pairs/pair_loss.ts';
import { lossOf } from '../../losses/index.ts';
import { checkNet } from '../../nets/check-net.ts';
import { netOf } from '../../nets/index.ts';
import { configKeys, isNetData } from './schema.ts';

const trainingConfig = configKeys.transform((config) => {
  const [height, width] = netOf(config.net).input;
  return { ...config, data: { ...config.data, imageSize: config.data.imageSize ?? [height, width] } };
});

/** A training configuration with every default filled in. */
export type TrainingConfig = z.output<typeof trainingConfig>;
/** What a person may write: everything is optional. */
export type TrainingConfigInput = z.input<typeof trainingConfig>;
export type { LossConfig } from '../../losses/index.ts';
export type ScheduleConfig = TrainingConfig['schedule'];

/** Height and width of what the net gets. */
export function inputSize({ imageSize, cropSize }: TrainingConfig['data']): readonly [number, number] {
  return cropSize ?? imageSize;
}

/** JSON Schema of the configuration, for editors. */
export function configSchema(): object {
  // A net as data is checked by `checkNet`, which no JSON Schema can say.
  return z.toJSONSchema(trainingConfig, { io: 'input', unrepresentable: 'any' });
}

/**
 * Checks a configuration and fills in the defaults.
 * @param source what the sentence calls its origin, for example the file's name
 * @throws UsageError naming the key, what is wrong with it and, for an unknown key, the likely intended one
 */
export function parseConfig(input: unknown, source = 'the configuration'): TrainingConfig {
  const given = (input as { net?: unknown } | null | undefined)?.net;
  if (isNetData(given)) checkNet(given, `${source}: net`);
  const result = trainingConfig.safeParse(input);
  if (!result.success) throw new UsageError(`${source}: ${explain(result.error.issues[0]!, input)}`);
  const config = result.data;
  const wrong = contradiction(config);
  if (wrong) throw new UsageError(`${source}: ${wrong}`);
  if (config.steps === undefined) config.epochs ??= 10;
  return config;
}

/** What two keys say against each other, or undefined. */
function contradiction(config: TrainingConfig): string | undefined {
  const { data, evaluation, schedule, augmentation } = config;
  const { imageSize, cropSize } = data;
  if (cropSize?.some((extent, i) => extent > imageSize[i]!))
    return `data.cropSize ${cropSize.join('×')} is larger than data.imageSize ${imageSize.join('×')}`;
  if (cropSize && augmentation.randomCrop && augmentation.shift > 0)
    return 'augmentation.shift moves crops that are taken from the centre: set augmentation.randomCrop to false';
  if (data.excludeFolds.length > 0 && data.pairs === undefined)
    return 'data.excludeFolds needs data.pairs, the file whose folds are left out';
  const hasPairs = evaluation.data !== undefined || data.pairs !== undefined;
  if (evaluation.everySteps > 0 && !hasPairs)
    return 'evaluation.everySteps needs evaluation.data, or data.pairs to take the pairs from';
  const { thresholdFold, testFold } = evaluation;
  if ((thresholdFold === undefined) !== (testFold === undefined))
    return 'evaluation.thresholdFold and evaluation.testFold belong together';
  if (thresholdFold !== undefined && thresholdFold === testFold)
    return `evaluation.thresholdFold and evaluation.testFold are both ${testFold}`;
  if (thresholdFold !== undefined && evaluation.folds)
    return 'evaluation.folds and evaluation.thresholdFold both say which folds to look at: give one';
  for (const fold of [thresholdFold, testFold, ...(evaluation.folds ?? [])]) {
    if (fold === undefined || evaluation.data !== undefined || data.excludeFolds.includes(fold)) continue;
    return `fold ${fold} is used in the evaluation but its people are in training: add it to data.excludeFolds`;
  }
  if (config.epochs !== undefined && config.steps !== undefined)
    return 'give either epochs or steps, not both';
  if (schedule.kind === 'multistep' && schedule.milestones.length === 0)
    return 'schedule.kind "multistep" needs schedule.milestones';
  if (schedule.milestones.some((milestone, i) => i > 0 && milestone <= schedule.milestones[i - 1]!))
    return 'schedule.milestones must increase';
  if (schedule.kind === 'step' && schedule.every === undefined)
    return 'schedule.kind "step" needs schedule.every';
  for (const loss of [config.loss, config.auxiliaryLoss]) {
    const wrong = loss && lossOf(loss).contradiction?.(loss);
    if (wrong) return wrong;
  }
  return wrongBatches(config);
}

/** What batches and their use say against each other, or undefined. */
function wrongBatches({ sampling, batchSize, loss, auxiliaryLoss }: TrainingConfig): string | undefined {
  const isBalanced = sampling.kind === 'balanced';
  if (isBalanced && sampling.people * sampling.images !== batchSize)
    return (
      `sampling of ${sampling.people} people with ${sampling.images} images each makes batches of ` +
      `${sampling.people * sampling.images} images, but batchSize is ${batchSize}`
    );
  for (const used of [loss, auxiliaryLoss]) {
    if (used?.name !== 'pair-contrastive' && used?.name !== 'triplet') continue;
    if (batchSize < 2 || batchSize > mostPairSamples)
      return `the loss ${used.name} needs a batchSize from 2 to ${mostPairSamples}, not ${batchSize}`;
    if (used.name === 'triplet' || used.pairs === 'all') continue;
    if (batchSize % 2 === 1) return `pairs "adjacent" needs an even batchSize, not ${batchSize}`;
    if (isBalanced && sampling.images % 2 === 0)
      return `pairs "adjacent" with ${sampling.images} images a person never meets two people: make sampling.images odd`;
  }
  return undefined;
}

/** One sentence for one issue of the schema check. */
function explain(issue: z.core.$ZodIssue, input: unknown): string {
  const path = issue.path.map(String);
  const key = path.join('.');
  const value = path.reduce<unknown>(
    (node, part) => (node as Record<string, unknown> | undefined)?.[part],
    input,
  );
  if (issue.code === 'unrecognized_keys') {
    const unknown = [...path, issue.keys[0]].join('.');
    const known = allKeys();
    const others = path.length === 1 && /loss$/i.test(key) ? lossesWith(issue.keys[0]!) : [];
    if (others.length > 0) {
      const { name } = value as { name: string };
      return `the loss "${name}" has no option "${issue.keys[0]}"; name one that has it as ${key}.name: ${others.join(', ')}`;
    }
    if (known.includes(unknown)) return `the key "${unknown}" does not belong to this ${path.at(-1)}`;
    const guess = suggest(unknown, known);
    return `unknown key "${unknown}"${guess ? `, did you mean "${guess}"?` : ''}`;
  }
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
    const names = issue.options.map(String);
    if (value === undefined) return `${key} is missing: give one of ${names.join(', ')}`;
    const guess = suggest(String(value), names);
    return `${key} is ${showValue(value)}, expected one of ${names.join(', ')}${guess ? ` (did you mean "${guess}"?)` : ''}`;
  }
  const where = key === '' ? 'the configuration' : key;
  if (value === undefined) return `${where} is missing`;
  switch (issue.code) {
    case 'invalid_type':
      return `${where} is ${showValue(value)}, expected ${issue.expected === 'int' ? 'a whole number' : article(issue.expected)}`;
    case 'invalid_value':
      return `${where} is ${showValue(value)}, expected one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return `${where} is empty`;
      if (issue.origin === 'array')
        return `${where} is ${showValue(value)}, expected ${issue.minimum} values`;
      return `${where} is ${showValue(value)}, expected ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'array')
        return `${where} is ${showValue(value)}, expected ${issue.maximum} values`;
      return `${where} is ${showValue(value)}, expected ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    default:
      return `${where} is ${showValue(value)}: ${issue.message}`;
  }
}

function article(type: string): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** Names of the losses that have an option. */
function lossesWith(option: string): string[] {
  const { oneOf = [], anyOf = [] } = (configSchema() as JsonSchema).properties!.loss!;
  return [...oneOf, ...anyOf].flatMap(({ properties = {} }) =>
    option in properties && properties.name?.const ? [properties.name.const] : [],
  );
}

/** Every dotted key of the schema, for suggestions. */
function allKeys(): string[] {
  const keys = new Set<string>();
  const walk = (node: JsonSchema, prefix: string): void => {
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      keys.add(prefix + name);
      walk(child, `${prefix}${name}.`);
    }
    for (const option of [...(node.oneOf ?? []), ...(node.anyOf ?? [])]) walk(option, prefix);
  };
  walk(configSchema(), '');
  return [...keys];
}

interface JsonSchema {
  const?: string;
  properties?: Record<string, JsonSchema>;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
}
