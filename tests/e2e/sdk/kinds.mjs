// kinds.mjs: the official SDKs of Google, Mistral, Cohere and AWS as an application uses them.
//
// Reads one JSON object on stdin: {base, key, email}: `base` is the gateway, vendors are prefixes of its paths;
// prints one JSON line per case: {name, ok, text}. The driver (sdk_kinds_test.py) judges.
// Node is started with NODE_EXTRA_CA_CERTS.
import { GoogleGenAI } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { readFileSync } from 'node:fs';

const { base, key, email } = JSON.parse(readFileSync(0, 'utf8'));
const said = `Write to ${email} about "the invoice".`;
const model = 'sim-echo.split-5';
const user = [{ role: 'user', content: said }];

async function run(name, body) {
  try {
    console.log(JSON.stringify({ name, ok: true, text: await body() }));
  } catch (error) {
    console.log(JSON.stringify({ name, ok: false, message: `${error.constructor.name}: ${error.message}` }));
  }
}

const gemini = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${base}/gemini` } });
await run('gemini.plain', async () => (await gemini.models.generateContent({ model, contents: said })).text);
await run('gemini.stream', async () => {
  let all = '';
  for await (const chunk of await gemini.models.generateContentStream({ model, contents: said })) all += chunk.text ?? '';
  return all;
});

const mistral = new Mistral({ apiKey: key, serverURL: `${base}/mistral` });
await run('mistral.plain', async () =>
  (await mistral.chat.complete({ model, messages: user })).choices[0].message.content);
await run('mistral.stream', async () => {
  let all = '';
  for await (const event of await mistral.chat.stream({ model, messages: user }))
    all += event.data.choices[0]?.delta?.content ?? '';
  return all;
});

const cohere = new CohereClientV2({ token: key, environment: `${base}/cohere` });
await run('cohere.plain', async () => (await cohere.chat({ model, messages: user })).message.content[0].text);
await run('cohere.stream', async () => {
  let all = '';
  for await (const event of await cohere.chatStream({ model, messages: user }))
    if (event.type === 'content-delta') all += event.delta?.message?.content?.text ?? '';
  return all;
});
const older = new CohereClient({ token: key, environment: `${base}/cohere` });
await run('cohere_v1.plain', async () => (await older.chat({ model, message: said })).text);
await run('cohere_v1.stream', async () => {
  let all = '';
  for await (const event of await older.chatStream({ model, message: said }))
    if (event.eventType === 'text-generation') all += event.text;
  return all;
});

// The gateway speaks HTTP/1.1; this client would begin with HTTP/2.
const bedrock = new BedrockRuntimeClient({
  region: 'us-east-1', endpoint: `${base}/bedrock`, token: { token: key }, authSchemePreference: ['httpBearerAuth'],
  requestHandler: new NodeHttpHandler(), maxAttempts: 1 });
const asked = { modelId: model, messages: [{ role: 'user', content: [{ text: said }] }] };
await run('bedrock.plain', async () =>
  (await bedrock.send(new ConverseCommand(asked))).output.message.content[0].text);
await run('bedrock.stream', async () => {
  let all = '';
  for await (const event of (await bedrock.send(new ConverseStreamCommand(asked))).stream)
    all += event.contentBlockDelta?.delta?.text ?? '';
  return all;
});
