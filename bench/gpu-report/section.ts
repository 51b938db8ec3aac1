/** What the report is made of, and what goes between the process that writes it and those that do the work. */

/** One piece of work. It ends with what goes into the report, or with an error. */
export interface Item {
  readonly name: string;
  run(): Promise<Finding>;
}

/** What came of an item. */
export interface Finding {
  /** Whether it is as it should be; of a measurement always true. */
  readonly isRight: boolean;
  /** One line for the terminal. */
  readonly summary: string;
  /** Plain data for the report. */
  readonly data: unknown;
}

export interface Section {
  readonly name: string;
  readonly title: string;
  /** One paragraph for who reads the report. */
  readonly about: string;
  /** Share of the time that there is. */
  readonly share: number;
  /** An item that takes longer is given up, and the next one begins in a new process. */
  readonly itemSeconds: number;
  /** Opens what the items need. */
  open(options: OpenOptions): Promise<OpenedSection>;
}

export interface OpenOptions {
  /** Part of the name of the adapter. */
  readonly adapter?: string;
}

export interface OpenedSection {
  readonly items: readonly Item[];
  /** Resolves with the reason when the device is lost: no later item could run. */
  readonly lost: Promise<string>;
  close(): Promise<void>;
}

/** A line that a working process prints. */
export type Message =
  | { readonly items: readonly string[] }
  | { readonly begun: number }
  | { readonly done: number; readonly finding: Finding }
  | { readonly done: number; readonly failure: string };

/** What the report keeps of an item. */
export interface Outcome {
  readonly name: string;
  readonly seconds: number;
  readonly finding: Finding | null;
  /** Why there is no finding: an error, a process that died, a limit of time; null where there is one. */
  readonly failure: string | null;
}

export interface SectionReport {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly outcomes: readonly Outcome[];
  /** Items that the time did not last for. */
  readonly left: readonly string[];
  /** Why the section could not begin; null if it did. */
  readonly failure: string | null;
}
