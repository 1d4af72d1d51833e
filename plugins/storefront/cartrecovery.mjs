import "./cartrecovery.js";
export const { connect } = globalThis.CartRecovery;
