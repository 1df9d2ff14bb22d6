/**
 * Flags of Node for every app; the image has the same (deploy/Dockerfile).
 *
 * Node 24 lets each half of the young generation grow to 64 MB. Under load the gateway then took 400 to 500 MB, with
 * scavenges of 10 to 100 ms, which is longer than it waits for Redis; with 8 MB they took 8 to 18 ms. The old
 * generation is collected when it has grown by half instead of several times over: what lives in it is about 50 MB.
 * One helper thread, because apps are scaled out by processes and the helpers share the core of the main thread. These
 * flags were chosen for memory and pauses; no gain in CPU time per call was found.
 */
export const NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=8',
  '--heap-growing-percent=50',
  '--v8-pool-size=1',
];
