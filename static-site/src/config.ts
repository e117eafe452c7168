/** Reads `config.json`, which lies beside the page: one build serves every stage. */
import { isObject } from "./json";
import { type Result, failed, ok } from "./result";

export interface Config {
  /** Where the API is, without a slash at the end; "" is the page's own origin. */
  readonly apiBaseUrl: string;
  /** Whether to name the demo users on the login page. Only a local server says so. */
  readonly demoUsers: boolean;
  /** The video server's address, without a slash at the end, to see before a call whether it answers; "" if unknown. */
  readonly openviduUrl: string;
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
  if (!isObject(json)) return failed("config_unreadable");
  const apiBaseUrl = address(json["apiBaseUrl"]);
  const openviduUrl = address(json["openviduUrl"] ?? "");
  if (apiBaseUrl === null || openviduUrl === null) return failed("config_unreadable");
  return ok({ apiBaseUrl, demoUsers: json["demoUsers"] === true, openviduUrl });
}

/** `value` without a slash at its end, if it is the address of a server, or empty; else null. */
function address(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const bare = value.replace(/\/+$/, "");
  return bare === "" || /^https?:\/\/[^/]/.test(bare) ? bare : null;
}
