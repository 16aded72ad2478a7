// The room works without this script: every act is a form, every view a page.
// The script sends the forms in the background, makes the page look like the
// answer without losing place or focus, and asks again when the room changes.

const $ = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const live = $('#live');

// ---- making the page look like the answer

const keyOf = node => node.nodeType === 1 ? node.dataset.key || node.id || '' : '';

// What belongs to the reader stays: a folded thread, an open menu or dialog,
// a half-typed line.
const kept = node => node.nodeName === 'DIALOG' || node.id === 'composer' || node.id === 'live';

function morph(have, want) {
  if (have.isEqualNode(want)) return;
  if (have.nodeType !== 1) {
    have.data = want.data;
    return;
  }
  for (const { name } of [...have.attributes]) {
    if (!want.hasAttribute(name) && name !== 'open') have.removeAttribute(name);
  }
  for (const { name, value } of want.attributes) {
    if (have.getAttribute(name) !== value && name !== 'open') have.setAttribute(name, value);
  }
  const wanted = new Set([...want.children].map(keyOf));
  for (const child of [...have.children]) {
    if (keyOf(child) && !wanted.has(keyOf(child))) take(child);
  }
  const byKey = new Map([...have.children].filter(keyOf).map(child => [keyOf(child), child]));
  let at = have.firstChild;
  for (const next of [...want.childNodes]) {
    const key = keyOf(next);
    const same = key ? byKey.get(key) : at && !keyOf(at) && at.nodeName === next.nodeName ? at : null;
    if (!same) {
      have.insertBefore(next, at);
      continue;
    }
    if (same !== at) have.insertBefore(same, at);
    at = same.nextSibling;
    if (!kept(same)) morph(same, next);
  }
  while (at) {
    const after = at.nextSibling;
    take(at);
    at = after;
  }
}

function take(node) {
  const dialog = node.nodeName === 'DIALOG';
  if (dialog && node.open) node.close(); // gives the focus back
  node.remove();
  const now = document.activeElement;
  if (dialog && now.id === 'line') now.setSelectionRange(now.value.length, now.value.length); // the caret went with the dialog
}

function show(html) {
  const next = new DOMParser().parseFromString(html, 'text/html');
  const flow = $('#flow');
  const atEnd = flow.scrollHeight - flow.scrollTop - flow.clientHeight < 80;
  const before = new Set(all('[data-new]').map(node => node.id));
  document.title = next.title;
  for (const name of ['lang', 'data-theme']) {
    const value = next.documentElement.getAttribute(name);
    value === null ? document.documentElement.removeAttribute(name) : document.documentElement.setAttribute(name, value);
  }
  morph(document.body, next.body);
  openDialogs();
  const fresh = all('[data-new]').filter(node => !before.has(node.id));
  announce(fresh);
  return { fresh, atEnd };
}

function openDialogs() {
  for (const dialog of all('dialog[open]')) {
    if (dialog.matches(':modal')) continue;
    dialog.removeAttribute('open');
    dialog.showModal();
    const wrong = $('[aria-invalid=true], [data-wrong]', dialog);
    if (wrong) wrong.focus();
  }
}

function announce(fresh) {
  if (!fresh.length) return;
  const words = node => $('.body', node).innerText.replace(/\s+/g, ' ').trim().slice(0, 200);
  live.textContent = document.body.dataset.heard + ' ' + fresh.slice(0, 3).map(words).join(' … ');
}

// ---- talking to the room, one thing at a time

let queue = Promise.resolve();
const inTurn = what => queue = queue.then(what, what);

async function ask(url, options) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch {
    return complain(document.body.dataset.offline);
  }
  if (!answer.ok) return complain(document.body.dataset.oops);
  return show(await answer.text());
}

function complain(text) {
  let say = $('dialog:modal .say') || $('#say');
  if (!say) {
    say = document.createElement('p');
    say.className = 'say';
    say.setAttribute('role', 'alert');
    const form = $('dialog:modal form');
    if (form) form.prepend(say);
    else {
      say.id = 'say';
      $('#clock').append(say);
    }
  }
  say.textContent = text;
}

document.addEventListener('submit', event => {
  const form = event.target, button = event.submitter;
  if (form.method !== 'post') return;
  event.preventDefault();
  if (form.ariaBusy === 'true' || button?.ariaDisabled === 'true') return;
  if (form.id === 'composer' && !form.line.value.trim()) return;
  form.ariaBusy = 'true';
  if (button) button.ariaBusy = 'true';
  const body = new URLSearchParams(new FormData(form, button));
  const home = form.closest('article')?.id;
  inTurn(async () => {
    const shown = await ask(button?.getAttribute('formaction') || form.getAttribute('action'), { method: 'POST', body });
    form.ariaBusy = null;
    if (button) button.ariaBusy = null;
    if (!shown) return;
    if (form.id === 'composer') sent(form);
    if (form.closest('#restart')) form.closest('dialog').close();
    settle(shown, home);
  });
});

// settle brings the reader to what their act brought about.
function settle({ fresh, atEnd }, home) {
  if (fresh.length > 1) reveal(fresh.at(-1), 'instant');
  if (fresh.length) reveal(fresh[0]);
  else if (atEnd) toEnd();
  const lost = !document.activeElement || document.activeElement === document.body;
  if (lost && !$('dialog:modal')) (home && document.getElementById(home) || $('#line')).focus({ preventScroll: true });
}

const smooth = () => matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth';

function reveal(node, behavior = smooth()) {
  const folded = node.closest('details.replies:not([open])');
  if (folded) folded.open = true;
  node.scrollIntoView({ block: 'nearest', behavior });
}

function toEnd() {
  $('#flow').scrollTo({ top: $('#flow').scrollHeight, behavior: 'instant' });
}

// ---- hearing of changes

let stale = false;

function refresh() {
  if (stale) return; // one is waiting for its turn and will see this change too
  stale = true;
  inTurn(async () => {
    if (document.hidden) return; // stays stale until somebody looks
    stale = false;
    const here = new URL(location.href);
    here.searchParams.set('since', document.body.dataset.since);
    here.searchParams.delete('say');
    const shown = await ask(here);
    if (!shown?.fresh.length) return;
    if (shown.atEnd) toEnd();
    else $('#down').hidden = false;
  });
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden || !stale) return;
  stale = false;
  refresh();
});

// One window listens for all: browsers allow few connections to one server.
const windows = new BroadcastChannel('kansbot-room');
windows.onmessage = refresh;
navigator.locks.request('kansbot-room', () => new Promise(() => {
  const events = new EventSource('/events');
  events.onmessage = events.onopen = () => {
    refresh();
    windows.postMessage('changed');
  };
}));

// ---- the line: suggestions and history

const box = () => $('#line');
const list = () => $('#suggest');
let active = null;

function suggestions(text) {
  const at = text.match(/(?:^|\s)(@\S*)$/);
  if (at) return options(put => put.startsWith(at[1].toLowerCase()));
  if (!text.startsWith('/')) return [];
  const words = text.toLowerCase().split(/\s+/);
  if (words.length > 2) return [];
  const depth = words.length + 1; // "/actie " splits in two: the word and nothing
  return options(put => put.startsWith(words.join(' ')) && put.split(' ').length === depth);
}

const options = fits => all('[role=option]', list()).filter(option => fits(option.dataset.put.toLowerCase()));

function suggest() {
  const input = box();
  const found = suggestions(input.value.slice(0, input.selectionStart));
  const whole = found.length === 1 && found[0].dataset.put.trim() === input.value.trim();
  all('[role=option]', list()).forEach(option => option.hidden = whole || !found.includes(option));
  list().hidden = whole || !found.length;
  input.ariaExpanded = String(!list().hidden);
  mark(null);
  explain();
}

function mark(option) {
  active?.setAttribute('aria-selected', 'false');
  active = option;
  active?.setAttribute('aria-selected', 'true');
  active?.scrollIntoView({ block: 'nearest' });
  active ? box().setAttribute('aria-activedescendant', active.id) : box().removeAttribute('aria-activedescendant');
}

function explain() {
  const text = box().value.toLowerCase();
  const best = options(put => put[0] === '/' && (text + ' ').startsWith(put)).pop();
  const hint = best && $('.hint', best).textContent;
  $('#hint code').textContent = hint ? best.dataset.put + hint : '';
  $('#hint code').hidden = !hint;
  $('#hint .start').hidden = !!hint;
}

function fold() {
  list().hidden = true;
  box().ariaExpanded = 'false';
  mark(null);
}

function accept(option) {
  const input = box(), before = input.value.slice(0, input.selectionStart), after = input.value.slice(input.selectionStart);
  const put = option.dataset.put;
  const start = put[0] === '@' ? before.replace(/@\S*$/, put) : put;
  input.value = start + after.trimStart();
  input.setSelectionRange(start.length, start.length);
  input.focus();
  suggest();
}

const shownOptions = () => list().hidden ? [] : all('[role=option]:not([hidden])', list());

function step(by) {
  const shown = shownOptions();
  const at = shown.indexOf(active);
  mark(shown[at < 0 ? (by > 0 ? 0 : shown.length - 1) : (at + by + shown.length) % shown.length]);
}

const lines = () => JSON.parse(sessionStorage.getItem('lines ' + $('#composer').dataset.key) || '[]');
let back = 0;

function sent(form) {
  sessionStorage.setItem('lines ' + form.dataset.key, JSON.stringify([...lines(), form.line.value].slice(-50)));
  back = 0;
  form.line.value = '';
  suggest();
}

function recall(by) {
  const said = lines();
  back = Math.min(said.length, Math.max(0, back + by));
  box().value = back ? said[said.length - back] : '';
  box().setSelectionRange(box().value.length, box().value.length);
  explain();
}

document.addEventListener('input', event => {
  if (event.target.id === 'line') back = 0, suggest();
});

document.addEventListener('keydown', event => {
  if (event.target.id !== 'line' || event.isComposing) return;
  const open = !list().hidden;
  const partial = open && !/(^|\s)$/.test(box().value);
  const act = {
    ArrowDown: open ? () => step(1) : back && (() => recall(-1)),
    ArrowUp: open ? () => step(-1) : (back || !box().value) && (() => recall(1)),
    Enter: active && (() => accept(active)),
    Tab: !event.shiftKey && open && (active || partial) && (() => accept(active || shownOptions()[0])),
    Escape: open && fold,
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener('focusout', event => {
  if (event.target.id === 'line') fold();
});

document.addEventListener('mousedown', event => {
  if (event.target.closest('#suggest')) event.preventDefault(); // the box keeps the focus
});

// ---- presses that stay on the page

document.addEventListener('click', event => {
  const option = event.target.closest('[role=option]');
  if (option) accept(option);
  const fill = event.target.closest('[data-fill]');
  if (fill) {
    box().value = $('code', fill.parentElement).textContent;
    box().focus();
    explain();
  }
  const pointer = event.target.closest('.pointer a');
  if (pointer) {
    event.preventDefault();
    const post = $(pointer.hash);
    reveal(post);
    post.focus({ preventScroll: true });
  }
  if (event.target.closest('#down')) {
    event.preventDefault();
    toEnd();
    $('#down').hidden = true;
  }
  const who = $('#who');
  if (who.open && !who.contains(event.target)) who.open = false;
  // What the browser does by itself when it knows about commands.
  const commands = 'commandForElement' in HTMLButtonElement.prototype ? null : event.target.closest('[commandfor]');
  if (commands) $('#' + commands.getAttribute('commandfor'))[commands.getAttribute('command') === 'close' ? 'close' : 'showModal']();
});

document.addEventListener('keydown', event => {
  const who = $('#who');
  if (event.key === 'Escape' && who.open) {
    who.open = false;
    $('summary', who).focus();
  }
});

// Escape in a form is its Cancel button, so that the room knows.
document.addEventListener('cancel', event => {
  const cancel = $('[data-cancel]', event.target);
  if (!cancel) return;
  event.preventDefault();
  cancel.click();
}, true);

// ---- at the start

openDialogs();
$('#places [aria-current]').scrollIntoView({ block: 'nearest', inline: 'nearest' });
if (location.hash) $(location.hash)?.scrollIntoView();
else if (!$('#welcome')) toEnd(); // to who just took another seat, all of it may be new
$('#flow').addEventListener('scroll', () => {
  const flow = $('#flow');
  if (flow.scrollHeight - flow.scrollTop - flow.clientHeight < 80) $('#down').hidden = true;
}, { passive: true });
history.replaceState(null, '', location.href.replace(/&(since|say)=[^&#]*/g, ''));
