import { SetMetadata, type CustomDecorator } from '@nestjs/common';

export const PUBLIC_ROUTE = 'penstock:public-route';

/** Opens a route (or every route of a controller) that `OperatorAuthModule` keeps closed by default. */
export const Public = (): CustomDecorator => SetMetadata(PUBLIC_ROUTE, true);
