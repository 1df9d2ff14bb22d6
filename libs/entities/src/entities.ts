import { governanceEntities } from './governance/index.js';

/** Every table of Penstock, of all schemas. */
export const allEntities = [...governanceEntities];
