import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { operatorRoles, type OperatorRole } from '@penstock/platform';
import { IsBoolean, IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

import { IsNaming, IsStorableObject, IsWellFormed } from '../http/is-storable.decorator.js';
import { IsOperatorEmail } from './is-operator-email.decorator.js';

export const PASSWORD_LENGTH_MIN = 8;
/** Hashing takes all of it, so it is bounded. */
export const PASSWORD_LENGTH_MAX = 1_024;

/** Body of `POST /api/admin-users/setup`. */
export class SetupRequest {
  @ApiProperty({ type: String, format: 'idn-email', maxLength: 320 })
  @IsOperatorEmail()
  email!: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  display_name!: string;

  @ApiProperty({ type: String, minLength: PASSWORD_LENGTH_MIN, maxLength: PASSWORD_LENGTH_MAX })
  @IsString()
  @MinLength(PASSWORD_LENGTH_MIN)
  @MaxLength(PASSWORD_LENGTH_MAX)
  @IsWellFormed()
  password!: string;
}

/** Body of `POST /api/admin-users/login`. */
export class LoginRequest {
  /** The part before the @ is case-sensitive. */
  @ApiProperty({ type: String, format: 'idn-email', maxLength: 320 })
  @IsOperatorEmail()
  email!: string;

  @ApiProperty({ type: String, maxLength: PASSWORD_LENGTH_MAX })
  @IsString()
  @MaxLength(PASSWORD_LENGTH_MAX)
  @IsWellFormed()
  password!: string;
}

/** Body of `POST /api/admin-users/me/change-password`. */
export class ChangePasswordRequest {
  @ApiProperty({ type: String, maxLength: PASSWORD_LENGTH_MAX })
  @IsString()
  @MaxLength(PASSWORD_LENGTH_MAX)
  @IsWellFormed()
  current_password!: string;

  @ApiProperty({ type: String, minLength: PASSWORD_LENGTH_MIN, maxLength: PASSWORD_LENGTH_MAX })
  @IsString()
  @MinLength(PASSWORD_LENGTH_MIN)
  @MaxLength(PASSWORD_LENGTH_MAX)
  @IsWellFormed()
  new_password!: string;
}

/** Body of `POST /api/admin-users`. */
export class CreateAdminUserRequest extends SetupRequest {
  @ApiProperty({ type: String, enum: operatorRoles })
  @IsIn(operatorRoles)
  role!: OperatorRole;

  /** Anything the operator wants to keep; null counts as nothing. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  @IsOptional()
  @IsStorableObject()
  metadata?: Record<string, unknown> | null;
}

/** Body of `PUT /api/admin-users/:id`: what is absent or null stays as it is. */
export class UpdateAdminUserRequest {
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsOptional()
  @IsNaming()
  display_name?: string | null;

  @ApiPropertyOptional({ type: String, enum: operatorRoles, nullable: true })
  @IsOptional()
  @IsIn(operatorRoles)
  role?: OperatorRole | null;

  /** False ends every login of the account at once; true does not bring them back. */
  @ApiPropertyOptional({ type: Boolean, nullable: true })
  @IsOptional()
  @IsBoolean()
  is_active?: boolean | null;

  /** Replaces what is there. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  @IsOptional()
  @IsStorableObject()
  metadata?: Record<string, unknown> | null;
}
