import { randomFillSync } from 'node:crypto';

/** One call to the kernel for 256 ids: asking for 10 bytes at a time would cost more than the rest of the id. */
const POOL_BYTES = 10 * 256;
const pool = Buffer.allocUnsafe(POOL_BYTES);
let poolOffset = POOL_BYTES;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

let lastMs = 0;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562). Ids of one process sort in the order of their creation: the 12 bits after the time count
 * within a millisecond and borrow from the next one when they run out. Ids of other moments (`nowMs` given and
 * in the past) carry that moment.
 */
export function uuidv7(nowMs: number = Date.now()): string {
  if (poolOffset === POOL_BYTES) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const base = poolOffset;
  poolOffset += 10;

  let timeMs = nowMs;
  // A clock that steps back by less than this keeps counting in the newest millisecond instead.
  if (nowMs > lastMs || lastMs - nowMs > 10_000) {
    lastMs = nowMs;
    sequence = (((pool[base] ?? 0) << 8) | (pool[base + 1] ?? 0)) & 0x7ff;
  } else {
    sequence += 1;
    if (sequence > 0xfff) {
      sequence = 0;
      lastMs += 1;
    }
    timeMs = lastMs;
  }

  const timeHex = timeMs.toString(16).padStart(12, '0');
  const sequenceHex = (0x7000 | sequence).toString(16);
  const hex = (index: number): string => HEX[pool[base + index] ?? 0] ?? '00';
  const variant = HEX[((pool[base + 2] ?? 0) & 0x3f) | 0x80] ?? '80';
  return (
    `${timeHex.slice(0, 8)}-${timeHex.slice(8)}-${sequenceHex}-${variant}${hex(3)}-` +
    `${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`
  );
}
