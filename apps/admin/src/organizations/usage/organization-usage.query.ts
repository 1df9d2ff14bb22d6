import { ApiProperty } from '@nestjs/swagger';
import { registerDecorator } from 'class-validator';

import { daysOfPeriod } from '../../jobs/usage-period.js';

/** Query of `GET /api/organizations/{id}/usage`. */
export class OrganizationUsageQuery {
  /** A year, a month or a day, UTC: `2026`, `2026-01` or `2026-01-31`. */
  @ApiProperty({ type: String, pattern: String.raw`^\d{4}(-\d{2}(-\d{2})?)?$` })
  @IsPeriod()
  period!: string;
}

function IsPeriod(): PropertyDecorator {
  return (target, key) => {
    const propertyName = String(key);
    registerDecorator({
      name: 'period',
      target: target.constructor,
      propertyName,
      validator: {
        validate: (value: unknown) => typeof value === 'string' && daysOfPeriod(value) !== undefined,
        defaultMessage: () => `${propertyName} must be a year, a month or a day, such as 2026, 2026-01 or 2026-01-31`,
      },
    });
  };
}
