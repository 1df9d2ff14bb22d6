import { type OpenApiOptions, operatorSchemes } from '@penstock/platform';

/** Head of the admin API's document. */
export const openApiOptions: OpenApiOptions = {
  title: 'Penstock admin',
  description: 'Organizations: the tenants of a platform. Admin users: the operators who manage it.',
  readsBodies: true,
  securitySchemes: {
    ...operatorSchemes,
    teamKey: { scheme: 'bearer', type: 'http', description: 'The virtual key of the team.' },
  },
};
