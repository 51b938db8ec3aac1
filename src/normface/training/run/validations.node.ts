/** The evaluations of a run while it trains: what they find, which checkpoint is the best, and whether they end the training. */

import { countText } from '../../../common/format.ts';
import { evaluateRun } from '../../embedding/evaluate.node.ts';
import type { EvaluationSet } from '../../embedding/evaluation-set.node.ts';
import { bestStep, markBest } from '../checkpoint/best-checkpoint.node.ts';
import { completeCheckpoints, stepOf } from '../checkpoint/checkpoint.node.ts';
import { EarlyStop, type Verdict } from './early-stop.ts';
import type { LogRecord, ValidationRecord } from './log.ts';
import { readLog } from './run-folder.node.ts';
import type { AttemptStart, RunPlan } from './run-plan.ts';

export interface ValidationsOptions {
  readonly plan: RunPlan;
  readonly start: AttemptStart;
  /** Steps that the attempt begins with; the log has its first record already. */
  readonly firstStep: number;
  readonly log: (record: LogRecord) => void;
  readonly say: (text: string) => void;
}

export class Validations {
  private readonly options: ValidationsOptions;
  /** On the process that keeps the log, where the configuration asks for it. */
  private readonly early: EarlyStop | undefined;
  private over = false;

  constructor(options: ValidationsOptions) {
    const { plan, start, firstStep } = options;
    const { config, group } = plan;
    this.options = options;
    if (!config.stopEarly || (group && !group.isFirst)) return;
    this.early = new EarlyStop(config.stopEarly, readLog(start.folder));
    this.markBestUpTo(firstStep);
  }

  /** Whether the training has to end, by the validations before this attempt and those that it has done. The same on all ranks. */
  get isOver(): boolean {
    return this.over;
  }

  /** Before the first step: looks at what earlier attempts have found, and does the validation that one of them has left undone. */
  async begin(): Promise<void> {
    const { plan, start, firstStep } = this.options;
    const { config, evaluationSet, group } = plan;
    if (!evaluationSet || (!config.stopEarly && start.isFirst)) return;
    const decide = () => ({
      isOwed: owesValidation(plan, start, firstStep),
      isOver: this.early?.isOver ?? false,
    });
    const { isOwed, isOver } = group ? await group.fromFirst(decide) : decide();
    this.over = isOver;
    if (!isOwed) {
      if (this.reason !== undefined)
        this.options.say(
          `${this.reason}: the training has ended; --set stopEarly.patience=… goes on with it`,
        );
      return;
    }
    const { isBest } = await this.validate(firstStep);
    if (isBest) this.mark(firstStep);
  }

  /** Judges the weights of this moment. What follows from it is the same on all ranks. */
  async validate(step: number): Promise<Verdict> {
    const { group, evaluationSet } = this.options.plan;
    let verdict: Verdict = { isBest: false, stop: false };
    const here = async () => {
      verdict = await this.validateHere(step, evaluationSet!);
    };
    if (group) {
      await group.onFirst(here);
      verdict = await group.fromFirst(() => verdict);
    } else await here();
    this.over = verdict.stop;
    return verdict;
  }

  /** Without a fold for the threshold the usual rule; with one only that fold, so that the test stays unseen. */
  private async validateHere(step: number, set: EvaluationSet): Promise<Verdict> {
    const { plan, start, log, say } = this.options;
    const { thresholdFold } = plan.config.evaluation;
    const protocol = thresholdFold === undefined ? 'lfw-10fold-cos' : 'best-threshold';
    const { evaluation } = await evaluateRun(await start.model.embedder(), set, {
      name: `step ${step}`,
      rule: { kind: 'best' },
      merge: 'front',
      protocols: [protocol],
      pool: plan.pool,
    });
    const { protocols, areaUnderCurve, equalErrorRate } = evaluation.metrics;
    const { accuracy, threshold } = protocols[0]!;
    const record: ValidationRecord = {
      event: 'validation',
      step,
      protocol,
      accuracy,
      threshold,
      areaUnderCurve,
      equalErrorRate,
    };
    log(record);
    say(`step ${step}: ${protocol} ${(100 * accuracy).toFixed(2)} % at threshold ${threshold.toFixed(3)}`);
    const verdict = this.early?.add(record) ?? { isBest: false, stop: false };
    if (verdict.stop) say(`${this.reason}: the training ends here`);
    return verdict;
  }

  /** Why evaluations have ended the training; undefined where they have not, and where another process keeps the log. */
  get reason(): string | undefined {
    const { early } = this;
    const { stopEarly } = this.options.plan.config;
    if (!early?.isOver || !stopEarly) return undefined;
    const evaluations = countText(early.withoutGain, 'evaluation');
    return `${stopEarly.metric} has not gained for ${evaluations} in a row, its best is ${early.bestValue?.toPrecision(4)}`;
  }

  /** The checkpoint of a step, which is there, is the best one. */
  mark(step: number): void {
    if (this.early) markBest(this.options.start.folder, step);
  }

  /** Makes the best of the checkpoints that are left the best one, of those up to a step. */
  markBestUpTo(step: number): void {
    const { folder } = this.options.start;
    if (!this.early) return;
    const left = new Set(completeCheckpoints(folder).map(stepOf));
    const ranking = this.early.ranking.filter((validated) => validated <= step);
    const best = ranking.find((validated) => left.has(validated));
    if (best !== bestOf(folder)) markBest(folder, best);
    if (best !== ranking[0])
      this.options.plan.reporter.warn(
        `the checkpoint of the best evaluation, that of step ${ranking[0]}, is gone; ` +
          (best === undefined ? 'no other one was evaluated' : `the best one left is that of step ${best}`),
      );
  }
}

/**
 * Whether an attempt ended between the checkpoint that this one begins with and the validation that follows it. It is done where the device
 * was lost there, and where the end of the training depends on it.
 */
export function owesValidation(
  { config, evaluationSet }: RunPlan,
  { folder, from, isFirst }: AttemptStart,
  firstStep: number,
): boolean {
  if (!from || !evaluationSet || (isFirst && !config.stopEarly)) return false;
  if (firstStep === 0 || firstStep % config.evaluation.everySteps !== 0) return false;
  return !readLog(folder).some(({ event, step }) => event === 'validation' && step === firstStep);
}

/** The step that is marked; a damaged mark is replaced. */
function bestOf(folder: string): number | undefined {
  try {
    return bestStep(folder);
  } catch {
    return Number.NaN;
  }
}
