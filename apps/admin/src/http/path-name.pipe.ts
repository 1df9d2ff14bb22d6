import { Injectable, type PipeTransform } from '@nestjs/common';
import { AppError } from '@penstock/domain';

/** A name in a path. PostgreSQL's text has no NUL: such a name can name nothing. */
@Injectable()
export class PathNamePipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value !== 'string' || value.includes('\0')) {
      throw new AppError('not_found', { detail: 'What the address names was not found.' });
    }
    return value;
  }
}
