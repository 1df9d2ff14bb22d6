/** Head of the admin API's document. */
export const openApiOptions = {
  title: 'Penstock admin',
  description: 'Organizations: the tenants of a platform. Admin users: the operators who manage it.',
  readsBodies: true,
};
