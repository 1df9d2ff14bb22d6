/**
 * Flags of Node for every app; the image has the same (deploy/Dockerfile).
 *
 * Node 24 lets each half of the young generation grow to 64 MB. Under load that is 300 MB more of memory and scavenges
 * of 10 to 100 ms, longer than the gateway waits for Redis; with 8 MB they take a tenth. The old generation is
 * collected when it has grown by half instead of several times over: what lives in it is about 50 MB. One helper
 * thread is enough, because apps are scaled out by processes, and four on one core keep the main thread from running.
 */
export const NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=8',
  '--heap-growing-percent=50',
  '--v8-pool-size=1',
];
