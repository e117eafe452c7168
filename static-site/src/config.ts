/** Reads `config.json` from beside the page, so that one build serves every stage. */
import { isObject } from "./json";
import { type Result, failed, ok } from "./result";
import { type VideoServer, readVideoServer } from "./video-server";

export interface Config {
  /** The API's address, without a slash at the end; "" is the page's own origin. */
  readonly apiBaseUrl: string;
  /** Whether to list the demo users on the login page. Only `local` does. */
  readonly demoUsers: boolean;
  /** Null if unknown. */
  readonly videoServer: VideoServer | null;
}

export async function loadConfig(): Promise<Result<Config>> {
  try {
    const response = await fetch("config.json", {
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
  const videoServer = readVideoServer(json["videoServer"]);
  const isNamed = (json["videoServer"] ?? null) !== null;
  if (apiBaseUrl === null || (isNamed && videoServer === null)) return failed("config_unreadable");
  return ok({ apiBaseUrl, demoUsers: json["demoUsers"] === true, videoServer });
}

/** `value` without slashes at its end, if it is a server's address or empty; else null. */
function address(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const bare = value.replace(/\/+$/, "");
  return bare === "" || /^https?:\/\/[^/]/.test(bare) ? bare : null;
}
