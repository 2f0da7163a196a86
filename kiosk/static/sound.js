/** Every verdict also sounds: two rising tones in, one low tone out or refused, a soft triple for wait and ask. */

const TUNES = {
  admitted: [[660, 0, 0.12], [880, 0.13, 0.2]],
  left: [[440, 0, 0.25]],
  refused: [[196, 0, 0.4]],
  wait: [[440, 0, 0.09], [440, 0.16, 0.09], [440, 0.32, 0.09]],
  ask: [[587, 0, 0.12]],
  call: [[988, 0, 0.3], [784, 0.32, 0.5], [988, 1.1, 0.3], [784, 1.42, 0.5]],
};
const LOUDNESS = 0.25;

let context = null;

export function play(name) {
  const tune = TUNES[name];
  if (!tune || !("AudioContext" in window)) return;
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
    for (const [pitch, after, length] of tune) sing(pitch, context.currentTime + after, length);
  } catch {
    // A kiosk without a sound card is silent; its screen says the same.
  }
}

function sing(pitch, start, length) {
  const tone = context.createOscillator();
  const loudness = context.createGain();
  tone.frequency.value = pitch;
  loudness.gain.setValueAtTime(0, start);
  loudness.gain.linearRampToValueAtTime(LOUDNESS, start + 0.015);
  loudness.gain.linearRampToValueAtTime(0, start + length);
  tone.connect(loudness).connect(context.destination);
  tone.start(start);
  tone.stop(start + length);
}
