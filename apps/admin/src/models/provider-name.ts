/** Providers are compared letter by letter, so their names have one form. */
export const PROVIDER_NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;
