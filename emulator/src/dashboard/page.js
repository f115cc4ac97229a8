
"use strict";

// Everything that is shown is set as text; nothing here makes HTML of what came over the wire.
const MAX_ROWS = 500;
const SETTLING = 400;
const $ = (id) => document.getElementById(id);

function element(name, options = {}, ...children) {
  const made = document.createElement(name);
  const { text, ...others } = options;
  if (text !== undefined) made.textContent = text;
  Object.assign(made, others);
  made.append(...children);
  return made;
}

async function ask(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const text = await response.text();
  let json = null;
  try { json = JSON.parse(text); } catch { /* some responses have no body */ }
  if (!response.ok) throw new Error(json?.errors?.[0]?.message ?? json?.message ?? text);
  return json;
}

// Time

let clock = { at: 0, since: 0, speed: 1 };

function setClock({ time, speed, frozen }) {
  clock = { at: Date.parse(time), since: performance.now(), speed: frozen ? 0 : speed };
  showClock();
}

function showClock() {
  const now = new Date(clock.at + (performance.now() - clock.since) * clock.speed);
  if (Number.isNaN(now.getTime())) return;
  $("time").textContent = now.toISOString().slice(0, 19).replace("T", " ") + " UTC";
  $("time").dateTime = now.toISOString();
}

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", async () => {
    setClock(await ask("POST", "/__emulator/clock", { advance: button.dataset.advance }));
    refreshState();
  });
}

// Reset, after a second click

let sure = 0;
$("reset").addEventListener("click", async () => {
  const button = $("reset");
  clearTimeout(sure);
  const calm = () => { button.classList.remove("sure"); button.textContent = "Reset"; };
  if (!button.classList.contains("sure")) {
    button.classList.add("sure");
    button.textContent = "Forget everything?";
    sure = setTimeout(calm, 4000);
    return;
  }
  calm();
  await ask("POST", "/__emulator/reset");
  refreshState();
});

// Views

function show(view) {
  document.body.dataset.view = view;
  if (view !== "traffic") document.body.dataset.side = view;
  const wide = matchMedia("(min-width: 1000px)").matches;
  const shown = wide ? document.body.dataset.side : view;
  for (const button of document.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === shown));
  }
}
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => show(button.dataset.show));
}
matchMedia("(min-width: 1000px)").addEventListener("change", () => show(document.body.dataset.view));

// Traffic

let last = 0;
let paused = false;
let waiting = [];
let total = 0;

function fits(entry) {
  const kind = $("kind").value;
  const kinds = {
    all: true,
    faults: entry.fault !== null,
    violations: entry.violations > 0,
  };
  if (!(kinds[kind] ?? String(entry.status).startsWith(kind))) return false;
  const wanted = $("filter").value.trim().toLowerCase();
  const text = `${entry.method} ${entry.path}?${entry.query ?? ""} ${entry.operation ?? ""} ${entry.status}`;
  return wanted.split(/\s+/).every((word) => text.toLowerCase().includes(word));
}

function milliseconds(value) {
  return value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value)} ms`;
}

function row(entry, fresh) {
  const path = element("span", { className: "path", text: entry.path, title: entry.path });
  if (entry.query) path.append(element("span", { className: "query", text: `?${entry.query}` }));
  const operation = element("span", { className: "operation", text: entry.operation ?? "no operation" });
  if (entry.fault) operation.append(element("span", { className: "mark", text: `fault ${entry.fault}` }));
  if (entry.violations) {
    operation.append(element("span", { className: "mark", text: `${entry.violations} against the document` }));
  }
  const status = entry.status || "none";
  const button = element("button", { className: "row", type: "button" },
    element("span", { className: `status s${String(entry.status)[0]}`, text: status }),
    element("span", { className: "method", text: entry.method }),
    element("span", { className: "what" }, path, operation),
    element("span", { className: "when" },
      element("span", { text: entry.time.slice(11, 19) }),
      element("span", { text: milliseconds(entry.milliseconds) })),
  );
  button.setAttribute("aria-expanded", "false");
  const item = element("li", { className: fresh ? "fresh" : "" }, button);
  item.entry = entry;
  item.hidden = !fits(entry);
  item.addEventListener("animationend", () => item.classList.remove("fresh"));
  button.addEventListener("click", () => expand(item, button));
  return item;
}

async function expand(item, button) {
  const opened = item.querySelector(".details");
  if (opened) {
    opened.remove();
    button.setAttribute("aria-expanded", "false");
    return;
  }
  const details = element("div", { className: "details" });
  button.setAttribute("aria-expanded", "true");
  item.append(details);
  try {
    fill(details, await ask("GET", `/__emulator/dashboard/requests/${item.entry.number}`));
  } catch (error) {
    details.append(element("p", { text: error.message }));
  }
}

function fill(details, request) {
  const part = (title, text) => {
    details.append(element("h3", { text: title }), element("pre", { text, tabIndex: 0 }));
  };
  const list = (title, texts) => {
    if (!texts.length) return;
    details.append(element("h3", { text: title }),
      element("ul", {}, ...texts.map((text) => element("li", { text }))));
  };
  list("What the request has that the document does not allow", request.violations);
  list("What the response has that the document does not allow", request.responseViolations);
  const target = request.path + (request.query ? `?${request.query}` : "");
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  part("Request", [`${request.method} ${target}`, ...headers].join("\n"));
  const body = readable(request.body, request.bodyBase64);
  if (body) part("Request body", body);
  const responseBody = readable(request.responseBody, request.responseBodyBase64);
  part(`Response ${request.status || ""} ${request.responseContentType ?? ""}`, responseBody || "no body");
}

function readable(text, base64) {
  if (base64 !== undefined) return `${Math.floor(base64.length * 3 / 4)} bytes in Base64:\n${base64.slice(0, 20000)}`;
  if (!text) return "";
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function takeTraffic({ first, entries }, fresh) {
  const list = $("requests");
  while (list.lastChild && (first === null || list.lastChild.entry.number < first)) list.lastChild.remove();
  for (const entry of entries) {
    if (entry.number <= last) continue;
    last = entry.number;
    list.prepend(row(entry, fresh));
  }
  while (list.childElementCount > MAX_ROWS) list.lastChild.remove();
  countRows();
}

function countRows() {
  const rows = [...$("requests").children];
  const shown = rows.filter((item) => !item.hidden).length;
  total = rows.length;
  $("count").textContent = shown === total ? total : `${shown} of ${total}`;
  $("no-requests").hidden = total > 0;
}

function filter() {
  for (const item of $("requests").children) item.hidden = !fits(item.entry);
  countRows();
}
$("filter").addEventListener("input", filter);
$("kind").addEventListener("change", filter);
$("clear").addEventListener("click", () => ask("DELETE", "/__emulator/requests"));
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  if (!paused) {
    waiting.forEach((traffic) => takeTraffic(traffic, true));
    waiting = [];
  }
});
$("requests").addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!step || !event.target.classList.contains("row")) return;
  let item = event.target.closest("li")[step];
  while (item?.hidden) item = item[step];
  if (item) { item.querySelector(".row").focus(); event.preventDefault(); }
});

// State

// What was opened and closed by hand stays so.
let opened = new Set();
let closed = new Set();

function tree(name, node, path, isOpen) {
  const label = element("span", { className: "name", text: name });
  if (!node.children) {
    // JSON in a text is easier to read without quotes around its quotes.
    const isQuoted = node.type === "string" && !/^[[{]/.test(node.text);
    const text = (isQuoted ? JSON.stringify(node.text) : node.text) + (node.cut ? " …" : "");
    return element("p", {}, label, ": ", element("span", { className: node.type, text }));
  }
  const unit = node.type === "array" ? `[${node.total}]` : `{${node.total}}`;
  if (!node.total) return element("p", {}, label, " ", element("span", { className: "total", text: unit }));
  const branch = element("details", {},
    element("summary", {}, label, " ", element("span", { className: "total", text: unit })));
  const grow = () => {
    if (branch.childElementCount > 1) return;
    const inner = element("div");
    for (const [key, child] of node.children) inner.append(tree(key, child, `${path}/${key}`, isOpen));
    const more = node.total - node.children.length;
    if (more > 0) inner.append(element("p", { className: "total", text: `and ${more} more: search to find them` }));
    branch.append(inner);
  };
  branch.firstChild.addEventListener("click", () => {
    if (branch.open) { opened.delete(path); closed.add(path); } else { grow(); opened.add(path); closed.delete(path); }
  });
  if (isOpen(path, node)) { grow(); branch.open = true; }
  return branch;
}

function takeState({ areas, area, search, tree: root }) {
  const select = $("area");
  if (select.childElementCount !== areas.length) {
    select.replaceChildren(...areas.map(({ name, title }) => element("option", { value: name, text: title })));
  }
  select.value = area;
  // What is small, or found, is open from the beginning.
  let few = search ? 400 : 24;
  const isOpen = (path, node) => {
    if (opened.has(path)) return true;
    if (closed.has(path) || few < node.children.length || (!search && node.children.length > 20)) return false;
    few -= node.children.length;
    return true;
  };
  const top = $("tree").scrollTop;
  const children = root.children.map(([name, node]) => tree(name, node, `${area}/${name}`, isOpen));
  const nothing = search ? `Nothing here has "${search}".` : "Nothing here yet.";
  $("tree").replaceChildren(...(children.length ? children : [element("p", { className: "empty", text: nothing })]));
  $("tree").scrollTop = top;
}

let asked = 0;
async function loadState() {
  const number = ++asked;
  const query = new URLSearchParams({ area: $("area").value, search: $("search").value.trim() });
  history.replaceState(null, "", `?${query}`);
  try {
    const state = await ask("GET", `/__emulator/dashboard/state?${query}`);
    if (number === asked) takeState(state);
  } catch { /* the events say whether the emulator is there */ }
}

let settling = 0;
function refreshState() {
  clearTimeout(settling);
  settling = setTimeout(loadState, SETTLING);
}
$("area").addEventListener("change", () => {
  opened = new Set();
  closed = new Set();
  loadState();
});
$("search").addEventListener("input", refreshState);

// Faults

async function loadFaults() {
  let faults = [];
  try { ({ faults } = await ask("GET", "/__emulator/faults")); } catch { return; }
  $("fault-list").replaceChildren(...faults.map((rule) => {
    const remove = element("button", { text: "Remove", type: "button" });
    remove.setAttribute("aria-label", `Remove ${rule.fault}`);
    remove.addEventListener("click", async () => {
      await ask("DELETE", `/__emulator/faults/${rule.number}`);
      loadFaults();
    });
    return element("li", {}, element("code", { text: rule.fault }),
      element("span", {
        text: rule.matched ? `played ${rule.played} of ${rule.matched}` : "no request has matched so far",
      }), remove);
  }));
  $("fault-count").textContent = faults.length;
  $("no-faults").hidden = faults.length > 0;
}

async function addFault() {
  const error = $("fault-error");
  error.hidden = true;
  try {
    await ask("POST", "/__emulator/faults", { fault: $("fault").value.trim() });
    $("fault").value = "";
  } catch (refusal) {
    error.textContent = refusal.message;
    error.hidden = false;
  }
  loadFaults();
}
$("add-fault").addEventListener("click", addFault);
$("fault").addEventListener("keydown", (event) => { if (event.key === "Enter") addFault(); });

// Live

function listen() {
  const events = new EventSource(`/__emulator/dashboard/events?after=${last}`);
  const tell = (text, name) => { $("live").textContent = text; $("live").className = `live ${name}`; };
  let wasLost = false;
  // Another emulator may be there now, with other requests.
  events.addEventListener("open", () => { if (wasLost) location.reload(); else tell("live", "on"); });
  events.addEventListener("error", () => {
    wasLost = true;
    tell("not there", "off");
    // Refused, such as by too many listeners: browsers do not try that again by themselves.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
  events.addEventListener("traffic", (event) => {
    const traffic = JSON.parse(event.data);
    if (paused) { waiting = waiting.slice(-20).concat(traffic); } else { takeTraffic(traffic, true); }
    if (traffic.entries.some((entry) => entry.method !== "GET")) refreshState();
    if ($("fault-list").childElementCount) loadFaults();
  });
}

async function keepTime() {
  try { setClock(await ask("GET", "/__emulator/clock")); } catch { /* the events tell */ }
}

const initial = JSON.parse($("initial").textContent);
show(document.body.dataset.view);
setClock(initial.clock);
takeTraffic(initial.traffic, false);
$("search").value = initial.state.search ?? "";
takeState(initial.state);
addEventListener("load", () => {
  setTimeout(listen, 0);
  loadFaults();
  setInterval(showClock, 500);
  setInterval(keepTime, 5000);
});
