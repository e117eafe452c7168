/**
 * Checks whether the API and the video server answer, while the user fills in
 * the join form: it is better to know before pressing Join.
 */
import type { Api } from "./api";
import { certificatePage, openPage } from "./certificate";
import type { Problem } from "./result";

interface Options {
  /** OpenVidu's address; "" if unknown, then nothing is checked. */
  readonly openviduUrl: string;
  readonly api: Pick<Api, "check">;
  /** Whether the browser believes that it has a network. */
  readonly online: boolean;
  readonly patienceMs?: number;
}

/** For how many milliseconds to wait for the video server. */
const patience = 8_000;

/** What is wrong with the servers; null if that is not known. */
export async function checkServers({
  openviduUrl,
  api,
  online,
  patienceMs = patience,
}: Options): Promise<readonly Problem[] | null> {
  if (openviduUrl === "") return null;
  if (!online) return [{ code: "offline" }];
  const video = await checkVideoServer(openviduUrl, patienceMs);
  const answer = await api.check(video !== null);
  if (answer.ok) return video === null ? [] : [video];
  // A browser that reaches neither most likely has no network, and the certificate is fine.
  return answer.error.code === "offline" || video === null ? [answer.error] : [answer.error, video];
}

/**
 * Why the browser does not reach the video server; null if it does. The page
 * cannot read the answer, but any answer shows that the certificate is trusted.
 */
async function checkVideoServer(openviduUrl: string, patienceMs: number): Promise<Problem | null> {
  try {
    await fetch(openviduUrl + openPage, {
      mode: "no-cors",
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(patienceMs),
    });
    return null;
  } catch (error) {
    const page = certificatePage(openviduUrl);
    // Browsers refuse a certificate that they do not trust at once.
    const silent = page.link === undefined || (error as Error).name === "TimeoutError";
    return silent ? { code: "video_silent" } : { code: "video_unreachable", ...page };
  }
}
