import { randomFillSync } from 'node:crypto';

/** One call to the kernel for 256 ids: asking for 10 bytes at a time would cost more than the rest of the id. */
const RANDOM_HEX_PER_ID = 20;
const pool = Buffer.allocUnsafe((RANDOM_HEX_PER_ID / 2) * 256);
let poolHex = '';
let poolOffset = 0;

const VARIANTS = '89ab89ab89ab89ab';

let lastMs = 0;
let timeText = '';
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562). Ids of one process sort in the order of their creation: the 12 bits after the time count
 * within a millisecond and borrow from the next one when they run out. Ids of other moments (`nowMs` given and
 * well in the past) carry that moment.
 */
export function uuidv7(nowMs: number = Date.now()): string {
  if (poolOffset === poolHex.length) {
    poolHex = randomFillSync(pool).toString('hex');
    poolOffset = 0;
  }
  const random = poolHex.slice(poolOffset, poolOffset + RANDOM_HEX_PER_ID);
  poolOffset += RANDOM_HEX_PER_ID;

  // A clock that steps back by less than this keeps counting in the newest millisecond instead.
  if (nowMs > lastMs || lastMs - nowMs > 10_000) {
    setTime(nowMs);
    // Half of the range is left to count in.
    sequence = Number.parseInt(random.slice(0, 3), 16) & 0x7ff;
  } else {
    sequence += 1;
    if (sequence > 0xfff) {
      sequence = 0;
      setTime(lastMs + 1);
    }
  }

  const variant = VARIANTS.charAt(Number.parseInt(random.charAt(3), 16));
  return `${timeText}-${(0x7000 | sequence).toString(16)}-${variant}${random.slice(4, 7)}-${random.slice(8)}`;
}

/** Hot path: the text of the time is the dearest part of an id and the same for all ids of a millisecond. */
function setTime(ms: number): void {
  lastMs = ms;
  const hex = ms.toString(16).padStart(12, '0');
  timeText = `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
