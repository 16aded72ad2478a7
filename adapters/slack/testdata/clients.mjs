// Slack's own clients against the imitation of Slack: what they take for Slack
// is one, as far as they look. It reads what it needs from the first line of
// its input, writes a line for each thing done, and ends with its input.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(process.argv[2] + '/');
const { WebClient, WebClientEvent, ErrorCode } = require('@slack/web-api');
const { SocketModeClient } = require('@slack/socket-mode');

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const given = JSON.parse((await input.next()).value);
const did = (what, more = {}) => console.log(JSON.stringify({ did: what, ...more }));

const web = new WebClient(given.token, { slackApiUrl: given.api, logLevel: 'error', retryConfig: { retries: 1, minTimeout: 1 } });

const me = await web.auth.test();
assert.equal(me.team_id, given.team);
assert.equal(me.user_id, given.bot);
assert.match(me.bot_id, /^B/);

// Posts, their metadata, and their threads.
const metadata = { event_type: 'kansbot_post', event_payload: { key: 'signal/1' } };
const posted = await web.chat.postMessage({ channel: given.channel, ...given.message, metadata, unfurl_links: false, unfurl_media: false });
assert.equal(posted.message.blocks.length, given.message.blocks.length);
await web.chat.update({ channel: posted.channel, ts: posted.ts, ...given.message, text: 'Aangepast &amp; wel' });
await web.chat.postMessage({ channel: given.channel, thread_ts: posted.ts, text: 'Eronder' });
const history = await web.conversations.history({ channel: given.channel, oldest: posted.ts, inclusive: true, include_all_metadata: true, limit: 1 });
assert.equal(history.messages[0].text, 'Aangepast &amp; wel');
assert.deepEqual(history.messages[0].metadata, metadata);
const thread = await web.conversations.replies({ channel: given.channel, ts: posted.ts, limit: 10 });
assert.deepEqual(thread.messages.map((m) => [m.thread_ts, m.text]), [[posted.ts, 'Aangepast &amp; wel'], [posted.ts, 'Eronder']]);
await assert.rejects(web.chat.postMessage({ channel: given.channel, text: 'x', blocks: [{ type: 'header', text: { type: 'plain_text', text: '' } }] }), (err) => {
	assert.equal(err.code, ErrorCode.PlatformError);
	assert.equal(err.data.error, 'invalid_blocks');
	assert.match(err.data.response_metadata.messages[0], /must be more than 0 characters \[json-pointer:\/blocks\/0\/text\/text\]/);
	return true;
});
did('post', { ts: posted.ts });

// Pages, and a pause when there were too many requests.
const members = [];
let pages = 0;
for await (const page of web.paginate('conversations.members', { channel: given.channel, limit: 100 })) {
	pages++;
	members.push(...page.members);
}
assert.deepEqual(new Set(members), new Set([...given.people, given.bot]));
assert.ok(pages > 1);
let pause = 0;
web.on(WebClientEvent.RATE_LIMITED, (seconds) => { pause = seconds; });
for (const id of given.people) {
	const { user } = await web.users.info({ user: id, include_locale: true });
	assert.equal(user.id, id);
	assert.equal(user.locale, 'nl-NL');
	assert.ok(user.name && user.profile.real_name);
}
assert.equal(pause, 1);
await web.views.publish({ user_id: given.people[0], view: given.home });
did('read');

// What people do, over a socket.
const socket = new SocketModeClient({ appToken: given.appToken, clientPingTimeout: 1500, logLevel: 'error', clientOptions: { slackApiUrl: given.api } });
socket.on('connected', () => did('connected'));
socket.on('slash_commands', async ({ ack, body, accepts_response_payload }) => {
	assert.ok(accepts_response_payload);
	assert.equal(body.channel_id, given.channel);
	await ack({ response_type: 'ephemeral', text: 'Gehoord: ' + body.text });
	const { view } = await web.views.open({ trigger_id: body.trigger_id, view: given.modal });
	const { view: updated } = await web.views.update({ view_id: view.id, hash: view.hash, view: { ...given.modal, title: { type: 'plain_text', text: body.text } } });
	assert.equal(updated.private_metadata, given.modal.private_metadata);
	await assert.rejects(web.views.update({ view_id: view.id, hash: view.hash, view: given.modal }), (err) => err.data.error === 'hash_conflict');
	did('opened');
});
let sent = 0;
socket.on('interactive', async ({ ack, body }) => {
	if (body.type === 'view_submission' && sent++ === 0) {
		await ack({ response_action: 'errors', errors: { wat: 'Nog niet.' } });
	} else {
		await ack();
	}
	did(body.type, { action: body.actions?.[0].action_id, typed: body.view?.state.values.wat.value.value });
});
socket.on('app_home_opened', async ({ ack, event }) => {
	await ack();
	did('home', { user: event.user });
});
await socket.start();

assert.ok((await input.next()).done);
await socket.disconnect();
