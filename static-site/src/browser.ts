/** Which browser this is, as far as it matters for telling people where to click. */

export type BrowserName = "chromium" | "firefox" | "safari" | "other";

/** Every browser claims to be several others, so the order counts. */
export function browserOf(userAgent: string): BrowserName {
  if (/Firefox\/|FxiOS\//.test(userAgent)) return "firefox";
  if (/Chrome\/|CriOS\/|Chromium\/|Edg\//.test(userAgent)) return "chromium";
  if (/Safari\//.test(userAgent)) return "safari";
  return "other";
}
