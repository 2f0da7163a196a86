/**
 * The server's clock in the page: maybe simulated, maybe faster than ours. The device's own clock is not trusted.
 *
 *   const clock = anchorClock({at: "2020-10-12T09:42:00+07:00", speed: 60, timezone: "Asia/Ho_Chi_Minh"})
 *   clock.anchor(at)      hear the time again: a pong's `at` is now; a state's may be old and only turns the clock on
 *   clock.now()           a Date
 *   clock.time(date?)     "09:42"      clock.weekday(date?, language)  "Thứ Ba, 24/11"
 *   clock.every(draw)     calls draw at once and whenever the minute changes
 */

export function anchorClock({at, speed = 1, timezone = "Asia/Ho_Chi_Minh", language = "vi"}) {
  let base = Date.parse(at);
  let heard = performance.now();
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone, hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", year: "numeric", hourCycle: "h23",
  });
  const weekdays = new Intl.DateTimeFormat(language, {timeZone: timezone, weekday: "long"});
  const days = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {timeZone: timezone, weekday: "long", day: "numeric", month: "long"});

  const now = () => new Date(base + (performance.now() - heard) * speed);
  const part = (date, name) => parts.formatToParts(date).find(({type}) => type === name).value;

  return {
    now,
    anchor(heardAt, {isNow = false} = {}) {
      const moment = Date.parse(heardAt);
      if (!Number.isFinite(moment) || (moment < now() && !isNow)) return;
      base = moment;
      heard = performance.now();
    },
    time: (date = now()) => `${part(date, "hour")}:${part(date, "minute")}`,
    weekday(date = now()) {
      if (language !== "vi") return days.format(date).replace(",", "");
      const name = weekdays.format(date);
      return `${name}, ${part(date, "day")}/${part(date, "month")}`;
    },
    every(draw) {
      let shown = "";
      const tick = () => {
        const minute = this.time();
        if (minute === shown) return;
        shown = minute;
        draw();
      };
      tick();
      return setInterval(tick, 250);
    },
  };
}
