// Shows the numbers that stand in the page itself.

import { Charts } from "./charts.js";
import { choose, chosen as remembered } from "./choices.js";
import { formats, windowWord } from "./format.js";
import { agentTable, ages, element, fcrRows, groupTable, head, pastTable, sumOf, teamTable } from "./tables.js";
import { language, locale, say, speak } from "./texts.js";

const THEMES = ["auto", "light", "dark"];
const FILE = "file";

const by = (id) => document.getElementById(id);
const told = (id) => JSON.parse(by(id).textContent);
const report = told("contents");
const { past, taken } = report;
speak(told("texts")[language()]);

const written = (options) => {
  const format = new Intl.DateTimeFormat(locale(), { hourCycle: "h23", timeZone: report.timezone, ...options });
  return (moment) => format.format(new Date(moment * 1000));
};
const day = written({ day: "numeric", month: "short" });
const clock = written({ hour: "2-digit", minute: "2-digit" });
const full = written({ dateStyle: "medium", timeStyle: "short" });
const spansDays = past.at.at(-1) - past.at[0] > 2 * 86400;

const charts = new Charts({
  words: "chart.file",
  empty: "chart.undrawn",
  range: (low, high) => [low, Math.max(high, low + 60)],
  moment: full,
  tick: spansDays ? day : clock,
  zone: report.timezone,
});

const chosen = { of: "", window: report.window, repeat: report.repeat };
const groups = new Map([
  ["", report.total],
  ...[["channel", report.channels], ["queue", report.queues], ["reason", report.reasons]].flatMap(([scope, list]) =>
    list.filter((group) => past.groups[`${scope}:${group.name}`]).map((group) => [`${scope}:${group.name}`, group]),
  ),
]);

function offerGroups() {
  by("of").append(new Option(say("report.everything"), ""));
  for (const scope of ["channel", "queue", "reason"]) {
    const names = [...groups.keys()].filter((name) => name.startsWith(`${scope}:`));
    if (!names.length) continue;
    const group = element("optgroup", null, { label: say(`column.${scope}`), "data-scope": scope });
    group.append(...names.map((name) => new Option(name.slice(scope.length + 1), name)));
    by("of").append(group);
  }
  by("of").addEventListener("change", () => {
    chosen.of = by("of").value;
    show();
  });
}

function offer(id, name, values, write) {
  for (const value of values) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name, value, checked: value === chosen[name] });
    input.addEventListener("change", () => {
      chosen[name] = value;
      show();
    });
    const text = document.createElement("span");
    text.textContent = write(value);
    label.append(input, text);
    by(id).append(label);
  }
}

const read = (from, path) => path.split(".").reduce((value, name) => value?.[name], from);

function show() {
  const of = groups.get(chosen.of);
  const kpis = of.windows[chosen.window];
  const closed = sumOf(kpis.closed) - (kpis.closed.void ?? 0);
  const span = chosen.window === FILE ? say("window.file") : formats.last(chosen.window);
  const values = { ...report, ...chosen, of, kpis, closed, span, reopened: kpis.reopened && sumOf(kpis.reopened), repeats: kpis.repeats[chosen.repeat], fcr: kpis.fcr[chosen.repeat], agentTime: report.agents?.total.windows[chosen.window] };
  for (const target of document.querySelectorAll("[data-bind]")) {
    target.textContent = formats[target.dataset.as](read(values, target.dataset.bind));
  }
  for (const target of document.querySelectorAll("[data-show]")) target.hidden = !read(values, target.dataset.show);
  // Of a reason only repeats are told, and what they make of first contacts.
  for (const card of by("cards").querySelectorAll(".card:not(.full)")) {
    card.hidden = chosen.of.startsWith("reason:") && !card.classList.contains("by-reason");
  }
  by("fcr").replaceChildren(...fcrRows(kpis, chosen.repeat));
  by("ages").replaceChildren(...ages(of.backlog));
  groupTable(by("channels"), "column.channel", report.channels, chosen);
  groupTable(by("queues"), "column.queue", report.queues, chosen);
  reasonTable(by("reasons"));
  by("by-team").hidden = !report.teams?.length;
  teamTable(by("teams"), report.teams ?? [], chosen);
  if (report.agents) agentTable(by("agents"), report.agents, chosen);
  const columns = { at: past.at, series: past.groups[chosen.of] };
  charts.draw(columns, chosen);
  pastTable(by("past-table"), columns, chosen, { every: 0, moment: full });
}

const REASON_COLUMNS = [
  ["column.repeats", "count", (kpis) => kpis.repeats[chosen.repeat]],
  ["column.fcr_settled", "percent", (kpis) => kpis.fcr[chosen.repeat].settled],
  ["column.fcr_provisional", "percent", (kpis) => kpis.fcr[chosen.repeat].provisional],
  ["column.first_time", "count", (kpis) => kpis.fcr[chosen.repeat].resolved_first_time],
  ["column.repeated", "count", (kpis) => kpis.fcr[chosen.repeat].repeated],
  ["column.unresolved", "count", (kpis) => kpis.fcr[chosen.repeat].unresolved],
  ["column.pending", "count", (kpis) => kpis.fcr[chosen.repeat].pending],
];

function reasonTable(table) {
  const body = element("tbody", null);
  for (const group of report.reasons) {
    const values = REASON_COLUMNS.map(([, , of]) => of(group.windows[chosen.window]));
    if (!values.some(Boolean)) continue;
    const row = element("tr", null);
    row.append(element("th", group.name, { scope: "row" }));
    row.append(...values.map((value, index) => element("td", formats[REASON_COLUMNS[index][1]](value))));
    body.append(row);
  }
  table.replaceChildren(head("column.reason", REASON_COLUMNS.map(([title]) => title)), body);
}

function tellDefinitions() {
  for (const place of document.querySelectorAll("[data-definition]")) {
    const [kpi, is] = ["kpi", "is"].map((part) => say(`definition.${place.dataset.definition}.${part}`));
    place.append(element("b", `${kpi}: `), is);
  }
}

const listed = (counts) => Object.entries(counts).map(([name, count]) => `${name} ${formats.count(count)}`).join(", ");

function tellWhatWasRead() {
  const counts = [
    ["fact.events_counted", taken.accepted],
    ["fact.duplicates", taken.duplicates],
    ["fact.lines_refused", taken.invalid],
    ["fact.too_late", taken.too_late],
  ];
  for (const [name, count] of counts) {
    const pair = element("div", null);
    pair.append(element("dt", say(name)), element("dd", formats.count(count)));
    by("counts").append(pair);
  }
  const told = [
    ["taken.without_start", taken.without_start],
    ["taken.anomalies", taken.anomalies],
    ["taken.overflows", taken.overflows],
  ];
  by("left-out").textContent = told
    .filter(([, counts]) => Object.keys(counts).length)
    .map(([text, counts]) => say(text, { counts: listed(counts) }))
    .join(" ");
  if (!taken.refusals.length) return;
  const body = element("tbody", null);
  for (const { topic, why, lines, first } of taken.refusals) {
    const row = element("tr", null);
    const where = `${first.map(formats.count).join("; ")}${lines > first.length ? "; …" : ""}`;
    row.append(element("th", topic, { scope: "row" }), element("td", why), element("td", formats.count(lines)), element("td", where));
    body.append(row);
  }
  by("refused").replaceChildren(head("column.topic", ["column.why_refused", "column.how_many", "column.first_lines"]), body);
  by("refused").hidden = false;
}

function paint(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  by("theme").textContent = say(`theme.${theme}`);
  charts.redraw();
}

const wished = () => remembered("theme", THEMES, "auto");
by("theme").addEventListener("click", () => {
  const theme = THEMES[(THEMES.indexOf(wished()) + 1) % THEMES.length];
  choose("theme", theme);
  paint(theme);
});
// Paper is light.
addEventListener("beforeprint", () => {
  paint("light");
});
addEventListener("afterprint", () => paint(wished()));

offerGroups();
offer("windows", "window", report.windows, windowWord);
offer("repeats", "repeat", report.repeat_windows, String);
tellDefinitions();
tellWhatWasRead();
by("about").textContent = say("report.about", {
  moment: full(report.now),
  zone: report.timezone,
  step: formats.duration(past.step_seconds),
});
paint(wished());
show();
by("status").textContent = say("report.status", {
  events: formats.count(taken.accepted),
  span: say("span", { low: full(report.first), high: full(report.last) }),
});
by("status").dataset.state = "drawn";
