/** Reads `config.json`, which lies beside the page: one build serves every stage. */
import { isObject } from "./json";
import { type Result, failed, ok } from "./result";

export interface Config {
  /** Where the API is, without a slash at the end; "" is the page's own origin. */
  readonly apiBaseUrl: string;
  /** Whether to name the demo users on the login page. Only a local server says so. */
  readonly demoUsers: boolean;
}

export async function loadConfig(fetcher: typeof fetch = fetch): Promise<Result<Config>> {
  try {
    const response = await fetcher("config.json", {
      cache: "no-cache",
      signal: AbortSignal.timeout(15_000),
    });
    return response.ok ? parseConfig(await response.json()) : failed("config_unreadable");
  } catch {
    return failed("config_unreadable");
  }
}

export function parseConfig(json: unknown): Result<Config> {
  if (!isObject(json) || typeof json["apiBaseUrl"] !== "string") {
    return failed("config_unreadable");
  }
  const address = json["apiBaseUrl"].replace(/\/+$/, "");
  if (address !== "" && !/^https?:\/\/[^/]/.test(address)) return failed("config_unreadable");
  return ok({ apiBaseUrl: address, demoUsers: json["demoUsers"] === true });
}
