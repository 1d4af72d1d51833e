/** An event type of the engine. */
export type EventType =
  | "page_view" | "view_item" | "add_to_cart" | "remove_from_cart" | "view_cart" | "begin_checkout" | "add_shipping_info"
  | "add_payment_info" | "purchase" | "refund" | "coupon_applied" | "coupon_denied" | "identify" | "consent" | "delivered" | "opened"
  | "clicked" | "dismissed" | "unsubscribed" | "bounced" | "complained"
  | "order_cancelled" | "cart_updated" | "cart_merged";

/** A line of a cart or an order, in the engine's names or those of GA4 and of shop systems: of several for one thing, the first counts. */
export interface Item {
  productId?: string;
  item_id?: string;
  product_id?: string;
  variant_id?: string;
  sku?: string;
  id?: string;
  name?: string;
  item_name?: string;
  title?: string;
  product_name?: string;
  variant?: string;
  item_variant?: string;
  variant_title?: string;
  /** The unit price. */
  price?: number;
  /** Units, up to three decimals; 1 if absent. */
  quantity?: number;
  /** ISO 4217, of the price; the event's if absent. */
  currency?: string;
  // The other fields of GA4's items: allowed, and not used.
  affiliation?: string;
  coupon?: string;
  item_brand?: string;
  item_category?: string;
  item_category2?: string;
  item_category3?: string;
  item_category4?: string;
  item_category5?: string;
  item_list_id?: string;
  item_list_name?: string;
  location_id?: string;
  discount?: number;
  index?: number;
}

/** An event's fields besides its type. A field of your own belongs into `meta`, so that a misspelt one is an error. */
export interface EventFields {
  productId?: string;
  /** The variant of the product: a line of its own. */
  variant?: string;
  /** Units; 1 if absent. */
  quantity?: number;
  /** The unit price. */
  price?: number;
  /** ISO 4217, three capital letters. */
  currency?: string;
  /** Several products; of `cart_updated`, `view_cart` and the steps of the checkout, all that is in the cart. GA4's names work too. */
  items?: Item[];
  /** What an order is worth as a whole. */
  value?: number;
  /** The order: it counts once. */
  orderId?: string;
  /** The cart, if it is another than the client's. */
  cartId?: string;
  /** Of `cart_merged`: the cart that went into `cartId`. */
  mergedFrom?: string;
  sessionId?: string;
  userId?: string;
  /** Fields of your own, and those of identify, consent and messages. */
  meta?: Record<string, unknown>;
}

/** A consent. What it is for, by which text, and where it was given are its proof: up to 200 characters each. */
export interface Consent {
  channel: "email" | "sms" | "push";
  granted: boolean;
  purpose?: string;
  textVersion?: string;
  source?: string;
  /** When it ends, in milliseconds since 1970; never if absent. */
  expiresAt?: number;
}

/** A message for this shopper. All texts are plain text. */
export interface Intervention {
  /** The intervention's stable id. */
  messageId: string;
  id: string;
  cartId: string;
  campaign: string;
  action: "reminder" | "discount" | "urgency";
  /** Percent off, for a discount. */
  discountPercent?: number;
  /** The coupon code of the discount. */
  code?: string;
  subject?: string;
  message: string;
  cart: { itemCount: number; value: number; currency: string };
  links?: { restore?: string; unsubscribe?: string };
}

/** CSS values for the custom properties --cr-…; the page's style sheets can also set them on cart-recovery. */
export interface Theme {
  accent?: string;
  "on-accent"?: string;
  background?: string;
  text?: string;
  backdrop?: string;
  font?: string;
  radius?: string;
}

/** The fixed texts, for translation. {percent} is replaced. */
export interface Labels {
  /** Headings of interventions without a subject. */
  discount?: string;
  reminder?: string;
  urgency?: string;
  /** The main button, for a discount and for anything else. */
  accept?: string;
  back?: string;
  dismiss?: string;
  close?: string;
  code?: string;
}

/** The engine rejected an event, or several that were sent together; or the page's key or origin. */
export interface StreamError {
  /** The first rejected event's index on its connection; absent if the key or the origin is refused. */
  index?: number;
  code: string;
  message: string;
  /** For several: their number. */
  count?: number;
  /** For several: the last one's index. */
  lastIndex?: number;
  /** For several: their number by code. */
  codes?: Record<string, number>;
  /** For several: the first five. */
  errors?: { index: number; code: string; message: string }[];
}

export interface Options {
  /** The store's publishable key. */
  key: string;
  /** The engine's URL, like https://events.shop.example, or a full wss:// address. Default: the script's origin. */
  url?: string;
  /** The shop's id for the cart. Default: generated, stored in this browser, and replaced after a purchase. */
  cartId?: string;
  /** Default: generated with the cart and valid as long, because a cart belongs to the session that began it. */
  sessionId?: string;
  userId?: string;
  /** A token that the shop's server signed for userId: see identify. */
  userToken?: string;
  /** Default, auto: a dialog for discounts, a banner otherwise. false: the page shows interventions itself. */
  show?: "auto" | "dialog" | "banner" | false;
  theme?: Theme;
  labels?: Labels;
  /** Called for each intervention. Return false if the page shows it itself and tracks its outcome. */
  onIntervention?: (intervention: Intervention) => boolean | void;
  /** Called when the shopper accepts. If absent, the client opens the restore link, if there is one. */
  onAccept?: (intervention: Intervention) => void;
  /**
   * Called when the engine rejects an event, which is dropped (after `overloaded` it is sent again), or refuses the key or the page's origin: then
   * the client stops connecting.
   */
  onError?: (error: StreamError) => void;
  onState?: (state: State) => void;
  /** Shows what is sent and answered in a box on the page. For developers. */
  debug?: boolean;
}

/** `refused`: the engine does not take this key from this page; the client has stopped connecting. */
export type State = "connecting" | "open" | "offline" | "refused" | "closed";

export interface Stats {
  /** Events sent; a resent event counts again. */
  sent: number;
  /** Events acknowledged as durable. */
  acknowledged: number;
  /** Events rejected by the engine. */
  refused: number;
  /** Events dropped because they were too long or the buffer was full. */
  dropped: number;
  /** Events waiting to be sent or acknowledged. */
  pending: number;
}

export interface Client {
  /** Sends an event, immediately or once connected. Returns its id, or null if its JSON is longer than 10,000 characters. */
  track(type: EventType, fields?: EventFields): string | null;
  /**
   * Sets the shopper's identity; null for an unknown shopper. With a token that the shop's server signed for this user, what the shopper says
   * counts for the customer, on every device; without one, for this cart alone.
   */
  identify(userId: string | null, traits?: Record<string, unknown>, userToken?: string): string | null;
  /** Records the shopper's consent for a channel. */
  consent(consent: Consent): string | null;
  /** Begins a new cart in a new session. Call after a purchase reported by the shop's server. Returns the cart's id. */
  newCart(): string;
  readonly cartId: string;
  readonly sessionId: string;
  readonly state: State;
  readonly stats: Stats;
  /** Sends what it can, stores the remaining events for the next page, and disconnects. */
  close(): void;
}

/**
 * Creates a client and connects. Besides the callbacks, fires cartrecovery:intervention (preventDefault: the page shows it itself) and
 * cartrecovery:accept on document, with the intervention as detail.
 */
export type Connect = (options: Options) => Client;

declare global {
  /** Set by cartrecovery.js. client is set only if the script element has a data-key. */
  var CartRecovery: { connect: Connect; client?: Client };
}
