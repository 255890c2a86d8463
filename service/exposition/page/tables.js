// The tables: first-contact resolution by repeat window, groups, ages, and the past in figures.

import { formats, time } from "./format.js";
import { say } from "./texts.js";

export function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== null) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** A bar whose parts are as wide as their share; `parts`: [class, words, count]. */
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
        ["first-time", say("word.first_time"), fcr.resolved_first_time],
        ["pending", say("word.pending"), fcr.pending],
        ["repeated", say("word.repeated"), fcr.repeated],
        ["unresolved", say("word.unresolved"), fcr.unresolved],
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
  const caption = element("p", say("ages.oldest", { count: formats.count(oldest[2]), age: oldest[1] }), { class: "note" });
  return [bar(bands), caption];
}

function span(from, bound) {
  const [low, high] = [from, bound].map(formats.duration);
  if (from === null) return say("ages.to", { high });
  return bound === null ? say("ages.over", { low }) : say("span", { low, high });
}

export const sumOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** The columns of channels and queues: [text of the title, format, value]; without those that nobody tells. */
const COLUMNS = [
  ["column.open", "count", (group) => group.backlog.contacts],
  ["column.waiting", "count", (group) => group.backlog.waiting, "if told"],
  ["column.oldest", "duration", (group) => (group.backlog.contacts ? group.backlog.oldest_age_seconds : null)],
  ["column.at_risk", "count", (group) => group.backlog.standing.resolution?.at_risk],
  ["column.breached", "count", (group) => group.backlog.standing.resolution?.breached],
  ["column.started", "tally", (_, kpis) => kpis.started.inbound],
  ["column.reopened", "count", (_, kpis) => kpis.reopened && sumOf(kpis.reopened), "if told"],
  ["column.service_level", "percent", (_, kpis) => kpis.sla.first_response.share],
  ["column.first_response", "median", (_, kpis) => (kpis.first_response.count ? kpis.first_response : null)],
  ["column.fcr_settled", "percent", (_, kpis, repeat) => kpis.fcr[repeat].settled],
  ["column.fcr_provisional", "percent", (_, kpis, repeat) => kpis.fcr[repeat].provisional],
  ["column.abandoned", "percent", (_, kpis) => kpis.abandonment],
  ["column.csat", "percent", (_, kpis) => kpis.csat.top_2],
  ["column.nps", "signed", (_, kpis) => kpis.nps.score],
];

export function head(first, titles) {
  const row = element("tr", null);
  for (const title of [first, ...titles]) row.append(element("th", say(title), { scope: "col" }));
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
      if (name === "column.breached" && value > 0) cell.className = "bad";
      if (name === "column.at_risk" && value > 0) cell.className = "warn";
      row.append(cell);
    }
    body.append(row);
  }
  table.replaceChildren(head(title, columns.map(([name]) => name)), body);
}

const TEAM_COLUMNS = [
  ["column.closed", "count", (kpis) => kpis.closed],
  ["column.handle_time", "duration", (kpis) => kpis.handle_mean_seconds],
  ["column.fcr_settled", "percent", (kpis, repeat) => kpis.fcr[repeat].settled],
  ["column.interval", "percents", (kpis, repeat) => kpis.fcr[repeat].settled_interval],
  ["column.fcr_provisional", "percent", (kpis, repeat) => kpis.fcr[repeat].provisional],
  ["column.csat", "percent", (kpis) => kpis.csat.top_2],
  ["column.interval", "percents", (kpis) => kpis.csat.top_2_interval],
  ["column.answers", "count", (kpis) => kpis.csat.answers],
];

export function teamTable(table, teams, { window, repeat }) {
  const body = element("tbody", null);
  for (const team of teams) {
    const values = TEAM_COLUMNS.map(([, , read]) => read(team.windows[window], repeat));
    if (!values.some(Boolean)) continue;
    const row = element("tr", null);
    row.append(element("th", team.name, { scope: "row" }));
    for (const [index, [, as]] of TEAM_COLUMNS.entries()) row.append(element("td", formats[as](values[index])));
    body.append(row);
  }
  table.replaceChildren(head("column.team", TEAM_COLUMNS.map(([name]) => name)), body);
}

/** [text of the title, format, value of the group and of its time in the window]. */
const AGENT_COLUMNS = [
  ["column.available", "count", (group) => group.states.available],
  ["column.busy", "count", (group) => group.states.busy],
  ["column.wrap_up", "count", (group) => group.states.wrap_up],
  ["column.paused", "count", (group) => group.states.paused],
  ["column.occupancy", "percent", (_, time) => time.occupancy],
  ["column.utilisation", "percent", (_, time) => time.utilisation],
  ["column.scheduled", "duration", (_, time) => time.scheduled_seconds],
  ["column.adherence", "percent", (_, time) => time.adherence],
  ["column.schedule_fit", "percent", (_, time) => time.schedule_fit],
  ["column.left", "count", (_, time) => time.left],
  ["column.attrition", "percent", (_, time) => time.attrition],
];

/** Teams, and all of them where there are several. */
export function agentTable(table, { total, teams }, { window }) {
  const body = element("tbody", null);
  for (const group of teams.length > 1 ? [...teams, { ...total, name: say("word.all") }] : teams) {
    const row = element("tr", null);
    row.append(element("th", group.name, { scope: "row" }));
    for (const [name, as, value] of AGENT_COLUMNS) {
      row.append(element("td", formats[as](value(group, group.windows[window])), { "data-agents": `${group.name} ${name}` }));
    }
    body.append(row);
  }
  table.replaceChildren(head("column.team", AGENT_COLUMNS.map(([name]) => name)), body);
}

/** A row for each moment `every` so many seconds, newest first. */
export function pastTable(table, past, { window, repeat }, { every = 900, moment = time } = {}) {
  const columns = [
    ["column.open", "count", "backlog"],
    ["column.at_risk", "count", "at_risk:resolution"],
    ["column.breached", "count", "breached:resolution"],
    ["column.started", "count", `${window}:started`],
    ["column.closed", "count", `${window}:closed`],
    ["column.service_level", "percent", `${window}:service_level`],
    ["column.first_response", "duration", `${window}:first_response_p50`],
    ["column.fcr_settled", "percent", `${window}:fcr_settled:${repeat}`],
    ["column.fcr_provisional", "percent", `${window}:fcr_provisional:${repeat}`],
    ["column.abandoned", "percent", `${window}:abandonment`],
    ["column.csat", "percent", `${window}:csat`],
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
  table.replaceChildren(head("column.time", columns.map(([name]) => name)), body);
}
