import './without-eval.ts';
import { Frame } from './frame.ts';
import { keepForOffline } from './offline.ts';

new Frame(document.querySelector('main')!).start();
addEventListener('load', keepForOffline);
