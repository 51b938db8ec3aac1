/** Which lines on standard error are the launcher's own: its banners say of a rank's end what the supervisor says in a sentence. */

/** Lines of a banner stand between two rules: Open MPI's of `-`, MPICH's of `=`. */
const rule = /^(-{40,}|={40,})\s*$/;

/** What stands outside of one: a name with the host and process, MPICH's last words, and what Open MPI says of signals. */
const loose =
  /^(?:Abort\(-?\d+\) on node |\[(?:mpiexec|proxy:[\d:]+)@|\[[\w.-]+:\d+\] |mpi(?:run|exec)[\w.]*: |YOUR APPLICATION TERMINATED WITH|This typically refers to a problem with your|Please see the FAQ page for debugging)/;

/** Tells the launcher's lines from those of the ranks, one after the other. */
export class LauncherText {
  private ruleOf: string | undefined;
  /** What the launcher said, without its rules, the last lines of it. */
  readonly said: string[] = [];

  /** Whether the next line is the launcher's. */
  takes(line: string): boolean {
    const [, found] = rule.exec(line) ?? [];
    if (found !== undefined) {
      const kind = found[0]!;
      this.ruleOf = this.ruleOf === kind ? undefined : kind;
      return true;
    }
    if (this.ruleOf === undefined && !loose.test(line)) return false;
    const text = line.replace(/^=\s*|\s*=?\s*$/g, '');
    if (text !== '') this.said.push(text);
    if (this.said.length > 40) this.said.shift();
    return true;
  }
}

/** How the launcher's lines on standard output begin: MPICH writes its banners there. */
const mayBegin = /^(?:=|Y|T|P|\[|-|A)/;

/** Takes the launcher's lines out of an output that comes in pieces, of which unfinished lines are passed on at once where they can. */
export class OutputFilter {
  readonly text = new LauncherText();
  private readonly pass: (text: string) => void;
  /** What has come of a line and was not passed on. */
  private held = '';
  private isMidLine = false;
  /** Empty lines, of which nobody knows yet whether a banner follows, to which they belong. */
  private blank = '';

  /** @param pass gets what is left */
  constructor(pass: (text: string) => void) {
    this.pass = pass;
  }

  take(piece: string): void {
    const lines = (this.held + piece).split('\n');
    this.held = lines.pop()!;
    let passed = '';
    const add = (text: string) => {
      passed += this.blank + text;
      this.blank = '';
    };
    for (const line of lines) {
      const isWhole = !this.isMidLine;
      this.isMidLine = false;
      if (!isWhole) add(`${line}\n`);
      else if (line === '') this.blank += '\n';
      else if (this.text.takes(line.replace(/\r$/, ''))) this.blank = '';
      else add(`${line}\n`);
    }
    if (this.held !== '' && (this.isMidLine || !mayBegin.test(this.held))) {
      add(this.held);
      this.held = '';
      this.isMidLine = true;
    }
    if (passed !== '') this.pass(passed);
  }

  /** Passes on what is left at the end. */
  end(): void {
    const left = this.blank + this.held;
    if (left !== '') this.pass(left);
    this.held = '';
    this.blank = '';
  }
}
