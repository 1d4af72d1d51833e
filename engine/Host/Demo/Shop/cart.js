// The page's cart: its items and the accepted offer. The server has its own prices and offers.
const KEY = "shop:cart";

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
};

export class Cart extends EventTarget {
  #items = new Map(); // quantity by product id
  #products;
  offer = null; // { id, percent }

  constructor(products) {
    super();
    this.#products = products;
    this.#load();
    // Changed by another tab.
    addEventListener("storage", (e) => {
      if (e.key !== KEY) return;
      this.#load();
      this.dispatchEvent(new Event("change"));
    });
  }

  get lines() {
    return [...this.#items].map(([id, quantity]) => ({ product: this.#products.get(id), quantity }));
  }

  get count() {
    return this.lines.reduce((sum, line) => sum + line.quantity, 0);
  }

  get subtotal() {
    return this.lines.reduce((sum, line) => sum + line.quantity * line.product.price, 0);
  }

  // Rounded per unit, as on the server.
  get discount() {
    return this.lines.reduce((sum, { product, quantity }) =>
      sum + quantity * (product.price - Math.round(product.price * (100 - (this.offer?.percent ?? 0))) / 100), 0);
  }

  get total() {
    return this.subtotal - this.discount;
  }

  quantityOf(id) {
    return this.#items.get(id) ?? 0;
  }

  set(id, quantity) {
    if (quantity > 0) this.#items.set(id, quantity);
    else this.#items.delete(id);
    this.#changed();
  }

  take(offer) {
    this.offer = offer;
    this.#changed();
  }

  clear() {
    this.#items.clear();
    this.offer = null;
    this.#changed();
  }

  #load() {
    const { items = [], offer = null } = read();
    this.#items = new Map(items.filter(([id]) => this.#products.has(id)));
    this.offer = offer;
  }

  #changed() {
    try {
      localStorage.setItem(KEY, JSON.stringify({ items: [...this.#items], offer: this.offer }));
    } catch {
      // Without storage, the cart lasts as long as the page.
    }
    this.dispatchEvent(new Event("change"));
  }
}
