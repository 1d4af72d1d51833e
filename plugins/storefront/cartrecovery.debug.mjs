// The overlay of `debug: true`: what the client sent, and what the engine answered. Loaded on demand from the engine.
const SHOWN = 60, WIDTH = 400;

const CSS = `:host{all:initial}
section{position:fixed;z-index:2147483646;inset:auto auto 0 0;width:min(34rem,100vw);max-height:45vh;display:flex;flex-direction:column;
font:12px/1.45 ui-monospace,monospace;color:#e9e7f5;background:#17151f;border-radius:0 .6rem 0 0}
header{display:flex;gap:.6rem;align-items:center;padding:.4rem .7rem;border-bottom:1px solid #37333f}
strong{flex:1}
button{font:inherit;min-height:1.8rem;color:inherit;background:none;border:1px solid #6d687a;border-radius:.35rem;cursor:pointer}
ol{margin:0;padding:.3rem .7rem;overflow:auto;list-style:none}
li{padding:.15rem 0;overflow-wrap:anywhere;border-bottom:1px solid #26232e}
.problem{color:#ffb4a8}`;

// What a developer can do about it.
const HINTS = {
  unknown_key: "Check data-key: it must be the publishable key of a store of this engine.",
  missing_key: "Add data-key, or pass key to connect.",
  secret_key_in_browser: "Use the publishable key. Replace the secret one: everybody could read it.",
  forbidden_origin: "Add this page's origin to the key's origins in the configuration.",
  loopback_only: "This key works on the engine's own machine only.",
  foreign_cart: "The cart belongs to another session: pass its cartId together with its sessionId.",
};

/** Shows the overlay until the page ends or it is closed. */
export function show(client, log) {
  const host = document.createElement("cart-recovery-debug");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
  const add = (parent, tag, text) => Object.assign(parent.appendChild(document.createElement(tag)), { textContent: text ?? "" });
  const box = add(root, "section");
  box.setAttribute("aria-label", "CartRecovery debug");
  const head = add(box, "header");
  const title = add(head, "strong");
  const close = add(head, "button", "Close");
  const list = add(box, "ol");
  list.tabIndex = 0;
  (document.body ?? document.documentElement).append(host);

  const draw = () => {
    const { acknowledged, refused, pending } = client.stats;
    title.textContent = `CartRecovery: ${client.state}; ${acknowledged} durable, ${refused} refused, ${pending} waiting`;
    for (const [at, kind, ...parts] of log.splice(0)) {
      const [code] = parts;
      const item = add(list, "li", `${new Date(at).toISOString().slice(11, 23)} ${kind} ${parts.join(": ").slice(0, WIDTH)}`);
      if (kind !== "!") continue;
      item.className = "problem";
      if (HINTS[code]) add(item, "div", HINTS[code]);
    }
    while (list.children.length > SHOWN) list.firstElementChild.remove();
    list.scrollTop = list.scrollHeight;
  };
  const timer = setInterval(draw, 250);
  close.onclick = () => {
    clearInterval(timer);
    host.remove();
  };
  draw();
}
