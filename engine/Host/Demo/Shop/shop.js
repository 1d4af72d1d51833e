import { connect } from "/sdk.mjs";
import { Cart } from "/shop/cart.js";

const $ = (id) => document.getElementById(id);
const { store, key, currency, idleSeconds, products } = await (await fetch("/shop/api/catalogue")).json();
const byId = new Map(products.map((product) => [product.id, product]));
const cart = new Cart(byId);
const money = (value) => new Intl.NumberFormat("en-US", { style: "currency", currency }).format(value);

// The engine.
const client = connect({
  key,
  theme: { accent: "#4a3ccf", font: "inherit", radius: "20px" },
  onIntervention: (intervention) => note("intervention", "←", intervention.campaign),
  onAccept: (intervention) => takeOffer(intervention),
  onState: () => showLink(),
});
let lastTold = Date.now();
let offered = false;

function tell(type, fields) {
  client.track(type, fields);
  lastTold = Date.now();
  note(type, "→", fields?.productId ?? "");
}

const itemOf = (product, quantity) => ({ productId: product.id, quantity, price: product.price, currency });

// Products.
function showProducts(department) {
  for (const chip of $("departments").children) chip.setAttribute("aria-pressed", String(chip.value === (department ?? "")));
  $("products").replaceChildren(...products.filter((p) => !department || p.department === department).map(cardOf));
}

function cardOf(product) {
  const card = $("card").content.cloneNode(true).firstElementChild;
  fill(card, product);
  card.querySelector(".look").addEventListener("click", () => look(product));
  const add = card.querySelector(".add");
  add.setAttribute("aria-label", `Add ${product.name}, number ${product.id}, to the cart`);
  add.addEventListener("click", () => addToCart(product));
  return card;
}

function fill(element, product) {
  element.querySelector("use").setAttribute("href", `#i-${product.icon}`);
  element.querySelector(".tile").dataset.icon = product.icon;
  element.querySelector(".name").textContent = product.name;
  element.querySelector(".number").textContent = `No. ${product.id}`;
  element.querySelector(".price").textContent = money(product.price);
}

let looked;
function look(product) {
  looked = product;
  $("product-icon").setAttribute("href", `#i-${product.icon}`);
  $("product").querySelector(".tile").dataset.icon = product.icon;
  $("product-department").textContent = `${product.department}, no. ${product.id}`;
  $("product-name").textContent = product.name;
  $("product-views").textContent = `Viewed ${product.views} times that night.`;
  $("product-price").textContent = money(product.price);
  $("product").showModal();
  tell("view_item", { productId: product.id, price: product.price, currency, meta: { category: product.department } });
}

function addToCart(product) {
  cart.set(product.id, cart.quantityOf(product.id) + 1);
  tell("add_to_cart", itemOf(product, 1));
  say(`${product.name} is in your cart.`);
}

function removeOne(product) {
  cart.set(product.id, cart.quantityOf(product.id) - 1);
  tell("remove_from_cart", itemOf(product, 1));
}

// The cart.
function showCart() {
  $("count").textContent = cart.count;
  $("open-cart").setAttribute("aria-label", `Cart, ${cart.count} ${cart.count === 1 ? "item" : "items"}`);
  $("cart-empty").hidden = cart.count > 0;
  $("cart-foot").hidden = cart.count === 0;
  const focused = document.activeElement?.dataset?.focus;
  $("lines").replaceChildren(...cart.lines.map(lineOf));
  if (focused) (document.querySelector(`[data-focus="${focused}"]`) ?? $("cart").querySelector("[data-close]")).focus();
  $("cart-sums").replaceChildren(...sums());
  $("review").replaceChildren(...cart.lines.map(({ product, quantity }) => {
    const item = document.createElement("li");
    item.append(span(`${quantity} × ${product.name}`), span(money(product.price * quantity)));
    return item;
  }));
  $("review-sums").replaceChildren(...sums());
}

function lineOf({ product, quantity }) {
  const line = $("line").content.cloneNode(true).firstElementChild;
  fill(line, product);
  line.querySelector(".quantity").textContent = quantity;
  line.querySelector(".stepper").setAttribute("aria-label", `Quantity of ${product.name}`);
  for (const [name, verb, act] of [["less", "One less of", removeOne], ["more", "One more of", addToCart]]) {
    const button = line.querySelector(`.${name}`);
    button.setAttribute("aria-label", `${verb} ${product.name}, number ${product.id}`);
    button.dataset.focus = `${name}-${product.id}`;
    button.addEventListener("click", () => act(product));
  }
  return line;
}

const span = (text) => Object.assign(document.createElement("span"), { textContent: text });

const sums = () => sumsOf(cart.subtotal, cart.offer && `Your ${cart.offer.percent}% offer`, cart.discount, cart.total);

// The discount stands between what it is taken from and what is left.
function sumsOf(subtotal, offer, discount, total) {
  const rows = [["Subtotal", money(subtotal)]];
  if (offer) rows.push([offer, `−${money(discount)}`]);
  rows.push(["Total", money(total)]);
  return rows.map(([term, value]) => {
    const row = document.createElement("div");
    row.append(Object.assign(document.createElement("dt"), { textContent: term }), Object.assign(document.createElement("dd"), { textContent: value }));
    return row;
  });
}

function openCart() {
  showCart();
  if (!$("cart").open) $("cart").showModal();
  tell("view_cart");
}

function takeOffer(intervention) {
  cart.take({ id: intervention.messageId, percent: intervention.discountPercent });
  tell("coupon_applied", { meta: { coupon: intervention.campaign } });
  if ($("checkout").hidden) openCart();
  else say(`${intervention.discountPercent}% off, applied to your order.`);
}

// Checkout.
function show(view) {
  for (const id of ["browse", "checkout", "thanks"]) $(id).hidden = id !== view;
  scrollTo({ top: 0 });
}

function showStep(step) {
  for (const n of [1, 2, 3]) $(`step-${n}`).hidden = n !== step;
  [...$("steps").children].forEach((item, i) => {
    item.classList.toggle("done", i + 1 < step);
    if (i + 1 === step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
  $(`step-${step}`).querySelector("h2").focus();
}

function onSubmit(id, act) {
  $(id).addEventListener("submit", (e) => {
    e.preventDefault();
    act();
  });
}

onSubmit("step-1", () => {
  const complete = $("step-1").checkValidity();
  $("step-1").querySelector(".wrong").hidden = complete;
  if (!complete) return $("step-1").querySelector(":invalid").focus();
  tell("add_shipping_info");
  showStep(2);
});
onSubmit("step-2", () => {
  tell("add_payment_info", { meta: { payment: new FormData($("step-2")).get("payment") } });
  showStep(3);
});

let orderId;
onSubmit("step-3", async () => {
  if (cart.count === 0) return;
  $("buy").disabled = true;
  $("order-problem").hidden = true;
  orderId ??= `o-${crypto.randomUUID()}`;
  try {
    const answer = await fetch("/shop/api/orders", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        orderId, cartId: client.cartId, sessionId: client.sessionId, offer: cart.offer?.id,
        items: cart.lines.map(({ product, quantity }) => ({ productId: product.id, quantity })),
      }),
    });
    const order = await answer.json();
    if (!answer.ok) throw new Error(order.detail);
    thank(order);
  } catch (problem) {
    $("order-problem").textContent = `The order failed: ${problem.message} Nothing was bought; please try again.`;
    $("order-problem").hidden = false;
  } finally {
    $("buy").disabled = false;
  }
});

function thank(order) {
  note("purchase", "→", "by the shop’s server");
  orderId = undefined;
  cart.clear();
  client.newCart();
  offered = false;
  tell("page_view");
  $("thanks-sums").replaceChildren(...sumsOf(order.total + order.discount, order.discount > 0 && "Your offer", order.discount, order.total));
  $("thanks-order").textContent = `Order ${order.orderId}`;
  show("thanks");
  $("thanks-title").focus();
  showRevenue();
  // Events about the offer may still be in flight.
  setTimeout(showRevenue, 600);
}

// Behind the counter.
function note(type, arrow, detail) {
  if (type === "intervention") offered = true;
  const item = document.createElement("li");
  item.append(span(arrow), span(type), span(detail));
  item.className = type === "intervention" || type === "purchase" ? "big-event" : "";
  $("log").prepend(item);
  while ($("log").children.length > 6) $("log").lastElementChild.remove();
}

function showLink() {
  $("link").dataset.state = client.state;
  const { acknowledged, pending } = client.stats;
  $("link-text").textContent = `${client.state === "open" ? "connected" : client.state}: ${acknowledged} events durable${pending ? `, ${pending} waiting` : ""}`;
}

function showQuiet() {
  const quiet = Math.min(idleSeconds, (Date.now() - lastTold) / 1000);
  const waits = cart.count > 0 && !offered;
  $("quiet").value = waits ? quiet : 0;
  $("quiet-text").textContent = cart.count === 0 ? "The cart is empty."
    : offered ? "An offer was shown. A cart gets at most one an hour."
    : quiet < idleSeconds ? `The cart has been quiet for ${Math.floor(quiet)} of ${idleSeconds} s.` : "Quiet long enough: the engine decides.";
}

async function showRevenue() {
  try {
    const { attributed } = await (await fetch("/shop/api/revenue")).json();
    $("attributed").textContent = money(attributed.revenue);
    $("attributed-orders").textContent = `${attributed.orders} ${attributed.orders === 1 ? "order" : "orders"} after an offer was shown`;
  } catch {
    // The engine is unreachable; try again at the next refresh.
  }
}

let quietly;
function say(text) {
  $("toast").textContent = text;
  $("toast").classList.add("up");
  clearTimeout(quietly);
  quietly = setTimeout(() => $("toast").classList.remove("up"), 2500);
}

// Start.
for (const department of ["", ...new Set(products.map((p) => p.department))]) {
  const chip = document.createElement("button");
  Object.assign(chip, { type: "button", value: department, textContent: department || "Everything" });
  chip.addEventListener("click", () => showProducts(department || undefined));
  $("departments").append(chip);
}
for (const close of document.querySelectorAll("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
$("open-cart").addEventListener("click", openCart);
$("product-add").addEventListener("click", () => {
  $("product").close();
  addToCart(looked);
});
$("to-checkout").addEventListener("click", () => {
  $("cart").close();
  tell("begin_checkout");
  show("checkout");
  showStep(1);
});
for (const id of ["leave-checkout", "again"]) $(id).addEventListener("click", () => {
  show("browse");
  $("products").focus();
});
cart.addEventListener("change", showCart);
$("store").textContent = store;
$("idle-seconds").textContent = $("quiet").max = idleSeconds;

showProducts();
showCart();
tell("page_view");
showRevenue();
setInterval(showQuiet, 250);
setInterval(showLink, 500);
setInterval(() => { if (document.visibilityState === "visible") showRevenue(); }, 5000);
