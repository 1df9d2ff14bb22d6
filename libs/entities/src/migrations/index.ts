import { CreateSchemas1795392000000 } from './1795392000000-create-schemas.js';
import { CreateGovernance1795392010000 } from './1795392010000-create-governance.js';

/** In the order in which they run; timestamps strictly increase. */
export const migrations = [CreateSchemas1795392000000, CreateGovernance1795392010000] as const;
