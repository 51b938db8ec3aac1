/** What a configuration says of single parameters: which stay as they are, and whose rate or decay is another one. */

import { editDistance } from '../../common/edit-distance.ts';
import { UsageError } from '../../common/errors.ts';
import type { ParameterDeclaration } from '../../engine/core/parameters.ts';
import { elementCount } from '../../engine/core/shape.ts';
import { isChosen, wholeNameOf } from '../losses/class-sampling.ts';
import type { TrainingConfig } from './config/config.ts';

/** One pattern, and the parameters that it is about, in the order of the net. */
export interface MatchedPattern {
  readonly pattern: string;
  /** Names as checkpoints have them. */
  readonly names: readonly string[];
  /** Values of all of them. */
  readonly count: number;
}

/** One of `parameters` with what it matches. */
export interface MatchedRule extends MatchedPattern {
  readonly learningRateMultiplier: number;
  readonly decayMultiplier: number;
}

/** Parameters as they are trained. */
export interface RuledParameters {
  readonly declarations: readonly ParameterDeclaration[];
  /** What stays as it is by order of the configuration, running statistics of batch norm among it. */
  readonly still: ReadonlySet<string>;
  readonly freeze: readonly MatchedPattern[];
  readonly rules: readonly MatchedRule[];
}

/**
 * Freezes parameters and multiplies rates and decays as `freeze` and `parameters` of a configuration say. Multipliers of the net or the loss
 * are kept as factors; of several rules that match a parameter the last one counts. A class matrix of which some rows are trained in
 * a step has one name, that of the whole.
 *
 * @param net what the net declares; its frozen parameters are running statistics of batch norm, and constants
 * @param heads what the losses declare: what these freeze they move themselves, and no pattern is about it
 * @throws UsageError where a pattern matches nothing that is trained, or nothing is left to train
 */
export function applyRules(
  net: readonly ParameterDeclaration[],
  heads: readonly ParameterDeclaration[],
  { freeze = [], parameters = [] }: Pick<TrainingConfig, 'freeze' | 'parameters'>,
): RuledParameters {
  const all = [...net, ...heads];
  const trained = all.filter(({ frozen }) => !frozen);
  const shapes = new Map(all.filter((one) => !isChosen(one)).map(({ name, shape }) => [name, shape]));
  const trainedNames = trained.map(wholeNameOf);
  const stillable = [...new Set([...net.map(({ name }) => name), ...trainedNames])];
  const match = (key: string, pattern: string, known: readonly string[]): MatchedPattern => {
    const names = known.filter(matcherOf(pattern));
    if (names.length === 0) throw matchesNothing(key, pattern, trainedNames, [...shapes.keys()]);
    const count = names.reduce((sum, name) => sum + elementCount(shapes.get(name)!), 0);
    return { pattern, names, count };
  };
  const frozenBy = freeze.map((pattern) => match('freeze', pattern, stillable));
  const still = new Set(frozenBy.flatMap(({ names }) => names));
  if (trainedNames.every((name) => still.has(name)))
    throw new UsageError(`freeze ${JSON.stringify(freeze)} leaves nothing to train`);
  const rules = parameters.map(({ match: pattern, ...factors }) => {
    const { learningRateMultiplier = 1, decayMultiplier = 1 } = factors;
    return { ...match('parameters', pattern, trainedNames), learningRateMultiplier, decayMultiplier };
  });
  const declarations = all.map((declaration): ParameterDeclaration => {
    const name = wholeNameOf(declaration);
    if (still.has(name)) return { ...declaration, frozen: true };
    const rule = rules.findLast(({ names }) => names.includes(name));
    if (!rule || declaration.frozen) return declaration;
    const { learningRateMultiplier = 1, decayMultiplier = 1 } = declaration;
    return {
      ...declaration,
      learningRateMultiplier: learningRateMultiplier * rule.learningRateMultiplier,
      decayMultiplier: decayMultiplier * rule.decayMultiplier,
    };
  });
  return { declarations, still, freeze: frozenBy, rules };
}

/** Sentences on rules that change nothing, since all that they match is frozen. */
export function idleRules({ rules, still }: RuledParameters): string[] {
  return rules
    .filter(({ names }) => names.every((name) => still.has(name)))
    .map(
      ({ pattern, names }) =>
        `parameters: "${pattern}" has no effect, since freeze keeps all that it matches as it is (${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and so on' : ''})`,
    );
}

/** Whether a name is as a pattern says: `*` stands for any letters, also none; all others for themselves. */
function matcherOf(pattern: string): (name: string) => boolean {
  const [first, ...others] = pattern.split('*') as [string, ...string[]];
  return (name) => {
    if (others.length === 0) return name === pattern;
    if (!name.startsWith(first)) return false;
    const last = others.at(-1)!;
    let at = first.length;
    // The earliest place of each piece leaves most for those behind it.
    for (const piece of others.slice(0, -1)) {
      const found = name.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return name.length - last.length >= at && name.endsWith(last);
  };
}

function matchesNothing(
  key: string,
  pattern: string,
  trained: readonly string[],
  all: readonly string[],
): UsageError {
  const others = all.filter((name) => !trained.includes(name)).filter(matcherOf(pattern));
  if (others.length > 0)
    return new UsageError(
      `${key}: "${pattern}" matches only what no gradient moves (${others.slice(0, 3).join(', ')})`,
    );
  const letters = pattern.replaceAll('*', '');
  // Of a pattern with an open end the beginning of names counts.
  const distance = (name: string) =>
    editDistance(letters, pattern.endsWith('*') ? name.slice(0, letters.length) : name);
  const near = [...trained].sort((a, b) => distance(a) - distance(b)).slice(0, 3);
  return new UsageError(
    `${key}: "${pattern}" matches no parameter; near it are ${near.join(', ')} (* stands for any letters)`,
  );
}
