// Drive a service with the official Node SDK and print what it understood, as JSON.
//
//     node exercise.mjs FOLDER URL BLOCK
//
// FOLDER has the `node_modules` with `@orq-ai/node`; BLOCK is `prompt` for generation 4, `promptConfig` for 3.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import path from "node:path";

const [folder, url, block] = process.argv.slice(2);
const { Orq } = createRequire(pathToFileURL(path.resolve(folder, "index.js")))("@orq-ai/node");

const blocks = {
  prompt: {
    model: "openai/gpt-4o",
    messages: [
      { role: "system", content: "You are a helpful assistant" },
      {
        role: "user",
        content: [
          { type: "text", text: "What is this, {{name}}?" },
          { type: "image_url", imageUrl: { url: "https://example.com/a.png" } },
        ],
      },
    ],
    temperature: 0.5,
    maxTokens: 256,
    thinking: { type: "enabled", budgetTokens: 1024 },
  },
  promptConfig: {
    modelParameters: { responseFormat: null, temperature: 0.5, maxTokens: 256, topP: 0.7 },
    model: "openai/gpt-4o",
    modelType: "vision",
    provider: "openai",
    messages: [{ role: "system", content: "You are a helpful assistant" }],
  },
};

const { prompts } = new Orq({ apiKey: "any", serverURL: url });
const result = {};
const body = { path: "Default/Prompts", metadata: { language: "English" }, [block]: blocks[block] };
result.created = await prompts.create({ displayName: "MyPrompt", description: "Prompt Description", ...body });
const id = result.created.id;
await prompts.create({ displayName: "Other", ...body });
result.retrieved = await prompts.retrieve({ id });
const changed = { messages: [{ role: "user", content: "Hello!" }] };
const update = { displayName: "Renamed", [block]: changed };
result.updated = await prompts.update({ id, requestBody: update, updatePromptRequest: update });
result.listed = await prompts.list();
result.nextPage = await prompts.list({ limit: 1, startingAfter: result.listed.data[0].id });
result.versions = await prompts.listVersions({ promptId: id });
const versionId = result.versions.data.at(-1).id;
result.version = await prompts.getVersion({ promptId: id, versionId });
await prompts.delete({ id });
try {
  await prompts.retrieve({ id });
} catch (error) {
  result.gone = { status: error.statusCode, message: error.message };
}
result.left = (await prompts.list()).data.map((each) => each.displayName);
console.log(JSON.stringify(result));
