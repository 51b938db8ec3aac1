import './without-eval.ts';
import { Frame } from './frame.ts';

new Frame(document.querySelector('main')!).start();
