import { Frame } from './frame.ts';

new Frame(document.querySelector('main')!).start();
