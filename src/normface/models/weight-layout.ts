/**
 * Weights between two orders. Most programs keep channels first: images [channels, height, width], filters [out, in / groups,
 * height, width], matrices [outputs, inputs]. Here channels come last: images [height, width, channels], filters [height, width,
 * in / groups, out], matrices [inputs, outputs], whose rows follow the order rows, columns, channels where an image was flattened.
 */

/** Filters [out, inputs, height, width] as [height, width, inputs, out]: matrices of the numbers that a filter covers, which lie like a flattened image. */
export function filtersChannelsLast(
  values: Float32Array,
  [out, inputs, height, width]: readonly [number, number, number, number],
): Float32Array {
  return matrixChannelsLast(values, out, flattenedOrder([height, width, inputs]));
}

/** Filters [height, width, inputs, out] as [out, inputs, height, width]. */
export function filtersChannelsFirst(
  values: Float32Array,
  [height, width, inputs, out]: readonly [number, number, number, number],
): Float32Array {
  return matrixChannelsFirst(values, out, flattenedOrder([height, width, inputs]));
}

/**
 * For each number of an image flattened in the order rows, columns, channels its place in the order channels, rows, columns;
 * undefined where both orders are one.
 */
export function flattenedOrder([height, width, channels]: readonly [number, number, number]):
  | Uint32Array
  | undefined {
  const pixels = height * width;
  if (pixels === 1 || channels === 1) return undefined;
  return Uint32Array.from(
    { length: pixels * channels },
    (_, i) => (i % channels) * pixels + Math.floor(i / channels),
  );
}

/** The numbers of a vector in another order: the one at i is that at order[i]. */
export function reordered(values: Float32Array, order: Uint32Array | undefined): Float32Array {
  return order ? values.map((_, i) => values[order[i]!]!) : values;
}

/** The opposite of {@link reordered}. */
export function putBack(values: Float32Array, order: Uint32Array | undefined): Float32Array {
  if (!order) return values;
  const original = new Float32Array(values.length);
  order.forEach((to, i) => {
    original[to] = values[i]!;
  });
  return original;
}

/** A matrix [outputs, inputs] as [inputs, outputs]; row i of the result is column order[i]. */
export function matrixChannelsLast(
  values: Float32Array,
  outputs: number,
  order: Uint32Array | undefined,
): Float32Array {
  const inputs = values.length / outputs;
  const turned = new Float32Array(values.length);
  for (let i = 0; i < inputs; i++) {
    const column = order ? order[i]! : i;
    for (let o = 0; o < outputs; o++) turned[i * outputs + o] = values[o * inputs + column]!;
  }
  return turned;
}

/** A matrix [inputs, outputs] as [outputs, inputs]; column order[i] of the result is row i. */
export function matrixChannelsFirst(
  values: Float32Array,
  outputs: number,
  order: Uint32Array | undefined,
): Float32Array {
  const inputs = values.length / outputs;
  const turned = new Float32Array(values.length);
  for (let i = 0; i < inputs; i++) {
    const column = order ? order[i]! : i;
    for (let o = 0; o < outputs; o++) turned[o * inputs + column] = values[i * outputs + o]!;
  }
  return turned;
}

/** A matrix [inputs, outputs] with its rows in another order: row i is that at order[i]. */
export function rowsReordered(
  values: Float32Array,
  outputs: number,
  order: Uint32Array | undefined,
): Float32Array {
  if (!order) return values;
  const turned = new Float32Array(values.length);
  order.forEach((row, i) => {
    turned.set(values.subarray(row * outputs, (row + 1) * outputs), i * outputs);
  });
  return turned;
}
