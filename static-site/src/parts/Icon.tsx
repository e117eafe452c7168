/** The few drawings the page uses. They say nothing that is not also said in words. */

const drawings = {
  brand:
    "M4 5h9a3 3 0 0 1 3 3v.6l3.9-2.3A.7.7 0 0 1 21 6.9v10.2a.7.7 0 0 1-1.1.6L16 15.4v.6a3 3 0 0 1-3 3H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z",
  person:
    "M12 12a4.2 4.2 0 1 0 0-8.4 4.2 4.2 0 0 0 0 8.4zm0 2c-4.4 0-8 2.4-8 5.4 0 .6.5 1 1.1 1h13.8c.6 0 1.1-.4 1.1-1 0-3-3.6-5.4-8-5.4z",
  microphoneOff:
    "M3.3 2 2 3.3l7 7V12a3 3 0 0 0 4.3 2.7l1.5 1.5A6 6 0 0 1 6 12H4a8 8 0 0 0 7 7.9V23h2v-3.1a7.9 7.9 0 0 0 3.2-1.3l4.5 4.5L22 21.8zM15 11.2V5a3 3 0 0 0-6-.4zM18 12a6 6 0 0 1-.5 2.4l1.5 1.5A8 8 0 0 0 20 12z",
  leave:
    "M12 8.5c-4 0-7.6 1.4-9.6 3.6a2 2 0 0 0-.2 2.4l1.3 2.1a1.6 1.6 0 0 0 2 .6l3-1.3a1.6 1.6 0 0 0 .9-1.5v-1.6a11 11 0 0 1 5.200 0v1.600c0 .7.400 1.300.900 1.500l3 1.300a1.600 1.600 0 0 0 2-.600l1.300-2.100a2 2 0 0 0-.200-2.400C19.600 9.900 16 8.500 12 8.500z",
  alert: "M12 2 1 21h22zm1 15h-2v2h2zm0-7h-2v5h2z",
  info: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm1 15h-2v-6h2zm0-8h-2V7h2z",
} as const;

export type Drawing = keyof typeof drawings;

export function Icon({ drawing }: { drawing: Drawing }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={drawings[drawing]} fill="currentColor" />
    </svg>
  );
}
