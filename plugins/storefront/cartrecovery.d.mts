import type { Connect } from "./cartrecovery.js";
export type * from "./cartrecovery.js";
export declare const connect: Connect;
