/** Links to a page of the video server, where the user can accept its certificate. */
import { words } from "../messages";

export function CertificateLink({ link }: { readonly link: string }) {
  return (
    <a href={link} target="_blank" rel="noopener noreferrer">
      {words.lobby.certificate}
    </a>
  );
}
