// A sentence for each problem that the service finds, with a link to where its numbers stand.

import { formats } from "./format.js";
import { element } from "./tables.js";
import { say } from "./texts.js";

/** By kind: where its numbers stand. Its sentence is the text of the same name. */
const SECTIONS = {
  lag: "c-stream",
  silent: "c-stream",
  misplaced: "c-stream",
  agents_silent: "c-stream",
  agents_misplaced: "c-stream",
  breached_first_response: "c-queues",
  at_risk_first_response: "c-queues",
  breached_resolution: "c-queues",
  at_risk_resolution: "c-queues",
  old: "c-queues",
  abandoned: "c-channels",
  occupancy: "c-agents",
  adherence: "c-agents",
  fcr: "c-channels",
  repeats: "c-fcr",
  csat: "c-channels",
};

const AS = { oldest: "duration", quiet: "duration", share: "percent", day: "percent", week: "percent", fell: "percent", occupancy: "percent", adherence: "percent", missed: "percent" };

export function problemList(problems) {
  if (!problems.length) return [element("li", say("problems.none"), { class: "well" })];
  return problems.map(({ kind, group, numbers }) => {
    const written = Object.entries(numbers).map(([name, value]) => [name, formats[AS[name] ?? "count"](value)]);
    const line = element("li", null);
    line.append(element("a", say(`problem.${kind}`, { group, ...Object.fromEntries(written) }), { href: `#${SECTIONS[kind]}` }));
    return line;
  });
}
