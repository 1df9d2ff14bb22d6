import { DEFAULT_BEHAVIOUR, parseBehaviour, type Behaviour } from './behaviour.js';

/** The behaviour of calls that bring no directive, set through the control plane. */
export class BehaviourStore {
  #current = DEFAULT_BEHAVIOUR;
  /** Calls that `#current` is still good for; null means all. */
  #callsLeft: number | null = null;

  /**
   * Replaces the behaviour of subsequent calls; fields not named fall back to the defaults.
   *
   * @param times after so many calls the defaults return, which is what a test of retries needs
   */
  set(raw: unknown, times: number | null = null): Behaviour {
    this.#current = { ...DEFAULT_BEHAVIOUR, ...parseBehaviour(raw) };
    this.#callsLeft = times;
    return this.#current;
  }

  get(): Behaviour {
    return this.#current;
  }

  /** Hot path: the behaviour of the next call. */
  take(): Behaviour {
    const behaviour = this.#current;
    if (this.#callsLeft !== null) {
      this.#callsLeft -= 1;
      if (this.#callsLeft <= 0) this.reset();
    }
    return behaviour;
  }

  reset(): void {
    this.#current = DEFAULT_BEHAVIOUR;
    this.#callsLeft = null;
  }
}
