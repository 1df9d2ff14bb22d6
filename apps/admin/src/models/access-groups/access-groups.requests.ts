import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

import { IsNaming, IsNamingList } from '../../http/is-storable.decorator.js';
import { IsCatalogueStatus, IsDescription, IsDisplayName } from '../catalogue-fields.js';

/** Body of `POST /api/model-access-groups/create`. */
export class CreateAccessGroupRequest {
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  group_name!: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  display_name!: string;

  @ApiPropertyOptional({ type: [String], nullable: true, description: 'Aliases that are in it from the start.' })
  @IsOptional()
  @IsNamingList()
  model_aliases?: string[] | null;

  @IsDescription()
  description?: string | null;
}

/** Body of `PUT /api/model-access-groups/{name}`: what is absent or null stays as it is. */
export class UpdateAccessGroupRequest {
  @IsDisplayName()
  display_name?: string | null;

  @IsDescription()
  description?: string | null;

  @IsCatalogueStatus()
  status?: 'active' | 'inactive' | null;
}

/** Body of `PUT /api/model-access-groups/{name}/models`. */
export class ReplaceAliasesRequest {
  @ApiProperty({ type: [String], description: 'The aliases of the group from now on; may be empty.' })
  @IsNamingList()
  model_aliases!: string[];
}

/** Which access groups to list. */
export class AccessGroupListQuery {
  @IsCatalogueStatus()
  status?: 'active' | 'inactive';
}
