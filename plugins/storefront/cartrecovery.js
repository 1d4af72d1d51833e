// CartRecovery's storefront client: README.md.
(() => {
  "use strict";
  if (globalThis.CartRecovery || !globalThis.document) return;

  const FLUSH = 250, ANSWER = 15_000, SILENCE = 150_000, SLOWEST = 30_000;
  const BATCH = 100, UNACKED = 500, KEPT = 1000;
  const EVENT = 10_000, MESSAGE = 150_000, KEPT_SIZE = 1_000_000;

  const script = document.currentScript ?? document.querySelector("script[data-key][src]");
  const uuid = () => crypto.randomUUID?.()
    ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  const stored = {
    get(name) {
      try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
    },
    set(name, text) {
      try { text == null ? localStorage.removeItem(name) : localStorage.setItem(name, text); } catch {}
    },
  };

  function connect({ ...options }) {
    const { key } = options;
    if (!key) throw new TypeError("CartRecovery: a key is missing");
    const address = new URL(options.url ?? script?.src ?? location.href, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    if (options.url == null || address.pathname === "/") address.pathname = "/v1/stream";
    address.search = address.hash = "";
    address.searchParams.set("key", key);
    if (navigator.webdriver) address.searchParams.set("webdriver", 1);

    const prefix = `cartrecovery:${key}:`;
    const box = `${prefix}box:${uuid()}`;
    const log = options.debug ? [] : null, told = {};
    const note = (...entry) => { if (log?.length < 500) log.push([Date.now(), ...entry]); };
    const fail = (problem) => {
      const { code, message } = problem;
      note("!", code, message);
      if (!told[code]) console.error(`CartRecovery: ${code}: ${told[code] = message}`);
      options.onError?.(problem);
    };
    if (log) import(new URL("/sdk.debug.mjs", address.href.replace("ws", "http"))).then((m) => m.show(client, log), () => console.warn("CartRecovery: debug: sdk.debug.mjs cannot be loaded"));
    const stats = { sent: 0, acknowledged: 0, refused: 0, dropped: 0 };
    const device = /Mobi/.test(navigator.userAgent) ? "mobile" : /iPad|Android/.test(navigator.userAgent) ? "tablet" : "desktop";
    const listening = new AbortController();
    let pending = [];
    let unacked = [];
    let acked = 0;
    let socket, flushing, retrying, release, heard = 0, attempts = 0, everOpen, opened, diagnosing, state = "connecting";

    const become = (next) => {
      if (state === next) return;
      state = next;
      options.onState?.(next);
    };

    const ids = () => {
      let own = stored.get(`${prefix}ids`) ?? ids.own;
      if (!own?.secret) stored.set(`${prefix}ids`, JSON.stringify(own = { cart: uuid(), session: uuid(), ...own, secret: uuid() }));
      return ids.own = own;
    };
    const newCart = () => {
      stored.set(`${prefix}ids`);
      ids.own = options.cartId = options.sessionId = undefined;
      return ids().cart;
    };

    const save = (at = Date.now()) => {
      const all = [...unacked.filter(Boolean), ...pending];
      stored.set(box, all.length ? `{"at":${at},"events":[${all}]}` : null);
    };
    const trim = () => {
      let size = pending.reduce((sum, e) => sum + e.length, 0);
      while (pending.length && (pending.length + unacked.length > KEPT || size > KEPT_SIZE)) {
        size -= pending.shift().length;
        stats.dropped++;
      }
    };
    const adopt = (name) => {
      const orphan = listening.signal.aborted ? null : stored.get(name);
      if (!orphan) return;
      pending.unshift(...orphan.events.map((e) => JSON.stringify(e)));
      trim();
      save();
      stored.set(name);
      soon();
    };
    const adoptAll = () => {
      let names = [];
      try { names = Object.keys(localStorage); } catch {}
      for (const name of names.filter((n) => n.startsWith(`${prefix}box:`) && n !== box)) {
        if (navigator.locks) navigator.locks.request(name, () => adopt(name)).catch(() => {});
        else if (Date.now() - (stored.get(name)?.at ?? 0) > 60_000) adopt(name);
      }
    };
    const hold = () => navigator.locks?.request(box, () => new Promise((done) => { release = done; })).catch(() => {});

    const soon = (wait = FLUSH) => { flushing ??= setTimeout(flush, wait); };
    const flush = () => {
      clearTimeout(flushing);
      flushing = undefined;
      if (socket?.readyState !== 1) return;
      if (pending.length && !unacked.length) heard = Date.now();
      while (pending.length && unacked.length < UNACKED) {
        let count = 0, size = 0;
        while (count < pending.length && count < BATCH && (size += pending[count].length + 1) < MESSAGE) count++;
        const batch = pending.splice(0, count);
        const message = `{"sentAt":${Date.now()},"events":[${batch}]}`;
        note("→", message);
        socket.send(message);
        unacked.push(...batch);
        stats.sent += count;
      }
    };

    function track(type, fields = {}) {
      if (listening.signal.aborted) return null;
      const own = ids();
      const event = {
        id: uuid(), type, cartId: options.cartId ?? own.cart, sessionId: options.sessionId ?? own.session,
        userId: options.userId, cartSecret: own.secret, ts: Date.now(), ...fields, meta: { device, ...fields.meta },
      };
      const json = JSON.stringify(event);
      if (json.length > EVENT) {
        stats.dropped++;
        return null;
      }
      pending.push(json);
      trim();
      save();
      soon();
      if (type === "purchase" && !options.cartId) newCart();
      return event.id;
    }

    const backoff = () => Math.random() * Math.min(SLOWEST, 500 * 2 ** attempts++);
    const disconnect = () => {
      if (!socket) return;
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      socket = undefined;
      pending = [...unacked.filter(Boolean), ...pending];
      unacked = [];
    };
    const retry = (wait) => {
      clearTimeout(retrying);
      const offline = navigator.onLine === false;
      retrying = setTimeout(open, offline ? SLOWEST : wait);
      become(offline ? "offline" : "connecting");
    };
    const open = () => {
      clearTimeout(retrying);
      disconnect();
      become("connecting");
      heard = Date.now();
      acked = 0;
      if (options.userToken) address.searchParams.set("userToken", options.userToken);
      else address.searchParams.delete("userToken");
      opened = false;
      socket = new WebSocket(address);
      socket.onopen = () => {
        opened = true;
        // Interventions go to the connection that changed the cart last.
        if (everOpen && !pending.length && document.visibilityState === "visible") track("page_view", { meta: { reconnected: true } });
        everOpen = true;
        become("open");
        flush();
      };
      socket.onclose = () => {
        const never = !opened;
        if (attempts > 2) options.userToken = undefined;
        disconnect();
        retry(backoff());
        if (never) diagnose();
      };
      socket.onmessage = ({ data }) => {
        heard = Date.now();
        attempts = 0;
        note("←", data);
        let message;
        try { message = JSON.parse(data); } catch { return; }
        if (message.type === "ack") acknowledge(message.upTo);
        else if (message.type === "error") refuse(message);
        else if (message.type === "intervention") receive(message);
      };
    };
    // A socket does not say why it failed; a request does.
    const diagnose = async () => {
      if (diagnosing) return;
      diagnosing = true;
      try {
        const answer = await fetch(address.href.replace("ws", "http").replace("/stream", "/events"), { method: "POST", body: "[]" });
        const { code, detail: message } = [401, 403].includes(answer.status) ? await answer.json() : {};
        if (code && code !== "invalid_user_token" && !opened && !listening.signal.aborted) {
          disconnect();
          clearTimeout(retrying);
          fail({ code, message });
          become("refused");
        }
      } catch {}
      diagnosing = false;
    };
    const acknowledge = (upTo) => {
      stats.acknowledged += unacked.splice(0, Math.max(0, upTo - acked)).filter(Boolean).length;
      acked = Math.max(acked, upTo);
      save();
      if (pending.length) soon();
    };
    const refuse = (error) => {
      const { index, lastIndex = index, errors = [error], codes = { [error.code]: 1 } } = error, again = codes.overloaded;
      for (let i = index; i <= lastIndex; i++) {
        const event = unacked[i - acked];
        if (!event || (!again && !errors.some((e) => e.index === i))) continue;
        unacked[i - acked] = null;
        if (again) pending.push(event);
        else stats.refused++;
      }
      if (again) {
        clearTimeout(flushing);
        flushing = setTimeout(flush, 1000 + Math.random() * 9000);
      }
      save();
      fail(error);
    };

    const watch = setInterval(() => {
      const limit = unacked.length || socket?.readyState === 0 ? ANSWER : SILENCE;
      if (socket && Date.now() - heard > limit) {
        disconnect();
        retry(backoff());
      }
    }, 5000);
    const rest = () => {
      flush();
      disconnect();
      save(0);
      clearTimeout(retrying);
      release?.();
    };
    const on = (target, type, handle) => target.addEventListener(type, handle, { signal: listening.signal });
    on(window, "online", () => { attempts = 0; open(); });
    on(window, "offline", () => { disconnect(); retry(); });
    on(window, "pagehide", rest);
    on(window, "pageshow", (e) => { if (e.persisted) { hold(); adoptAll(); open(); } });
    on(document, "visibilitychange", flush);

    const waiting = [];
    let shown;
    const receive = ({ payload, messageId = payload.id }) => {
      const seen = stored.get(`${prefix}seen`) ?? receive.seen ?? [];
      if (seen.includes(messageId)) return;
      receive.seen = [...seen.slice(-49), messageId];
      stored.set(`${prefix}seen`, JSON.stringify(receive.seen));
      const intervention = { ...payload, messageId };
      if (options.onIntervention?.(intervention) === false || !announce("intervention", intervention) || options.show === false) {
        respond("delivered", messageId);
      } else if (!shown) present(intervention);
      else if (waiting.length < 5) waiting.push(intervention);
    };
    const announce = (name, detail) => document.dispatchEvent(new CustomEvent(`cartrecovery:${name}`, { detail, cancelable: true }));
    const respond = (type, id) => track(type, { meta: { intervention: id } });
    const present = (intervention) => {
      const finish = (type) => {
        shown = undefined;
        respond(type, intervention.messageId);
        const next = waiting.shift();
        if (next && !listening.signal.aborted) present(next);
        if (type !== "clicked") return;
        const link = intervention.links?.restore;
        if (!announce("accept", intervention)) return;
        if (options.onAccept) options.onAccept(intervention);
        else if (/^https?:\/\//i.test(link)) location.assign(link);
      };
      shown = display(intervention, options, finish);
      respond("delivered", intervention.messageId);
    };

    hold();
    adoptAll();
    open();

    const client = {
      track,
      identify(userId, traits, userToken) {
        options.userId = userId ?? undefined;
        if (userToken !== options.userToken && state !== "closed") {
          options.userToken = userToken;
          open();
        }
        return userId ? track("identify", { meta: traits }) : null;
      },
      consent: (meta) => track("consent", { meta }),
      newCart,
      get cartId() { return options.cartId ?? ids().cart; },
      get sessionId() { return options.sessionId ?? ids().session; },
      get state() { return state; },
      get stats() { return { ...stats, pending: pending.length + unacked.filter(Boolean).length }; },
      close() {
        if (listening.signal.aborted) return;
        rest();
        listening.abort();
        clearInterval(watch);
        clearTimeout(flushing);
        shown?.();
        become("closed");
      },
    };
    return client;
  }

  const CSS = `:host{all:initial}
dialog,section{box-sizing:border-box;width:min(26rem,calc(100vw - 2rem));padding:0;border:0;border-radius:var(--cr-radius,16px);
font:400 1rem/1.5 var(--cr-font,system-ui,sans-serif);color:var(--cr-text,#1c1b22);background:var(--cr-background,#fff);
box-shadow:0 1.5rem 4rem #0006;text-align:start}
section{position:fixed;z-index:2147483647;inset:auto 1rem 1rem auto}
dialog::backdrop{background:var(--cr-backdrop,#14121a99)}
.content{padding:1.75rem}
h2{margin:0 2rem .5rem 0;font-size:1.375rem;line-height:1.25}
p{margin:0 0 1.25rem;overflow-wrap:anywhere}
strong{padding:.25rem .6rem;border:1px dashed;border-radius:.4rem}
.buttons{display:flex;flex-wrap:wrap;gap:.6rem}
button{flex:1 1 auto;min-height:2.75rem;padding:.5rem 1.1rem;font:inherit;font-weight:600;cursor:pointer;color:inherit;
background:none;border:1px solid #76747f;border-radius:calc(var(--cr-radius,16px)*.625)}
.accept{color:var(--cr-on-accent,#fff);background:var(--cr-accent,#3a3ad6);border-color:transparent}
.close{position:absolute;inset:.6rem .6rem auto auto;min-width:2.75rem;padding:0;border:0;font-size:1.25rem}
button:focus-visible{outline:3px solid var(--cr-accent,#3a3ad6);outline-offset:2px}
@media (prefers-reduced-motion:no-preference){dialog,section{animation:cr .25s ease-out}@keyframes cr{from{opacity:0;transform:translateY(1rem)}}}`;

  const LABELS = {
    discount: "{percent}% off your cart", reminder: "Your cart is waiting", urgency: "While it lasts",
    accept: "Take the offer", back: "Back to my cart", dismiss: "No, thanks", close: "Close", code: "Code",
  };

  function display(intervention, { show = "auto", theme, labels }, done) {
    const text = { ...LABELS, ...labels };
    const modal = show === "dialog" || (show !== "banner" && intervention.action === "discount");
    const before = document.activeElement;
    const host = document.createElement("cart-recovery");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    for (const [name, value] of Object.entries(theme ?? {})) host.style.setProperty(`--cr-${name}`, value);
    const add = (parent, tag, part, content) => {
      const element = parent.appendChild(document.createElement(tag));
      element.className = part;
      element.setAttribute("part", part);
      if (content) element.textContent = content;
      return element;
    };
    const end = (type) => {
      if (!host.isConnected) return;
      const inside = root.activeElement;
      if (modal) box.close();
      host.remove();
      if (inside) before?.focus?.();
      if (type) done(type);
    };

    const box = add(root, modal ? "dialog" : "section", "box");
    if (!modal) box.setAttribute("aria-live", "polite");
    box.setAttribute("aria-labelledby", "title");
    box.setAttribute("aria-describedby", "message");
    (document.body ?? document.documentElement).append(host);
    const inner = add(box, "div", "content");
    const heading = intervention.subject ?? (text[intervention.action] ?? text.reminder).replace("{percent}", intervention.discountPercent);
    add(inner, "h2", "title", heading).id = "title";
    add(inner, "p", "message", intervention.message).id = "message";
    if (intervention.code) add(add(inner, "p", "code-line", `${text.code}: `), "strong", "code", intervention.code);
    const buttons = add(inner, "div", "buttons");
    const button = (parent, part, content, type) => {
      const element = add(parent, "button", part, content);
      element.type = "button";
      element.onclick = () => end(type);
      return element;
    };
    button(buttons, "accept", intervention.action === "discount" ? text.accept : text.back, "clicked");
    button(buttons, "dismiss", text.dismiss, "dismissed");
    button(inner, "close", "×", "dismissed").setAttribute("aria-label", text.close);

    box.oncancel = (e) => { e.preventDefault(); end("dismissed"); };
    box.onclick = (e) => { if (modal && e.target === box) end("dismissed"); };
    box.onkeydown = (e) => {
      const all = [...box.querySelectorAll("button")], edge = e.shiftKey ? all[0] : all.at(-1);
      if (e.key === "Escape") {
        e.preventDefault();
        end("dismissed");
      } else if (modal && e.key === "Tab" && root.activeElement === edge) {
        e.preventDefault();
        (e.shiftKey ? all.at(-1) : all[0]).focus();
      }
    };
    if (modal) box.showModal();
    return () => end();
  }

  globalThis.CartRecovery = { connect };
  if (script?.dataset.key) {
    const { key, url, cart, session, user, show, debug } = script.dataset;
    const client = connect({ key, url, cartId: cart, sessionId: session, userId: user, debug: debug != null, show: show === "off" ? false : show });
    CartRecovery.client = client;
    client.track("page_view");
  } else if (document.currentScript) console.warn("CartRecovery: no data-key: call connect({ key })");
})();
