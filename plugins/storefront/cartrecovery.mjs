import "./cartrecovery.js";
// The engine is where this file came from, if nothing else is said.
export const connect = (options) => globalThis.CartRecovery.connect({ url: new URL("/", import.meta.url).href, ...options });
