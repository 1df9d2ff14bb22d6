import 'reflect-metadata';

import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsString, ValidateNested } from 'class-validator';

import { ValidationFailure } from '../errors/validation-failure.js';
import { StrictValidationPipe } from './strict-validation.pipe.js';

class Entry {
  @IsString()
  name!: string;
}

class Body {
  @ValidateNested({ each: true })
  @Type(() => Entry)
  entries!: Entry[];
}

describe('StrictValidationPipe', () => {
  const refused = async (entries: unknown[]): Promise<unknown> =>
    new StrictValidationPipe()
      .transform({ entries }, { type: 'body', metatype: Body })
      .catch((error: unknown) => error);

  it('names every value that does not fit, up to a number that a client can read', async () => {
    const few = await refused([{}, { name: 5 }, { name: 'a' }]);
    expect(few).toBeInstanceOf(ValidationFailure);
    expect((few as ValidationFailure).issues.map(({ path }) => path.join('.'))).toEqual([
      'entries.0.name',
      'entries.1.name',
    ]);
    expect(((await refused(Array.from({ length: 5_000 }, () => ({})))) as ValidationFailure).issues).toHaveLength(100);
  });
});
