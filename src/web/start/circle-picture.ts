import { normal01 } from '../../engine/core/random.ts';
import { svg } from '../parts/element.ts';

const classes = 5;
const featuresOfAClass = 12;
const seed = 7;

/** Features of five classes in the plane, and what their normalisation f / ‖f‖ leaves of them: points on the circle. */
export function circlePicture(): SVGElement {
  const features = Array.from({ length: classes * featuresOfAClass }, (_, i) => featureOf(i));
  return svg(
    'svg',
    {
      viewBox: '-2.1 -1.5 4.2 3',
      role: 'img',
      'aria-label': 'Features of five classes in the plane, and their directions on the unit circle',
    },
    svg('circle', { class: 'circle', r: 1 }),
    ...features.map(({ x, y, colour }) => {
      const length = Math.hypot(x, y);
      return svg(
        'g',
        { style: `--mark: ${colour}` },
        svg('line', { class: 'way', x1: x, y1: y, x2: x / length, y2: y / length }),
        svg('circle', { class: 'feature-dot', cx: x, cy: y, r: 0.03 }),
        svg('circle', { class: 'direction', cx: x / length, cy: y / length, r: 0.045 }),
      );
    }),
  );
}

/** Around the direction of its class, at any length. */
function featureOf(index: number) {
  const label = Math.floor(index / featuresOfAClass);
  const angle = (2 * Math.PI * label) / classes + 0.6 + 0.13 * normal01(seed, 0, index);
  const length = Math.min(1.42, Math.max(0.35, 0.85 + 0.35 * normal01(seed, 1, index)));
  return {
    x: length * Math.cos(angle),
    y: -length * Math.sin(angle),
    colour: `var(--series-${label + 1})`,
  };
}
