/** An event's type, as the engine knows it. */
export type EventType =
  | "page_view" | "view_item" | "add_to_cart" | "remove_from_cart" | "view_cart" | "begin_checkout" | "add_shipping_info"
  | "add_payment_info" | "purchase" | "refund" | "coupon_applied" | "coupon_denied" | "identify" | "consent" | "delivered" | "opened"
  | "clicked" | "dismissed" | "unsubscribed" | "bounced";

/** What an event may say beside its type; what is not named here goes along and is kept. */
export interface EventFields {
  productId?: string;
  /** Units, 1 when it is missing. */
  quantity?: number;
  /** Of one unit. */
  price?: number;
  /** ISO 4217, three capital letters. */
  currency?: string;
  meta?: Record<string, unknown>;
  [name: string]: unknown;
}

/** What the engine decided to say to this shopper. All texts are plain text. */
export interface Intervention {
  /** The same intervention always has the same one. */
  messageId: string;
  id: string;
  cartId: string;
  campaign: string;
  action: "reminder" | "discount" | "urgency";
  /** Percent off, for a discount. */
  discountPercent?: number;
  /** What the shopper enters, or the shop applies, for the discount. */
  code?: string;
  subject?: string;
  message: string;
  cart: { itemCount: number; value: number; currency: string };
  links?: { restore?: string; unsubscribe?: string };
}

/** CSS values of the custom properties --cr-…, which the page's style sheets may set on cart-recovery as well. */
export interface Theme {
  accent?: string;
  "on-accent"?: string;
  background?: string;
  text?: string;
  backdrop?: string;
  font?: string;
  radius?: string;
}

/** The fixed texts, for another language. {percent} is filled in. */
export interface Labels {
  /** Headings of interventions without a subject. */
  discount?: string;
  reminder?: string;
  urgency?: string;
  /** The main button: of a discount, of anything else. */
  accept?: string;
  back?: string;
  dismiss?: string;
  close?: string;
  code?: string;
}

export interface Options {
  /** The store's publishable key. */
  key: string;
  /** The engine: https://events.shop.example, or a whole wss:// address. Default: where the script came from. */
  url?: string;
  /** The shop's own name for the cart. Default: one is made, kept in this browser, and given up after a purchase. */
  cartId?: string;
  /** Default: one that lives as long as the cart, because a cart belongs to the session that began it. */
  sessionId?: string;
  userId?: string;
  /** Default, auto: a dialog for discounts, a banner for the rest. false: the page shows interventions itself. */
  show?: "auto" | "dialog" | "banner" | false;
  theme?: Theme;
  labels?: Labels;
  /** An intervention came. false: the page shows it itself, and tracks what becomes of it. */
  onIntervention?: (intervention: Intervention) => boolean | void;
  /** The shopper took it. With this, nothing is opened; without, the link that brings the cart back, if there is one. */
  onAccept?: (intervention: Intervention) => void;
  /** An event was refused, and is given up (overloaded: it is sent again). */
  onError?: (error: { index: number; code: string; message: string }) => void;
  onState?: (state: State) => void;
}

export type State = "connecting" | "open" | "offline" | "closed";

export interface Stats {
  /** Events sent; one that is sent twice counts twice. */
  sent: number;
  /** Events that are durable in the engine. */
  acknowledged: number;
  /** Events that the engine refused. */
  refused: number;
  /** Events lost because they were too long, or too many for the buffer. */
  dropped: number;
  /** Events that wait to be sent or acknowledged. */
  pending: number;
}

export interface Client {
  /** Sends an event, now or when there is a connection. Returns its id, or null if it is longer than 10,000 characters as JSON. */
  track(type: EventType, fields?: EventFields): string | null;
  /** Says who the shopper is from now on; null: nobody that is known. */
  identify(userId: string | null, traits?: Record<string, unknown>): string | null;
  /** Says what the shopper allows. */
  consent(consent: { channel: string; granted: boolean }): string | null;
  /** Begins another cart, in a session of its own; after a purchase that the shop's server sends. Returns its id. */
  newCart(): string;
  readonly cartId: string;
  readonly sessionId: string;
  readonly state: State;
  readonly stats: Stats;
  /** Sends what can be sent, keeps the rest for the next page, and ends. */
  close(): void;
}

/**
 * Begins to send. Fires on document, beside the callbacks: cartrecovery:intervention (preventDefault: the page shows it itself) and
 * cartrecovery:accept, with the intervention as detail.
 */
export type Connect = (options: Options) => Client;

declare global {
  /** Set by cartrecovery.js; client only where the script element has a data-key. */
  var CartRecovery: { connect: Connect; client?: Client };
}
