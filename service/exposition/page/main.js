// Asks the service for its summary every few seconds and shows it.

import { Charts } from "./charts.js";
import { choose, chosen } from "./choices.js";
import { exactTime, formats, windowWord } from "./format.js";
import { Past } from "./past.js";
import { problemList } from "./problems.js";
import { ages, agentTable, fcrRows, groupTable, pastTable, sumOf, teamTable } from "./tables.js";
import { language, say, speak } from "./texts.js";

const EVERY_MS = 5000;
const PATIENCE_MS = 8000;
// As the alert on clocks has it.
const BEHIND_SECONDS = 300;
const THEMES = ["auto", "light", "dark"];

const by = (id) => document.getElementById(id);
speak(await (await fetch(`page/texts.${language()}.json`)).json());
const past = new Past();
const charts = new Charts();
let summary = null;
let lost = false;

const choice = () => ({
  window: chosen("window", summary.windows, summary.window),
  repeat: chosen("repeat", summary.repeat_windows, summary.repeat),
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
  values.expected = kpis.art.answers || kpis.evaluations;
  values.turnover = summary.customers?.windows[now.window];
  values.agentTime = summary.agents?.total.windows[now.window];
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
  by("waiting-title").textContent = say(!ready ? "waiting.ready" : partitions ? "waiting.title" : "waiting.nothing");
  by("cards").hidden = waiting;
  // Numbers of another time, or of a part, tell neither that all is well nor what is not.
  const current = ready && !summary.group?.missing.length && summary.stream.behind_seconds <= BEHIND_SECONDS;
  by("problems").hidden = waiting || !current;
  by("problems-list").replaceChildren(...problemList(summary.problems));
  by("past").hidden = waiting;
  by("fcr").replaceChildren(...fcrRows(kpis, now.repeat));
  by("ages").replaceChildren(...ages(summary.total.backlog));
  groupTable(by("channels"), "column.channel", summary.channels, now);
  groupTable(by("queues"), "column.queue", summary.queues, now);
  if (summary.teams) teamTable(by("teams"), summary.teams, now);
  if (summary.agents) agentTable(by("agents"), summary.agents, now);
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
    const moment = summary && exactTime(summary.now);
    tell("lost", say("status.lost"), summary ? say("banner.lost", { moment }) : say("banner.never"));
  } else if (summary.group?.missing.length && (summary.stream.ready || summary.stream.partitions)) {
    tell("behind", say("status.incomplete"), incomplete(summary.group));
  } else if (!summary.stream.ready) {
    tell("behind", say("status.not_ready"), say("banner.not_ready", { reason: reason(summary.stream.reason) }));
  } else if (summary.stream.behind_seconds > BEHIND_SECONDS) {
    const ago = formats.duration(summary.stream.behind_seconds);
    tell("behind", say("status.behind"), say("banner.behind", { ago }));
  } else {
    tell("live", say("status.live"));
  }
}

function incomplete({ missing, partitions, silent }) {
  const told = say("banner.incomplete", { missing: missing.length, partitions, listed: missing.length > 12 ? "…" : missing.join(", ") });
  return [told, ...silent.map(({ worker, why }) => say("banner.silent", { worker, why }))].join(" ");
}

/** In the service's own words. */
function reason(given) {
  const words = given.reason ?? Object.entries(given).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
  return words || say("banner.starting");
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
  by("theme").textContent = say(`theme.${theme}`);
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
