import type { ValueTransformer } from 'typeorm';

/** Whole numbers that may exceed 2^53 (`bigint`, `numeric(38,0)`): the driver answers strings, the code uses bigint. */
export const exactInteger: ValueTransformer = {
  to: (value: bigint | undefined): string | undefined => value?.toString(),
  from: (value: string | null): bigint | null => (value === null ? null : BigInt(value)),
};
