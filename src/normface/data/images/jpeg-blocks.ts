/** The codes of the blocks of a scan, read without being made numbers: sequential (ITU-T T.81, annex F) and progressive (annex G). */

import type { HuffmanTable, ScanBits } from './jpeg-huffman.ts';

export interface Component {
  readonly id: number;
  /** Blocks of an MCU across and down. */
  readonly across: number;
  readonly down: number;
  /** Blocks of the picture itself, and in a row of whole MCUs. */
  readonly columns: number;
  readonly rows: number;
  readonly stride: number;
  /** Of progressive pictures: which of the 64 coefficients of a block are not zero, in two numbers of 32 bits. */
  readonly nonzero: Uint32Array | null;
}

export interface ScanComponent extends Component {
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
}

export interface Scan {
  readonly components: readonly ScanComponent[];
  /** First and last coefficient, and the bits that earlier scans (0: none) and this one have. */
  readonly from: number;
  readonly to: number;
  readonly isRefinement: boolean;
}

/** Reads the codes of blocks of one scan. */
export interface BlockReader {
  /** @returns whether they are such as a block may have */
  next(component: ScanComponent, block: number): boolean;
  /** Forgets what was said of blocks to come. */
  restart(): void;
}

export function blockReader(bits: ScanBits, isProgressive: boolean, scan: Scan): BlockReader {
  const { from, isRefinement } = scan;
  const none = () => {};
  if (!isProgressive) return { next: (component) => sequentialBlock(bits, component), restart: none };
  if (from > 0) return isRefinement ? refinedCoefficients(bits, scan) : firstCoefficients(bits, scan);
  if (!isRefinement) return { next: ({ dc }) => firstLevel(bits, dc), restart: none };
  return {
    next: () => {
      bits.take(1);
      return true;
    },
    restart: none,
  };
}

/** The mean of a block: how many bits it has, and those. */
function firstLevel(bits: ScanBits, table: HuffmanTable | undefined): boolean {
  const size = table ? bits.symbol(table) : -1;
  if (size < 0 || size > 15) return false;
  bits.take(size);
  return true;
}

function sequentialBlock(bits: ScanBits, { dc, ac }: ScanComponent): boolean {
  if (!ac || !firstLevel(bits, dc)) return false;
  for (let k = 1; k < 64; ) {
    const symbol = bits.symbol(ac);
    if (symbol < 0) return false;
    const size = symbol & 15;
    if (size > 0) {
      k += (symbol >> 4) + 1;
      bits.take(size);
    } else if (symbol === 0xf0) k += 16;
    else return true;
    if (k > 64) return false;
  }
  return true;
}

/** The first bits of coefficients (section G.1.2.2); a code may end this block and many after it. */
function firstCoefficients(bits: ScanBits, { from, to }: Scan): BlockReader {
  let ended = 0;
  return {
    restart: () => {
      ended = 0;
    },
    next({ ac, nonzero }, block) {
      if (ended > 0) {
        ended--;
        return true;
      }
      if (!ac) return false;
      for (let k = from; k <= to; ) {
        const symbol = bits.symbol(ac);
        if (symbol < 0) return false;
        const [run, size] = [symbol >> 4, symbol & 15];
        if (size === 0 && run < 15) {
          ended = (1 << run) - 1 + bits.take(run);
          return true;
        }
        k += run;
        if (size > 0) {
          if (k > to) return false;
          bits.take(size);
          nonzero![2 * block + (k >> 5)]! |= 1 << (k & 31);
        }
        k++;
      }
      return true;
    },
  };
}

/** One more bit of coefficients (section G.1.2.3): of each that is not zero, and those that become so. */
function refinedCoefficients(bits: ScanBits, { from, to }: Scan): BlockReader {
  let ended = 0;
  return {
    restart: () => {
      ended = 0;
    },
    next({ ac, nonzero }, block) {
      const isNonzero = (k: number) => (nonzero![2 * block + (k >> 5)]! >>> (k & 31)) & 1;
      let k = from;
      while (ended === 0 && k <= to) {
        const symbol = ac ? bits.symbol(ac) : -1;
        const [run, size] = [symbol >> 4, symbol & 15];
        if (symbol < 0 || size > 1) return false;
        if (size === 0 && run < 15) {
          ended = (1 << run) + bits.take(run);
          break;
        }
        if (size === 1) bits.take(1);
        for (let zeros = run; k <= to; k++) {
          if (isNonzero(k)) bits.take(1);
          else if (zeros-- === 0) break;
        }
        if (size === 1) {
          if (k > to) return false;
          nonzero![2 * block + (k >> 5)]! |= 1 << (k & 31);
        }
        k++;
      }
      if (ended > 0) {
        for (; k <= to; k++) if (isNonzero(k)) bits.take(1);
        ended--;
      }
      return true;
    },
  };
}
