// The meeting screen keeps itself current: what stands on it comes as HTML over
// a stream of events, and the time that is left counts down here.
const body = document.body;
const away = document.getElementById('weg');
const whole = document.getElementById('geheel');
const stand = () => document.getElementById('stand');

let ahead = Number(body.dataset.now) - Date.now(); // Kansbot's clock, of this one
let said; // the timer after which we say that there is no connection
let over = false;
let stream;
let heard; // when: Kansbot speaks every 20 s, and of a network that goes silent a browser says nothing

function tick() {
  const clock = document.querySelector('.klok');
  if (!clock) return;
  const rest = clock.querySelector('.rest');
  const [since, ends] = [Number(clock.dataset.since), Number(clock.dataset.ends)];
  const left = Math.round((ends - Date.now() - ahead) / 1000);
  const all = Math.max(1, (ends - since) / 1000);
  const [m, s] = [Math.floor(Math.abs(left) / 60), Math.abs(left) % 60];
  const text = body.dataset[left < 0 ? 'late' : 'left'].replace('%', `${m}:${String(s).padStart(2, '0')}`);
  if (rest.textContent !== text) rest.textContent = text;
  rest.hidden = false;
  clock.classList.toggle('laat', left < 0);
  clock.style.setProperty('--deel', Math.min(1, Math.max(0, left / all)));
}

// fit gives either side the largest type with which all of it is in sight. Of
// many agreements the newest stay, at a size that can be read, and of a text that
// is too long at any size a part, which scrolls by itself; a phone scrolls.
function fit() {
  const root = document.documentElement;
  const inSight = () => root.scrollHeight <= innerHeight;
  const sides = ['.zij', '.nu', '.slot main'].flatMap(name => [...document.querySelectorAll(name)]);
  const agreed = [...document.querySelectorAll('.afspraken :is(li, .tekst > p:not(.klein))')];
  const more = document.querySelector('.meer');
  const words = document.querySelector('.woorden');
  const set = (side, size) => side.style.setProperty('--maat', size);
  const sizes = matchMedia('(min-width: 60rem)').matches ? [1, .9, .8, .7, .6, .5] : [1];
  for (const side of sides) set(side, sizes.at(-1));
  const hide = n => {
    agreed.forEach((one, i) => { one.hidden = i < n; });
    if (!more) return;
    more.hidden = n === 0;
    more.textContent = more.dataset.says.replace('%', n);
  };
  const grow = (side, least) => sizes.some(size => { if (size >= least) set(side, size); return size >= least && inSight(); });
  words?.style.removeProperty('max-height');
  hide(agreed.length - 1);
  const excess = root.scrollHeight - innerHeight;
  if (words && sizes.length > 1 && excess > 0) {
    words.style.maxHeight = `${Math.floor(words.offsetHeight - excess)}px`;
    words.tabIndex = 0;
  }
  hide(0);
  for (const side of sides) {
    let n = 0;
    while (side.matches('.zij') && sizes.length > 1 && !grow(side, .8) && n < agreed.length - 1) hide(++n);
    grow(side, 0);
  }
}

function show(html) {
  stand().outerHTML = html;
  tick();
  fit();
}

function listen() {
  stream?.close();
  stream = new EventSource('/pagina/scherm/stroom');
  heard = Date.now();
  stream.addEventListener('klok', e => { heard = Date.now(); ahead = Number(e.data) - heard; tick(); });
  stream.addEventListener('stand', e => show(e.data));
  stream.addEventListener('einde', () => { over = true; stream.close(); connected(); });
  stream.onopen = connected;
  stream.onerror = () => {
    said ??= setTimeout(alone, 5000);
    if (stream.readyState === EventSource.CLOSED && !over) setTimeout(again, 5000 + 5000 * Math.random());
  };
}

function alone() {
  away.textContent = away.dataset.says;
  document.querySelector('.woorden')?.remove(); // nobody can take it away now
  fit();
}

function connected() {
  clearTimeout(said);
  said = undefined;
  away.textContent = '';
}

// again: a browser gives up a stream that was refused. When the page itself is
// gone it says so; all else passes.
async function again() {
  const answer = await fetch(location.href, {method: 'HEAD', cache: 'no-store'}).catch(() => null);
  if (answer?.status === 404) location.reload();
  else listen();
}

// A screen that nobody touches would go dark; browsers allow this with https.
function light() {
  if (document.visibilityState === 'visible') navigator.wakeLock?.request('screen').catch(() => {});
}

if (document.fullscreenEnabled) {
  whole.hidden = false;
  whole.onclick = () => document.documentElement.requestFullscreen();
  document.onfullscreenchange = () => { whole.hidden = !!document.fullscreenElement; };
}
document.addEventListener('visibilitychange', light);
addEventListener('resize', fit);
setInterval(() => {
  tick();
  if (over || Date.now() - heard < 45000) return;
  alone();
  listen();
}, 250);
light();
tick();
fit();
listen();
