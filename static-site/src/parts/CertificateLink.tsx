/** Leads to a page of the video server, where its certificate can be looked at and accepted. */
import { words } from "../messages";

export function CertificateLink({ link }: { readonly link: string }) {
  return (
    <a href={link} target="_blank" rel="noopener noreferrer">
      {words.lobby.certificate}
    </a>
  );
}
