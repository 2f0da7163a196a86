/** Times and dates as the two languages write them, on the space's clock. */

import {anchorClock} from "/static/js/clock.js";
import {config} from "./config.js";

export const clock = anchorClock(config);

const zone = {timeZone: config.timezone};
const formats = {
  vi: new Intl.DateTimeFormat("vi", {...zone, weekday: "long", day: "2-digit", month: "2-digit"}),
  en: new Intl.DateTimeFormat("en-GB", {...zone, weekday: "short", day: "numeric", month: "long"}),
};
const weekdays = new Intl.DateTimeFormat("en-GB", {...zone, weekday: "short"});
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const days = new Intl.DateTimeFormat("en-CA", zone);

/** "09:42" */
export function timeOf(moment) {
  return clock.time(new Date(moment));
}

/** "Thứ Ba, 24/11" and "Tue 24 November", as one value in both languages. */
export function dateLine(moment = clock.now()) {
  const {vi, en} = partsOf(moment);
  return {vi: `${vi.weekday}, ${vi.day}/${vi.month}`, en: `${en.weekday} ${en.day} ${en.month}`};
}

/** "24/11" and "24 November". The browser's own short Vietnamese date is "24-11", which nobody writes. */
function shortDate(moment) {
  const {vi, en} = partsOf(moment);
  return {vi: `${vi.day}/${vi.month}`, en: `${en.day} ${en.month}`};
}

function partsOf(moment) {
  const parts = (format) => Object.fromEntries(format.formatToParts(moment).map(({type, value}) => [type, value]));
  return {vi: parts(formats.vi), en: parts(formats.en)};
}

/** 0 is Monday, as in the space's opening hours. */
export function weekdayOf(moment) {
  return WEEKDAYS.indexOf(weekdays.format(moment));
}

/** Return a moment's slots under a name: its time, its date, and whether it is today, earlier or later. */
export function momentSlots(name, text) {
  const moment = text ? new Date(text) : null;
  if (!moment || Number.isNaN(moment.getTime())) return {[`${name}_time`]: null};
  const [day, today] = [days.format(moment), days.format(clock.now())];
  return {
    [`${name}_time`]: timeOf(moment),
    [`${name}_date`]: shortDate(moment),
    [`${name}_today`]: day === today,
    [`${name}_earlier`]: day < today,
    [`${name}_later`]: day > today,
  };
}
