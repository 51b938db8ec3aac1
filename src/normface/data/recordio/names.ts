/** The folder that each label of a list stands for. */
export type RecordNames = ReadonlyMap<number, string>;

/**
 * Names of the classes from a list as im2rec of MXNet reads it: lines `key ⇥ label ⇥ path`, whose paths have a folder for each label.
 * @returns undefined when a path has no folder, a label several folders or a folder several labels: then folders are no names
 */
export function namesOfList(text: string): RecordNames | undefined {
  const names = new Map<number, string>();
  const labels = new Map<string, number>();
  let begin = 0;
  while (begin < text.length) {
    const newline = text.indexOf('\n', begin);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(begin, end).trim();
    begin = end + 1;
    if (line === '') continue;
    const fields = line.split('\t');
    const label = Number(fields[1]);
    const name = fields[fields.length - 1]!.split(/[/\\]/).at(-2)?.normalize('NFC');
    if (fields.length < 3 || !Number.isInteger(label) || !name || name === '.' || name === '..')
      return undefined;
    if ((names.get(label) ?? name) !== name || (labels.get(name) ?? label) !== label) return undefined;
    names.set(label, name);
    labels.set(name, label);
  }
  // A part of a text keeps the whole of it in memory; JSON makes new ones.
  return names.size > 0 ? new Map(JSON.parse(JSON.stringify([...names])) as [number, string][]) : undefined;
}
