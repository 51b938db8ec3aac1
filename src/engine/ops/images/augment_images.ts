import drawSource from '../../../shaders/images/augment_draw.wesl';
import finishSource from '../../../shaders/images/augment_finish.wesl';
import rowsSource from '../../../shaders/images/augment_luma_rows.wesl';
import meanSource from '../../../shaders/images/augment_mean.wesl';
import shrinkSource from '../../../shaders/images/augment_shrink.wesl';
import { check, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Kernel } from '../../runtime/kernel.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { type AugmentOptions, type AugmentSettings, augmentSettings } from './augment_options.ts';

const drawKernel = { name: 'augment_draw', source: drawSource };
const shrinkKernel = { name: 'augment_shrink', source: shrinkSource };
const rowsKernel = { name: 'augment_luma_rows', source: rowsSource };
const meanKernel = { name: 'augment_mean', source: meanSource };
const finishKernel = { name: 'augment_finish', source: finishSource };

/** Longest side of pictures: the sums of a picture stay below 2³¹. */
const longestSide = 1024;

/** Operations for a pixel: four bilinear taps, three factors. */
export const flopsPerPixel = 60;

/**
 * Pictures with random changes, for training: at first a part of a picture stays and the rest becomes black, then it loses resolution, then brightness,
 * contrast and saturation change, and at last a rectangle is covered, each with its probability. Crop, low resolution and photometric
 * change are those of AdaFace (arXiv 2204.00964, section 4.1), covering is Random Erasing (arXiv 1708.04896). All is computed in whole
 * numbers: the same bytes on every device. What is not asked for costs nothing. Random bits follow from {@link Device.setRandom}, as
 * those of `imageBatch`, which comes next; its bits, and those of dropout, are the same with this operator and without.
 *
 * @param images rgba8 [n, height, width, 4], 1 to 1024 pixels a side, as {@link Device.images} makes them; alpha is ignored
 * @returns pictures of the same shape, alpha 255; `images` itself where nothing is asked for
 * @throws ShapeError unless images are such pictures, ArgumentError for an option outside of its range
 */
export function augmentImages(images: Tensor, options: AugmentOptions): Tensor {
  checkOperands('augmentImages', images);
  const settings = augmentSettings(options);
  check(
    images.dtype === 'rgba8' && images.shape.length === 4 && images.shape[3] === 4,
    'augmentImages',
    () => `images must be rgba8 [n, height, width, 4], not ${images.dtype} ${formatShape(images.shape)}`,
  );
  const [n, height, width] = images.shape as [number, number, number, number];
  check(
    height <= longestSide && width <= longestSide,
    'augmentImages',
    () => `images may have ${longestSide} pixels a side, not ${height} × ${width}`,
  );
  const { crop, lowResolution, photometric, erase } = settings;
  if (!crop && !lowResolution && !photometric && !erase) return images;
  const { device } = images;
  return device.within('augmentImages', () => {
    const conditions = {
      crop: crop !== null,
      low_resolution: lowResolution !== null,
      photometric: photometric !== null,
      contrast: photometric !== null && photometric.contrast.count > 1,
      erase: erase !== null,
      random_fill: erase?.fill === 'random',
    };
    const size = { HEIGHT: height, WIDTH: width };
    const dispatch = (
      kernel: Kernel,
      count: number,
      { constants: more = {}, shrink = false }: { constants?: Record<string, number>; shrink?: boolean },
      bindings: Readonly<Record<string, Tensor>>,
      cost = { flops: 0, bytes: 4 * count },
    ): void => {
      const { grid, constants } = elementGrid(device, count, 1);
      device.dispatch({
        kernel,
        constants: { ...constants, ...size, ...more },
        conditions: { ...conditions, shrink },
        bindings,
        grid,
        cost,
      });
    };
    const { random } = runtimeOf(device);
    const pixels = n * height * width;
    const draws = device.empty([n, 16], 'u32');
    const constants = { STREAM: random.nextPictureStream(), ...drawConstants(settings) };
    dispatch(drawKernel, n, { constants }, { random: random.tensor, draws }, { flops: 0, bytes: 64 * n });
    const shaped: Record<string, Tensor> = { pixels: images, draws };
    if (lowResolution) {
      const small = device.empty(images.shape, 'rgba8');
      dispatch(
        shrinkKernel,
        pixels,
        { shrink: true },
        { ...shaped, small },
        { flops: 6 * pixels, bytes: 8 * pixels },
      );
      shaped.small = small;
    }
    const finished = { ...shaped };
    if (conditions.contrast) {
      const sums = device.empty([n, height], 'u32');
      const means = device.empty([n], 'u32');
      const flops = flopsPerPixel * pixels;
      dispatch(rowsKernel, n * height, {}, { ...shaped, sums }, { flops, bytes: 4 * pixels });
      dispatch(meanKernel, n, {}, { sums, means }, { flops: n * height, bytes: sums.bytes + means.bytes });
      finished.means = means;
    }
    const y = device.empty(images.shape, 'rgba8');
    const fill: Record<string, number> = typeof erase?.fill === 'number' ? { FILL: erase.fill } : {};
    dispatch(
      finishKernel,
      pixels,
      { constants: fill },
      { ...finished, y },
      { flops: flopsPerPixel * pixels, bytes: 8 * pixels },
    );
    return y;
  });
}

function drawConstants({ crop, lowResolution, photometric, erase }: AugmentSettings): Record<string, number> {
  return {
    ...(crop && {
      CROP_THRESHOLD: crop.threshold,
      CROP_AREA: crop.area.least,
      CROP_AREAS: crop.area.count,
      CROP_ASPECT: crop.aspect.least,
      CROP_ASPECTS: crop.aspect.count,
    }),
    ...(lowResolution && {
      LOW_THRESHOLD: lowResolution.threshold,
      LOW_SIDE: lowResolution.side.least,
      LOW_SIDES: lowResolution.side.count,
    }),
    ...(photometric && {
      PHOTOMETRIC_THRESHOLD: photometric.threshold,
      BRIGHTNESS: photometric.brightness.least,
      BRIGHTNESSES: photometric.brightness.count,
      CONTRAST: photometric.contrast.least,
      CONTRASTS: photometric.contrast.count,
      SATURATION: photometric.saturation.least,
      SATURATIONS: photometric.saturation.count,
    }),
    ...(erase && {
      ERASE_THRESHOLD: erase.threshold,
      ERASE_AREA: erase.area.least,
      ERASE_AREAS: erase.area.count,
      ERASE_ASPECT: erase.aspect.least,
      ERASE_ASPECTS: erase.aspect.count,
    }),
  };
}
