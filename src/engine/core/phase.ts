/** Which pass of an operator a dispatch belongs to. */
export type Phase = 'forward' | 'backward';
