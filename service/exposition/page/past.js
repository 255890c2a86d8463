// The samples of the last three hours, kept while the page is open.

const SECONDS = 3 * 3600;

export class Past {
  at = [];
  series = {};

  /** The moment of the newest sample, in seconds since 1970; 0 while there is none. */
  get newest() {
    return this.at.at(-1) ?? 0;
  }

  /** Adds columns of newer samples; a series that was not there before has gaps until then. */
  add(columns) {
    const before = this.at.length;
    for (const name of Object.keys(columns.series)) {
      this.series[name] ??= new Array(before).fill(null);
    }
    const at = this.at.concat(columns.at);
    const old = at.filter((moment) => moment <= at.at(-1) - SECONDS).length;
    this.at = at.slice(old);
    for (const [name, values] of Object.entries(this.series)) {
      const added = columns.series[name] ?? columns.at.map(() => null);
      this.series[name] = values.concat(added).slice(old);
    }
  }
}
