import { generateLoad, type LoadOrder } from './load-generator.js';

// A process of its own: what the rest of the benchmark does must not delay a call that is being timed.
process.on('message', (order: LoadOrder) => {
  void generateLoad(order).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
