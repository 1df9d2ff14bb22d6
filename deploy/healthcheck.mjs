// The HEALTHCHECK of every image: exit 0 when the app of this container answers GET /health with 2xx.
const ports = {
  gateway: ['GATEWAY_PORT', '8080'],
  governance: ['GOVERNANCE_PORT', '8081'],
  admin: ['ADMIN_PORT', '8003'],
  worker: ['WORKER_PORT', '8082'],
  simulator: ['SIMULATOR_PORT', '8090'],
};

const port = ports[process.env.PENSTOCK_APP];
// migrate serves nothing; its health is its exit code.
if (port === undefined) process.exit(0);

const [variable, fallback] = port;
const url = `http://127.0.0.1:${process.env[variable] || fallback}/health`;
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_500) });
  const body = await response.text();
  if (!response.ok) {
    console.error(`${url} answered ${response.status}: ${body.slice(0, 500)}`);
    process.exit(1);
  }
} catch (error) {
  console.error(`${url} did not answer: ${error.cause?.message ?? error.message}`);
  process.exit(1);
}
