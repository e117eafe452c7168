/** The network of a test. It answers what the test says, and fails whatever nobody expects. */
import { setupServer } from "msw/node";
import { afterAll, beforeAll, beforeEach } from "vitest";

export const network = setupServer();

beforeAll(() => network.listen({ onUnhandledRequest: "error" }));
beforeEach(() => network.resetHandlers());
afterAll(() => network.close());
