import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Tools and stamps that belong to the clone; data of `npm start` is below it too unless PENSTOCK_LOCAL_DIR moves it. */
export const LOCAL = path.join(ROOT, '.local');
