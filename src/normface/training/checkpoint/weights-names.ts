/** The weights files of a checkpoint: the one that is evaluated, and the net as it is trained where the former has its average. */
export const weightsName = 'weights.safetensors';
export const trainedName = 'trained.safetensors';
