// How numbers read. A number that is not known is a dash, never a zero.

import { has, locale, say } from "./texts.js";

/** Made when first used: the language is known later than this file. */
function lately(make) {
  let made = null;
  return (value) => (made ??= make()).format(value);
}

const numbers = (options) => lately(() => new Intl.NumberFormat(locale(), options));
const share = (digits) => numbers({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
const unit = (name, digits = 0) =>
  numbers({ style: "unit", unit: name, unitDisplay: "short", minimumFractionDigits: digits, maximumFractionDigits: digits });
const moments = (options) => lately(() => new Intl.DateTimeFormat(locale(), { hourCycle: "h23", ...options }));

const whole = numbers({ maximumFractionDigits: 0 });
const hundredths = numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
const signed = numbers({ signDisplay: "exceptZero", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const tenthPercents = share(1);
const wholePercents = share(0);
const clock = moments({ hour: "2-digit", minute: "2-digit" });
const exactClock = moments({ timeStyle: "medium" });

const tenthSeconds = unit("second", 1);
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]].map(([name, size]) => [unit(name), size]);

export const NOTHING = "–";

/** Whether there is nothing to show. */
const unknown = (value) => value === null || value === undefined;

const known = (write) => (value) => (unknown(value) ? NOTHING : write(value));

/** Two units at most, as "4 min 2 sec"; the seconds of a short time with tenths. */
function seconds(value) {
  if (value < 10) return tenthSeconds(value);
  const largest = value < 60 ? UNITS.length - 1 : UNITS.findIndex(([, size]) => value >= size);
  const [write, size] = UNITS[largest];
  if (size === 1) return write(value);
  const [writeRest, restSize] = UNITS[largest + 1];
  let many = Math.floor(value / size);
  let rest = Math.round((value - many * size) / restSize);
  if (rest * restSize === size) [many, rest] = [many + 1, 0];
  return rest ? `${write(many)} ${writeRest(rest)}` : write(many);
}

/** A quantile of durations; where it lies above the last bound of the histogram: more than that. */
const quantile = (name) => (durations) => {
  if (!durations?.count) return NOTHING;
  return unknown(durations[name]) ? `> ${seconds(durations.last_bound)}` : seconds(durations[name]);
};

/** From where to where: the 95 % interval beside a value. */
const interval = (write) => known(([low, high]) => say("span", { low: write(low), high: write(high) }));

/** The name of a window as people say it: "24h", "this week". */
export const windowWord = (name) => (has(`window.${name}`) ? say(`window.${name}`) : name);

/** The sign of a number below zero as in all others: a minus, no hyphen. */
const minus = (text) => text.replace("-", "−");

export const formats = {
  count: known(whole),
  // A count by label: a label that has not been seen has none, which is zero.
  tally: (value) => whole(value ?? 0),
  percent: known(tenthPercents),
  wholePercent: known(wholePercents),
  decimal: known(hundredths),
  signed: known((value) => minus(signed(value))),
  duration: known(seconds),
  median: quantile("p50"),
  nineties: quantile("p90"),
  percents: interval(wholePercents),
  tenthPercents: interval(tenthPercents),
  points: interval((value) => minus(whole(value))),
  // A sliding window is named by its length, one of the calendar by its days.
  last: known((value) => (has(`window.${value}`) ? windowWord(value) : say("window.last", { length: value }))),
  text: known(String),
};

/** Hours and minutes of a moment in seconds since 1970. */
export const time = (moment) => clock(new Date(moment * 1000));
export const exactTime = (moment) => exactClock(new Date(moment * 1000));
