import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';

import { ValidationFailure } from '../errors/validation-failure.js';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `@Param('id', UuidPipe)`: keeps what PostgreSQL would refuse as a uuid away from it. Lower-cases. */
@Injectable()
export class UuidPipe implements PipeTransform<unknown, string> {
  transform(value: unknown, metadata: ArgumentMetadata): string {
    if (typeof value === 'string' && uuid.test(value)) {
      return value.toLowerCase();
    }
    throw new ValidationFailure([
      {
        location: metadata.type === 'query' ? 'query' : 'path',
        path: [metadata.data ?? 'id'],
        rule: 'isUuid',
        reason: 'must be a UUID',
        isMissing: value === undefined,
      },
    ]);
  }
}
