// The tables: first-contact resolution by repeat window, groups, ages, and the past in figures.

import { formats, time } from "./format.js";

export function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== null) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** A bar whose parts are as wide as their share; `parts`: [class, word, count]. */
function bar(parts) {
  const whole = parts.reduce((sum, [, , count]) => sum + count, 0);
  const words = parts.map(([, word, count]) => `${formats.count(count)} ${word}`).join(", ");
  const made = element("div", null, { class: "bar", role: "img", "aria-label": words, title: words });
  for (const [key, , count] of parts) {
    if (!count) continue;
    const part = element("span", null, { class: key });
    part.style.flexGrow = String(count / whole);
    made.append(part);
  }
  return made;
}

export function fcrRows(kpis, chosen) {
  return Object.entries(kpis.fcr).map(([repeat, fcr]) => {
    const row = element("tr", null, repeat === chosen ? { class: "chosen" } : {});
    const made = element("td", null);
    made.append(
      bar([
        ["first-time", "first time", fcr.resolved_first_time],
        ["pending", "pending", fcr.pending],
        ["repeated", "repeated", fcr.repeated],
        ["unresolved", "unresolved", fcr.unresolved],
      ]),
    );
    row.append(
      element("th", repeat, { scope: "row" }),
      element("td", formats.percent(fcr.settled), { "data-fcr": `${repeat} settled` }),
      element("td", formats.percent(fcr.provisional), { "data-fcr": `${repeat} provisional` }),
      made,
    );
    return row;
  });
}

/** Open contacts by age: the buckets are cumulative, the bar shows each band on its own. */
export function ages(backlog) {
  let below = 0;
  let from = null;
  const bands = backlog.ages.map(([bound, count], index) => {
    const band = [`age-${Math.min(index, 8)}`, span(from, bound), count - below];
    [below, from] = [count, bound];
    return band;
  });
  const oldest = bands.findLast(([, , count]) => count > 0);
  if (!oldest) return [];
  const caption = element("p", `by age; the oldest ${formats.count(oldest[2])}: ${oldest[1]}`, { class: "note" });
  return [bar(bands), caption];
}

function span(from, bound) {
  if (from === null) return `up to ${formats.duration(bound)}`;
  return bound === null ? `over ${formats.duration(from)}` : `${formats.duration(from)} to ${formats.duration(bound)}`;
}

export const sumOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** The columns of channels and queues: [title, format, value]; without those that nobody tells. */
const COLUMNS = [
  ["Open", "count", (group) => group.backlog.contacts],
  ["Waiting", "count", (group) => group.backlog.waiting, "if told"],
  ["Oldest", "duration", (group) => (group.backlog.contacts ? group.backlog.oldest_age_seconds : null)],
  ["At risk", "count", (group) => group.backlog.standing.resolution?.at_risk],
  ["Breached", "count", (group) => group.backlog.standing.resolution?.breached],
  ["Started", "tally", (_, kpis) => kpis.started.inbound],
  ["Reopened", "count", (_, kpis) => kpis.reopened && sumOf(kpis.reopened), "if told"],
  ["Service level", "percent", (_, kpis) => kpis.sla.first_response.share],
  ["First response", "median", (_, kpis) => (kpis.first_response.count ? kpis.first_response : null)],
  ["FCR settled", "percent", (_, kpis, repeat) => kpis.fcr[repeat].settled],
  ["FCR provisional", "percent", (_, kpis, repeat) => kpis.fcr[repeat].provisional],
  ["Abandoned", "percent", (_, kpis) => kpis.abandonment],
  ["CSAT", "percent", (_, kpis) => kpis.csat.top_2],
  ["NPS", "signed", (_, kpis) => kpis.nps.score],
];

export function head(first, titles) {
  const row = element("tr", null);
  for (const title of [first, ...titles]) row.append(element("th", title, { scope: "col" }));
  const made = element("thead", null);
  made.append(row);
  return made;
}

export function groupTable(table, title, groups, { window, repeat }) {
  const body = element("tbody", null);
  const told = (read) => groups.some((group) => read(group, group.windows[window]) !== null);
  const columns = COLUMNS.filter(([, , read, optional]) => !optional || told(read));
  for (const group of groups) {
    const values = columns.map(([, , read]) => read(group, group.windows[window], repeat));
    // A group that was seen once, such as that of surveys before their contacts, says nothing now.
    if (!values.some(Boolean)) continue;
    const row = element("tr", null);
    row.append(element("th", group.name, { scope: "row" }));
    for (const [index, [name, as]] of columns.entries()) {
      const value = values[index];
      const cell = element("td", formats[as](value));
      if (name === "Breached" && value > 0) cell.className = "bad";
      if (name === "At risk" && value > 0) cell.className = "warn";
      row.append(cell);
    }
    body.append(row);
  }
  table.replaceChildren(head(title, columns.map(([name]) => name)), body);
}

const TEAM_COLUMNS = [
  ["Closed", "count", (kpis) => kpis.closed],
  ["Handle time", "duration", (kpis) => kpis.handle_mean_seconds],
  ["FCR settled", "percent", (kpis, repeat) => kpis.fcr[repeat].settled],
  ["95 % interval", "percents", (kpis, repeat) => kpis.fcr[repeat].settled_interval],
  ["FCR provisional", "percent", (kpis, repeat) => kpis.fcr[repeat].provisional],
  ["CSAT", "percent", (kpis) => kpis.csat.top_2],
  ["95 % interval", "percents", (kpis) => kpis.csat.top_2_interval],
  ["Answers", "count", (kpis) => kpis.csat.answers],
];

export function teamTable(table, teams, { window, repeat }) {
  const body = element("tbody", null);
  for (const team of teams) {
    const row = element("tr", null);
    row.append(element("th", team.name, { scope: "row" }));
    for (const [, as, value] of TEAM_COLUMNS) row.append(element("td", formats[as](value(team.windows[window], repeat))));
    body.append(row);
  }
  table.replaceChildren(head("Team", TEAM_COLUMNS.map(([name]) => name)), body);
}

/** A row for each moment `every` so many seconds, newest first. */
export function pastTable(table, past, { window, repeat }, { every = 900, moment = time } = {}) {
  const columns = [
    ["Open", "count", "backlog"],
    ["At risk", "count", "at_risk:resolution"],
    ["Breached", "count", "breached:resolution"],
    ["Started", "count", `${window}:started`],
    ["Closed", "count", `${window}:closed`],
    ["Service level", "percent", `${window}:service_level`],
    ["First response", "duration", `${window}:first_response_p50`],
    ["FCR settled", "percent", `${window}:fcr_settled:${repeat}`],
    ["FCR provisional", "percent", `${window}:fcr_provisional:${repeat}`],
    ["Abandoned", "percent", `${window}:abandonment`],
    ["CSAT", "percent", `${window}:csat`],
  ];
  const body = element("tbody", null);
  let next = Infinity;
  for (let index = past.at.length - 1; index >= 0; index -= 1) {
    if (past.at[index] > next) continue;
    next = past.at[index] - every;
    const row = element("tr", null);
    row.append(element("th", moment(past.at[index]), { scope: "row" }));
    for (const [, as, name] of columns) row.append(element("td", formats[as](past.series[name]?.[index])));
    body.append(row);
  }
  table.replaceChildren(head("Time", columns.map(([name]) => name)), body);
}
