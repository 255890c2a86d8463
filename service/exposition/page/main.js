// Asks the service for its summary every few seconds and shows it.

import { Charts } from "./charts.js";
import { exactTime, formats, windowWord } from "./format.js";
import { Past } from "./past.js";
import { ages, fcrRows, groupTable, pastTable, sumOf, teamTable } from "./tables.js";

const EVERY_MS = 5000;
const PATIENCE_MS = 8000;
// As the alert on clocks has it.
const BEHIND_SECONDS = 300;
const THEMES = ["auto", "light", "dark"];

const by = (id) => document.getElementById(id);
const past = new Past();
const charts = new Charts();
// What was chosen stands in the address, so that a wall screen's bookmark keeps it.
const address = new URL(location.href);
let summary = null;
let lost = false;

function choose(name, value) {
  address.searchParams.set(name, value);
  history.replaceState(null, "", address);
}

function chosen(name, offered, preferred) {
  const wanted = address.searchParams.get(name);
  if (offered.includes(wanted)) return wanted;
  return offered.includes(preferred) ? preferred : offered[0];
}

const choice = () => ({
  window: chosen("window", summary.windows, "1h"),
  repeat: chosen("repeat", summary.repeat_windows, "24h"),
});

function offer(id, name, values, current) {
  const fieldset = by(id);
  if (fieldset.querySelectorAll("input").length === values.length) return;
  for (const value of values) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name, value, checked: value === current });
    input.addEventListener("change", () => {
      choose(name, value);
      show();
    });
    const text = document.createElement("span");
    text.textContent = windowWord(value);
    label.append(input, text);
    fieldset.append(label);
  }
}

const read = (from, path) => path.split(".").reduce((value, name) => value?.[name], from);

function show() {
  const now = choice();
  offer("windows", "window", summary.windows, now.window);
  offer("repeats", "repeat", summary.repeat_windows, now.repeat);
  const kpis = summary.total.windows[now.window];
  const values = { ...summary, ...now, kpis, repeats: kpis.repeats[now.repeat], fcr: kpis.fcr[now.repeat] };
  // Void contacts never were any.
  values.closed = sumOf(kpis.closed) - (kpis.closed.void ?? 0);
  values.reopened = kpis.reopened && { contacts: sumOf(kpis.reopened) };
  values.waits = summary.total.backlog.waiting !== null;
  values.byTeam = summary.teams?.length;
  values.idle = summary.stream.ready && !summary.stream.partitions;
  values.listening = summary.stream.ready && summary.stream.partitions;
  for (const target of document.querySelectorAll("[data-bind]")) {
    const text = formats[target.dataset.as](read(values, target.dataset.bind));
    if (target.textContent !== text) target.textContent = text;
  }
  for (const target of document.querySelectorAll("[data-show]")) {
    target.hidden = !read(values, target.dataset.show);
  }
  const { ready, partitions, live_contacts: live, events } = summary.stream;
  const waiting = !partitions || (!live && !events.accepted);
  by("waiting").hidden = !waiting;
  by("waiting-title").textContent = !ready ? "Getting ready" : partitions ? "Waiting for the first event" : "No numbers here";
  by("cards").hidden = waiting;
  by("past").hidden = waiting;
  by("fcr").replaceChildren(...fcrRows(kpis, now.repeat));
  by("ages").replaceChildren(...ages(summary.total.backlog));
  groupTable(by("channels"), "Channel", summary.channels, now);
  groupTable(by("queues"), "Queue", summary.queues, now);
  if (summary.teams) teamTable(by("teams"), summary.teams, now);
  pastTable(by("past-table"), past, now);
  if (!waiting) charts.draw(past, now);
  by("as-of").dateTime = new Date(summary.now * 1000).toISOString();
  by("as-of").textContent = exactTime(summary.now);
}

/** The state in words, colour and, where numbers cannot be trusted to be of now, a banner. */
function tell(state, words, banner = "") {
  by("status").dataset.state = state;
  by("status-text").textContent = words;
  by("banner").hidden = !banner;
  by("banner").dataset.state = state;
  // Said once: a screen reader reads an alert each time it is written.
  if (by("banner").textContent !== banner) by("banner").textContent = banner;
}

function tellState() {
  if (lost) {
    tell(
      "lost",
      "Connection lost",
      summary
        ? `No answer from the service. These are the numbers of ${exactTime(summary.now)}; trying again.`
        : "No answer from the service; trying again.",
    );
  } else if (summary.group?.missing.length && (summary.stream.ready || summary.stream.partitions)) {
    tell("behind", "Incomplete", incomplete(summary.group));
  } else if (!summary.stream.ready) {
    tell("behind", "Not ready", `The service is not ready: ${reason(summary.stream.reason)}`);
  } else if (summary.stream.behind_seconds > BEHIND_SECONDS) {
    const ago = formats.duration(summary.stream.behind_seconds);
    tell("behind", "Catching up", `The service is catching up with its topics: these are the numbers of ${ago} ago.`);
  } else {
    tell("live", "Live");
  }
}

function incomplete({ missing, partitions, silent }) {
  const listed = missing.length > 12 ? "" : ` (${missing.join(", ")})`;
  const why = silent.map(({ worker, why }) => ` Worker ${worker}: ${why}.`).join("");
  return `The numbers are incomplete: ${missing.length} of ${partitions} partitions are missing${listed}.${why}`;
}

function reason(given) {
  const words = given.reason ?? Object.entries(given).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
  return words || "it is starting.";
}

/** The service's answer, or null when there is none. */
async function fetched() {
  try {
    const response = await fetch(`api/summary?since=${past.newest}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

async function ask() {
  const answer = await fetched();
  lost = answer === null;
  if (!lost) {
    summary = answer;
    past.add(summary.history);
    show();
  }
  tellState();
}

async function keepAsking() {
  try {
    if (!document.hidden) await ask();
  } finally {
    setTimeout(keepAsking, EVERY_MS);
  }
}

function paint(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  by("theme").textContent = `Theme: ${theme}`;
  charts.redraw();
}

/** Opens what the numbers mean where the address asks for one of them. */
function define() {
  const asked = location.hash.startsWith("#d-") && by(location.hash.slice(1));
  if (!asked) return;
  by("definitions").open = true;
  asked.scrollIntoView({ block: "center" });
  asked.focus({ preventScroll: true });
}

by("theme").addEventListener("click", () => {
  const theme = THEMES[(THEMES.indexOf(chosen("theme", THEMES, "auto")) + 1) % THEMES.length];
  choose("theme", theme);
  paint(theme);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) ask();
});
addEventListener("hashchange", define);
document.addEventListener("click", (event) => {
  // Also when it is asked for a second time: then the address does not change.
  if (event.target.closest(`a.define[href="${location.hash}"]`)) define();
});
define();
paint(chosen("theme", THEMES, "auto"));
keepAsking();
