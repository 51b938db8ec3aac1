import { button } from './element.ts';

/** A button that puts a text into the clipboard and says so. */
export function copyButton(title: string, text: () => string): HTMLButtonElement {
  const made = button(title, async () => {
    try {
      await navigator.clipboard.writeText(text());
      made.textContent = 'Copied';
    } catch {
      made.textContent = 'The browser did not allow it';
    }
    setTimeout(() => {
      made.textContent = title;
    }, 2000);
  });
  made.style.minWidth = `${title.length + 2}ch`; // so that nothing moves when the text changes
  return made;
}
