/**
 * Connects to a call, over whichever video server there is. Each kind has files of its
 * own, which are fetched together with its library when they are needed.
 */
import type { Call, Entry, Purpose } from "./members";
import { type Result, failed } from "./result";
import type { VideoServer } from "./video-server";

interface Implementation {
  readonly connect: (entry: Entry) => Promise<Result<Call>>;
}

const implementations: Record<VideoServer["kind"], () => Promise<Implementation>> = {
  openvidu: () => import("./openvidu-call"),
  livekit: () => import("./livekit-call"),
};

/** Fetches what `server` needs ahead of the first call. */
export const prepareCall = ({ kind }: VideoServer): Promise<unknown> => implementations[kind]();

/** Connects with `token`. The code `token_dead` says that another token may do. */
export async function connectCall(
  { kind, url }: VideoServer,
  token: string,
  nickname: string,
  purpose: Purpose,
): Promise<Result<Call>> {
  let implementation;
  try {
    implementation = await implementations[kind]();
  } catch {
    return failed("page_incomplete");
  }
  return implementation.connect({ url, token, nickname, ...purpose });
}
