import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { randomUUID } from 'node:crypto';

/** OWASP's choice for argon2id, the default algorithm of the package: 19 MiB, two passes, some 15 ms a check. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes and checks passwords, off the event loop. */
@Injectable()
export class Passwords {
  /** Checked where there is no account, so that its absence takes as long as a wrong password. */
  readonly #decoy = hash(randomUUID(), COST);

  hash(password: string): Promise<string> {
    return hash(password, COST);
  }

  /** False also for no hash at all, after the same work. */
  async isRight(passwordHash: string | null, password: string): Promise<boolean> {
    const isMatch = await verify(passwordHash ?? (await this.#decoy), password);
    return isMatch && passwordHash !== null;
  }
}
