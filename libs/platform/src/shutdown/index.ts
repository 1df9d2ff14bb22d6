export { Shutdown, type ShutdownHook, type ShutdownPhase } from './shutdown.js';
