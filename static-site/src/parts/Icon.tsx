/** The icons of the page. Words beside them always say the same. */
import {
  Check,
  Eye,
  GalleryThumbnails,
  Info,
  LayoutGrid,
  Link,
  LogOut,
  Maximize,
  MessageSquare,
  Mic,
  MicOff,
  MonitorUp,
  Send,
  Settings,
  TriangleAlert,
  User,
  Video,
  VideoOff,
  Volume2,
  WifiLow,
  WifiOff,
  X,
} from "lucide-preact";

const drawings = {
  camera: Video,
  cameraOff: VideoOff,
  microphone: Mic,
  microphoneOff: MicOff,
  person: User,
  leave: LogOut,
  screen: MonitorUp,
  chat: MessageSquare,
  settings: Settings,
  gallery: LayoutGrid,
  speaker: GalleryThumbnails,
  fullScreen: Maximize,
  link: Link,
  watching: Eye,
  sound: Volume2,
  done: Check,
  close: X,
  send: Send,
  poor: WifiLow,
  lost: WifiOff,
  problem: TriangleAlert,
  info: Info,
} as const;

export type Drawing = keyof typeof drawings;

export function Icon({ drawing }: { drawing: Drawing }) {
  const Drawn = drawings[drawing];
  return <Drawn class="icon" aria-hidden="true" />;
}
