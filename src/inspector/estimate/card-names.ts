/** How the GPUs that a step can be estimated for are called on the command line. */
export const cardNames = ['rtx-4090', 'h200', 'rx-7900-xtx', 'arc-a770', 'iris-xe', 'm2'] as const;
export type CardName = (typeof cardNames)[number];
