/** The icons of the page. Words beside them always say the same. */

const camera =
  "M3 8a3 3 0 0 1 3-3h7a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3z M16 10.5l5-3v9l-5-3";
const microphone =
  "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z M6 11a6 6 0 0 0 12 0 M12 17v4";
const struckOut = " M4 3l16 18";

const drawings = {
  camera,
  cameraOff: camera + struckOut,
  microphone,
  microphoneOff: microphone + struckOut,
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M4 20.500c1-4 4.200-5.500 8-5.500s7 1.500 8 5.500",
  leave: "M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4 M15 8l4 4-4 4 M19 12H9",
  screen: "M3 5h18v11H3z M8 20h8 M12 16v4 M12 13V8 M9.500 10.500L12 8l2.500 2.500",
  chat: "M4 5h16v11H9l-5 4z",
  settings: "M4 7h9 M17 7h3 M15 5v4 M4 17h3 M11 17h9 M9 15v4 M4 12h12 M20 12h0",
  gallery:
    "M4 4h6.500v6.500H4z M13.500 4H20v6.500h-6.500z M4 13.500h6.500V20H4z M13.500 13.500H20V20h-6.500z",
  speaker: "M3 4h18v11H3z M3 20h4 M10 20h4 M17 20h4",
  fullScreen: "M4 9V4h5 M15 4h5v5 M20 15v5h-5 M9 20H4v-5",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1 M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  watching:
    "M2.500 12c4-6.500 15-6.500 19 0-4 6.500-15 6.500-19 0z M12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
  sound: "M4 10v4h3.500L12 18V6L7.500 10z M15.500 9a4.500 4.500 0 0 1 0 6 M18 6.500a8 8 0 0 1 0 11",
  done: "M5 12.500l4.500 4.500L19 7.500",
  close: "M6 6l12 12 M18 6L6 18",
  send: "M4 12l16-8-6 16-3-7z",
  problem: "M12 4 2.500 20h19z M12 10v4 M12 17v.1",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 11v5 M12 8v.1",
} as const;

export type Drawing = keyof typeof drawings;

export function Icon({ drawing }: { drawing: Drawing }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={drawings[drawing]} />
    </svg>
  );
}
