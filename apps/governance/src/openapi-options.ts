/** Head of the governance API's document. */
export const openApiOptions = {
  title: 'Penstock governance',
  description: 'Customers, teams, virtual keys, budgets, rate limits, prices, usage, alerts and webhooks.',
  readsBodies: true,
};
