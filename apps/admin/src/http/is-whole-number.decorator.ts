import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** An integer within bounds; the contract takes "5" for 5, and nothing else is converted. */
export function IsWholeNumber({ min, max }: { readonly min: number; readonly max: number }): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => integerFromText(value)),
    IsInt(),
    Min(min),
    Max(max),
  );
}

function integerFromText(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}
