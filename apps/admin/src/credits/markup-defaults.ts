import { Injectable } from '@nestjs/common';

/** What an organization adds to the cost of models that have no price of their own. */
@Injectable()
export class MarkupDefaults {
  /** Percent. Without a price book nothing is added. */
  percentOf(_organizationId: string): Promise<number> {
    return Promise.resolve(0);
  }
}
