// Compiled, never run. @ts-expect-error is an error itself where the next line has none.
import { connect, type Client, type Item } from "@cartrecovery/storefront";
import "@cartrecovery/storefront/cartrecovery.js";

const client: Client = connect({ key: "pk_1", show: "banner", onError: (error) => console.log(error.code) });
const items: Item[] = [{ item_id: "A", item_name: "Hat", item_category2: "Red", price: 9.99, quantity: 0.25 }, { productId: "B", variant: "L" }];
client.track("cart_updated", { currency: "EUR", items });
client.track("purchase", { orderId: "o1", value: 12, meta: { anything: [1] } });
client.consent({ channel: "email", granted: true, purpose: "offers", textVersion: "7", source: "checkout" });
CartRecovery.client?.newCart();

// @ts-expect-error
client.track("add_to_basket");
// @ts-expect-error
client.track("add_to_cart", { productID: "A" });
// @ts-expect-error
client.track("add_to_cart", { productId: "A", price: "9.99" });
// @ts-expect-error
client.track("add_to_cart", { items: [{ itemId: "A" }] });
// @ts-expect-error
client.consent({ channel: "mail", granted: true });
// @ts-expect-error
client.consent({ channel: "email", granted: true, text_version: "7" });
// @ts-expect-error
connect({ Key: "pk_1" });
// @ts-expect-error
client.state = "open";
