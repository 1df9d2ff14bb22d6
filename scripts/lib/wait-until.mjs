import { setTimeout as delay } from 'node:timers/promises';

/** Polls until the condition holds; an error counts as not yet and is the reason in the end. */
export async function waitUntil(condition, what, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let reason = '';
    try {
      if (await condition()) return;
    } catch (error) {
      reason = `: ${error.message}`;
    }
    if (performance.now() >= deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}${reason}`);
    await delay(100);
  }
}
