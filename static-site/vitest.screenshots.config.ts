/** Takes the pictures of docs/pictures from the program behind BASE_URL. */
import { defineConfig } from "vitest/config";
import e2e from "./vitest.e2e.config";

export default defineConfig({ test: { ...e2e.test, include: ["e2e/screenshots.ts"] } });
