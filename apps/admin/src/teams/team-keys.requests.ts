import { ApiProperty } from '@nestjs/swagger';
import { DurationError } from '@penstock/domain';
import { parseOverlap } from '@penstock/management';
import { IsOptional, registerDecorator } from 'class-validator';

/** The value before ends at once. */
export const NO_OVERLAP = '0s';

/** Body of `POST /api/teams/{id}/rotate-key`. */
export class RotateTeamKeyRequest {
  @ApiProperty({
    type: String,
    required: false,
    nullable: true,
    default: NO_OVERLAP,
    description: 'How long the value before works on, such as `1h`; it ends at once when absent.',
  })
  @IsOptional()
  @IsOverlap()
  overlap?: string | null;
}

function IsOverlap(): PropertyDecorator {
  return (target, key) => {
    const propertyName = String(key);
    registerDecorator({
      name: 'isString',
      target: target.constructor,
      propertyName,
      validator: {
        validate: isOverlap,
        defaultMessage: () => `${propertyName} must be a duration such as "0s", "1h" or "1d"`,
      },
    });
  };
}

function isOverlap(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    parseOverlap(value);
    return true;
  } catch (error) {
    if (error instanceof DurationError) return false;
    throw error;
  }
}
