import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import type { CatalogueStatus } from '@penstock/entities';
import { IsIn, IsOptional } from 'class-validator';

import { IsNaming, IsStorableText } from '../http/is-storable.decorator.js';

/** What the parts of the catalogue can be: only what is active opens models to teams. */
export const CATALOGUE_STATUSES = ['active', 'inactive'] as const satisfies readonly CatalogueStatus[];

const DESCRIPTION_LENGTH_MAX = 2_000;

/** Optional free text. */
export function IsDescription(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, maxLength: DESCRIPTION_LENGTH_MAX, nullable: true }),
    IsOptional(),
    IsStorableText(DESCRIPTION_LENGTH_MAX),
  );
}

/** Optional name for people. */
export function IsDisplayName(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true }),
    IsOptional(),
    IsNaming(),
  );
}

/** Optional status, or filter by it. */
export function IsCatalogueStatus(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, enum: CATALOGUE_STATUSES, nullable: true }),
    IsOptional(),
    IsIn(CATALOGUE_STATUSES),
  );
}

/** What of a row changes: the fields of a request that are neither absent nor null, and differ from what is there. */
export function changedFields<T extends object>(
  row: T,
  wanted: { [K in keyof T]?: T[K] | null | undefined },
): Partial<T> {
  return Object.fromEntries(
    Object.entries(wanted).filter(
      ([field, value]) => value !== undefined && value !== null && value !== row[field as keyof T],
    ),
  ) as Partial<T>;
}
