import type { Identity } from './identity.ts';
import type { Nuisance } from './nuisance.ts';
import { clamp } from './numeric.ts';

/** A person with an expression on the face: the identity's shapes moved, plus what exists only in motion. */
export interface Face {
  readonly person: Identity;
  /** Height of the opening between the lips, head units. */
  readonly mouthGap: number;
  /** 0 eyes as wide as the identity's, 1 closed. */
  readonly lidClosure: number;
  readonly smile: number;
  readonly frown: number;
  readonly gazeX: number;
  readonly gazeY: number;
}

/** Applies the sample's expression to the identity. */
export function express(person: Identity, { expression }: Nuisance): Face {
  const { smile, mouthOpen, pucker, browRaise, frown, squint } = expression;
  const { head, mouth, brows, eyes } = person;
  const mouthGap = mouthOpen * 0.2;
  return {
    person: {
      ...person,
      head: {
        ...head,
        chinY: head.chinY - 0.75 * mouthGap,
        cheekFullness: head.cheekFullness + 0.035 * smile,
      },
      mouth: {
        ...mouth,
        y: mouth.y + 0.02 * smile,
        halfWidth: mouth.halfWidth * (1 + 0.2 * smile) * (1 - 0.3 * pucker) * (1 - 0.08 * mouthOpen),
        cornerLift: mouth.cornerLift + 0.055 * smile,
        upperLip: mouth.upperLip * (1 - 0.2 * Math.max(0, smile) + 0.3 * pucker),
        lowerLip: mouth.lowerLip * (1 - 0.12 * Math.max(0, smile) + 0.25 * pucker),
        forward: mouth.forward + 0.05 * pucker,
      },
      brows: {
        ...brows,
        y: brows.y + 0.04 * browRaise - 0.035 * frown,
        inner: Math.max(0.08, brows.inner - 0.035 * frown),
        slope: brows.slope + 0.07 * frown - 0.02 * browRaise,
      },
      eyes: {
        ...eyes,
        upper: eyes.upper * (1 + 0.1 * browRaise),
        lower: eyes.lower * (1 - 0.25 * clamp(smile, 0, 1)),
      },
    },
    mouthGap,
    lidClosure: squint,
    smile,
    frown,
    gazeX: expression.gazeX,
    gazeY: expression.gazeY,
  };
}
