import { Injectable, type PipeTransform } from '@nestjs/common';
import { AppError } from '@penstock/domain';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A job's id in a path. What is no UUID names none, so it is not found. */
@Injectable()
export class JobIdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
    throw new AppError('not_found', { detail: 'The job was not found.' });
  }
}
