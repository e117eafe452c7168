/** What a visitor has to fetch before the join form shows. */
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { expect, it } from "vitest";

/** The built files by name, without writing them. */
async function builtFiles() {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const built = await build({ root, logLevel: "silent", build: { write: false } });
  if (!("output" in built)) throw new Error("one build was asked for");
  return built.output;
}

/** In bytes, as it goes over the network. */
const limit = 36_000;

it("is less than 36 kB of script, without the video libraries and other languages", async () => {
  const chunks = (await builtFiles()).filter((file) => file.type === "chunk");
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const first = new Set(chunks.filter((chunk) => chunk.isEntry));
  for (const { imports } of first) {
    for (const name of imports) {
      const chunk = byName.get(name);
      if (chunk !== undefined) first.add(chunk);
    }
  }
  const size = [...first].reduce((sum, { code }) => sum + gzipSync(code).length, 0);
  expect(size).toBeGreaterThan(10_000);
  expect(size).toBeLessThan(limit);

  const holds = (name: string) => (chunk: (typeof chunks)[number]) =>
    chunk.moduleIds.some((id) => id.includes(name));
  for (const apart of ["openvidu-browser", "livekit-client", "words/es"]) {
    expect([...first].some(holds(apart))).toBe(false);
    expect(chunks.some(holds(apart))).toBe(true);
  }
  // Who uses one kind of video server fetches nothing for the other.
  for (const chunk of chunks.filter(holds("openvidu-browser"))) {
    expect(holds("livekit")(chunk)).toBe(false);
  }
}, 60_000);
