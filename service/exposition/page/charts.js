// Small charts over time. The colours are those of the key beside each figure.

import { formats, time } from "./format.js";
import { say } from "./texts.js";

const HOURS_SHOWN = 3 * 3600;
const AT_LEAST = 15 * 60;

/** What each chart draws: [name in the history, class of its key, its text, dash pattern]. */
const CHARTS = {
  backlog: { as: "count", lines: () => [["backlog", "backlog", "word.open"]] },
  target: {
    as: "count",
    lines: () => [["at_risk:resolution", "risk", "word.at_risk"], ["breached:resolution", "breach", "word.breached", [5, 3]]],
  },
  volume: {
    as: "count",
    lines: ({ window }) => [[`${window}:started`, "started", "word.started"], [`${window}:closed`, "closed", "word.closed", [5, 3]]],
  },
  level: { as: "percent", lines: ({ window }) => [[`${window}:service_level`, "level", "word.in_time"]] },
  first: {
    as: "duration",
    lines: ({ window }) => [
      [`${window}:first_response_p50`, "median", "word.median"],
      [`${window}:first_response_p90`, "nineties", "word.nineties", [5, 3]],
    ],
  },
  fcr: {
    as: "percent",
    lines: ({ window, repeat }) => [
      [`${window}:fcr_settled:${repeat}`, "settled", "word.settled"],
      [`${window}:fcr_provisional:${repeat}`, "provisional", "word.provisional", [5, 3]],
    ],
  },
  abandonment: { as: "percent", lines: ({ window }) => [[`${window}:abandonment`, "abandon", "word.gave_up"]] },
  csat: { as: "percent", lines: ({ window }) => [[`${window}:csat`, "csat", "word.rated_4_or_5"]] },
  // Those of a report alone: the live page keeps no past of these.
  ontime: { as: "percent", lines: ({ window }) => [[`${window}:resolved_in_time`, "level", "word.in_time"]] },
  resolution: {
    as: "duration",
    lines: ({ window }) => [
      [`${window}:resolution_p50`, "median", "word.median"],
      [`${window}:resolution_p90`, "nineties", "word.nineties", [5, 3]],
    ],
  },
  handle: { as: "duration", lines: ({ window }) => [[`${window}:handle`, "handle", "word.mean"]] },
  touch: { as: "percent", lines: ({ window }) => [[`${window}:one_touch`, "touch", "word.one_touch"]] },
  replies: { as: "decimal", lines: ({ window }) => [[`${window}:replies`, "replies", "word.replies"]] },
  transferred: { as: "percent", lines: ({ window }) => [[`${window}:transferred`, "transferred", "word.transferred"]] },
  repeats: { as: "count", lines: ({ window, repeat }) => [[`${window}:repeats:${repeat}`, "repeats", "word.repeats"]] },
  nps: { as: "signed", lines: ({ window }) => [[`${window}:nps`, "nps", "word.score"]] },
  ces: { as: "percent", lines: ({ window }) => [[`${window}:ces`, "ces", "word.found_it_easy"]] },
  issue: { as: "percent", lines: ({ window }) => [[`${window}:issue_resolved`, "issue", "word.said_yes"]] },
};

/** What the charts span, and how its moments are written: the live page's. */
const LIVE = {
  words: "chart.live",
  empty: "chart.empty",
  range: (low, high) => [Math.max(high - HOURS_SHOWN, Math.min(low, high - AT_LEAST)), high],
  moment: time,
  tick: time,
};

const short = {
  count: formats.count,
  percent: formats.wholePercent,
  decimal: formats.decimal,
  signed: formats.signed,
  duration: formats.duration,
};

/** Lengths of time that people know, for an axis from seconds to days; few, as the charts are small. */
const roundDurations = (_, axis, low, high) => {
  const within = [1, 10, 60, 600, 3600, 36000, 86400, 864000].filter((length) => length >= low && length <= high);
  return within.length > 3 ? within.filter((_length, index) => index % 2 === 0) : within;
};

/** Steps of an axis of shares: whole percents, as they are written. */
const ROUND_SHARES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

class Chart {
  constructor(figure, frame) {
    this.figure = figure;
    this.frame = frame;
    this.card = figure.closest(".card");
    this.what = CHARTS[figure.dataset.chart];
    this.plot = null;
    this.shown = "";
    figure.tabIndex = 0;
    figure.setAttribute("role", "group");
    this.canvas = document.createElement("div");
    this.canvas.className = "canvas";
    this.canvas.setAttribute("aria-hidden", "true");
    this.readout = document.createElement("output");
    this.empty = document.createElement("figcaption");
    this.empty.textContent = say(frame.empty);
    figure.append(this.canvas, this.readout, this.empty);
    figure.addEventListener("keydown", (event) => this.step(event));
    // All charts follow one cursor, but only the one that is being read is read out.
    this.readout.setAttribute("aria-live", "off");
    figure.addEventListener("focus", () => this.readout.setAttribute("aria-live", "polite"));
    figure.addEventListener("blur", () => {
      this.readout.setAttribute("aria-live", "off");
      this.plot?.setCursor({ left: -10, top: -10 });
    });
    new ResizeObserver(() => this.resize()).observe(this.canvas);
  }

  draw(past, choice) {
    const lines = this.what.lines(choice);
    const columns = lines.map(([name]) => past.series[name] ?? past.at.map(() => null));
    const points = Math.max(0, ...columns.map((column) => column.filter((value) => value !== null).length));
    this.figure.classList.toggle("empty", points < 2);
    this.figure.setAttribute("aria-label", this.describe(lines, columns));
    if (points < 2) return;
    const key = JSON.stringify(lines);
    if (this.shown !== key) {
      this.plot?.destroy();
      this.plot = new uPlot(this.options(lines), [past.at, ...columns], this.canvas);
      this.shown = key;
    } else {
      this.plot.setData([past.at, ...columns]);
    }
  }

  describe(lines, columns) {
    const parts = lines.map(([, , text], index) => {
      const values = columns[index].filter((value) => value !== null);
      const line = say(text);
      if (!values.length) return say("chart.nothing", { line });
      const write = formats[this.what.as];
      const [now, lowest, highest] = [values.at(-1), Math.min(...values), Math.max(...values)].map(write);
      return say("chart.line", { line, now, lowest, highest });
    });
    const title = say(this.figure.dataset.title);
    return say("chart.label", { title, of: say(this.frame.words), lines: parts.join("; ") });
  }

  colour(name) {
    const key = this.card.querySelector(`.key.${name}`);
    return getComputedStyle(key, "::before").backgroundColor;
  }

  options(lines) {
    const ink = () => getComputedStyle(this.figure).color;
    const grid = () => getComputedStyle(this.figure).getPropertyValue("border-top-color");
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const font = `${Math.round(rem * 0.7)}px ${getComputedStyle(document.body).fontFamily}`;
    const size = this.size();
    return {
      ...size,
      ...(this.frame.zone ? { tzDate: (moment) => uPlot.tzDate(new Date(moment * 1000), this.frame.zone) } : {}),
      legend: { show: false },
      padding: [rem * 0.5, rem * 0.25, 0, 0],
      cursor: { sync: { key: "past" }, drag: { x: false, y: false }, points: { size: rem * 0.5 } },
      scales: {
        x: { time: true, range: (_, low, high) => this.frame.range(low, high) },
        y: this.scale(),
      },
      axes: [
        { stroke: ink, font, size: rem * 1.3, gap: 2, space: rem * 5, grid: { show: false }, ticks: { show: false }, filter: (plot, moments) => this.fitting(plot, moments, font), values: (_, moments) => moments.map((moment) => moment && this.frame.tick(moment)) },
        {
          stroke: ink,
          font,
          size: rem * 3.4,
          gap: 4,
          space: rem * 2,
          grid: { stroke: grid, width: 1 },
          ticks: { show: false },
          values: (_, values) => values.map(short[this.what.as]),
          ...(this.what.as === "percent" ? { incrs: ROUND_SHARES } : {}),
          ...(this.what.as === "duration" ? { splits: roundDurations, filter: (_plot, splits) => splits } : {}),
        },
      ],
      series: [
        {},
        ...lines.map(([, key, , dash], index) => ({
          stroke: () => this.colour(key),
          fill: index === 0 ? () => faint(this.colour(key)) : undefined,
          width: rem / 8,
          dash,
          spanGaps: false,
          points: { show: false },
        })),
      ],
      hooks: { setCursor: [(plot) => this.read(plot, lines)] },
    };
  }

  /** The moments whose words fit between the ends of the axis; null in place of the others. */
  fitting(plot, moments, font) {
    plot.ctx.save();
    plot.ctx.font = font;
    const fit = moments.map((moment) => {
      const half = plot.ctx.measureText(this.frame.tick(moment)).width / 2;
      const at = plot.valToPos(moment, "x");
      return at >= half && at + half <= plot.over.clientWidth ? moment : null;
    });
    plot.ctx.restore();
    return fit;
  }

  scale() {
    if (this.what.as === "count" || this.what.as === "decimal") return { range: (_, low, high) => [0, Math.max(4, high * 1.1)] };
    // A median of seconds and a tail of hours are to be read in one chart.
    if (this.what.as === "duration") return { distr: 3, range: (_, low, high) => [Math.max(0.5, low / 2), Math.max(2, high * 2)] };
    // Shares, and scores of -100 to 100.
    const [least, most] = this.what.as === "signed" ? [-100, 100] : [0, 1];
    return {
      range: (_, low, high) => {
        const room = Math.max((most - least) / 50, (high - low) * 0.2);
        return [Math.max(least, low - room), Math.min(most, high + room)];
      },
    };
  }

  read(plot, lines) {
    const { idx } = plot.cursor;
    if (idx === null || idx === undefined || plot.cursor.left < 0) {
      this.readout.textContent = "";
      return;
    }
    const values = lines.map(([, , text], index) => `${formats[this.what.as](plot.data[index + 1][idx])} ${say(text)}`);
    this.readout.textContent = `${this.frame.moment(plot.data[0][idx])} · ${values.join(", ")}`;
  }

  step(event) {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity }[event.key];
    if (move === undefined || !this.plot) return;
    event.preventDefault();
    const last = this.plot.data[0].length - 1;
    const from = this.plot.cursor.idx ?? last;
    const to = Math.min(last, Math.max(0, from + move));
    this.plot.setCursor({ left: this.plot.valToPos(this.plot.data[0][to], "x"), top: 1 });
  }

  size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  resize() {
    const size = this.size();
    if (this.plot && size.width && size.height) this.plot.setSize(size);
  }

  redraw() {
    this.plot?.redraw();
  }
}

const faint = (colour) => colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.12)");

export class Charts {
  constructor(frame = LIVE) {
    this.charts = [...document.querySelectorAll("figure[data-chart]")].map((figure) => new Chart(figure, frame));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  draw(past, choice) {
    for (const chart of this.charts) chart.draw(past, choice);
  }

  redraw() {
    for (const chart of this.charts) chart.redraw();
  }
}
