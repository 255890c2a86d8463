// How numbers read. A number that is not known is a dash, never a zero.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const exactClock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

export const NOTHING = "–";

/** Whether there is nothing to show. */
const unknown = (value) => value === null || value === undefined;

const known = (write) => (value) => (unknown(value) ? NOTHING : write(value));

/** Two units at most: "38 s", "4 min 2 s", "3 h 12 min", "2 d 4 h". */
function seconds(value) {
  if (value < 10) return `${tenths.format(value)} s`;
  if (value < 60) return `${whole.format(value)} s`;
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const largest = units.findIndex(([, size]) => value >= size);
  const [unit, size] = units[largest];
  const [smaller, smallerSize] = units[largest + 1];
  let many = Math.floor(value / size);
  let rest = Math.round((value - many * size) / smallerSize);
  if (rest * smallerSize === size) [many, rest] = [many + 1, 0];
  return rest ? `${whole.format(many)} ${unit} ${rest} ${smaller}` : `${whole.format(many)} ${unit}`;
}

/** A quantile of durations; where it lies above the last bound of the histogram: more than that. */
const quantile = (name) => (durations) => {
  if (!durations?.count) return NOTHING;
  return unknown(durations[name]) ? `> ${seconds(durations.last_bound)}` : seconds(durations[name]);
};

/** From where to where: the 95 % interval beside a value. */
const interval = (write) => known(([low, high]) => `${write(low)} to ${write(high)}`);

/** The name of a window as people say it: "24h", "this week". */
export const windowWord = (name) => name.replaceAll("_", " ");

export const formats = {
  count: known((value) => whole.format(value)),
  // A count by label: a label that has not been seen has none, which is zero.
  tally: (value) => whole.format(value ?? 0),
  percent: known((value) => `${tenths.format(value * 100)} %`),
  decimal: known((value) => hundredths.format(value)),
  signed: known((value) => (value > 0 ? "+" : value < 0 ? "−" : "") + tenths.format(Math.abs(value))),
  duration: known(seconds),
  median: quantile("p50"),
  nineties: quantile("p90"),
  percents: interval((value) => `${whole.format(value * 100)} %`),
  points: interval((value) => `${value < 0 ? "−" : ""}${whole.format(Math.abs(value))}`),
  // A sliding window is named by its length, one of the calendar by its days.
  last: (value) => (value ? `${/^\d/.test(value) ? "last " : ""}${windowWord(value)}` : ""),
  text: known(String),
};

/** Hours and minutes of a moment in seconds since 1970. */
export const time = (moment) => clock.format(new Date(moment * 1000));
export const exactTime = (moment) => exactClock.format(new Date(moment * 1000));
