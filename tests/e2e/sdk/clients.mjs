// clients.mjs: the official vendor SDKs as an application uses them, against whatever base URL it is given.
//
// Reads one JSON object on stdin: {openai: {baseURL, key}, anthropic: {baseURL, key}, email, phone, secret}
// and prints one JSON line per case: {name, ok, calls, ...what came back}. The driver (sdk_test.py) judges.
// Node is started with NODE_EXTRA_CA_CERTS; `calls` counts fetches, so that a retry by the SDK shows.
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { readFileSync } from 'node:fs';

const settings = JSON.parse(readFileSync(0, 'utf8'));
let calls = 0;
const counted = (...a) => { calls += 1; return fetch(...a); };
const openai = new OpenAI({ baseURL: settings.openai.baseURL, apiKey: settings.openai.key, fetch: counted });
const anthropic = new Anthropic({
  baseURL: settings.anthropic.baseURL, apiKey: settings.anthropic.key, fetch: counted });

const text = `Write to ${settings.email} or call ${settings.phone} about "the invoice".`;
const openaiTools = [{ type: 'function', function: {
  name: 'find_person', description: 'Finds a person',
  parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] } } }];
const anthropicTools = [{ name: 'find_person', description: 'Finds a person',
  input_schema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] } }];

async function run(name, body) {
  calls = 0;
  try {
    const answer = await body();
    console.log(JSON.stringify({ name, ok: true, calls, ...answer }));
  } catch (error) {
    console.log(JSON.stringify({
      name, ok: false, calls, type: error.constructor.name, status: error.status ?? null,
      message: String(error.message), request_id: error.requestID ?? error.request_id ?? null }));
  }
}

const user = (content) => [{ role: 'user', content }];

await run('openai.plain', async () => {
  const r = await openai.chat.completions.create({ model: 'sim-echo', messages: user(text) });
  return { text: r.choices[0].message.content, finish: r.choices[0].finish_reason, usage: r.usage };
});
for (const size of [1, 3, 7, 40]) {
  await run(`openai.stream.${size}`, async () => {
    const stream = await openai.chat.completions.create({
      model: `sim-split-${size}`, messages: user(text), stream: true, stream_options: { include_usage: true } });
    let all = '', finish = null, chunks = 0, usage = null;
    for await (const chunk of stream) {
      chunks += 1;
      all += chunk.choices[0]?.delta?.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    return { text: all, finish, chunks, usage };
  });
}
await run('openai.pair', async () => {
  const stream = await openai.chat.completions.create({
    model: 'sim-pair.split-2', messages: user(text), n: 2, stream: true });
  const all = ['', ''];
  for await (const chunk of stream) for (const c of chunk.choices) all[c.index] += c.delta.content ?? '';
  return { text: all[0], second: all[1] };
});
await run('openai.tool', async () => {
  const r = await openai.chat.completions.create({
    model: 'sim-tool', messages: user(text), tools: openaiTools });
  const call = r.choices[0].message.tool_calls[0];
  return { arguments: JSON.parse(call.function.arguments), finish: r.choices[0].finish_reason };
});
await run('openai.tool.stream', async () => {
  const stream = openai.chat.completions.stream({
    model: 'sim-tool.split-5', messages: user(text), tools: openaiTools });
  const final = await stream.finalChatCompletion();
  return { arguments: JSON.parse(final.choices[0].message.tool_calls[0].function.arguments) };
});
await run('openai.tool.turn', async () => {
  const r = await openai.chat.completions.create({ model: 'sim-echo', tools: openaiTools, messages: [
    { role: 'user', content: 'Who is it?' },
    { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function',
      function: { name: 'find_person', arguments: JSON.stringify({ query: settings.email }) } }] },
    { role: 'tool', tool_call_id: 'call_1', content: JSON.stringify({ mail: settings.email }) }] });
  return { text: r.choices[0].message.content };
});
await run('openai.blocked', async () => {
  const r = await openai.chat.completions.create({
    model: 'sim-echo', messages: user(`deploy with ${settings.secret}`) });
  return { text: r.choices[0].message.content };
});
await run('anthropic.plain', async () => {
  const r = await anthropic.messages.create({ model: 'sim-echo', max_tokens: 200, messages: user(text) });
  return { text: r.content[0].text, finish: r.stop_reason, usage: r.usage };
});
for (const size of [1, 3, 7, 40]) {
  await run(`anthropic.stream.${size}`, async () => {
    const stream = anthropic.messages.stream({
      model: `sim-split-${size}.ping`, max_tokens: 200, messages: user(text) });
    let all = '';
    stream.on('text', (piece) => { all += piece; });
    const final = await stream.finalMessage();
    return { text: all, whole: final.content[0].text, finish: final.stop_reason };
  });
}
await run('anthropic.tool', async () => {
  const r = await anthropic.messages.create({
    model: 'sim-tool', max_tokens: 200, messages: user(text), tools: anthropicTools });
  return { arguments: r.content.find((b) => b.type === 'tool_use').input, finish: r.stop_reason };
});
await run('anthropic.tool.stream', async () => {
  const stream = anthropic.messages.stream({
    model: 'sim-tool.split-5', max_tokens: 200, messages: user(text), tools: anthropicTools });
  const final = await stream.finalMessage();
  return { arguments: final.content.find((b) => b.type === 'tool_use').input, finish: final.stop_reason };
});
await run('anthropic.tool.turn', async () => {
  const r = await anthropic.messages.create({ model: 'sim-echo', max_tokens: 200, tools: anthropicTools,
    system: [{ type: 'text', text: `The user is ${settings.email}` }], messages: [
      { role: 'user', content: [{ type: 'text', text: 'Who is it?' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'find_person',
        input: { query: settings.email } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1',
        content: [{ type: 'text', text: `mail ${settings.email}` }] }] }] });
  return { text: r.content[0].text };
});
await run('anthropic.batch', async () => {
  const batch = await anthropic.messages.batches.create({ requests: ['a', 'b'].map((custom_id) => ({
    custom_id, params: { model: 'sim-echo', max_tokens: 200, messages: user(text) } })) });
  const ids = [];
  for await (const line of await anthropic.messages.batches.results(batch.id)) ids.push(line.custom_id);
  return { ids };
});
await run('anthropic.blocked', async () => {
  const r = await anthropic.messages.create({
    model: 'sim-echo', max_tokens: 200, messages: user(`deploy with ${settings.secret}`) });
  return { text: r.content[0].text };
});
