import type { CommonMargin } from './margin.ts';

/**
 * What stands for a cosine before the scale, from the definitions with angles. `annealing` is λ of SphereFace, `own` the cosine of the
 * sample to its own class.
 */
export function marginReference(
  margin: CommonMargin,
  cosine: number,
  isOwn: boolean,
  annealing = 0,
  own = cosine,
): number {
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  switch (margin.kind) {
    case 'cosine':
      return isOwn && !(margin.onlyAbove && cosine <= margin.margin) ? cosine - margin.margin : cosine;
    case 'angle': {
      const { margin: m, easy = false } = margin;
      if (!isOwn || (easy && cosine <= 0)) return cosine;
      return !easy && angle + m >= Math.PI ? cosine - m * Math.sin(m) : Math.cos(angle + m);
    }
    case 'multiple-angle': {
      if (!isOwn) return cosine;
      const k = Math.min(margin.multiple - 1, Math.floor((angle * margin.multiple) / Math.PI));
      const psi = (-1) ** k * Math.cos(margin.multiple * angle) - 2 * k;
      return (annealing * cosine + psi) / (1 + annealing);
    }
    case 'curricular': {
      const { margin: m, t } = margin;
      if (isOwn) return marginReference({ kind: 'angle', margin: m }, cosine, true);
      const boundary = Math.cos(Math.acos(Math.min(1, Math.max(-1, own))) + m);
      return cosine > boundary ? cosine * ((t as number) + cosine) : cosine;
    }
    case 'circle': {
      const { margin: m } = margin;
      return isOwn ? Math.max(0, 1 + m - cosine) * (cosine - 1 + m) : Math.max(0, cosine + m) * (cosine - m);
    }
  }
}
