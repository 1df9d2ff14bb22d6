const PROMPT = 'A penstock is the gate that meters a flow and can shut it at once. '.repeat(16);

/** Words of every answer of the benchmark's provider. */
export const ANSWER_TOKENS = 100;

/** An ordinary call: 1.2 KB out, about as much back. */
export const PLAIN_BODY = JSON.stringify({
  model: 'gpt-4o-mini',
  max_tokens: 256,
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: PROMPT },
  ],
});

/** Streams a few chunks, 2 ms apart: a gateway that waits for the last one shows in the time to the first. */
export const STREAM_BODY = JSON.stringify({
  model: 'gpt-4o-mini',
  max_tokens: 256,
  stream: true,
  messages: [{ role: 'user', content: `${PROMPT} sim:{"chunks":2,"chunkIntervalMs":2}` }],
});
