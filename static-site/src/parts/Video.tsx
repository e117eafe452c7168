/** A video element that plays what it is given, and says when the browser will not let it. */
import { createContext } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";

/** Which speaker sound comes from; "" is the one the system prefers. */
export const Speaker = createContext("");

interface Props {
  readonly media: MediaStream | null;
  readonly muted: boolean;
  /** One's own picture is shown as in a mirror. */
  readonly mirrored: boolean;
  readonly onBlocked: () => void;
}

export function Video({ media, muted, mirrored, onBlocked }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    video.srcObject = media;
    // A property, not an attribute: the attribute only counts while parsing HTML.
    video.muted = muted;
    if (media !== null) void play(video, onBlocked);
  }, [media, muted]);
  useEffect(() => {
    const video = element.current;
    return () => {
      // An element that is off the page must not keep the media alive.
      if (video !== null) video.srcObject = null;
    };
  }, []);
  const speaker = useContext(Speaker);
  useEffect(() => {
    const video: Partial<HTMLVideoElement> | null = element.current;
    // Not every browser can. A speaker that is gone leaves the sound where it was.
    if (speaker !== "") video?.setSinkId?.(speaker).catch(() => undefined);
  }, [speaker]);
  return <video ref={element} class={mirrored ? "mirrored" : undefined} autoplay playsInline />;
}

async function play(video: HTMLVideoElement, onBlocked: () => void): Promise<void> {
  try {
    await video.play();
  } catch (error) {
    // Anything else is a play request overtaken by the next one.
    if (error instanceof Error && error.name === "NotAllowedError") onBlocked();
  }
}

/** Plays every video on the page. Browsers allow it from a click only. */
export function playAll(): void {
  for (const video of document.querySelectorAll("video")) void play(video, () => undefined);
}
