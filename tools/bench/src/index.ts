export { generateLoad, type LoadOrder, type LoadResult } from './load-generator.js';
export { parseOptions, type BenchOptions } from './options.js';
