/**
 * Whether the servers answer that a call needs, asked while the join form is
 * being filled in: better to know before one presses Join than after it.
 */
import type { Api } from "./api";
import { certificatePage, openPage } from "./certificate";
import type { Problem } from "./result";

interface Options {
  /** Where OpenVidu is; "" when that is not known, so that nothing is asked. */
  readonly openviduUrl: string;
  readonly api: Pick<Api, "check">;
  /** Whether this browser has a network at all, as far as it knows. */
  readonly online: boolean;
  readonly fetcher?: typeof fetch;
  readonly patienceMs?: number;
}

/** After how many milliseconds a video server counts as one that does not answer. */
const patience = 8_000;

/** What is wrong with the servers; null when there is no telling. */
export async function checkServers({
  openviduUrl,
  api,
  online,
  fetcher = fetch,
  patienceMs = patience,
}: Options): Promise<readonly Problem[] | null> {
  if (openviduUrl === "") return null;
  if (!online) return [{ code: "offline" }];
  const video = await checkVideoServer(openviduUrl, fetcher, patienceMs);
  const answer = await api.check(video !== null);
  if (answer.ok) return video === null ? [] : [video];
  // Who reaches neither is most likely without a network: nothing is the matter with a certificate.
  return answer.error.code === "offline" || video === null ? [answer.error] : [answer.error, video];
}

/**
 * What keeps this browser from the video server. Its answer stays unread: that
 * there is one shows that the server is reached and its certificate trusted.
 */
async function checkVideoServer(
  openviduUrl: string,
  fetcher: typeof fetch,
  patienceMs: number,
): Promise<Problem | null> {
  try {
    await fetcher(openviduUrl + openPage, {
      mode: "no-cors",
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(patienceMs),
    });
    return null;
  } catch (error) {
    const page = certificatePage(openviduUrl);
    // A certificate that is not trusted is refused at once.
    const silent = page.link === undefined || (error as Error).name === "TimeoutError";
    return silent ? { code: "video_silent" } : { code: "video_unreachable", ...page };
  }
}
