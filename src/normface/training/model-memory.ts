/** Bytes on the GPU. */
export interface ModelMemory {
  readonly net: number;
  /** The class weights of all losses, and other parameters of theirs. */
  readonly classes: number;
  readonly gradients: number;
  readonly optimiser: number;
  readonly average: number;
  /** The images of a step. */
  readonly batches: number;
  /** What a step computes on its way: outputs of layers, their gradients, scores. */
  readonly intermediate: number;
}
