import { UsageError } from '../../common/errors.ts';
import { centerFaceResnet } from './center-face-resnet.ts';
import { iresnets } from './iresnet.ts';
import { lightCnnA, lightCnnB, lightCnnSmall } from './light-cnn.ts';
import { lenetsPlusPlus, mnist3d, mnistLenet } from './mnist.ts';
import { mobileFaceNet } from './mobilefacenet.ts';
import type { Net } from './net.ts';
import { small } from './small.ts';
import { sphereface20 } from './sphereface.ts';
import { tiny } from './tiny.ts';
import { tiny2d, tiny3d } from './tiny-features.ts';

/** Every net, in the order in which messages list them. */
export const nets: readonly Net[] = [
  tiny,
  small,
  lightCnnSmall,
  centerFaceResnet,
  lightCnnA,
  lightCnnB,
  sphereface20,
  mobileFaceNet,
  ...iresnets,
  mnistLenet,
  mnist3d,
  lenetsPlusPlus,
  tiny2d,
  tiny3d,
];

/** The net of a name. @throws UsageError if there is none */
export function findNet(name: string): Net {
  const net = nets.find((candidate) => candidate.name === name);
  if (!net) {
    throw new UsageError(
      `there is no net "${name}"; there are ${nets.map((known) => known.name).join(', ')}; a net of your own is in a file whose name ends in .json`,
    );
  }
  return net;
}

/** The net of a name; a net that is given as data is itself. @throws UsageError if there is no net of this name */
export function netOf(net: string | Net): Net {
  return typeof net === 'string' ? findNet(net) : net;
}
