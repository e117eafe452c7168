/** Stands in for somebody's picture: their first letter, on a colour of their own. */

const colours = 6;

export function Avatar({ name }: { name: string }) {
  const letters = Array.from(name);
  const sum = letters.reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  return (
    <span class="avatar" data-colour={sum % colours} aria-hidden="true">
      {letters[0]?.toLocaleUpperCase()}
    </span>
  );
}
