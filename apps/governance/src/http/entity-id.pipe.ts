import { Injectable, type PipeTransform } from '@nestjs/common';

import { notFound } from './not-found.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether PostgreSQL takes the text for a uuid. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** An id in a path. What is no UUID names nothing, so it is not found rather than invalid. */
@Injectable()
export class EntityIdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value !== 'string' || !isUuid(value)) throw notFound('What this id names');
    return value.toLowerCase();
  }
}
