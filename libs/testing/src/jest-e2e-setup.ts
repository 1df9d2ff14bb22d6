import { jest } from '@jest/globals';

// A whole stack takes seconds to start on a small machine, and a test that waits for a condition says itself for how long.
jest.setTimeout(60_000);
