/** Times and dates as the two languages write them, on the space's clock. */

import {anchorClock} from "/static/js/clock.js";
import {config} from "./config.js";

export const clock = anchorClock(config);

const zone = {timeZone: config.timezone};
const formats = {
  vi: new Intl.DateTimeFormat("vi", {...zone, weekday: "long", day: "2-digit", month: "2-digit"}),
  en: new Intl.DateTimeFormat("en-GB", {...zone, weekday: "short", day: "numeric", month: "long"}),
};
const short = {
  vi: new Intl.DateTimeFormat("vi", {...zone, day: "2-digit", month: "2-digit"}),
  en: new Intl.DateTimeFormat("en-GB", {...zone, day: "numeric", month: "long"}),
};
const days = new Intl.DateTimeFormat("en-CA", zone);

/** "09:42" */
export function timeOf(moment) {
  return clock.time(new Date(moment));
}

/** "Thứ Ba, 24/11" and "Tue 24 November", as one value in both languages. */
export function dateLine(moment = clock.now()) {
  const [vi, en] = [formats.vi, formats.en].map((format) =>
    Object.fromEntries(format.formatToParts(moment).map(({type, value}) => [type, value])));
  return {vi: `${vi.weekday}, ${vi.day}/${vi.month}`, en: `${en.weekday} ${en.day} ${en.month}`};
}

/** Return a moment's slots under a name: its time, its date, and whether it is today, earlier or later. */
export function momentSlots(name, text) {
  const moment = text ? new Date(text) : null;
  if (!moment || Number.isNaN(moment.getTime())) return {[`${name}_time`]: null};
  const [day, today] = [days.format(moment), days.format(clock.now())];
  return {
    [`${name}_time`]: timeOf(moment),
    [`${name}_date`]: {vi: short.vi.format(moment), en: short.en.format(moment)},
    [`${name}_today`]: day === today,
    [`${name}_earlier`]: day < today,
    [`${name}_later`]: day > today,
  };
}
