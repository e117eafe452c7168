/** Plays media, and reports when the browser blocks that. */
import { createContext } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";
import { useLatest } from "./useLatest";

/** The id of the speaker to play sound on; "" is the system's default. */
export const Speaker = createContext("");

interface Props {
  readonly media: MediaStream | null;
  readonly muted: boolean;
  /** The user's own picture is mirrored. */
  readonly mirrored: boolean;
  readonly onBlocked: () => void;
}

export function Video({ media, muted, mirrored, onBlocked }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  const blocked = useLatest(onBlocked);
  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    video.srcObject = media;
    // The property, not the attribute, which only counts while HTML is parsed.
    video.muted = muted;
    if (media !== null) void play(video, () => blocked.current());
  }, [media, muted, blocked]);
  useEffect(() => {
    const video = element.current;
    return () => {
      // An element that was removed must not keep the media in memory.
      if (video !== null) video.srcObject = null;
    };
  }, []);
  const speaker = useContext(Speaker);
  useEffect(() => {
    const video: Partial<HTMLVideoElement> | null = element.current;
    // Not every browser can. If the speaker is unplugged, the sound stays where it was.
    if (speaker !== "") video?.setSinkId?.(speaker).catch(() => undefined);
  }, [speaker]);
  return <video ref={element} class={mirrored ? "mirrored" : undefined} autoplay playsInline />;
}

async function play(video: HTMLVideoElement, onBlocked: () => void): Promise<void> {
  try {
    await video.play();
  } catch (error) {
    // Any other error means that a later play request has replaced this one.
    if (error instanceof Error && error.name === "NotAllowedError") onBlocked();
  }
}

/** Plays every video on the page. Browsers allow that only after a click. */
export function playAll(): void {
  for (const video of document.querySelectorAll("video")) void play(video, () => undefined);
}
