/** The browser tests: real pages in a real Chromium against the program behind BASE_URL. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    // One call at a time: the tests share the local video server and the machine.
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
