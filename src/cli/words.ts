/** Command lines made of other command lines. */

/**
 * The words without some options and their values, which may follow as the next word or after `=`.
 * @param names options that take a value, such as `--ranks`
 */
export function withoutOptions(words: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    // What follows a lone -- is no option.
    if (word === '--') return [...kept, ...words.slice(i)];
    if (names.includes(word)) i++;
    else if (!names.some((name) => word.startsWith(`${name}=`))) kept.push(word);
  }
  return kept;
}

/** Options that tell the supervisor, not the ranks. */
export const supervisorOptions = ['--ranks', '--hosts', '--max-restarts', '--launcher', '--rsh-agent'];

/** Options of every command that take a value, and of `train` those that a run does not keep in its configuration. */
const kept = [
  '--json',
  '--verify-data',
  '--allow-software',
  '--adapter',
  '--tune',
  '--tune-seconds',
  '--tune-in',
  '--operands',
  '--gflop-per-submission',
  '--max-pixels',
  '--rank-timeout',
  '--trace',
];
const withoutValue = ['--json', '--verify-data'];

/**
 * The words by which ranks go on with a run after a restart: a resumed one with what was changed, another one with nothing but the
 * options that its configuration does not hold.
 * @param words what the ranks were started with
 */
export function resumingWords(words: readonly string[], run: string): string[] {
  const isResume = (word: string) => word === '--resume' || word.startsWith('--resume=');
  const at = words.findIndex(isResume);
  if (at >= 0) {
    const next = words[at + 1];
    const hasValue = words[at] === '--resume' && next !== undefined && !next.startsWith('-');
    return [...words.slice(0, at), '--resume', run, ...words.slice(at + (hasValue ? 2 : 1))];
  }
  const options = words.flatMap((word, i) => {
    const name = word.split('=')[0]!;
    if (!kept.includes(name)) return [];
    return withoutValue.includes(name) || word !== name ? [word] : [word, words[i + 1]!];
  });
  return ['train', '--resume', run, ...options];
}
