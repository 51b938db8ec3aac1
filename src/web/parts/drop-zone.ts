import { type Child, element } from './element.ts';

/** A file that a person chose, with its path inside the folder they chose or dropped (its name where there was no folder). */
export interface ChosenFile {
  readonly path: string;
  readonly file: File;
}

export interface DropZoneOptions {
  /** What to do here, in a few words. */
  readonly title: string;
  readonly hint?: Child;
  /** Text of the button, such as “Choose images”. */
  readonly button: string;
  /** Also offer a button that opens whole folders. */
  readonly folderButton?: string;
  /** As `accept` of a file input. What is dropped is handed over whatever it is. */
  readonly accept?: string;
  readonly multiple?: boolean;
  /** Other ways to bring something, beside the buttons for files. */
  readonly others?: readonly HTMLElement[];
  readonly onFiles: (files: ChosenFile[]) => void;
}

/** A place to drop files and folders on, with real file inputs for the keyboard and for phones. */
export function dropZone(options: DropZoneOptions): HTMLElement {
  const { title, hint, accept, multiple = false, folderButton, others = [], onFiles } = options;
  const inputs = [fileInput(options.button, { accept, multiple }, onFiles)];
  if (folderButton) inputs.push(fileInput(folderButton, { webkitdirectory: true, multiple: true }, onFiles));
  const zone = element(
    'div',
    { class: 'drop-zone', role: 'group', 'aria-label': title },
    element('p', { class: 'drop-title' }, title),
    element('div', { class: 'drop-buttons' }, ...inputs, ...others),
    hint ? element('p', { class: 'drop-hint' }, hint) : '',
  );
  // Entering a child of the zone also leaves the zone itself: count instead of believing either event.
  let depth = 0;
  const mark = (change: number): void => {
    depth = change === 0 ? 0 : depth + change;
    zone.classList.toggle('over', depth > 0);
  };
  zone.addEventListener('dragenter', (event) => {
    event.preventDefault();
    mark(1);
  });
  zone.addEventListener('dragover', (event) => event.preventDefault());
  zone.addEventListener('dragleave', () => mark(-1));
  zone.addEventListener('drop', async (event) => {
    event.preventDefault();
    mark(0);
    if (event.dataTransfer) onFiles(await droppedFiles(event.dataTransfer));
  });
  return zone;
}

function fileInput(
  text: string,
  attributes: { accept?: string; multiple?: boolean; webkitdirectory?: boolean },
  onFiles: DropZoneOptions['onFiles'],
): HTMLElement {
  const input = element('input', { type: 'file', class: 'visually-hidden', ...attributes });
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])].map((file) => ({
      path: file.webkitRelativePath || file.name,
      file,
    }));
    input.value = ''; // so that choosing the same file again is a change
    if (files.length > 0) onFiles(files);
  });
  return element('label', { class: 'button' }, text, input);
}

/** What was dropped, with everything inside dropped folders. Entries must be taken before the event ends. */
async function droppedFiles(transfer: DataTransfer): Promise<ChosenFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }));
  return (await Promise.all(entries.map(filesBelow))).flat();
}

async function filesBelow(entry: FileSystemEntry): Promise<ChosenFile[]> {
  if (entry instanceof FileSystemFileEntry) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: ChosenFile[] = [];
  // A reader hands out a part of the folder at a time, and nothing at its end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return found;
    found.push(...(await Promise.all(part.map(filesBelow))).flat());
  }
}
