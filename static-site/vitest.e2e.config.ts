/** The browser tests: real pages in a real Chromium and a real Firefox, against the program behind BASE_URL. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    // Vitest puts its own BASE_URL in front of the tests.
    env: { SITE_URL: process.env["BASE_URL"] ?? "http://127.0.0.1:8080" },
    // One call at a time: the tests share the local video server and the machine.
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
