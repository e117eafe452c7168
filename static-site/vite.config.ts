/** How the site is built, served while developing, and unit-tested. */
import { defineConfig } from "vitest/config";

/** Where `make dev` answers the API. */
const local = process.env["BASE_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  // Relative addresses, so that one build works under any path.
  base: "./",
  build: {
    target: "es2022",
    // Nothing as a data: address: the content security policy then only names 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // LiveKit's library is larger than Vite's limit. It is fetched only for a call over LiveKit.
    chunkSizeWarningLimit: 600,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "^/api-": { target: local } },
  },
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "node",
  },
});
